#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"

#include "org/detail.h"
#include "org/rights.h"
#include "org/sheet.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct ColumnBody {
  std::string title;
  bool numeric = false;
};
BOOST_DESCRIBE_STRUCT(ColumnBody, (), (title, numeric))
struct SheetBody {
  std::string table;  // which one, for the trail: "schools"
  std::string name;   // as people call it: the file's name
  std::vector<ColumnBody> columns;
  std::vector<std::vector<json::Exact>> rows;
  std::optional<json::Id> school_id;  // whose trail hears of it; not given: the caller's
};
BOOST_DESCRIBE_STRUCT(SheetBody, (), (table, name, columns, rows, school_id))

constexpr std::size_t kBodyMax = 8UL * 1024 * 1024;
constexpr std::string_view kCsv = "text/csv; charset=utf-8";
constexpr std::string_view kXlsx =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

// The school whose trail hears of an export: that asked for, or the only one of the caller; 0: the
// district's own trail.
Result<std::int64_t> school_of(const api::Call& call, const std::optional<json::Id>& asked) {
  if (!asked) {
    const bool is_one = !call.scope.everywhere() && call.scope.schools().size() == 1;
    return is_one ? call.scope.schools().front() : std::int64_t{0};
  }
  auth::Target target;
  target.area = call.scope.area();
  target.school = asked->value;
  if (call.scope.covers(target)) return asked->value;
  return Error{ErrorKind::not_found, "org.no_such_place", "school_id"};
}

Result<http::Response> post_sheet(SheetFormat format, const api::Call& call, desk::Desk& desk) {
  json::Limits limits;
  limits.list_max = kShownRowsMax;
  auto body = SJ_TRY(json::read<SheetBody>(call.request.body, limits));
  const std::int64_t school = SJ_TRY(school_of(call, body.school_id));
  ShownTable table;
  table.table = std::move(body.table);
  table.name = std::move(body.name);
  table.format = format;
  for (std::vector<json::Exact>& row : body.rows) {
    table.rows.emplace_back(std::make_move_iterator(row.begin()),
                            std::make_move_iterator(row.end()));
  }
  for (ColumnBody& column : body.columns) {
    table.columns.push_back({std::move(column.title), column.numeric});
  }
  auto bytes = SJ_TRY(write_shown(table, call.now));
  // Not by call.store: the file is the caller's own table and need not be kept for a retry.
  SJ_TRY(desk.run(call.unit(), [&](desk::Tx& tx) -> Result<void> {
    desk::Entry entry;
    entry.school = school;
    entry.action = "org.export.taken";
    entry.subject_kind = school == 0 ? "area" : "school";
    entry.subject = school == 0 ? call.scope.area() : school;
    entry.detail = object_of({{"format", std::string(name_of(format))},
                              {"rows", std::to_string(table.rows.size())},
                              {"table", table.table}});
    return tx.audit(call.scope.area(), entry);
  }));
  return api::download(std::move(bytes), format == SheetFormat::csv ? kCsv : kXlsx,
                       file_name_of(table));
}

}  // namespace

void add_sheet_routes(api::Room& room) {
  const auto as = [](SheetFormat format) {
    return api::Slow{[format](const api::Call& call, sql::Reader&, desk::Desk& desk) {
                       return post_sheet(format, call, desk);
                     },
                     api::Lane::files};
  };
  room.routes
      .emplace_back(http::Method::post, "/api/org/sheets.xlsx", kExport, as(SheetFormat::xlsx),
                    api::Doc{.id = "make_xlsx",
                             .summary = "Makes a workbook of a table as it is shown.",
                             .body = &json::schema_of<SheetBody>,
                             .reply_type = kXlsx})
      .body_max(kBodyMax);
  room.routes
      .emplace_back(http::Method::post, "/api/org/sheets.csv", kExport, as(SheetFormat::csv),
                    api::Doc{.id = "make_csv",
                             .summary = "Makes a text file of a table as it is shown.",
                             .body = &json::schema_of<SheetBody>,
                             .reply_type = "text/csv"})
      .body_max(kBodyMax);
}

}  // namespace sj::org
