#pragma once

#include <stdexcept>

namespace sj {

/// A statement the program relies on turned out false: a fault of ours, never of the input.
///
/// Wrong input is an `Error` in a `Result`. This is thrown by SJ_CHECK only, and caught only where
/// a unit of work starts (main, later the request dispatcher and the job runner), which gives the
/// unit up, reports it and stores nothing.
class InvariantBroken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws InvariantBroken whose text is `src/...:line: broken invariant: expression`: without the
/// folders of whoever built the program.
[[noreturn]] void throw_invariant_broken(const char* expression, const char* file, int line);

}  // namespace sj

/// Stops the unit of work unless `condition` holds; on in every build, also in release.
/// Write `SJ_CHECK(a); SJ_CHECK(b);` rather than `SJ_CHECK(a && b);` so the report names the
/// culprit.
#define SJ_CHECK(condition)                                         \
  do {                                                              \
    if (!(condition)) [[unlikely]]                                  \
      ::sj::throw_invariant_broken(#condition, __FILE__, __LINE__); \
  } while (false)
