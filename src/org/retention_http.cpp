#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/schema.h"

#include "org/retention.h"
#include "org/rights.h"
#include "org/room.h"

namespace sj::org {
namespace {

struct PeriodDto {
  std::string what;
  std::int64_t days = 0;
  std::string basis;
};
BOOST_DESCRIBE_STRUCT(PeriodDto, (), (what, days, basis))
struct PeriodsDto {
  std::vector<PeriodDto> rows;
};
BOOST_DESCRIBE_STRUCT(PeriodsDto, (), (rows))

constexpr int kAtMinute = 3 * 60 + 10;  // at night, after the day's checkpoint

Result<http::Response> get_periods(const api::Call& call, sql::Reader& store) {
  const auto periods = SJ_TRY(list_periods(store, call.actor.area));
  PeriodsDto dto;
  for (const RetentionPeriod& period : periods)
    dto.rows.push_back({period.what, period.days, period.basis});
  return api::reply(json::encode(dto));
}

}  // namespace

void add_retention_routes(api::Room& room, const Settings&) {
  room.routes.emplace_back(http::Method::get, "/api/org/retention", auth::kSignedIn,
                           api::Read{get_periods},
                           api::Doc{.id = "list_retention",
                                    .summary = "How long what is kept, and why.",
                                    .reply = &json::schema_of<PeriodsDto>});
  desk::Job job;
  job.name = "org_retention";
  job.at_minute_of_day = kAtMinute;
  job.deletes = true;
  job.work = carry_out_retention;
  room.jobs.push_back(std::move(job));
}

}  // namespace sj::org
