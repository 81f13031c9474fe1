#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "draw/result.h"

namespace sj::draw {

struct DrawOptions {
  Rule rule = Rule::stable;
  allocate::Edition edition = allocate::Edition::second;  // results of the first one still verify
  std::optional<std::string> seed{};                      // lower-case hex
  bool ignore_priorities = false;
  int threads = 1;  // changes the time, never a byte
  std::function<void(int done, int all)> report{};
};

/// Draws (摇号). Sets the instance's lottery on the way.
///
/// Gives:   what the result file will say.
/// Fails:   draw.no_lottery, draw.mixed_classes (draft and serial need one class per student),
///          draw.has_priorities (welfare has no place for them).
/// Source:  docs/algorithms/draw.md, section 3.
[[nodiscard]] Result<Drawn> decide_draw(Instance& instance, const DrawOptions& options);

/// Checks a result file against its instance, believing nothing it says: `stable`, `draft` and
/// `serial` are drawn again and compared byte by byte; under `welfare` the assignment and the
/// certificate are checked and everything else is computed again and compared.
///
/// Fails:   draw.not_verified (conflict) with what is wrong first; or the file cannot be read at
///          all, as in `read_result`.
[[nodiscard]] Result<void> verify(Instance& instance, std::string_view result_file);

/// Reads a result and finds its cut-offs and closed sections again, for `explain` and `receipt`.
/// Fails: as `verify`, and draw.not_verified if it does not verify.
[[nodiscard]] Result<Drawn> read_verified(Instance& instance, std::string_view result_file);

}  // namespace sj::draw
