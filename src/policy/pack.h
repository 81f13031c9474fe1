#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/calendar.h"

#include "engines/rules/rules.h"

/// Packs of rules (政策规则包): files that say what holds, since when, where, and where it is
/// written.
namespace sj::policy {

/// A file below policy/: "national/after_school/AS-2H.json". What is below tables/ is none.
struct File {
  std::string path;
  std::string text;
};

struct Word {
  std::string word;
  std::string title;
};

/// How a fact is computed from two others when it is not given.
enum class Computed : unsigned char {
  given,
  minus,       // a - b
  ratio,       // a / b; nothing where b is 0
  saving,      // (b - a) / b
  stage,       // of the grade a
  compulsory,  // whether stage a is one of compulsory education
};

/// Something a rule asks about, with its type and unit.
struct Fact {
  std::string name;
  rules::FactType type = rules::FactType::number;
  std::string unit;
  std::string title;
  std::vector<Word> words;
  Computed computed = Computed::given;
  std::size_t a = 0;  // indices among the facts of the rule
  std::size_t b = 0;
};

/// A document of law or policy.
struct Source {
  std::string doc;
  std::string title;
  std::string number;  // 中办发〔2021〕40号
  std::string issued;
  std::string confidence;
  std::string url;
};
struct Citation {
  const Source* source = nullptr;
  std::string clause;
};

/// The words of one check; its logic has the same index in Rule::logic.checks.
struct CheckWords {
  std::string name;                 // what a locality sets: "service_minutes"
  std::string say;                  // what must hold, with {limit}
  std::vector<Citation> citations;  // one a dated value
  bool has_value = true;            // false: it compares two facts, the values only date it
};

struct Case {
  LocalDay on = LocalDay::first();
  std::string area;
  std::string given;  // a JSON object
  std::string want;
};

struct Rule {
  std::string id;
  std::string title;
  std::string domain;                 // after_school | exams | school_time
  std::vector<std::string> audience;  // family teacher school office institution
  std::string confidence;
  std::string doubtful;  // why it may only inform
  std::string note;
  std::string last_checked_on;
  Citation citation;
  std::vector<Fact> facts;
  rules::Rule logic;
  std::vector<CheckWords> checks;
  std::vector<Case> cases;
  /// All of it but its cases, as JSON of its own that read_archive() reads again.
  std::string archive;
  std::string version;  // 12 hex digits of the hash of everything a verdict depends on
  std::string path;
};

/// A rule of the sources that no fact decides.
struct Uncomputed {
  std::string id;
  std::string title;
  std::string domain;
  std::string why;
};

/// Every file of one reading, checked whole.
class Pack {
 public:
  /// Fails: policy.bad_pack (invalid), with `file:line: place: reason`: what is not JSON of the
  ///        form docs/howto/add-a-rule.md tells, two rules of one id, facts not declared or
  ///        declared twice, unknown sources, values of the wrong type, a local value that loosens,
  ///        a case whose verdict is another.
  [[nodiscard]] static Result<Pack> read(const std::vector<File>& files);

  /// One rule as it was: Rule::archive of long ago. Fails: policy.bad_pack (invalid).
  [[nodiscard]] static Result<Pack> read_archive(const std::string& archive);

  Pack(Pack&&) noexcept;
  Pack& operator=(Pack&&) noexcept;
  ~Pack();

  [[nodiscard]] std::span<const Rule> rules() const;  // ordered by id
  [[nodiscard]] const Rule* find(std::string_view id) const;
  /// Fails: policy.not_computed (invalid), with the reason · policy.no_such_rule (not_found).
  [[nodiscard]] Result<const Rule*> rule(std::string_view id) const;
  [[nodiscard]] std::span<const Uncomputed> uncomputed() const;
  /// Notices of days off, calendars/national/*.json; one a year.
  [[nodiscard]] std::span<const NationalYear> national_years() const;
  /// Of all files' texts.
  [[nodiscard]] const std::string& version() const;
  /// Is this the name of a fact of any rule?
  [[nodiscard]] bool knows_fact(std::string_view name) const;

 private:
  friend class PackReader;
  Pack();
  struct State;
  std::unique_ptr<State> state_;
};

/// The digits by which values name a place, of a code of GB/T 2260: 430600, the city, is 4306.
/// Fails: policy.bad_area (invalid).
[[nodiscard]] Result<std::string> area_digits(std::string_view code);

/// Values for the facts of a rule out of a JSON object, kUnknown where missing. Facts of other
/// rules are passed over; those that follow from others (stage from grade, minutes from two times)
/// are computed where they are not given.
///
/// Fails: json.syntax · policy.bad_fact (invalid), with the names in Error::fields: a name no rule
///        knows, a value of the wrong type, a word that is not among those listed.
[[nodiscard]] Result<std::vector<rules::Value>> read_facts(const Pack& pack,
                                                           const Rule& rule,
                                                           std::string_view json);

/// "120", "08:20", "true", "\"lunch\"", "[\"a\",\"b\"]": as JSON; "null" if unknown.
[[nodiscard]] std::string value_json(const Fact& fact, rules::Op op, rules::Value value);
/// "120分钟", "08:20", "是", "午餐看护": for people.
[[nodiscard]] std::string value_words(const Fact& fact, rules::Op op, rules::Value value);

/// What a check demands, with this limit in it: "课后服务每天不少于120分钟".
[[nodiscard]] std::string said(const Rule& rule, std::size_t check, rules::Value limit);

/// A verdict with everything that is told of it.
struct Ruling {
  rules::Verdict verdict = rules::Verdict::na;
  std::string rule;
  std::string value = "null";  // JSON
  std::string limit = "null";  // JSON
  std::string unit;
  Citation citation;
  std::string version;
  std::string explanation;  // one or two Chinese sentences
};

/// Judges and explains. `facts` as read_facts gives them.
[[nodiscard]] Ruling rule_on(const Rule& rule,
                             std::string_view area,
                             LocalDay day,
                             std::span<const rules::Value> facts);

[[nodiscard]] std::string_view name_of(rules::Verdict verdict);
[[nodiscard]] std::string_view name_of(rules::Strength strength);
[[nodiscard]] std::string_view name_of(rules::Op op);  // "<="
[[nodiscard]] std::string_view name_of(rules::FactType type);

}  // namespace sj::policy
