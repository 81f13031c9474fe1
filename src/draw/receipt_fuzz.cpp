// Arbitrary bytes as a receipt and as a result file: refused, judged, but never believed or crashed
// on.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/check.h"

#include "draw/draw.h"
#include "draw/receipt.h"

namespace {

using sj::draw::Instance;
using sj::draw::Rule;

// Groups, reserves, a minimum, times, points and one class per student, so that all rules apply.
// tests/fuzz/corpus/receipt_fuzz holds its results and receipts.
constexpr std::string_view kInstance =
    R"({"courses":[{"id":"a","cap":1,"group":"g"},{"id":"b","cap":2,"min":1,"group":"g"},)"
    R"({"id":"c","cap":1,"days":["1"],"start":1,"end":3},)"
    R"({"id":"d","cap":2,"days":["1"],"start":2,"end":4,"reserve":[{"class":1,"n":1}]}],)"
    R"("groups":[{"id":"g","cap":2}],"students":[)"
    R"({"id":"s","quota":2,"lottery":1,"prefs":["a","c","d"],"util":{"a":5,"d":1}},)"
    R"({"id":"t","quota":2,"lottery":2,"token":"f","prefs":["d","a","b"],"prio":{"a":1,"b":1,"d":1}},)"
    R"({"id":"u","quota":1,"lottery":3,"token":"f","prefs":["c","b"]}]})";

const Instance& instance() {
  static const Instance read = [] {
    auto result = sj::draw::read_instance(kInstance, {.keep_leaves = true});
    SJ_CHECK(result.ok());
    return std::move(result).value();
  }();
  return read;
}

// What verifies is what a draw with the same rule and seed gives, but for other certificates.
void check_result(std::string_view document) {
  Instance own = instance();
  if (!sj::draw::verify(own, document).ok()) return;
  own = instance();
  const auto claimed = sj::draw::read_result(document, own);
  SJ_CHECK(claimed.ok());
  const auto drawn =
      sj::draw::decide_draw(own, {.rule = claimed.value().rule,
                                  .edition = claimed.value().edition,
                                  .seed = claimed.value().seed,
                                  .ignore_priorities = claimed.value().ignores_priorities,
                                  .report = {}});
  SJ_CHECK(drawn.ok());
  SJ_CHECK(claimed.value().rule == Rule::welfare ||
           document == sj::draw::render(own, drawn.value()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  static const std::string root = sj::draw::root_of(instance());
  for (const char* seed : {"", "0f"}) {
    const auto report =
        sj::draw::check_receipt(document, {.root = root, .seed = seed, .outcome = ""});
    if (report.ok()) SJ_CHECK(!report.value().text.empty());
  }
  check_result(document);
  return 0;
}
