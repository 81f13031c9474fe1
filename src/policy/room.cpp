#include "policy/room.h"

#include <utility>

#include "policy/calendar.h"
#include "policy/files.h"
#include "policy/rule.h"
#include "policy/setting.h"
#include "policy/verdict.h"

namespace sj::policy {

Result<Settings> make_settings(std::function<Result<std::vector<File>>()> read_files) {
  Settings settings;
  settings.read_files = std::move(read_files);
  const std::vector<File> files =
      settings.read_files ? SJ_TRY(settings.read_files()) : built_in_files();
  settings.packs = std::make_shared<Packs>(SJ_TRY(Pack::read(files)));
  return settings;
}

Result<void> reload(const Settings& settings) {
  Pack pack = SJ_TRY(Pack::read(SJ_TRY(settings.read_files())));
  if (pack.version() != settings.packs->current()->version()) {
    settings.packs->replace(std::move(pack));
  }
  return {};
}

namespace {

// One that fails is told in the log.
desk::Job reload_job(const Settings& settings) {
  desk::Job job;
  job.name = "policy.reload";
  job.every_minutes = 1;
  job.work = [settings](desk::Tx&) { return reload(settings); };
  return job;
}

}  // namespace

api::Room room(const Settings& settings) {
  api::Room room;
  room.name = "policy";
  // One line a feature; each declares its function in its own header. Rights stand in org/rights.h.
  add_rule_routes(room, settings);
  add_setting_routes(room, settings);
  add_verdict_routes(room, settings);
  add_calendar_routes(room, settings);
  if (settings.read_files) room.jobs.push_back(reload_job(settings));
  return room;
}

}  // namespace sj::policy
