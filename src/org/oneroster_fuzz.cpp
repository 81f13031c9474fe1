// Arbitrary bytes as a set of OneRoster: a text of files parted by lines `=== name`.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/base/check.h"

#include "org/oneroster.h"

namespace {

using namespace sj::org;  // NOLINT(google-build-using-namespace): the subject of this file

std::string blind(Secret secret, std::int64_t person, std::string_view value) {
  return std::string(name_of(secret)) + (finds_person(secret) ? "" : std::to_string(person)) +
         std::string(value);
}

std::vector<sj::sheet::Entry> files_of(std::string_view text) {
  constexpr std::string_view kMark = "=== ";
  std::vector<sj::sheet::Entry> files;
  while (!text.empty() && files.size() < 12) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with(kMark)) {
      files.push_back({std::string(line.substr(kMark.size())), {}});
    } else if (!files.empty()) {
      files.back().bytes += std::string(line) + "\n";
    }
  }
  return files;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Snapshot store;
  store.area_code = "430104";
  OneRosterContext context;
  context.today = sj::LocalDay::parse("2026-10-12").value();
  context.store = &store;
  ImportOptions options;
  options.today = context.today;
  options.partial = true;
  sj::SequentialIds ids(1000);
  const auto files = files_of(bytes);
  for (int run = 0; run < 2; ++run) {
    const Incoming in = read_oneroster(files, context);
    for (const Fault& fault : in.faults) SJ_CHECK(!sentence(fault, in.sources).empty());
    const Plan plan = plan_import(store, in, options, blind);
    const auto writes = decide_writes(store, in, plan, options, blind, ids);
    SJ_CHECK(writes.ok());
    apply(store, writes.value());
  }
  OneRosterOptions out;
  out.today = context.today;
  SJ_CHECK(!write_oneroster(store, out).empty());
  return 0;
}
