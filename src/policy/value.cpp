#include "policy/value.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/json/json.h"

namespace sj::policy {

namespace {

constexpr std::array<std::string_view, 5> kVerdicts = {"na", "pass", "warn", "unknown", "fail"};
constexpr std::array<std::string_view, 4> kStrengths = {"must", "in_principle", "encouraged",
                                                        "indicator"};
constexpr std::array<std::string_view, 8> kOps = {"==", "!=", "<", "<=", ">", ">=", "in", "not_in"};
constexpr std::array<std::string_view, 5> kTypes = {"number", "time", "day", "flag", "word"};

template <class Enum, std::size_t kCount>
std::optional<Enum> find_word(const std::array<std::string_view, kCount>& words,
                              std::string_view word) {
  const auto* const found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

template <class Enum, std::size_t kCount>
std::string_view word_of(const std::array<std::string_view, kCount>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

std::string two_digits(rules::Value number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

// Millionths as a decimal number without final zeros.
std::string decimal(rules::Value value) {
  const bool negative = value < 0;
  const rules::Value size = negative ? -value : value;
  std::string text = (negative ? "-" : "") + std::to_string(size / rules::kMillion);
  std::string rest = std::to_string(rules::kMillion + size % rules::kMillion).substr(1);
  rest.erase(rest.find_last_not_of('0') + 1);
  return rest.empty() ? text : text + "." + rest;
}

std::string quoted(std::string_view text) {
  return json::canonical(boost::json::value(text));
}

std::optional<rules::Value> number_of(const boost::json::value& from) {
  constexpr double kMost = 9e12;
  if (const auto* whole = from.if_int64()) {
    if (*whole > static_cast<std::int64_t>(kMost) || *whole < -static_cast<std::int64_t>(kMost)) {
      return std::nullopt;
    }
    return *whole * rules::kMillion;
  }
  const auto* real = from.if_double();
  if (real == nullptr || !(std::abs(*real) < kMost)) return std::nullopt;
  return std::llround(*real * static_cast<double>(rules::kMillion));
}

// 24:00 is the end of the day.
std::optional<rules::Value> time_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t at : {0U, 1U, 3U, 4U}) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return hour * 60 + minute;
}

// A value of a fact out of JSON; nothing if it is none.
std::optional<rules::Value> value_of(const Fact& fact, const boost::json::value& from) {
  const auto* const string = from.if_string();
  const std::string_view text =
      string == nullptr ? std::string_view() : std::string_view(string->data(), string->size());
  switch (fact.type) {
    case rules::FactType::number:
      return number_of(from);
    case rules::FactType::time:
      return time_of(text);
    case rules::FactType::day: {
      const auto day = LocalDay::parse(text);
      if (!day.ok()) return std::nullopt;
      return day.value().epoch_days();
    }
    case rules::FactType::flag:
      if (from.if_bool() == nullptr) return std::nullopt;
      return from.get_bool() ? 1 : 0;
    case rules::FactType::word: {
      const auto found = std::find_if(fact.words.begin(), fact.words.end(),
                                      [&](const Word& one) { return one.word == text; });
      if (found == fact.words.end()) return std::nullopt;
      return found - fact.words.begin();
    }
  }
  return std::nullopt;
}

// The words of a unit, behind a number.
std::string_view unit_words(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kUnits = {{
      {"min", "分钟"},
      {"h", "小时"},
      {"CNY", "元"},
      {"workday", "个工作日"},
      {"day", "天"},
      {"month", "个月"},
      {"percent", "%"},
  }};
  for (const auto& [name, words] : kUnits) {
    if (name == unit) return words;
  }
  return "";
}

// The words of a set, in their order.
template <class Say>
std::string each_word(const Fact& fact,
                      rules::Value mask,
                      std::string_view between,
                      const Say& say) {
  std::string all;
  for (std::size_t i = 0; i < fact.words.size(); ++i) {
    if (((mask >> i) & 1) == 0) continue;
    all += (all.empty() ? "" : std::string(between)) + say(fact.words[i]);
  }
  return all;
}

}  // namespace

// What a value of this type looks like, for people.
std::string wanted_of(const Fact& fact) {
  switch (fact.type) {
    case rules::FactType::number:
      return "a number";
    case rules::FactType::time:
      return "a time as \"08:20\"";
    case rules::FactType::day:
      return "a day as \"2026-10-12\"";
    case rules::FactType::flag:
      return "true or false";
    case rules::FactType::word: {
      std::string words;
      for (const Word& one : fact.words) words += (words.empty() ? "" : ", ") + one.word;
      return "one of: " + words;
    }
  }
  return "";
}

std::optional<rules::Value> read_value(const Fact& fact, rules::Op op, const std::string& json) {
  const auto from = json::parse(json);
  if (!from.ok()) return std::nullopt;
  if (!is_set(op)) return value_of(fact, from.value());
  const auto* const list = from.value().if_array();
  if (list == nullptr || fact.type != rules::FactType::word) return std::nullopt;
  rules::Value mask = 0;
  for (const boost::json::value& one : *list) {
    const auto index = value_of(fact, one);
    if (!index) return std::nullopt;
    mask |= rules::Value{1} << *index;
  }
  return mask;
}

std::string value_json(const Fact& fact, rules::Op op, rules::Value value) {
  if (value == rules::kUnknown) return "null";
  switch (fact.type) {
    case rules::FactType::number:
      return decimal(value);
    case rules::FactType::time:
      return "\"" + two_digits(value / 60) + ":" + two_digits(value % 60) + "\"";
    case rules::FactType::day:
      return "\"" + LocalDay::from_epoch_days(value).to_iso() + "\"";
    case rules::FactType::flag:
      return value == 1 ? "true" : "false";
    case rules::FactType::word:
      if (!is_set(op)) return quoted(fact.words.at(static_cast<std::size_t>(value)).word);
      return "[" + each_word(fact, value, ",", [](const Word& one) { return quoted(one.word); }) +
             "]";
  }
  return "null";
}

std::string value_words(const Fact& fact, rules::Op op, rules::Value value) {
  if (value == rules::kUnknown) return "未知";
  switch (fact.type) {
    case rules::FactType::number:
      // A share is read in percent; 11/12 is 91.6667%.
      if (fact.unit == "ratio") return decimal(value * 100) + "%";
      return decimal(value) + std::string(unit_words(fact.unit));
    case rules::FactType::time:
      return two_digits(value / 60) + ":" + two_digits(value % 60);
    case rules::FactType::day:
      return LocalDay::from_epoch_days(value).to_iso();
    case rules::FactType::flag:
      return value == 1 ? "是" : "否";
    case rules::FactType::word:
      if (!is_set(op)) return fact.words.at(static_cast<std::size_t>(value)).title;
      return each_word(fact, value, "、", [](const Word& one) { return one.title; });
  }
  return "";
}

std::string_view name_of(rules::Verdict verdict) {
  return word_of(kVerdicts, verdict);
}
std::string_view name_of(rules::Strength strength) {
  return word_of(kStrengths, strength);
}
std::string_view name_of(rules::Op op) {
  return word_of(kOps, op);
}
std::string_view name_of(rules::FactType type) {
  return word_of(kTypes, type);
}
std::optional<rules::Op> find_op(std::string_view name) {
  return find_word<rules::Op>(kOps, name);
}
std::optional<rules::FactType> find_type(std::string_view name) {
  return find_word<rules::FactType>(kTypes, name);
}
std::optional<rules::Strength> find_strength(std::string_view name) {
  return find_word<rules::Strength>(kStrengths, name);
}

bool is_set(rules::Op op) {
  return op == rules::Op::one_of || op == rules::Op::none_of;
}

}  // namespace sj::policy
