#include "draw/draw.h"

#include <algorithm>

#include "engines/allocate/welfare.h"

namespace sj::draw {
namespace {

Result<void> check_priorities(const Instance& instance, Rule rule) {
  if (rule == Rule::stable || !instance.market.has_priorities) return {};
  if (rule == Rule::welfare) {
    return Error{ErrorKind::invalid, "draw.has_priorities",
                 "students or courses: there are priority classes (prio or reserve), for which "
                 "welfare has no place; use stable, or say --ignore-prio"};
  }
  const int mixed = allocate::first_with_mixed_classes(instance.market);
  if (mixed < 0) return {};
  return Error{ErrorKind::invalid, "draw.mixed_classes",
               "student \"" + allocate::at(instance.student_ids, mixed) +
                   "\": prio differs between wishes, for which " + std::string(name_of(rule)) +
                   " has no place; use stable, give every wish one class, or say --ignore-prio"};
}

allocate::Outcome decide(const Instance& instance, Rule rule, allocate::Edition edition) {
  switch (rule) {
    case Rule::draft:
      return allocate::decide_draft(instance.market, edition);
    case Rule::serial:
      return allocate::decide_serial(instance.market, edition);
    default:
      return allocate::decide_stable(instance.market, edition);
  }
}

// The first place where two texts differ, for a person who has to find it.
std::string first_difference(std::string_view claimed, std::string_view computed) {
  const auto [a, b] =
      std::mismatch(claimed.begin(), claimed.end(), computed.begin(), computed.end());
  const auto offset = static_cast<std::size_t>(a - claimed.begin());
  const auto from = offset < 30 ? 0 : offset - 30;
  return "byte " + std::to_string(offset) + ": the file says …" +
         std::string(claimed.substr(from, 70)) + "…, recomputed it is …" +
         std::string(computed.substr(from, 70)) + "…";
}

struct Checked {
  Drawn drawn;
  std::optional<std::string> fault;
};

Result<Checked> check(Instance& instance, std::string_view result_file) {
  Checked checked{SJ_TRY(read_result(result_file, instance)), std::nullopt};
  Drawn& drawn = checked.drawn;
  if (drawn.ignores_priorities) ignore_priorities(instance);
  // No draw of this instance could have begun so.
  for (const auto& begun :
       {check_priorities(instance, drawn.rule), set_lottery(instance, drawn.seed)}) {
    if (begun.ok()) continue;
    checked.fault = begun.error().detail;
    return checked;
  }
  if (drawn.rule == Rule::welfare) {
    if (!drawn.certificate) {
      checked.fault = "the result carries no certificate";
      return checked;
    }
    set_ties(instance, drawn.seed);
    if (!allocate::is_feasible(instance.market, drawn.outcome.assignment)) {
      checked.fault = "the assignment breaks a cap, quota, conflict, group or min";
      return checked;
    }
    if (!allocate::check_certificate(instance.market, drawn.outcome.assignment,
                                     *drawn.certificate)) {
      checked.fault = "the certificate does not prove what it claims";
      return checked;
    }
    allocate::complete_welfare(instance.market, drawn.outcome);
  } else {
    drawn.outcome = decide(instance, drawn.rule, drawn.edition);
    drawn.certificate.reset();
  }
  const std::string computed = render(instance, drawn);
  if (computed != result_file) checked.fault = first_difference(result_file, computed);
  return checked;
}

}  // namespace

Result<Drawn> decide_draw(Instance& instance, const DrawOptions& options) {
  if (options.ignore_priorities) ignore_priorities(instance);
  SJ_TRY(check_priorities(instance, options.rule));
  SJ_TRY(set_lottery(instance, options.seed));
  Drawn drawn{.rule = options.rule,
              .edition = options.edition,
              .ignores_priorities = options.ignore_priorities,
              .seed = options.seed,
              .outcome = {},
              .certificate = std::nullopt};
  if (options.rule == Rule::welfare) {
    set_ties(instance, options.seed);
    auto best = allocate::decide_welfare(
        instance.market, {.threads = options.threads, .limits = {}, .report = options.report});
    drawn.outcome = std::move(best.outcome);
    drawn.certificate = std::move(best.certificate);
  } else {
    drawn.outcome = decide(instance, options.rule, drawn.edition);
  }
  return drawn;
}

Result<void> verify(Instance& instance, std::string_view result_file) {
  static_cast<void>(SJ_TRY(read_verified(instance, result_file)));
  return {};
}

Result<Drawn> read_verified(Instance& instance, std::string_view result_file) {
  Checked checked = SJ_TRY(check(instance, result_file));
  if (checked.fault) {
    return Error{ErrorKind::conflict, "draw.not_verified", *checked.fault};
  }
  return std::move(checked.drawn);
}

}  // namespace sj::draw
