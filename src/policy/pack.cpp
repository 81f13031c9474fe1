#include "policy/pack.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "kernel/base/sha256.h"
#include "kernel/json/json.h"
#include "kernel/text/text.h"

#include "policy/calendar_file.h"
#include "policy/line_of.h"
#include "policy/value.h"

namespace sj::policy {

namespace {

// The files as they are written (docs/howto/add-a-rule.md).
struct WordFile {
  std::string word;
  std::string title;
};
BOOST_DESCRIBE_STRUCT(WordFile, (), (word, title))
struct FactFile {
  std::string name;
  std::string type;
  std::optional<std::string> unit;
  std::string title;
  std::optional<std::vector<WordFile>> words;
  std::optional<std::vector<std::string>> of;
};
BOOST_DESCRIBE_STRUCT(FactFile, (), (name, type, unit, title, words, of))
struct FactsFile {
  std::vector<json::Raw> facts;
};
BOOST_DESCRIBE_STRUCT(FactsFile, (), (facts))
struct SourceFile {
  std::string doc;
  std::string title;
  std::string number;
  std::string issued;
  std::string confidence;
  std::optional<std::string> url;
};
BOOST_DESCRIBE_STRUCT(SourceFile, (), (doc, title, number, issued, confidence, url))
struct SourcesFile {
  std::vector<json::Raw> sources;
};
BOOST_DESCRIBE_STRUCT(SourcesFile, (), (sources))
struct CitationFile {
  std::string doc;
  std::string clause;
};
BOOST_DESCRIBE_STRUCT(CitationFile, (), (doc, clause))
struct ConditionFile {
  std::string fact;
  std::string op;
  std::optional<json::Raw> value;
  std::optional<json::Raw> values;
  std::optional<std::string> than;
  std::optional<bool> assumed;
};
BOOST_DESCRIBE_STRUCT(ConditionFile, (), (fact, op, value, values, than, assumed))
struct ValueFile {
  json::Day from;
  std::optional<json::Day> until;
  std::optional<std::string> precision;
  std::optional<json::Raw> value;
  std::optional<std::string> area;
  std::string kind;
  std::optional<CitationFile> source;
};
BOOST_DESCRIBE_STRUCT(ValueFile, (), (from, until, precision, value, area, kind, source))
struct CheckFile {
  std::string name;
  std::optional<std::vector<ConditionFile>> when;
  ConditionFile must;
  std::string say;
  std::optional<bool> warns;
  std::optional<bool> if_known;
  std::vector<ValueFile> values;
};
BOOST_DESCRIBE_STRUCT(CheckFile, (), (name, when, must, say, warns, if_known, values))
struct CaseFile {
  json::Day on;
  std::optional<std::string> area;
  json::Raw given;
  std::string want;
};
BOOST_DESCRIBE_STRUCT(CaseFile, (), (on, area, given, want))
struct RuleFile {
  std::string id;
  std::string title;
  std::string domain;
  std::vector<std::string> for_;
  std::string strength;
  std::string confidence;
  std::optional<std::string> doubtful;
  CitationFile source;
  std::optional<std::string> note;
  std::string last_checked_on;
  std::optional<std::vector<FactFile>> facts;
  std::optional<std::vector<ConditionFile>> applies;
  std::vector<CheckFile> checks;
  std::optional<std::vector<CaseFile>> cases;
};
BOOST_DESCRIBE_STRUCT(RuleFile,
                      (),
                      (id,
                       title,
                       domain,
                       for_,
                       strength,
                       confidence,
                       doubtful,
                       source,
                       note,
                       last_checked_on,
                       facts,
                       applies,
                       checks,
                       cases))
struct UncomputedFile {
  std::string id;
  std::string title;
  std::string domain;
  std::string why;
};
BOOST_DESCRIBE_STRUCT(UncomputedFile, (), (id, title, domain, why))
struct UncomputedsFile {
  std::vector<UncomputedFile> rules;
};
BOOST_DESCRIBE_STRUCT(UncomputedsFile, (), (rules))
struct ArchiveFile {
  json::Raw rule;
  json::Raw facts;
  json::Raw sources;
};
BOOST_DESCRIBE_STRUCT(ArchiveFile, (), (rule, facts, sources))

// Words and what they stand for, in the order of the enumeration.
template <class Enum, std::size_t kCount>
std::optional<Enum> find_word(const std::array<std::string_view, kCount>& words,
                              std::string_view word) {
  const auto* const found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

constexpr std::array<std::string_view, 3> kKinds = {"national", "local", "design"};
constexpr std::array<std::string_view, 3> kPrecisions = {"day", "month", "term"};
constexpr std::array<std::string_view, 6> kComputed = {"",       "minus", "ratio",
                                                       "saving", "stage", "compulsory"};
constexpr std::array<std::string_view, 3> kDomains = {"after_school", "exams", "school_time"};
constexpr std::array<std::string_view, 5> kAudience = {"family", "teacher", "school", "office",
                                                       "institution"};
constexpr std::array<std::string_view, 4> kConfidence = {"found", "known", "half_sure", "unsure"};

constexpr rules::Value kWordsMax = 60;  // a set of words is a mask of 64 bits

std::string listed(std::span<const std::string_view> words) {
  std::string all;
  for (const std::string_view word : words) all += (all.empty() ? "" : ", ") + std::string(word);
  return all;
}

std::string hash_of(std::string_view text) {
  Hasher hasher;
  const Sha256 hash = hasher.hash({text});
  return text::to_hex(hash);
}

// Rules, facts and sources have members of their own: what a rule's verdict does not depend on is
// left out of its archive.
std::string without(const std::string& raw, std::initializer_list<const char*> members) {
  auto value = json::parse(raw).value();
  for (const char* member : members) value.as_object().erase(member);
  return json::canonical(value);
}

}  // namespace

struct Pack::State {
  std::vector<Rule> rules;
  std::vector<Uncomputed> uncomputed;
  std::map<std::string, Source, std::less<>> sources;  // Citation points into it
  std::map<std::string, std::string, std::less<>> source_texts;
  std::map<std::string, FactFile, std::less<>> shared;
  std::map<std::string, std::string, std::less<>> shared_texts;
  std::map<std::string, std::string, std::less<>> fact_names;  // of all rules, with type and unit
  std::vector<NationalYear> years;
  std::string version;
};

/// Reads the files of one pack, each fault with its file and line.
class PackReader {
 public:
  /// An archive has no cases.
  PackReader(Pack& pack, bool is_archive)
      : whole_(pack), pack_(*pack.state_), is_archive_(is_archive) {}

  Result<void> read(const std::vector<File>& files) {
    std::vector<const File*> ordered;
    ordered.reserve(files.size());
    for (const File& file : files) ordered.push_back(&file);
    std::sort(ordered.begin(), ordered.end(),
              [](const File* a, const File* b) { return a->path < b->path; });
    std::string all;
    for (const File* file : ordered) all += file->path + "\n" + file->text + "\n";
    pack_.version = hash_of(all).substr(0, 12);
    for (const File* file : ordered) {
      file_ = file;
      if (file->path == "facts.json") SJ_TRY(read_shared());
      if (file->path == "sources.json") SJ_TRY(read_sources());
      if (file->path == "uncomputed.json") SJ_TRY(read_uncomputed());
    }
    for (const File* file : ordered) {
      file_ = file;
      const bool is_calendar = file->path.starts_with(kCalendarFolder);
      if (file->path.find('/') != std::string::npos && !is_calendar) SJ_TRY(read_rule());
    }
    std::vector<std::string> documents;
    for (const auto& [doc, source] : pack_.sources) documents.push_back(doc);
    pack_.years = SJ_TRY(read_calendars(files, documents));
    std::sort(pack_.rules.begin(), pack_.rules.end(),
              [](const Rule& a, const Rule& b) { return a.id < b.id; });
    for (const File* file : ordered) {
      file_ = file;
      for (const Rule& rule : pack_.rules) {
        if (rule.path == file->path) SJ_TRY(check_cases(rule));
      }
    }
    return {};
  }

  [[nodiscard]] Error bad(const std::string& place, const std::string& why) const {
    const std::size_t line = line_of(file_->text, place);
    return {ErrorKind::invalid, "policy.bad_pack",
            file_->path + ":" + std::to_string(line) + ": " + (place.empty() ? "" : place + ": ") +
                why};
  }

 private:
  template <class T>
  Result<T> read_as(std::string_view text) {
    auto read = json::read<T>(text, json::kFileLimits);
    if (read.ok()) return read;
    const Error& error = read.error();
    if (error.code == "json.syntax") {
      // "line 3, column 5: …" becomes the line of the message.
      const std::string& said = error.detail;
      const std::size_t colon = said.find(": ");
      const std::string line = said.substr(5, said.find(',') - 5);
      return Error{ErrorKind::invalid, "policy.bad_pack",
                   file_->path + ":" + line + ": " + said.substr(colon + 2)};
    }
    // These name the place themselves.
    const std::string place = error.fields.empty() ? "" : error.fields.front().field;
    return Error{
        ErrorKind::invalid, "policy.bad_pack",
        file_->path + ":" + std::to_string(line_of(file_->text, place)) + ": " + error.detail};
  }

  Result<void> read_shared() {
    const auto facts = SJ_TRY(read_as<FactsFile>(file_->text));
    for (std::size_t i = 0; i < facts.facts.size(); ++i) {
      const std::string place = "facts[" + std::to_string(i) + "]";
      auto fact = json::read<FactFile>(facts.facts[i].text, json::kFileLimits);
      if (!fact.ok()) return bad(place, fact.error().detail);
      const std::string name = fact.value().name;
      if (!pack_.shared.emplace(name, fact.value()).second) {
        return bad(place, "the fact " + name + " stands here twice");
      }
      pack_.shared_texts[name] = without(facts.facts[i].text, {});
    }
    return {};
  }

  Result<void> read_sources() {
    const auto sources = SJ_TRY(read_as<SourcesFile>(file_->text));
    for (std::size_t i = 0; i < sources.sources.size(); ++i) {
      const std::string place = "sources[" + std::to_string(i) + "]";
      auto read = json::read<SourceFile>(sources.sources[i].text, json::kFileLimits);
      if (!read.ok()) return bad(place, read.error().detail);
      const SourceFile& one = read.value();
      const Source source = {one.doc,    one.title,      one.number,
                             one.issued, one.confidence, one.url.value_or("")};
      if (!pack_.sources.emplace(one.doc, source).second) {
        return bad(place, "the source " + one.doc + " stands here twice");
      }
      pack_.source_texts[one.doc] = without(sources.sources[i].text, {});
    }
    return {};
  }

  Result<void> read_uncomputed() {
    const auto rules = SJ_TRY(read_as<UncomputedsFile>(file_->text));
    for (const UncomputedFile& one : rules.rules) {
      pack_.uncomputed.push_back({one.id, one.title, one.domain, one.why});
    }
    return {};
  }

  template <std::size_t kCount>
  Result<void> check_word(const std::array<std::string_view, kCount>& words,
                          std::string_view word,
                          const std::string& place) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return {};
    return bad(place, "\"" + std::string(word) + "\" is none of: " + listed(words));
  }

  Result<Citation> citation_of(const CitationFile& from, const std::string& place) {
    const auto found = pack_.sources.find(from.doc);
    if (found == pack_.sources.end()) {
      return bad(place + ".doc", "sources.json has no document " + from.doc);
    }
    used_sources_.insert(from.doc);
    return Citation{&found->second, from.clause};
  }

  // The index of a fact among those of the rule; one that is shared is taken in when it is named.
  Result<std::size_t> fact_of(Rule& rule, std::string_view name, const std::string& place) {
    for (std::size_t i = 0; i < rule.facts.size(); ++i) {
      if (rule.facts[i].name == name) return i;
    }
    const auto shared = pack_.shared.find(name);
    if (shared == pack_.shared.end()) {
      return bad(place, "no fact is called \"" + std::string(name) +
                            "\": declare it here or in facts.json");
    }
    used_facts_.insert(std::string(name));
    return add_fact(rule, shared->second, place);
  }

  Result<std::size_t> add_fact(Rule& rule, const FactFile& from, const std::string& place) {
    const auto type = find_type(from.type);
    if (!type) {
      return bad(place, "\"" + from.type + "\" is no type: number, time, day, flag, word");
    }
    Fact fact;
    fact.name = from.name;
    fact.type = *type;
    fact.unit = from.unit.value_or("");
    fact.title = from.title;
    for (const WordFile& one : from.words.value_or(std::vector<WordFile>())) {
      fact.words.push_back({one.word, one.title});
    }
    if (fact.words.empty() == (*type == rules::FactType::word) ||
        fact.words.size() > static_cast<std::size_t>(kWordsMax)) {
      return bad(place, "a fact of words has 1 to 60 of them, no other has any");
    }
    // One name means one thing in all rules: facts are gathered once and asked by many.
    const std::string meaning = from.type + " " + fact.unit;
    const auto known = pack_.fact_names.emplace(from.name, meaning).first;
    if (known->second != meaning) {
      return bad(place, from.name + " is declared elsewhere as: " + known->second);
    }
    const std::size_t index = rule.facts.size();
    rule.facts.push_back(fact);
    std::vector<std::string> of = from.of.value_or(std::vector<std::string>());
    if (of.empty() && from.name == "stage") of = {"stage", "grade"};
    if (of.empty() && from.name == "compulsory") of = {"compulsory", "stage"};
    if (!of.empty()) {
      const auto computed = find_word<Computed>(kComputed, of.front());
      const bool has_one = of.front() == "stage" || of.front() == "compulsory";
      if (!computed || of.size() != (has_one ? 2U : 3U)) {
        return bad(place, "\"of\" is minus, ratio or saving with two facts");
      }
      // Not through a reference: facts are added while these are found.
      const std::size_t a = SJ_TRY(fact_of(rule, of[1], place));
      const std::size_t b = SJ_TRY(fact_of(rule, of.back(), place));
      rule.facts[index].computed = *computed;
      rule.facts[index].a = a;
      rule.facts[index].b = b;
    }
    return index;
  }

  // A condition; of a check's `must` without anything to compare with, against its dated values.
  Result<rules::Condition> condition_of(Rule& rule,
                                        const ConditionFile& from,
                                        const std::string& place,
                                        bool may_use_limit) {
    rules::Condition condition;
    condition.fact = SJ_TRY(fact_of(rule, from.fact, place + ".fact"));
    const auto op = find_op(from.op);
    if (!op)
      return bad(place + ".op", "\"" + from.op + "\" is none of: ==, !=, <, <=, >, >=, in, not_in");
    condition.op = *op;
    condition.assumed = from.assumed.value_or(false);
    if (condition.assumed && may_use_limit) {
      return bad(place + ".assumed", "what must hold cannot be assumed");
    }
    const rules::FactType type = rule.facts[condition.fact].type;
    const bool is_ordered = type != rules::FactType::flag && type != rules::FactType::word;
    if (!is_ordered && *op >= rules::Op::less && *op <= rules::Op::at_least) {
      return bad(place + ".op", "flags and words have no order");
    }
    if (is_set(*op) && type != rules::FactType::word) {
      return bad(place + ".op", "only words are in a list");
    }
    const int given = (from.value ? 1 : 0) + (from.values ? 1 : 0) + (from.than ? 1 : 0);
    if (given > 1 || (given == 0 && !may_use_limit)) {
      return bad(place, "compare with one thing: value, values or than");
    }
    if (from.than) {
      condition.than.from = rules::Operand::From::fact;
      condition.than.fact = SJ_TRY(fact_of(rule, *from.than, place + ".than"));
      if (rule.facts[condition.than.fact].type != type ||
          rule.facts[condition.than.fact].unit != rule.facts[condition.fact].unit) {
        return bad(place + ".than", "facts of another type or unit cannot be compared");
      }
    } else if (given == 0) {
      condition.than.from = rules::Operand::From::limit;
    } else {
      const std::string& raw = from.value ? from.value->text : from.values->text;
      const auto value = read_value(rule.facts[condition.fact], *op, raw);
      if (!value) {
        return bad(place + (from.value ? ".value" : ".values"),
                   raw + " is not " + wanted_of(rule.facts[condition.fact]) +
                       (is_set(*op) ? ", in a list" : ""));
      }
      condition.than.constant = *value;
    }
    return condition;
  }

  Result<std::vector<rules::Condition>> conditions_of(
      Rule& rule, const std::optional<std::vector<ConditionFile>>& from, const std::string& place) {
    std::vector<rules::Condition> conditions;
    if (!from) return conditions;
    for (std::size_t i = 0; i < from->size(); ++i) {
      conditions.push_back(
          SJ_TRY(condition_of(rule, (*from)[i], place + "[" + std::to_string(i) + "]", false)));
    }
    return conditions;
  }

  Result<void> add_check(Rule& rule, const CheckFile& from, const std::string& place) {
    rules::Check check;
    CheckWords words;
    words.name = from.name;
    words.say = from.say;
    for (const CheckWords& one : rule.checks) {
      if (one.name == from.name) {
        return bad(place + ".name", "two checks are called " + from.name);
      }
    }
    check.when = SJ_TRY(conditions_of(rule, from.when, place + ".when"));
    check.must = SJ_TRY(condition_of(rule, from.must, place + ".must", true));
    check.warns = from.warns.value_or(false);
    check.if_known = from.if_known.value_or(false);
    words.has_value = check.must.than.from == rules::Operand::From::limit;
    if (from.values.empty()) return bad(place, "no value says since when it holds");
    for (std::size_t i = 0; i < from.values.size(); ++i) {
      const std::string at = place + ".values[" + std::to_string(i) + "]";
      const ValueFile& one = from.values[i];
      rules::Dated dated;
      dated.from = one.from.value;
      if (one.until) dated.until = one.until->value;
      if (dated.until && *dated.until <= dated.from)
        return bad(at + ".until", "ends before it begins");
      const auto precision =
          find_word<rules::Precision>(kPrecisions, one.precision.value_or("day"));
      if (!precision) return bad(at + ".precision", "is none of: " + listed(kPrecisions));
      dated.precision = *precision;
      const auto kind = find_word<rules::Kind>(kKinds, one.kind);
      if (!kind) return bad(at + ".kind", "is none of: " + listed(kKinds));
      dated.kind = *kind;
      dated.area = one.area.value_or("");
      const bool is_area = (dated.area.size() % 2 == 0) && dated.area.size() <= 6 &&
                           dated.area.find_first_not_of("0123456789") == std::string::npos;
      if (!is_area) return bad(at + ".area", "an area has 2, 4 or 6 digits (GB/T 2260)");
      if (words.has_value != one.value.has_value()) {
        return bad(at + ".value", words.has_value ? "a value is missing"
                                                  : "two facts are compared: there is no value");
      }
      const Fact& fact = rule.facts[check.must.fact];
      if (one.value) {
        const auto value = read_value(fact, check.must.op, one.value->text);
        if (!value) return bad(at + ".value", one.value->text + " is not " + wanted_of(fact));
        dated.value = *value;
      }
      words.citations.push_back(one.source ? SJ_TRY(citation_of(*one.source, at + ".source"))
                                           : rule.citation);
      dated.source = i;
      check.values.push_back(dated);
    }
    for (std::size_t i = 0; i < check.values.size(); ++i) {
      const rules::Dated& local = check.values[i];
      if (local.area.empty() || !words.has_value) continue;
      for (const rules::Dated& other : check.values) {
        const bool meet = other.area.empty() && (!other.until || local.from < *other.until) &&
                          (!local.until || other.from < *local.until);
        if (meet && !rules::tightens(check.must.op, other.value, local.value)) {
          return bad(place + ".values[" + std::to_string(i) + "].value",
                     "a local value may only be stricter than the country's");
        }
      }
    }
    rule.logic.checks.push_back(std::move(check));
    rule.checks.push_back(std::move(words));
    return {};
  }

  Result<void> read_rule() {
    const auto from = SJ_TRY(read_as<RuleFile>(file_->text));
    used_facts_.clear();
    used_sources_.clear();
    Rule rule;
    rule.path = file_->path;
    rule.id = from.id;
    for (const Rule& other : pack_.rules) {
      if (other.id == rule.id) return bad("id", rule.id + " also stands in " + other.path);
    }
    rule.title = from.title;
    rule.domain = from.domain;
    SJ_TRY(check_word(kDomains, from.domain, "domain"));
    rule.audience = from.for_;
    for (const std::string& one : rule.audience) SJ_TRY(check_word(kAudience, one, "for"));
    SJ_TRY(check_word(kConfidence, from.confidence, "confidence"));
    const auto strength = find_strength(from.strength);
    if (!strength) {
      return bad("strength", "is none of: must, in_principle, encouraged, indicator");
    }
    rule.confidence = from.confidence;
    rule.doubtful = from.doubtful.value_or("");
    if (rule.confidence == "unsure" && rule.doubtful.empty()) {
      return bad("confidence", "what is unsure may only inform: say why in \"doubtful\"");
    }
    rule.note = from.note.value_or("");
    rule.last_checked_on = from.last_checked_on;
    rule.logic.strength = *strength;
    rule.logic.doubtful = !rule.doubtful.empty();
    rule.citation = SJ_TRY(citation_of(from.source, "source"));
    const std::vector<FactFile> own = from.facts.value_or(std::vector<FactFile>());
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (pack_.shared.count(own[i].name) != 0) {
        return bad("facts[" + std::to_string(i) + "].name",
                   own[i].name + " is declared in facts.json");
      }
    }
    // Those that are computed last: they name others.
    for (const bool computed : {false, true}) {
      for (std::size_t i = 0; i < own.size(); ++i) {
        if (own[i].of.has_value() != computed) continue;
        const std::string place = "facts[" + std::to_string(i) + "]";
        for (const Fact& one : rule.facts) {
          if (one.name == own[i].name) return bad(place + ".name", "declared twice");
        }
        (void)SJ_TRY(add_fact(rule, own[i], place));
      }
    }
    rule.logic.applies = SJ_TRY(conditions_of(rule, from.applies, "applies"));
    if (rule.logic.strength == rules::Strength::in_principle) {
      rule.logic.exempt = SJ_TRY(fact_of(rule, "exempt", "strength"));
    }
    if (from.checks.empty()) return bad("checks", "a rule has at least one");
    for (std::size_t i = 0; i < from.checks.size(); ++i) {
      SJ_TRY(add_check(rule, from.checks[i], "checks[" + std::to_string(i) + "]"));
    }
    if (!is_archive_ && !from.cases) return bad("cases", "a rule has cases");
    for (const CaseFile& one : from.cases.value_or(std::vector<CaseFile>())) {
      rule.cases.push_back({one.on.value, one.area.value_or(""), one.given.text, one.want});
    }
    rule.archive = archive_of({"cases"});
    rule.version =
        hash_of(archive_of({"cases", "last_checked_on", "for", "note", "title"})).substr(0, 12);
    pack_.rules.push_back(std::move(rule));
    return {};
  }

  // Everything of the rule but these members, with the facts and sources it uses.
  [[nodiscard]] std::string archive_of(std::initializer_list<const char*> leave_out) const {
    const auto joined = [](const std::set<std::string>& names,
                           const std::map<std::string, std::string, std::less<>>& texts) {
      std::string all;
      for (const std::string& name : names) all += (all.empty() ? "" : ",") + texts.at(name);
      return "[" + all + "]";
    };
    return "{\"facts\":" + joined(used_facts_, pack_.shared_texts) +
           ",\"rule\":" + without(file_->text, leave_out) +
           ",\"sources\":" + joined(used_sources_, pack_.source_texts) + "}";
  }

  // Each case has the verdict it wants: a pack that says something else than its author meant is
  // never in force.
  Result<void> check_cases(const Rule& rule) {
    for (std::size_t i = 0; i < rule.cases.size(); ++i) {
      const Case& one = rule.cases[i];
      const std::string place = "cases[" + std::to_string(i) + "]";
      const auto facts = read_facts(whole_, rule, one.given);
      if (!facts.ok()) return bad(place + ".given", facts.error().detail);
      const Ruling ruling = rule_on(rule, one.area, one.on, facts.value());
      if (name_of(ruling.verdict) != one.want) {
        return bad(place, "wants " + one.want + " and gets " +
                              std::string(name_of(ruling.verdict)) + ": " + ruling.explanation);
      }
    }
    return {};
  }

  const Pack& whole_;
  Pack::State& pack_;
  bool is_archive_;
  const File* file_ = nullptr;
  std::set<std::string> used_facts_;  // shared ones
  std::set<std::string> used_sources_;
};

Pack::Pack() : state_(std::make_unique<State>()) {}
Pack::Pack(Pack&&) noexcept = default;
Pack& Pack::operator=(Pack&&) noexcept = default;
Pack::~Pack() = default;

Result<Pack> Pack::read(const std::vector<File>& files) {
  Pack pack;
  PackReader reader(pack, false);
  SJ_TRY(reader.read(files));
  return pack;
}

Result<Pack> Pack::read_archive(const std::string& archive) {
  const auto parts = json::read<ArchiveFile>(archive, json::kFileLimits);
  if (!parts.ok()) return Error{ErrorKind::invalid, "policy.bad_pack", parts.error().detail};
  const std::vector<File> files = {
      {"facts.json", "{\"facts\":" + parts.value().facts.text + "}"},
      {"sources.json", "{\"sources\":" + parts.value().sources.text + "}"},
      {"archive/rule.json", parts.value().rule.text}};
  Pack pack;
  PackReader reader(pack, true);
  SJ_TRY(reader.read(files));
  return pack;
}

std::span<const Rule> Pack::rules() const {
  return state_->rules;
}
const Rule* Pack::find(std::string_view id) const {
  const auto found = std::find_if(state_->rules.begin(), state_->rules.end(),
                                  [&](const Rule& rule) { return rule.id == id; });
  return found == state_->rules.end() ? nullptr : &*found;
}
Result<const Rule*> Pack::rule(std::string_view id) const {
  if (const Rule* const found = find(id)) return found;
  for (const Uncomputed& one : state_->uncomputed) {
    if (one.id == id) {
      return Error{ErrorKind::invalid, "policy.not_computed", one.id + ": " + one.why};
    }
  }
  return Error{ErrorKind::not_found, "policy.no_such_rule", std::string(id)};
}

Result<std::string> area_digits(std::string_view code) {
  const bool is_code = code.size() <= 6 && code.size() % 2 == 0 &&
                       code.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_code) {
    return Error{ErrorKind::invalid, "policy.bad_area", "2, 4 or 6 digits: 43, 4306, 430602"};
  }
  while (code.size() > 2 && code.ends_with("00")) code.remove_suffix(2);
  return std::string(code);
}

std::span<const Uncomputed> Pack::uncomputed() const {
  return state_->uncomputed;
}
std::span<const NationalYear> Pack::national_years() const {
  return state_->years;
}
const std::string& Pack::version() const {
  return state_->version;
}
bool Pack::knows_fact(std::string_view name) const {
  return state_->fact_names.find(name) != state_->fact_names.end();
}

}  // namespace sj::policy
