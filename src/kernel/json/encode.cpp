#include "kernel/json/encode.h"

#include <array>
#include <charconv>
#include <cmath>

#include "kernel/base/check.h"
#include "kernel/time/zone.h"

namespace sj::json {

void write(Writer& out, Id id) {
  out.value(std::to_string(id.value));
}

void write(Writer& out, Day day) {
  out.value(day.value.to_iso());
}

void write(Writer& out, Moment moment) {
  out.value(to_iso(moment.value));
}

void write(Writer& out, double number) {
  SJ_CHECK(std::isfinite(number));
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.raw(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

void write(Writer& out, const std::vector<std::pair<std::string, std::int64_t>>& members) {
  out.begin_object();
  for (const auto& [name, number] : members) out.key(name).value(number);
  out.end_object();
}

}  // namespace sj::json
