#include "kernel/api/metrics.h"

#include <algorithm>

namespace sj::api {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// Microseconds as seconds, exactly.
std::string seconds_text(std::uint64_t us) {
  const std::string digits =
      std::to_string(us + 1'000'000).substr(std::to_string(us + 1'000'000).size() - 6);
  return std::to_string(us / 1'000'000) + "." + digits;
}

}  // namespace

void Metrics::add_route(std::string name) {
  routes_.emplace_back();
  routes_.back().name = std::move(name);
}

void Metrics::count(std::size_t route, int status, std::chrono::microseconds took) {
  Counts& counts = routes_.at(route);
  const auto* const known = std::find(kStatuses.begin(), kStatuses.end() - 1, status);
  counts.by_status.at(static_cast<std::size_t>(known - kStatuses.begin())).fetch_add(1, kRelaxed);
  const auto* const bound = std::lower_bound(kBoundsUs.begin(), kBoundsUs.end(), took.count());
  counts.by_time.at(static_cast<std::size_t>(bound - kBoundsUs.begin())).fetch_add(1, kRelaxed);
  counts.sum_us.fetch_add(static_cast<std::uint64_t>(took.count()), kRelaxed);
}

void Metrics::write(std::string& out) const {
  out +=
      "# HELP shuangjian_requests_total Requests answered.\n"
      "# TYPE shuangjian_requests_total counter\n";
  for (const Counts& counts : routes_) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      const std::uint64_t value = counts.by_status.at(i).load(kRelaxed);
      if (value == 0) continue;
      const std::string status = kStatuses.at(i) == 0 ? "other" : std::to_string(kStatuses.at(i));
      out.append("shuangjian_requests_total{route=\"").append(counts.name).append("\",status=\"");
      out.append(status).append("\"} ").append(std::to_string(value)).append("\n");
    }
  }
  out +=
      "# HELP shuangjian_request_seconds Time from the whole request to its reply.\n"
      "# TYPE shuangjian_request_seconds histogram\n";
  for (const Counts& counts : routes_) {
    std::uint64_t all = 0;
    std::string lines;
    for (std::size_t i = 0; i < counts.by_time.size(); ++i) {
      all += counts.by_time.at(i).load(kRelaxed);
      const std::string bound =
          i < kBoundsUs.size() ? seconds_text(static_cast<std::uint64_t>(kBoundsUs.at(i))) : "+Inf";
      lines.append("shuangjian_request_seconds_bucket{route=\"").append(counts.name);
      lines.append("\",le=\"")
          .append(bound)
          .append("\"} ")
          .append(std::to_string(all))
          .append("\n");
    }
    if (all == 0) continue;
    out += lines;
    out.append("shuangjian_request_seconds_sum{route=\"").append(counts.name).append("\"} ");
    out.append(seconds_text(counts.sum_us.load(kRelaxed))).append("\n");
    out.append("shuangjian_request_seconds_count{route=\"").append(counts.name).append("\"} ");
    out.append(std::to_string(all)).append("\n");
  }
}

void write_metric(std::string& out,
                  std::string_view name,
                  std::string_view type,
                  std::string_view help,
                  std::uint64_t value) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  out.append(name).append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace sj::api
