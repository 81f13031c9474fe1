#pragma once

#include <functional>

namespace sj {

/// Runs `work(i)` for every i in [0, count) on at most `threads` threads, in any order; returns
/// when all are done. The first exception stops the rest and is thrown again here.
void parallel_for(int count, int threads, const std::function<void(int)>& work);

}  // namespace sj
