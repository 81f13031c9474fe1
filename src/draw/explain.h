#pragma once

#include <string>

#include "draw/result.h"

namespace sj::draw {

/// Why one student got some wishes and not others, a line each, for a clerk or a witness: it names
/// the last one admitted. Families get the same from their receipt, without ids.
[[nodiscard]] std::string explain(const Instance& instance, const Drawn& drawn, int student);

}  // namespace sj::draw
