#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/api/route.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "policy/pack.h"

/// What a district adds to the rules: its own, tighter limits (本地标准) and recorded exemptions
/// (备案例外).
namespace sj::policy {

struct Settings;

struct Setting {
  std::int64_t id = 0;
  std::string rule{};
  std::string check{};  // CheckWords::name
  std::string value{};  // JSON
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};  // the first day no longer
  std::string document{};
  std::string clause{};
  std::optional<Instant> ended{};
};

struct Exemption {
  std::int64_t id = 0;
  std::string rule{};
  std::int64_t school = 0;  // 0: all of the district
  LocalDay from = LocalDay::first();
  LocalDay until = LocalDay::first();  // the first day no longer
  std::string document{};
  std::string reason{};
  std::optional<Instant> ended{};
};

/// Decides whether a district may set this limit. Pure.
///
/// Gives:  nothing: it may.
/// Fails:  policy.no_such_limit (invalid): the rule has no check of that name with a value ·
///         policy.bad_value (invalid): not of the fact's type · policy.bad_period (invalid) ·
///         policy.no_document (invalid) · policy.would_loosen (rule_violated), with the country's
///         limit of a day on which both would hold
/// Source: design; policy.md, section A: 地方只能更严
[[nodiscard]] Result<void> decide_setting(const Rule& rule, const Setting& setting);

/// Decides whether an exemption may be recorded. Pure.
///
/// Gives:  nothing: it may.
/// Fails:  policy.not_exemptible (rule_violated): the text says 不得, or only encourages ·
///         policy.bad_period (invalid) · policy.no_document (invalid)
/// Source: design; policy.md, section A: 原则上、一般
[[nodiscard]] Result<void> decide_exemption(const Rule& rule, const Exemption& exemption);

/// The rule with these limits in it, for the place they are of; itself a rule with a version and an
/// archive. `settings` were decided before; those of other rules are passed over.
[[nodiscard]] Result<Pack> localised(const Rule& rule,
                                     std::string_view area,
                                     const std::vector<Setting>& settings);

/// The rules as they hold for one district: the pack with its limits and exemptions. Of one moment.
class Book {
 public:
  /// Of area 0: of the only district there is, else the pack alone. Fails: sql.*
  [[nodiscard]] static Result<Book> load(sql::Reader& store,
                                         std::shared_ptr<const Pack> pack,
                                         std::int64_t area);

  [[nodiscard]] const Pack& pack() const { return *pack_; }
  [[nodiscard]] const std::string& place() const { return place_; }  // digits of GB/T 2260
  /// With the district's limits. Fails: as Pack::rule.
  [[nodiscard]] Result<const Rule*> rule(std::string_view id) const;
  /// Is an exemption recorded for this school (or all) on that day?
  [[nodiscard]] bool exempt(std::string_view rule, std::int64_t school, LocalDay day) const;
  /// Facts as read_facts, and that an exemption is recorded.
  [[nodiscard]] Result<std::vector<rules::Value>> facts(const Rule& rule,
                                                        std::int64_t school,
                                                        LocalDay day,
                                                        std::string_view json) const;

 private:
  std::shared_ptr<const Pack> pack_;
  std::string place_{};
  std::vector<std::pair<std::string, Pack>> local_{};  // rules with limits of the district's own
  std::vector<Exemption> exemptions_{};
};

[[nodiscard]] Result<std::vector<Setting>> list_settings(sql::Reader& store, std::int64_t area);
[[nodiscard]] Result<std::vector<Exemption>> list_exemptions(sql::Reader& store, std::int64_t area);
[[nodiscard]] Result<void> insert_setting(desk::Tx& tx, std::int64_t area, const Setting& setting);
[[nodiscard]] Result<void> insert_exemption(desk::Tx& tx, std::int64_t area, const Exemption& one);
/// Gives: whether there was one that had not ended.
[[nodiscard]] Result<bool> end_setting(desk::Tx& tx, std::int64_t area, std::int64_t id);
[[nodiscard]] Result<bool> end_exemption(desk::Tx& tx, std::int64_t area, std::int64_t id);

void add_setting_routes(api::Room& room, const Settings& settings);

}  // namespace sj::policy
