#include "org/import_store.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/desk/desk.h"
#include "kernel/sheet/workbook.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/time/clock.h"
#include "kernel/time/zone.h"

#include "org/import_run.h"
#include "org/oneroster.h"
#include "org/role.h"
#include "org/role_store.h"
#include "org/roster.h"
#include "org/setup.h"

namespace {

using namespace sj::org;  // NOLINT(google-build-using-namespace): the subject of this file
using sj::Result;
using sj::sheet::Entry;

const sj::sql::Statement kCountSealed{"SELECT count(*) FROM org_sealed WHERE area_id = $1"};
const sj::sql::Statement kCountKeys{"SELECT count(*) FROM org_name_key WHERE area_id = $1"};
const sj::sql::Statement kCountEntries{
    "SELECT count(*) FROM kernel_audit_entry WHERE area_id = $1"};

// A district in a store of its own.
struct District {
  explicit District(std::int64_t first_id) : ids(first_id) {
    const auto connection = store.connect();
    EXPECT_TRUE(sj::sql::migrate(*connection, sj::sql::migrations()).ok());
    desk = std::make_unique<sj::desk::Desk>(store.connect(), context);
    run([&](sj::desk::Tx& tx) -> Result<void> {
      area = SJ_TRY(ensure_area(tx, "430104", "岳麓区"));
      return {};
    });
  }

  void run(const std::function<Result<void>(sj::desk::Tx&)>& work) {
    const auto done =
        desk->run(sj::auth::Actor{sj::auth::ActorKind::operator_, area, 0, 0, 0}, work);
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().code + " " + done.error().detail);
  }

  Snapshot load() {
    const auto reader = store.connect(sj::sql::Mode::read);
    auto snapshot = load_snapshot(*reader, area, 0);
    EXPECT_TRUE(snapshot.ok());
    return std::move(snapshot).value();
  }

  std::int64_t number(const sj::sql::Statement& statement) {
    const auto reader = store.connect(sj::sql::Mode::read);
    return reader->number(statement, {area}).value();
  }

  Plan plan(std::string_view format, const std::vector<Entry>& files) {
    const Snapshot snapshot = load();
    const auto incoming = read_import(format, files, snapshot, today, 0);
    EXPECT_TRUE(incoming.ok());
    ImportOptions options;
    options.today = today;
    return plan_import(snapshot, incoming.value(), options, blind_of(vault));
  }

  void bring(std::string_view format, const std::vector<Entry>& files) {
    const auto incoming = read_import(format, files, load(), today, 0);
    ASSERT_TRUE(incoming.ok());
    run([&](sj::desk::Tx& tx) -> Result<void> {
      const ImportSource source{tx.new_id(), std::string(format), hash_of(files)};
      static_cast<void>(SJ_TRY(import_incoming(tx, area, incoming.value(), source)));
      return {};
    });
  }

  sj::sql::FreshStore store{sj::sql::Dialect::sqlite};
  sj::TestClock clock{sj::parse_instant("2026-10-12T08:00:00+08:00").value()};
  sj::SequentialIds ids;
  sj::SeededEntropy entropy{"import"};
  sj::auth::Vault vault{std::string(sj::auth::Vault::kMasterBytes, 'm'), entropy};
  sj::desk::Context context{clock, ids, entropy, vault};
  std::unique_ptr<sj::desk::Desk> desk;
  std::int64_t area = 0;
  sj::LocalDay today = sj::LocalDay::parse("2026-10-12").value();
};

const std::vector<Entry> kRosterFile = {
    {"名册.csv",
     "学校,年级,班级,姓名,性别,出生日期,学籍号,是否留守儿童,母亲姓名,母亲电话\n"
     "育红小学,三年级,1班,张小明,男,2017-11-02,J430104201711020019,是,王芳,13800138000\n"
     "育红小学,三年级,2班,张小红,女,2017-12-03,J430104201712030024,否,王芳,13800138000\n"
     "望江中学,七年级,1班,李强,男,2013-10-03,,,,\n"}};

TEST(ImportStore, KeepsARosterAndChangesNothingTheSecondTime) {
  District district(1000);
  district.bring("roster", kRosterFile);
  const Snapshot first = district.load();
  EXPECT_EQ(first.schools.size(), 2U);
  EXPECT_EQ(first.classes.size(), 3U);
  EXPECT_EQ(first.persons.size(), 4U);
  EXPECT_EQ(first.memberships.size(), 3U);
  ASSERT_EQ(first.guardianships.size(), 2U);
  EXPECT_EQ(first.guardianships[0].guardian_id, first.guardianships[1].guardian_id);
  // Two student numbers, two hardship marks and one phone, all of them sealed.
  EXPECT_EQ(district.number(kCountSealed), 5);
  EXPECT_GT(district.number(kCountKeys), 8);
  const Plan again = district.plan("roster", kRosterFile);
  EXPECT_TRUE(again.is_empty());
  EXPECT_EQ(again.pupils.unchanged, 3);
  EXPECT_GE(district.number(kCountEntries), 4);
}

TEST(ImportStore, StoresNothingOfAFileWithAFault) {
  District district(1000);
  std::vector<Entry> files = kRosterFile;
  files[0].bytes += "望江中学,七年级,1班,,男,2013-10-03,,,,\n";
  const auto incoming = read_import("roster", files, district.load(), district.today, 0);
  ASSERT_TRUE(incoming.ok());
  const auto done = district.desk->run(
      sj::auth::Actor{sj::auth::ActorKind::operator_, district.area, 0, 0, 0},
      [&](sj::desk::Tx& tx) -> Result<void> {
        static_cast<void>(SJ_TRY(import_incoming(tx, district.area, incoming.value(), {})));
        return {};
      });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, "org.import_has_faults");
  EXPECT_TRUE(district.load().persons.empty());
}

TEST(ImportStore, TakesADistrictToAnotherStoreAndGivesTheSameBytes) {
  District first(1000);
  first.bring("roster", kRosterFile);
  OneRosterOptions options;
  options.today = first.today;
  const auto files = write_oneroster(first.load(), options);
  District second(900'000);
  second.bring("oneroster", files);
  const auto again = write_oneroster(second.load(), options);
  ASSERT_EQ(again.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(again[i].bytes, files[i].bytes);
  EXPECT_TRUE(second.plan("oneroster", files).is_empty());
}

// A guardian who is an officer is called by the number that two officers let stand.
TEST(ImportStore, ChangesNoTelephoneOfAnOfficer) {
  District district(1000);
  district.bring("roster", kRosterFile);
  const std::int64_t guardian = district.load().guardianships.front().guardian_id;
  std::vector<Entry> files = kRosterFile;
  for (std::size_t at = files[0].bytes.find("138"); at != std::string::npos;
       at = files[0].bytes.find("138", at)) {
    files[0].bytes.replace(at, 3, "139");
  }
  const auto changed = [&] {
    const Plan plan = district.plan("roster", files);
    return plan.guardians.changed;
  };
  EXPECT_EQ(changed(), 1);
  for (const auto& one : {std::pair{"office", 1}, std::pair{"auditor", 0}}) {
    district.run([&](sj::desk::Tx& tx) -> Result<void> {
      GrantCommand command;
      command.person = guardian;
      command.role = one.first;
      command.place = {sj::auth::PlaceKind::area, 0};
      command.from = district.today;
      SJ_TRY(insert_role(tx, district.area, tx.new_id(), command));
      sj::desk::Entry entry;
      entry.action = "org.role.granted";
      return tx.audit(district.area, entry);
    });
    EXPECT_EQ(changed(), one.second) << one.first;
  }
}

// A roster with fourteen different faults, and nine good rows among them.
std::string fourteen_faults() {
  std::string text =
      "年级,班级,姓名,性别,出生日期,证件类型,身份证号,学籍号,民族,家长姓名,与学生关系,联系电话,"
      "是否留守儿童\n";
  for (int i = 1; i <= 9; ++i) {
    text += "三年级,2班,好学生" +
            std::string(i == 1   ? "甲"
                        : i == 2 ? "乙"
                        : i == 3 ? "丙"
                        : i == 4 ? "丁"
                        : i == 5 ? "戊"
                        : i == 6 ? "己"
                        : i == 7 ? "庚"
                        : i == 8 ? "辛"
                                 : "壬") +
            ",男,2017-11-0" + std::to_string(i) + ",,,,,,,,\n";
  }
  text +=
      "三年级,2班,一,男,2017-11-02,,430102201711020019,,,,,,\n"    // check character
      "三年级,2班,二,男,2017-11-02,,4.30102E+17,,,,,,\n"           // lost digits
      "三年级,2班,三,男,2017-11-02,,43010220171102001,,,,,,\n"     // length
      "三年级,2班,四,男,2017-11-02,护照,!,,,,,,\n"                 // passport
      "三年级,2班,五,男,2017-02-30,,,,,,,,\n"                      // no such day
      "三年级,2班,六,男,5/6/2017,,,,,,,,\n"                        // ambiguous day
      "三年级,2班,七,男,2027-01-01,,,,,,,,\n"                      // in the future
      "三年级,2班,八,南,2017-11-02,,,,,,,,\n"                      // sex
      "三年级,2班,九9,男,2017-11-02,,,,,,,,\n"                     // name
      "高一,2班,十,男,2017-11-02,,,,,,,,\n"                        // grade
      "三年级,向日葵班,十一,男,2017-11-02,,,,,,,,\n"               // class
      "三年级,2班,十二,男,2017-11-02,,,X430102,,,,,\n"             // student number
      "三年级,2班,十三,男,2017-11-02,,,,火星族,,,,\n"              // ethnic group
      "三年级,2班,十四,男,2017-11-02,,,,,王芳,母亲,138001380,\n";  // phone
  return text;
}

TEST(ImportRun, ShowsEveryFaultAndColoursItsCell) {
  Snapshot snapshot;
  SchoolRow school;
  school.id = 1;
  school.name = "育红小学";
  snapshot.schools = {school};
  const std::vector<Entry> files = {{"名册.csv", fourteen_faults()}};
  const auto today = sj::LocalDay::parse("2026-10-12").value();
  const auto incoming = read_import("roster", files, snapshot, today, 0);
  ASSERT_TRUE(incoming.ok());
  ImportOptions options;
  options.today = today;
  const Plan plan =
      plan_import(snapshot, incoming.value(), options,
                  [](Secret, std::int64_t, std::string_view value) { return std::string(value); });
  EXPECT_EQ(plan.count(Severity::error), 14U);
  EXPECT_EQ(plan.pupils.fresh, 9);
  EXPECT_EQ(plan.pupils.refused, 14);
  const std::string rows = preview_text(snapshot, incoming.value(), plan, today);
  std::size_t faults = 0;
  std::size_t fresh = 0;
  for (std::size_t at = 0; at < rows.size(); at = rows.find('\n', at) + 1) {
    faults += rows.compare(at, 6, "fault\t") == 0 ? 1U : 0U;
    fresh += rows.compare(at, 4, "new\t") == 0 ? 1U : 0U;
  }
  EXPECT_EQ(faults, 14U);
  EXPECT_EQ(fresh, 9U);
  EXPECT_NE(summary_text(plan).find("\"faults\":14"), std::string::npos);
  const auto bytes =
      coloured_sheet("roster", files, incoming.value(), plan, sj::Instant(1'790'000'000'000));
  ASSERT_TRUE(bytes.ok()) << bytes.error().detail;
  const auto workbook = sj::sheet::read_workbook(bytes.value(), "faults.xlsx");
  ASSERT_TRUE(workbook.ok());
  ASSERT_EQ(workbook.value().sheets.size(), 2U);
  // The rows stand where they stood, so that the sheet can be put right and sent again.
  const auto& sheet = workbook.value().sheets[0];
  EXPECT_EQ(sheet.row_count(), 24U);
  EXPECT_EQ(sheet.row(10).at(3).text, "一");
  EXPECT_EQ(workbook.value().sheets[1].row_count(), 15U);
}

TEST(ImportRun, KeepsOnlyOneSchool) {
  District district(1000);
  district.bring("roster", kRosterFile);
  const Snapshot all = district.load();
  const Snapshot part = narrow(all, all.schools[0].id);
  EXPECT_EQ(part.schools.size(), 1U);
  EXPECT_EQ(part.classes.size(), 2U);
  EXPECT_EQ(part.persons.size(), 3U);
}

}  // namespace
