// Arbitrary bytes as a roster: refused, or read, compared and decided, twice with the same result.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/base/check.h"
#include "kernel/sheet/workbook.h"

#include "org/roster.h"

namespace {

using namespace sj::org;  // NOLINT(google-build-using-namespace): the subject of this file

std::string blind(Secret secret, std::int64_t person, std::string_view value) {
  return std::string(name_of(secret)) + (finds_person(secret) ? "" : std::to_string(person)) +
         std::string(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  sj::sheet::Limits limits;
  limits.unpacked_bytes_max = 1U << 20U;
  limits.rows_max = 200;
  const auto workbook = sj::sheet::read_workbook(bytes, "roster", limits);
  if (!workbook.ok()) return 0;
  Snapshot store;
  RosterContext context;
  context.today = sj::LocalDay::parse("2026-10-12").value();
  context.schools = &store.schools;
  ImportOptions options;
  options.today = context.today;
  options.partial = true;
  sj::SequentialIds ids(1000);
  const Incoming in = read_roster(workbook.value(), context);
  for (const Fault& fault : in.faults) SJ_CHECK(!sentence(fault, in.sources).empty());
  const Plan plan = plan_import(store, in, options, blind);
  SJ_CHECK(plan.persons.size() == in.persons.size());
  const auto writes = decide_writes(store, in, plan, options, blind, ids);
  SJ_CHECK(writes.ok());
  apply(store, writes.value());
  if (plan.count(Severity::error) != 0 || in.faults.size() != plan.faults.size()) return 0;
  // What a school is called the second time, it is called as the store has it.
  const Incoming again = read_roster(workbook.value(), context);
  if (again.faults.size() == in.faults.size()) {
    SJ_CHECK(plan_import(store, again, options, blind).count(Severity::error) == 0);
  }
  return 0;
}
