#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace sj::api {

/// Counts requests and times by route. Counting costs a few nanoseconds and never waits.
class Metrics {
 public:
  /// `names` of routes by number, for the label `route`.
  void add_route(std::string name);
  void count(std::size_t route, int status, std::chrono::microseconds took);

  /// `shuangjian_requests_total{route,status}` and the histogram
  /// `shuangjian_request_seconds{route}`; routes never asked for are left out.
  void write(std::string& out) const;

 private:
  static constexpr std::array<int, 19> kStatuses = {
      200, 201, 202, 204, 206, 303, 304, 400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 0};
  static constexpr std::array<std::int64_t, 10> kBoundsUs = {
      500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 500'000, 2'500'000};
  struct Counts {
    std::string name{};
    std::array<std::atomic<std::uint64_t>, kStatuses.size()> by_status{};
    std::array<std::atomic<std::uint64_t>, kBoundsUs.size() + 1> by_time{};
    std::atomic<std::uint64_t> sum_us = 0;
  };
  std::deque<Counts> routes_{};
};

/// Appends `name value` with its type and help, as Prometheus reads it.
void write_metric(std::string& out,
                  std::string_view name,
                  std::string_view type,
                  std::string_view help,
                  std::uint64_t value);

}  // namespace sj::api
