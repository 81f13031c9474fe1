#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "kernel/api/problem.h"
#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/api/sentence.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/sheet/export.h"
#include "kernel/text/free_text.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/import_file_store.h"
#include "org/import_routes.h"
#include "org/import_run.h"
#include "org/import_store.h"
#include "org/met_store.h"
#include "org/oneroster.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/roster.h"
#include "org/school_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

constexpr std::size_t kFileNameMax = 200;  // characters
constexpr std::size_t kUploadMax = 100UL * 1024 * 1024;
constexpr std::string_view kXlsx =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
constexpr std::string_view kSealFile = "org.import.file";
constexpr std::string_view kSealRows = "org.import.rows";
// Of one page: each opens the whole preview anew, so that a list of 80,000 faults wants few.
constexpr std::int64_t kRowsMax = 5000;

struct ProgressDto {
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::optional<std::int64_t> eta_s;
};
BOOST_DESCRIBE_STRUCT(ProgressDto, (), (done, total, eta_s))
// The shapes of what import_run.h writes: summary_text and preview_text.
struct FreshDto {
  std::int64_t pupils = 0;
  std::int64_t guardians = 0;
  std::int64_t staff = 0;
  std::int64_t classes = 0;
  std::int64_t schools = 0;
};
BOOST_DESCRIBE_STRUCT(FreshDto, (), (pupils, guardians, staff, classes, schools))
struct SummaryDto {
  std::int64_t new_ = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::int64_t leaving = 0;
  std::int64_t doubtful = 0;
  std::int64_t faults = 0;
  std::int64_t warnings = 0;
  FreshDto by_kind;  // of the new ones
};
BOOST_DESCRIBE_STRUCT(SummaryDto,
                      (),
                      (new_, changed, unchanged, leaving, doubtful, faults, warnings, by_kind))
struct ChangeDto {
  std::string field;
  std::string before;
  std::string after;
};
BOOST_DESCRIBE_STRUCT(ChangeDto, (), (field, before, after))
struct FaultDto {
  json::OneOf<kSeverities> severity;
  std::string column;
  std::string value;
  std::string code;
  std::string message;
  std::string expected;
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(FaultDto, (), (severity, column, value, code, message, expected, sentence))
struct ChoiceDto {
  json::Id id;
  std::string name;
  std::optional<json::Day> birth_day;
  std::string class_name;
};
BOOST_DESCRIBE_STRUCT(ChoiceDto, (), (id, name, birth_day, class_name))
struct RowDto {
  std::string sheet;
  std::int64_t row = 0;
  std::string name;
  std::string class_name;
  std::optional<json::Id> person_id;              // of one who would leave
  std::optional<std::vector<ChangeDto>> changes;  // what would be new
  std::optional<FaultDto> fault;
  std::optional<std::vector<ChoiceDto>> choice;  // who it may be
};
BOOST_DESCRIBE_STRUCT(RowDto, (), (sheet, row, name, class_name, person_id, changes, fault, choice))

struct ImportDto {
  json::Id id;
  json::OneOf<kImportStates> state;
  json::OneOf<kImportFormats> format;
  std::string file_name;
  std::optional<json::Id> school_id;
  std::string school;
  json::Moment made;
  std::optional<ProgressDto> progress;
  json::RawOf<SummaryDto> summary;
  std::optional<std::string> error;  // of one that failed
  // Of one that was not kept: what is wrong.
  std::optional<std::vector<json::RawOf<RowDto>>> faults;
};
BOOST_DESCRIBE_STRUCT(
    ImportDto,
    (),
    (id, state, format, file_name, school_id, school, made, progress, summary, error, faults))
struct ImportsDto {
  std::vector<ImportDto> rows;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(ImportsDto, (), (rows, total))
struct RowsDto {
  std::vector<json::RawOf<RowDto>> rows;
  std::optional<std::string> next;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(RowsDto, (), (rows, next, total))
struct DecisionBody {
  std::optional<json::Exact> sheet;  // as the file names it
  std::int64_t row = 0;
  std::optional<json::Id> same_as;
  std::optional<bool> new_;
};
BOOST_DESCRIBE_STRUCT(DecisionBody, (), (sheet, row, same_as, new_))
struct ApplyBody {
  std::optional<bool> partial;
  std::optional<std::vector<DecisionBody>> decisions;
};
BOOST_DESCRIBE_STRUCT(ApplyBody, (), (partial, decisions))

const Error kNoSuchImport{ErrorKind::not_found, "org.no_such_import", "import"};

// An import that is being applied in this process. It stays known when it has ended: whoever reads
// a snapshot of a moment before would take it for interrupted otherwise.
struct Running {
  std::atomic<std::size_t> done = 0;
  std::atomic<std::size_t> all = 0;
  std::atomic<bool> is_cancelled = false;
  Instant started{0};
};

class Runs {
 public:
  std::shared_ptr<Running> begin(std::int64_t id, Instant now) {
    const std::lock_guard lock(mutex_);
    auto run = std::make_shared<Running>();
    run->started = now;
    runs_[id] = run;
    return run;
  }
  [[nodiscard]] std::shared_ptr<Running> find(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(id);
    return found == runs_.end() ? nullptr : found->second;
  }
  /// Of one whose end could not be written down.
  void forget(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    runs_.erase(id);
  }

 private:
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<Running>> runs_;
};

// What an import would write, and what it was compared with.
struct Prepared {
  Snapshot before{};
  Plan plan{};
  Writes writes{};
};

// An import that ended in the middle (refused by the store, or the program stopped) has stored
// nothing and kept its file: it may be tried again or given up.
bool is_open(const ImportLine& line, bool is_running) {
  return line.state == "preview" || line.state == "failed" ||
         (line.state == "applying" && !is_running);
}

desk::Entry entry_of(std::string action, const ImportLine& line) {
  desk::Entry entry;
  entry.school = line.school_id;
  entry.action = std::move(action);
  entry.subject_kind = "import";
  entry.subject = line.id;
  entry.detail = object_of({{"file_sha256", line.file_sha256}, {"format", line.format}});
  return entry;
}

// The rows of one kind in what preview_text made.
template <class OnRow>
void each_row(std::string_view text, std::string_view kind, const OnRow& on_row) {
  const std::string wanted = std::string(kind) + "\t";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string_view row = text.substr(at, end - at);
    at = end + 1;
    if (row.starts_with(wanted)) on_row(row.substr(wanted.size()));
  }
}

ImportDto dto_of(const ImportLine& line, Runs& runs, Instant now) {
  ImportDto dto;
  dto.id = line.id;
  dto.state = line.state;
  dto.format = line.format;
  dto.file_name = line.file_name;
  if (line.school_id != 0) dto.school_id = line.school_id;
  dto.school = line.school;
  dto.made = line.made;
  dto.summary.text = line.summary;
  if (line.state == "failed") dto.error = "org.import_failed";
  if (line.state != "applying") return dto;
  const auto run = runs.find(line.id);
  if (run == nullptr) {
    // The program stopped in the middle: what was begun was rolled back.
    dto.state = "failed";
    dto.error = "org.import_interrupted";
    return dto;
  }
  ProgressDto progress;
  progress.done = static_cast<std::int64_t>(run->done.load());
  progress.total = static_cast<std::int64_t>(run->all.load());
  const std::int64_t spent = now.utc_ms() - run->started.utc_ms();
  if (progress.done > 0 && spent > 0) {
    progress.eta_s = (progress.total - progress.done) * spent / progress.done / 1000;
  }
  dto.progress = progress;
  return dto;
}

// The school an upload is for: asked for, or the only one there is to choose; 0: the district.
Result<std::int64_t> school_of(const api::Call& call) {
  const std::string asked = call.query_text("school");
  if (asked.empty()) {
    if (call.scope.everywhere()) return std::int64_t{0};
    if (call.scope.schools().size() == 1) return call.scope.schools().front();
  }
  const std::int64_t school =
      SJ_TRY(call.query_number("school", 0, 1, std::numeric_limits<std::int64_t>::max()));
  auth::Target target;
  target.area = call.scope.area();
  target.school = school;
  if (school == 0 || !call.scope.covers(target)) {
    return Error{ErrorKind::not_found, "org.no_such_place", "school"};
  }
  return school;
}

ImportOptions options_of(LocalDay today, std::int64_t school, bool partial) {
  ImportOptions options;
  options.today = today;
  options.only_school = school;
  options.partial = partial;
  return options;
}

class ImportRoutes {
 public:
  explicit ImportRoutes(const Settings& settings) : vault_(*settings.vault) {}

  Result<http::Response> upload(const api::Call& call, sql::Reader& store, desk::Desk& desk) {
    const LocalDay today = day_of(call.now);
    ImportLine line;
    line.school_id = SJ_TRY(school_of(call));
    line.format = call.query_text("format");
    // What a file calls itself is shown; a name that would do something is not.
    const auto name = text::check_free_text(text::file_name(call.query_text("name")), kFileNameMax);
    line.file_name = name.ok() ? name.value() : line.format;
    const auto files = SJ_TRY(open_upload(line.format, line.file_name, call.request.body));
    line.file_sha256 = hash_of(files);
    const Snapshot snapshot = SJ_TRY(load_snapshot(store, call.scope.area(), line.school_id));
    const Incoming incoming =
        SJ_TRY(read_import(line.format, files, snapshot, today, line.school_id));
    const Plan plan =
        plan_import(snapshot, incoming, options_of(today, line.school_id, false), blind_of(vault_));
    line.state = "preview";
    line.summary = summary_text(plan);
    line.account_id = call.actor.account;
    line.made = call.now;
    const std::string preview = preview_text(snapshot, incoming, plan, today);
    // Whoever asked so, and would change nothing, leaves no trace in the store.
    const std::string keep = call.query_text("keep");
    const char* dropped = nullptr;
    if (keep == "whole" && plan.count(Severity::error) != 0) {
      dropped = "refused";
    } else if (!keep.empty() && plan.is_empty()) {
      const Writes writes = SJ_TRY(decide_writes(snapshot, incoming, plan,
                                                 options_of(today, line.school_id, keep == "good"),
                                                 blind_of(vault_), desk.context().ids));
      if (writes.new_foreign.empty()) dropped = "unchanged";
    }
    const auto tried = numbers_of(call, incoming);
    if (dropped != nullptr && tried.empty() && !meets(line, plan)) {
      return not_kept(line, dropped, preview, call.now);
    }
    const std::string file = vault_.seal_plain(kSealFile, call.request.body);
    const std::string rows = vault_.seal_plain(kSealRows, preview);
    const std::int64_t area = call.scope.area();
    return call.store(desk, [&](const api::Call& inner, desk::Tx& tx) -> Result<http::Response> {
      if (!SJ_TRY(may_tell(inner, tx, line, plan, tried))) return too_many(inner);
      if (dropped != nullptr) {
        // What was told of numbers leaves its trace, though nothing else is kept.
        SJ_TRY(tx.audit(area, entry_of("org.import.uploaded", line)));
        return not_kept(line, dropped, preview, inner.now);
      }
      line.id = tx.new_id();
      SJ_TRY(insert_import(tx, area, line, file, rows));
      SJ_TRY(tx.audit(area, entry_of("org.import.uploaded", line)));
      return api::reply(json::encode(dto_of(line, runs_, inner.now)), 201);
    });
  }

  Result<http::Response> get(const api::Call& call, sql::Reader& store) {
    const std::int64_t id = SJ_TRY(call.id(0));
    const auto line = SJ_TRY(find_import(store, call.scope, id));
    if (!line) return kNoSuchImport;
    return api::reply(json::encode(dto_of(*line, runs_, call.now)));
  }

  Result<http::Response> list(const api::Call& call, sql::Reader& store) {
    const auto lines = SJ_TRY(list_imports(store, call.scope));
    const std::string school = call.query_text("school");
    ImportsDto dto;
    for (const ImportLine& line : lines) {
      if (!school.empty() && std::to_string(line.school_id) != school) continue;
      dto.rows.push_back(dto_of(line, runs_, call.now));
    }
    dto.total = static_cast<std::int64_t>(dto.rows.size());
    return api::reply(json::encode(dto));
  }

  Result<http::Response> rows(const api::Call& call, sql::Reader& store) {
    const std::int64_t id = SJ_TRY(call.id(0));
    const auto line = SJ_TRY(find_import(store, call.scope, id));
    if (!line) return kNoSuchImport;
    const std::int64_t limit = SJ_TRY(call.query_number("limit", 50, 1, kRowsMax));
    const std::int64_t after = SJ_TRY(call.query_number("after", 0, 0, 10'000'000));
    const std::string text = SJ_TRY(preview_of(store, call.scope.area(), id));
    RowsDto dto;
    each_row(text, call.query_text("kind"), [&](std::string_view row) {
      if (dto.total >= after && dto.total < after + limit) {
        dto.rows.emplace_back(std::string(row));
      }
      ++dto.total;
    });
    if (after + limit < dto.total) dto.next = std::to_string(after + limit);
    return api::reply(json::encode(dto));
  }

  Result<http::Response> apply(const api::Call& call, sql::Reader& store, desk::Desk& desk) {
    const std::int64_t id = SJ_TRY(call.id(0));
    const auto body = SJ_TRY(json::read<ApplyBody>(
        call.request.body.empty() ? std::string_view("{}") : std::string_view(call.request.body)));
    std::vector<RowChoice> choices;
    for (const DecisionBody& one : body.decisions.value_or(std::vector<DecisionBody>())) {
      choices.push_back({one.sheet ? std::string(*one.sheet) : std::string(), one.row,
                         one.same_as ? one.same_as->value : 0});
    }
    const bool partial = body.partial.value_or(false);
    const auto seen = SJ_TRY(find_import(store, call.scope, id));
    if (!seen) return kNoSuchImport;
    if (!is_open(*seen, runs_.find(id) != nullptr)) return not_ready(*seen);
    const std::int64_t area = call.scope.area();
    // The long part, done here and not on the desk, where everybody would wait for it.
    const auto prepared = std::make_shared<Prepared>(SJ_TRY(
        prepare(store, desk.context().ids, *seen, area, day_of(call.now), partial, choices)));
    bool has_begun = false;
    auto reply = SJ_TRY(
        call.store(desk, [&](const api::Call& inner, desk::Tx& tx) -> Result<http::Response> {
          auto line = SJ_TRY(find_import(tx, inner.scope, id));
          if (!line) return kNoSuchImport;
          if (!is_open(*line, runs_.find(id) != nullptr)) return not_ready(*line);
          line->state = "applying";
          SJ_TRY(update_import_state(tx, area, id, line->state));
          SJ_TRY(tx.audit(area, entry_of("org.import.applied", *line)));
          static_cast<void>(runs_.begin(id, inner.now));
          has_begun = true;
          return api::reply(json::encode(dto_of(*line, runs_, inner.now)), 202);
        }));
    if (has_begun) start(desk, call.unit(), *seen, area, partial, std::move(choices), prepared);
    return reply;  // also of a repetition, answered as before
  }

  Result<http::Response> cancel(const api::Call& call, desk::Tx& tx) {
    const std::int64_t id = SJ_TRY(call.id(0));
    const auto line = SJ_TRY(find_import(tx, call.scope, id));
    if (!line) return kNoSuchImport;
    const auto run = runs_.find(id);
    if (line->state == "applying" && run != nullptr) {
      // Ends by itself between two batches, with nothing stored.
      run->is_cancelled = true;
      return api::nothing();
    }
    if (!is_open(*line, run != nullptr)) return not_ready(*line);
    SJ_TRY(end_import(tx, call.scope.area(), id, "cancelled", line->summary));
    SJ_TRY(tx.audit(call.scope.area(), entry_of("org.import.cancelled", *line)));
    return api::nothing();
  }

  Result<http::Response> faults(const api::Call& call, sql::Reader& store) {
    const std::int64_t id = SJ_TRY(call.id(0));
    const auto line = SJ_TRY(find_import(store, call.scope, id));
    if (!line) return kNoSuchImport;
    const LocalDay today = day_of(call.now);
    const auto files = SJ_TRY(files_of(store, call.scope.area(), *line));
    const Snapshot snapshot = SJ_TRY(load_snapshot(store, call.scope.area(), line->school_id));
    const Incoming incoming =
        SJ_TRY(read_import(line->format, files, snapshot, today, line->school_id));
    const Plan plan = plan_import(snapshot, incoming, options_of(today, line->school_id, false),
                                  blind_of(vault_));
    // Of what has come since whoever uploaded it is told by a new preview only, which counts.
    if (meets(*line, plan) && preview_text(snapshot, incoming, plan, today) !=
                                  SJ_TRY(preview_of(store, call.scope.area(), id))) {
      return Error{ErrorKind::conflict, "org.import_moved", "changed since it was looked at"};
    }
    std::string bytes = SJ_TRY(coloured_sheet(line->format, files, incoming, plan, call.now));
    return api::download(std::move(bytes), kXlsx,
                         "问题-" + text::file_name(line->file_name) + ".xlsx");
  }

  Result<http::Response> blank(const api::Call& call, sql::Reader& store) {
    const LocalDay today = day_of(call.now);
    const std::int64_t wanted = SJ_TRY(school_of(call));
    Snapshot snapshot = SJ_TRY(load_places_of(store, call, wanted));
    SchoolRow school;
    school.stages = "nine_year";
    if (!snapshot.schools.empty() && wanted != 0) school = snapshot.schools.front();
    std::string bytes = SJ_TRY(roster_template(school, snapshot.classes, today, call.now));
    return api::download(std::move(bytes), kXlsx, "学生名册模板.xlsx");
  }

  Result<http::Response> oneroster(const api::Call& call, sql::Reader& store, desk::Desk& desk) {
    const std::int64_t school = SJ_TRY(school_of(call));
    const std::int64_t area = call.scope.area();
    Snapshot snapshot = SJ_TRY(load_snapshot(store, area, 0));
    if (school != 0) snapshot = narrow(snapshot, school);
    OneRosterOptions options;
    options.today = day_of(call.now);
    options.created = call.now;
    const std::string zip = SJ_TRY(sheet::pack(write_oneroster(snapshot, options), call.now));
    return call.store(desk, [&](const api::Call&, desk::Tx& tx) -> Result<http::Response> {
      desk::Entry entry;
      entry.school = school;
      entry.action = "org.export.taken";
      entry.subject_kind = school == 0 ? "area" : "school";
      entry.subject = school == 0 ? area : school;
      entry.detail =
          object_of({{"format", "oneroster"}, {"people", std::to_string(snapshot.persons.size())}});
      SJ_TRY(tx.audit(area, entry));
      http::Response response = api::download(zip, "application/zip", "oneroster.zip");
      response.headers.push_back({"Cache-Control", "no-store"});  // nor kept for a retry
      return response;
    });
  }

  // Compares the file anew with what is there now.
  Result<http::Response> review(const api::Call& call, sql::Reader& store, desk::Desk& desk) {
    const std::int64_t id = SJ_TRY(call.id(0));
    const auto seen = SJ_TRY(find_import(store, call.scope, id));
    if (!seen) return kNoSuchImport;
    if (!is_open(*seen, runs_.find(id) != nullptr)) return not_ready(*seen);
    const std::int64_t area = call.scope.area();
    const LocalDay today = day_of(call.now);
    const auto files = SJ_TRY(files_of(store, area, *seen));
    const Snapshot snapshot = SJ_TRY(load_snapshot(store, area, seen->school_id));
    const Incoming incoming =
        SJ_TRY(read_import(seen->format, files, snapshot, today, seen->school_id));
    const Plan plan = plan_import(snapshot, incoming, options_of(today, seen->school_id, false),
                                  blind_of(vault_));
    const std::string rows =
        vault_.seal_plain(kSealRows, preview_text(snapshot, incoming, plan, today));
    const auto tried = numbers_of(call, incoming);
    return call.store(desk, [&](const api::Call& inner, desk::Tx& tx) -> Result<http::Response> {
      auto line = SJ_TRY(find_import(tx, inner.scope, id));
      if (!line) return kNoSuchImport;
      if (!is_open(*line, runs_.find(id) != nullptr)) return not_ready(*line);
      if (!SJ_TRY(may_tell(inner, tx, *line, plan, tried))) return too_many(inner);
      line->state = "preview";
      line->summary = summary_text(plan);
      SJ_TRY(update_import_preview(tx, area, *line, rows));
      SJ_TRY(tx.audit(area, entry_of("org.import.reviewed", *line)));
      return api::reply(json::encode(dto_of(*line, runs_, inner.now)));
    });
  }

 private:
  // An operator holds the store itself and has nothing to guess.
  static std::vector<std::string> numbers_of(const api::Call& call, const Incoming& incoming) {
    std::vector<std::string> numbers;
    if (call.actor.kind == auth::ActorKind::operator_) return numbers;
    for (const InPerson& person : incoming.persons) {
      for (const Secret secret : {Secret::id_number, Secret::student_no}) {
        const std::string& number = person.secrets[index_of(secret)];
        if (!number.empty()) numbers.push_back(number);
      }
    }
    return numbers;
  }
  // Whoever has the whole district is told what he may see anyway.
  static bool meets(const ImportLine& line, const Plan& plan) {
    return line.school_id != 0 && (!plan.met.empty() || plan.has_unknown);
  }
  static Result<bool> may_tell(const api::Call& call,
                               desk::Tx& tx,
                               const ImportLine& line,
                               const Plan& plan,
                               const std::vector<std::string>& tried) {
    const Meeting meeting{call.actor.account, line.school_id,          plan.met,
                          plan.has_unknown,   call.scope.everywhere(), tried};
    if (!SJ_TRY(count_tried(tx, call.scope.area(), meeting))) return false;
    if (!meets(line, plan)) return true;
    return tell_met(tx, call.scope.area(), meeting);
  }
  // A refusal that is stored: what was counted holds.
  static http::Response too_many(const api::Call& call) {
    return api::problem(too_many_numbers(),
                        api::preferred_language(call.request.header("Accept-Language")),
                        call.request.id);
  }

  // What preview_text made; empty if nothing is kept.
  Result<std::string> preview_of(sql::Reader& store, std::int64_t area, std::int64_t id) {
    const std::string sealed = SJ_TRY(load_import_rows(store, area, id));
    if (sealed.empty()) return sealed;
    return vault_.open_plain(kSealRows, sealed);
  }

  Result<std::vector<sheet::Entry>> files_of(sql::Reader& store,
                                             std::int64_t area,
                                             const ImportLine& line) {
    const std::string sealed = SJ_TRY(load_import_file(store, area, line.id));
    if (sealed.empty()) {
      return Error{ErrorKind::conflict, "org.import_not_ready", "the file is gone"};
    }
    const std::string bytes = SJ_TRY(vault_.open_plain(kSealFile, sealed));
    return open_upload(line.format, line.file_name, bytes);
  }

  static Result<Snapshot> load_places_of(sql::Reader& store,
                                         const api::Call& call,
                                         std::int64_t wanted) {
    Snapshot snapshot;
    if (wanted == 0) return snapshot;
    const auto school = SJ_TRY(find_school(store, call.scope, wanted));
    if (!school) return snapshot;
    SchoolRow row;
    row.id = school->id;
    row.name = school->name;
    row.stages = school->stages;
    row.primary_years = school->primary_years;
    snapshot.schools.push_back(std::move(row));
    const auto classes = SJ_TRY(list_classes(store, call.scope, wanted, day_of(call.now)));
    for (const Class& one : classes) {
      ClassRow what;
      what.id = one.id;
      what.school_id = one.school_id;
      what.stage = one.stage;
      what.entry_year = one.entry_year;
      what.number = one.number;
      what.closed_on = one.closed_on;
      snapshot.classes.push_back(std::move(what));
    }
    return snapshot;
  }

  Result<http::Response> not_kept(ImportLine line,
                                  const char* state,
                                  std::string_view preview,
                                  Instant now) {
    line.state = state;
    ImportDto dto = dto_of(line, runs_, now);
    dto.faults.emplace();
    for (const std::string_view kind : {"fault", "warning"}) {
      each_row(preview, kind,
               [&](std::string_view row) { dto.faults->emplace_back(std::string(row)); });
    }
    return api::reply(json::encode(dto));
  }

  static Error not_ready(const ImportLine& line) {
    return Error{ErrorKind::conflict, "org.import_not_ready", line.state};
  }

  Result<Prepared> prepare(sql::Reader& store,
                           IdSource& ids,
                           const ImportLine& line,
                           std::int64_t area,
                           LocalDay today,
                           bool partial,
                           const std::vector<RowChoice>& rows) {
    const auto files = SJ_TRY(files_of(store, area, line));
    Prepared made;
    made.before = SJ_TRY(load_snapshot(store, area, line.school_id));
    const Incoming incoming =
        SJ_TRY(read_import(line.format, files, made.before, today, line.school_id));
    ImportOptions options = options_of(today, line.school_id, partial);
    const Blind blind = blind_of(vault_);
    made.plan = plan_import(made.before, incoming, options, blind);
    // Only what somebody has looked at is written: had anything of it moved since, he would undo
    // what others did without knowing.
    if (preview_text(made.before, incoming, made.plan, today) !=
        SJ_TRY(preview_of(store, area, line.id))) {
      return Error{ErrorKind::conflict, "org.import_moved", "changed since it was looked at"};
    }
    options.choices = SJ_TRY(choices_of(incoming, rows));
    if (!options.choices.empty()) {
      made.plan = plan_import(made.before, incoming, options, blind);
    }
    made.writes = SJ_TRY(decide_writes(made.before, incoming, made.plan, options, blind, ids));
    return made;
  }

  // One unit of work. Where something was changed since it was prepared, it is compared again, so
  // that what it was compared with is what is there.
  Result<void> carry_out(desk::Tx& tx,
                         const ImportLine& line,
                         std::int64_t area,
                         bool partial,
                         const std::vector<RowChoice>& rows,
                         Prepared& prepared,
                         Running& run) {
    const Snapshot now = SJ_TRY(load_snapshot(tx, area, line.school_id));
    if (!(now == prepared.before)) {
      prepared = SJ_TRY(prepare(tx, tx.ids(), line, area, tx.today(), partial, rows));
    }
    const Plan& plan = prepared.plan;
    const Writes& writes = prepared.writes;
    const ImportSource source{line.id, line.format, line.file_sha256};
    if (!plan.is_empty() || !writes.new_foreign.empty()) {
      SJ_TRY(store_writes(tx, area, prepared.before, plan, writes, source,
                          [&](std::size_t done, std::size_t all) {
                            run.done = done;
                            run.all = all;
                            return !run.is_cancelled.load();
                          }));
    }
    SJ_TRY(end_import(tx, area, line.id, "applied", summary_text(plan)));
    return tx.audit(area, entry_of("org.import.finished", line));
  }

  void start(desk::Desk& desk,
             const desk::Unit& unit,
             const ImportLine& line,
             std::int64_t area,
             bool partial,
             std::vector<RowChoice> choices,
             const std::shared_ptr<Prepared>& prepared) {
    auto run = runs_.find(line.id);
    if (run == nullptr) return;
    const auto give_up = [this, &desk, unit, line, area](const Error& why) {
      const bool is_cancelled = why.code == "org.import_cancelled";
      const auto noted = desk.submit(
          unit,
          [line, area, why, is_cancelled](desk::Tx& tx) -> Result<void> {
            if (is_cancelled) {
              SJ_TRY(end_import(tx, area, line.id, "cancelled", line.summary));
            } else {
              SJ_TRY(update_import_state(tx, area, line.id, "failed"));
            }
            desk::Entry entry =
                entry_of(is_cancelled ? "org.import.cancelled" : "org.import.failed", line);
            entry.detail = object_of({{"code", why.code}});
            return tx.audit(area, entry);
          },
          [this, id = line.id](const Result<void>& done) {
            if (!done.ok()) runs_.forget(id);
          });
      if (!noted.ok()) runs_.forget(line.id);
    };
    const auto submitted = desk.submit(
        unit,
        [this, line, area, partial, choices = std::move(choices), prepared, run](desk::Tx& tx) {
          return carry_out(tx, line, area, partial, choices, *prepared, *run);
        },
        [give_up](const Result<void>& done) {
          if (!done.ok()) give_up(done.error());
        });
    if (!submitted.ok()) give_up(submitted.error());
  }

  auth::Vault& vault_;
  Runs runs_;
};

}  // namespace

void add_import_routes(api::Room& room, const Settings& settings) {
  using http::Method;
  const auto routes = std::make_shared<ImportRoutes>(settings);
  const auto read =
      [&](Result<http::Response> (ImportRoutes::*handler)(const api::Call&, sql::Reader&)) {
        return api::Read([routes, handler](const api::Call& call, sql::Reader& store) {
          return (*routes.*handler)(call, store);
        });
      };
  const auto slow = [&](Result<http::Response> (ImportRoutes::*handler)(
                        const api::Call&, sql::Reader&, desk::Desk&)) {
    return api::Slow{
        [routes, handler](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
          return (*routes.*handler)(call, store, desk);
        },
        api::Lane::files};
  };
  const auto slow_read =
      [&](Result<http::Response> (ImportRoutes::*handler)(const api::Call&, sql::Reader&)) {
        return api::Slow{[routes, handler](const api::Call& call, sql::Reader& store, desk::Desk&) {
                           return (*routes.*handler)(call, store);
                         },
                         api::Lane::files};
      };
  const api::QueryParameter school{"school", "id of a school", api::Takes::id};
  room.routes
      .emplace_back(Method::post, "/api/org/imports", kImport, slow(&ImportRoutes::upload),
                    api::Doc{"upload_import",
                             "Takes a file, reads it and says what it would change",
                             {{.name = "format", .about = "of the file", .one_of = kImportFormats},
                              school,
                              {"name", "of the file"},
                              {.name = "keep",
                               .about = "whole, or its good rows: a file of which nothing would be "
                                        "stored then leaves no trace",
                               .one_of = kKeeps}},
                             nullptr,
                             "application/octet-stream",
                             json::schema_of<ImportDto>,
                             "application/json",
                             201})
      .body_max(kUploadMax);
  const auto add = [&](Method method, std::string_view path, auth::Permission permission,
                       api::Handler handler, api::Doc doc) {
    room.routes.emplace_back(method, path, permission, std::move(handler), std::move(doc));
  };
  add(Method::get, "/api/org/imports", kImport, read(&ImportRoutes::list),
      {"list_imports",
       "The latest imports",
       {school},
       nullptr,
       "application/json",
       json::schema_of<ImportsDto>});
  add(Method::get, "/api/org/imports/{import}", kImport, read(&ImportRoutes::get),
      {"get_import",
       "One import with its state and progress",
       {},
       nullptr,
       "application/json",
       json::schema_of<ImportDto>});
  add(Method::get, "/api/org/imports/{import}/rows", kImport, read(&ImportRoutes::rows),
      {"list_import_rows",
       "Rows of a preview",
       {{.name = "kind", .about = "which rows", .one_of = kImportRowKinds},
        {"limit", "at most 5000", api::Takes::number},
        {"after", "next of the page before", api::Takes::number}},
       nullptr,
       "application/json",
       json::schema_of<RowsDto>});
  add(Method::post, "/api/org/imports/{import}/apply", kImport, slow(&ImportRoutes::apply),
      {"apply_import",
       "Carries an import out, whole or the good rows of it",
       {},
       json::schema_of<ApplyBody>,
       "application/json",
       json::schema_of<ImportDto>,
       "application/json",
       202});
  add(Method::post, "/api/org/imports/{import}/review", kImport, slow(&ImportRoutes::review),
      {"review_import",
       "Compares a file anew with what is there now",
       {},
       nullptr,
       "application/json",
       json::schema_of<ImportDto>});
  add(Method::post, "/api/org/imports/{import}/cancel", kImport,
      api::Write(
          [routes](const api::Call& call, desk::Tx& tx) { return routes->cancel(call, tx); }),
      {"cancel_import",
       "Gives an import up; nothing of it is stored",
       {},
       nullptr,
       "application/json",
       nullptr,
       "application/json",
       204});
  add(Method::get, "/api/org/imports/{import}/faults.xlsx", kImport,
      slow_read(&ImportRoutes::faults),
      {"download_import_faults",
       "The sheet with its wrong cells coloured",
       {},
       nullptr,
       "application/json",
       nullptr,
       kXlsx});
  add(Method::get, "/api/org/roster-template.xlsx", kImport, slow_read(&ImportRoutes::blank),
      {"download_roster_template",
       "A roster sheet to fill in",
       {school},
       nullptr,
       "application/json",
       nullptr,
       kXlsx});
  add(Method::post, "/api/org/export/oneroster.zip", kExport, slow(&ImportRoutes::oneroster),
      {"export_oneroster",
       "The organisation as OneRoster 1.2 CSV, without sensitive fields",
       {school},
       nullptr,
       "application/json",
       nullptr,
       "application/zip"});
}

}  // namespace sj::org
