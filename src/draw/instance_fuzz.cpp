// Arbitrary bytes as an instance: refused, or drawn by every rule that takes it with a result that
// verifies.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/base/check.h"

#include "draw/draw.h"

namespace {

using sj::draw::Instance;
using sj::draw::Rule;

// Larger markets are slow to decide and say no more about the reader.
bool is_small(const Instance& instance) {
  return instance.section_ids.size() <= 12 && instance.student_ids.size() <= 16 &&
         instance.market.wishes.size() <= 48;
}

void draw_and_verify(const Instance& instance, Rule rule, bool ignore_priorities) {
  Instance own = instance;
  const auto drawn = sj::draw::decide_draw(
      own, {.rule = rule, .seed = "0f", .ignore_priorities = ignore_priorities, .report = {}});
  if (!drawn.ok()) {
    // Only what the rule has no place for: a seed always gives a lottery.
    SJ_CHECK(!ignore_priorities);
    SJ_CHECK(rule != Rule::stable);
    return;
  }
  Instance other = instance;
  const auto fault = sj::draw::verify(other, sj::draw::render(own, drawn.value()));
  SJ_CHECK(fault.ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  const auto instance = sj::draw::read_instance(document, {});
  const auto with_leaves = sj::draw::read_instance(document, {.keep_leaves = true});
  SJ_CHECK(instance.ok() == with_leaves.ok());
  if (!instance.ok()) {
    SJ_CHECK(instance.error().detail == with_leaves.error().detail);
    return 0;
  }
  SJ_CHECK(with_leaves.value().leaves.size() == instance.value().group_ids.size() +
                                                    instance.value().section_ids.size() +
                                                    instance.value().student_ids.size());
  if (!is_small(instance.value())) return 0;
  for (const Rule rule : {Rule::stable, Rule::draft, Rule::serial, Rule::welfare}) {
    draw_and_verify(instance.value(), rule, false);
    draw_and_verify(instance.value(), rule, true);
  }
  return 0;
}
