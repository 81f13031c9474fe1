#include "org/oneroster.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace sj::org;  // NOLINT(google-build-using-namespace): the subject of this file
using sj::LocalDay;
using sj::sheet::Entry;

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}
const LocalDay kToday = day("2026-10-12");

std::string blind(Secret secret, std::int64_t person, std::string_view value) {
  return std::string(name_of(secret)) + (finds_person(secret) ? "" : std::to_string(person)) +
         std::string(value);
}

// A small set without a fault; tests break one thing each.
struct Set {
  std::map<std::string, std::string> files;

  Set() {
    files["manifest.csv"] =
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\n"
        "file.academicSessions,bulk\nfile.categories,absent\nfile.classes,bulk\n"
        "file.courses,bulk\nfile.demographics,bulk\nfile.enrollments,bulk\nfile.orgs,bulk\n"
        "file.roles,bulk\nfile.users,bulk\nsource.systemName,SIS\nsource.systemCode,sis\n";
    files["orgs.csv"] =
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
        "d1,,,岳麓区,district,430104,\n"
        "s1,,,育红小学,school,2143000001,d1\n";
    files["academicSessions.csv"] =
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,"
        "schoolYear\n"
        "y1,,,2026学年,schoolYear,2026-08-01,2027-08-01,,2027\n"
        "t1,,,第一学期,term,2026-09-01,2027-01-30,y1,2027\n";
    files["courses.csv"] =
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
        "orgSourcedId,subjects,subjectCodes\nc1,,,,行政班,,,s1,,\n";
    files["classes.csv"] =
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
        "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
        "k1,,,三年级1班,03,c1,,homeroom,,s1,t1,,,\n"
        "k2,,,三（2）班,03,c1,,homeroom,,s1,t1,,,\n";
    files["users.csv"] =
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,"
        "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,"
        "userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,"
        "preferredFamilyName,primaryOrgSourcedId,pronouns\n"
        "p1,,,true,p1,,小明,张,,07,,,,g1,03,,,,,,,s1,\n"
        "p2,,,true,p2,,小红,李,,08,,,,,03,,,,,,,s1,\n"
        "g1,,,true,g1,,芳,王,,,,,13800138000,,,,,,,,,,\n"
        "x1,,,true,x1,,老师,陈,,,,,,,,,,,,,,s1,\n";
    files["roles.csv"] =
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
        "orgSourcedId,userProfileSourcedId\n"
        "r1,,,p1,primary,student,,,s1,\nr2,,,p2,primary,student,,,s1,\n"
        "r3,,,g1,primary,parent,,,s1,\nr4,,,x1,primary,teacher,2026-09-01,,s1,\n";
    files["enrollments.csv"] =
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
        "primary,beginDate,endDate\n"
        "e1,,,k1,s1,p1,student,,2026-09-01,\ne2,,,k2,s1,p2,student,,2026-09-01,\n"
        "e3,,,k1,s1,x1,teacher,true,2026-09-01,\n";
    files["demographics.csv"] =
        "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,"
        "blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,"
        "demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,countryOfBirthCode,"
        "stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\n"
        "p1,,,2017-11-02,male,,,,,,,,,,,\np2,,,2017-12-03,female,,,,,,,,,,,\n"
        "g1,,,,female,,,,,,,,,,,\n";
  }

  Set& replace(const std::string& file, const std::string& what, const std::string& by) {
    std::string& text = files.at(file);
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    if (at != std::string::npos) text.replace(at, what.size(), by);
    return *this;
  }
  Set& rename(const std::string& file, const std::string& name) {
    files[name] = files.at(file);
    files.erase(file);
    return *this;
  }

  Incoming read(const Snapshot* store = nullptr) const {
    std::vector<Entry> entries;
    for (const auto& [name, bytes] : files) entries.push_back({"export/" + name, bytes});
    OneRosterContext context;
    context.today = kToday;
    context.store = store;
    return read_oneroster(entries, context);
  }
};

std::vector<std::string> sentences(const Incoming& in, Severity severity) {
  std::vector<std::string> all;
  for (const Fault& fault : in.faults) {
    if (fault.severity == severity) all.push_back(sentence(fault, in.sources));
  }
  return all;
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "\n") + one;
  return text;
}

struct Store {
  Snapshot rows;
  sj::SequentialIds ids;
  ImportOptions options;

  explicit Store(std::int64_t first = 1000) : ids(first) {
    options.today = kToday;
    rows.area_code = "430104";
    rows.area_name = "岳麓区";
  }
  Plan bring(const Incoming& in) {
    Plan plan = plan_import(rows, in, options, blind);
    const auto writes = decide_writes(rows, in, plan, options, blind, ids);
    EXPECT_TRUE(writes.ok());
    if (writes.ok()) apply(rows, writes.value());
    return plan;
  }
};

std::string names_of(const Snapshot& rows) {
  std::string names;
  for (const PersonRow& row : rows.persons) names += (names.empty() ? "" : " ") + row.name;
  return names;
}

// Who comes back from what is exported.
std::string exported(const Snapshot& rows) {
  OneRosterOptions options;
  options.today = kToday;
  OneRosterContext context;
  context.today = kToday;
  Store second(5000);
  second.bring(read_oneroster(write_oneroster(rows, options), context));
  return names_of(second.rows);
}

TEST(OneRoster, ReadsASetWithoutAFault) {
  const Incoming in = Set().read();
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  EXPECT_EQ(joined(sentences(in, Severity::warning)), "");
  EXPECT_EQ(in.foreign_source, "sis");
  EXPECT_TRUE(in.is_whole);
  ASSERT_EQ(in.persons.size(), 4U);
  EXPECT_EQ(in.persons[0].name, "张小明");
  EXPECT_TRUE(in.persons[0].is_pupil);
  EXPECT_EQ(in.persons[0].local_no, "07");
  EXPECT_EQ(in.persons[0].birth_day, day("2017-11-02"));
  ASSERT_EQ(in.guardianships.size(), 1U);
  EXPECT_EQ(in.guardianships[0].relation, "mother");
  ASSERT_EQ(in.classes.size(), 2U);
  EXPECT_EQ(in.classes[1].number, 2);
  EXPECT_EQ(in.classes[1].entry_year, 2024);
  ASSERT_EQ(in.teachings.size(), 1U);
  EXPECT_EQ(in.teachings[0].part, "homeroom");
  ASSERT_EQ(in.staff.size(), 1U);
  EXPECT_EQ(in.staff[0].post, "teacher");
  ASSERT_EQ(in.terms.size(), 1U);
  EXPECT_EQ(in.terms[0].last_day, day("2027-01-29"));
  EXPECT_EQ(in.memberships.size(), 2U);
  EXPECT_EQ(in.schools[0].stages, "primary");
}

TEST(OneRoster, ChangesNothingTheSecondTimeAndProposesLeavers) {
  Store store;
  const Plan first = store.bring(Set().read());
  EXPECT_EQ(first.pupils.fresh, 2);
  EXPECT_EQ(first.guardians.fresh, 1);
  EXPECT_EQ(first.staff_persons.fresh, 1);
  EXPECT_TRUE(plan_import(store.rows, Set().read(), store.options, blind).is_empty());
  Set less;
  less.replace("users.csv", "p2,,,true,p2,,小红,李,,08,,,,,03,,,,,,,s1,\n", "")
      .replace("roles.csv", "r2,,,p2,primary,student,,,s1,\n", "")
      .replace("demographics.csv", "p2,,,2017-12-03,female,,,,,,,,,,,\n", "")
      .replace("enrollments.csv", "e2,,,k2,s1,p2,student,,2026-09-01,\n", "");
  const Plan plan = plan_import(store.rows, less.read(), store.options, blind);
  ASSERT_EQ(plan.leaving.size(), 1U);
  EXPECT_EQ(plan.leaving[0].name, "李小红");
  EXPECT_EQ(plan.leaving[0].class_name, "三年级2班");
}

TEST(OneRoster, FollowsADelta) {
  Store store;
  store.bring(Set().read());
  Set delta;
  for (const char* file :
       {"orgs", "academicSessions", "courses", "classes", "roles", "demographics", "enrollments"}) {
    delta.files.erase(std::string(file) + ".csv");
    delta.replace("manifest.csv", "file." + std::string(file) + ",bulk",
                  "file." + std::string(file) + ",absent");
  }
  delta.replace("manifest.csv", "file.users,bulk", "file.users,delta");
  delta.replace("manifest.csv", "file.orgs,absent", "file.orgs,delta");
  delta.replace("manifest.csv", "file.enrollments,absent", "file.enrollments,delta");
  delta.files["orgs.csv"] =
      "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n";
  delta.files["enrollments.csv"] =
      "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
      "primary,beginDate,endDate\n"
      "e1b,active,2026-10-11T08:00:00Z,k2,s1,p1,student,,2026-10-11,\n";
  std::string& users = delta.files["users.csv"];
  users = users.substr(0, users.find('\n') + 1) +
          "p2,tobedeleted,2026-10-11T08:00:00Z,true,p2,,小红,李,,08,,,,,03,,,,,,,s1,\n";
  const Incoming in = delta.read(&store.rows);
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  const Plan plan = store.bring(in);
  EXPECT_EQ(plan.count(Severity::error), 0U);
  ASSERT_EQ(plan.leaving.size(), 1U);
  EXPECT_EQ(plan.leaving[0].name, "李小红");
  // 张小明 moved to the second class on that day.
  const auto moved =
      std::find_if(store.rows.memberships.begin(), store.rows.memberships.end(),
                   [](const MembershipRow& row) { return row.ended == "moved_class"; });
  ASSERT_NE(moved, store.rows.memberships.end());
  EXPECT_EQ(moved->until, day("2026-10-11"));
}

// An enrollment of a term that is over says nothing of where the pupil is now.
TEST(OneRoster, LeavesNobodyWithoutASchoolByAnEndedEnrollment) {
  Set set;
  set.replace("enrollments.csv", "p1,student,,2026-09-01,", "p1,student,,2025-09-01,2026-07-01");
  Store fresh;
  Plan plan = fresh.bring(set.read());
  EXPECT_EQ(plan.count(Severity::error), 0U);
  EXPECT_NE(joined(sentences(set.read(), Severity::warning)).find("按在校、还没有班级登记"),
            std::string::npos);
  const auto open = [](const Snapshot& rows, std::string_view name) {
    std::int64_t count = 0;
    for (const MembershipRow& row : rows.memberships) {
      for (const PersonRow& person : rows.persons) {
        if (person.id == row.person_id && person.name == name && !row.until) ++count;
      }
    }
    return count;
  };
  EXPECT_EQ(open(fresh.rows, "张小明"), 1);
  // Who has no other place in the file is not taken.
  Set bare = set;
  bare.replace("roles.csv", "r1,,,p1,primary,student,,,s1,\n", "");
  Store empty;
  empty.options.partial = true;
  plan = empty.bring(bare.read());
  EXPECT_EQ(names_of(empty.rows).find("张小明"), std::string::npos);
  EXPECT_NE(plan.count(Severity::error), 0U);
  // Who is there already keeps his place, and is proposed as a leaver if the file has none for him.
  Store known;
  known.bring(Set().read());
  plan = known.bring(set.read());
  EXPECT_EQ(open(known.rows, "张小明"), 1);
  EXPECT_TRUE(plan.leaving.empty());
  plan = known.bring(bare.read());
  EXPECT_EQ(open(known.rows, "张小明"), 1);
  ASSERT_EQ(plan.leaving.size(), 1U);
  EXPECT_EQ(plan.leaving[0].name, "张小明");
}

TEST(OneRoster, SealsAStudentNumberThatIsTheIdentifier) {
  const std::string number = "G430111201711020119";
  Set set;
  set.replace("users.csv", "p1,,小明,张,,07,", "p1,,小明,张,," + number + ",");
  const Incoming in = set.read();
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  EXPECT_EQ(in.persons[0].local_no, "");
  EXPECT_EQ(in.persons[0].secrets[index_of(Secret::student_no)], number);
  // It says the birth day, as a roster takes it.
  set.replace("demographics.csv", "p1,,,2017-11-02,", "p1,,,2017-11-03,");
  EXPECT_NE(joined(sentences(set.read(), Severity::error)).find("号码表明应为2017-11-02"),
            std::string::npos);
  set.replace("demographics.csv", "p1,,,2017-11-03,", "p1,,,,");
  EXPECT_EQ(set.read().persons[0].birth_day, day("2017-11-02"));
}

TEST(OneRoster, TellsATitleThatContradictsTheGrade) {
  struct Case {
    const char* title;
    std::int64_t number;  // 0: refused
  };
  for (const Case& one :
       {Case{"四（2）班", 0}, Case{"初一（2）班", 0}, Case{"2023级2班", 0}, Case{"三（2）班", 2},
        Case{"2024级2班", 2}, Case{"32班", 2}, Case{"2班", 2}}) {
    Set set;
    set.replace("classes.csv", "三（2）班", one.title);
    const Incoming in = set.read();
    EXPECT_EQ(in.classes[1].bad, one.number == 0) << one.title;
    if (one.number != 0) {
      EXPECT_EQ(in.classes[1].number, one.number) << one.title;
    }
    const std::string said = joined(sentences(in, Severity::error));
    EXPECT_EQ(said.find("班级和年级说的不是同一个年级") != std::string::npos, one.number == 0)
        << said;
  }
}

struct Broken {
  const char* file;
  const char* what;
  const char* by;
  const char* wanted;
};

TEST(OneRoster, TellsEveryFaultWithItsPlace) {
  const std::vector<Broken> cases = {
      {"users.csv", "givenName", "giveName",
       "users.csv 第1行：“givenName”缺少必填的列，是否把它写成了“giveName”（G列）"},
      {"orgs.csv", "s1,,,育红小学", "d1,,,育红小学",
       "orgs.csv 第3行“sourcedId”：“d1”与第2行重复，sourcedId应唯一"},
      {"orgs.csv", "school,", "College,",
       "orgs.csv "
       "第3行“type”：“College”不在允许的值之内，应为department、school、district、local、state、nat"
       "ional"},
      {"orgs.csv", "school,", "School,", "orgs.csv 第3行“type”：“School”大小写不对，应为school"},
      {"orgs.csv", "430104,", "430104,d9",
       "orgs.csv 第2行“parentSourcedId”：“d9”orgs.csv里没有这个sourcedId，请补上，或改正引用"},
      {"academicSessions.csv", "2026-09-01", "1/05/2023",
       "academicSessions.csv 第3行“startDate”：“1/05/2023”不是ISO "
       "8601日期，应写作2023-05-01或2023-01-05"},
      {"academicSessions.csv", "2027-01-30", "2026-01-30",
       "academicSessions.csv "
       "第3行“endDate”：“2026-01-30”结束日期不在开始日期之后，请核对startDate和endDate"},
      {"classes.csv", "k2,,,三（2）班,03,c1", "k2,,,三（2）班,03,c9",
       "classes.csv "
       "第3行“courseSourcedId”：“c9”courses.csv里没有这个sourcedId，请补上，或改正引用"},
      {"classes.csv", "k2,,,三（2）班,03", "k2,,,三（2）班,11",
       "classes.csv 第3行“grades”：“11”不是义务教育的年级，一至九年级写作01至09"},
      {"enrollments.csv", "e2,,,k2", "e2,,,k9",
       "enrollments.csv "
       "第3行“classSourcedId”：“k9”classes.csv里没有这个sourcedId，请补上，或改正引用"},
      {"enrollments.csv", "p2,student", "x1,student",
       "enrollments.csv 第3行“role”：“student”这个人在roles.csv里不是学生，请核对role"},
      {"enrollments.csv", "x1,teacher", "p2,teacher",
       "enrollments.csv 第4行“role”：“teacher”这个人在roles.csv里是学生，不能任教，请核对role"},
      {"enrollments.csv", "e2,,,k2,s1,p2,student", "e2,,,k2,s1,p2,pupil",
       "enrollments.csv "
       "第3行“role”：“pupil”不在允许的值之内，应为administrator、proctor、student、teacher"},
      {"roles.csv", "r2,,,p2,primary,student", "r2,,,p1,primary,teacher",
       "roles.csv 第3行“role”：“teacher”这个人已是学生，学生不能同时是教职工或监护人"},
      {"users.csv", "g1,03", "g9,03",
       "users.csv 第2行“agentSourcedIds”：“g9”users.csv里没有这个sourcedId，请补上，或改正引用"},
      {"users.csv", "p1,,,true", "p1,,,yes",
       "users.csv 第2行“enabledUser”：“yes”不在允许的值之内，应为true或false"},
      {"demographics.csv", "male", "M",
       "demographics.csv 第2行“sex”：“M”不在允许的值之内，应为male、female、unspecified、other"},
      {"manifest.csv", "oneroster.version,1.2", "oneroster.version,1.1",
       "manifest.csv 第3行“value”：“1.1”不是OneRoster "
       "1.2，1.1版把角色写在users.csv里，请让对方系统导出1.2版"},
      {"manifest.csv", "oneroster.version,1.2", "oneroster.version,1.20",
       "manifest.csv 第3行“value”：“1.20”不是OneRoster 1.2，应为1.2"},
      {"users.csv", "p1,,,true", "p1,tobedeleted,,true",
       "users.csv "
       "第2行“status”：“tobedeleted”bulk文件里的记录都是在用的，不能另有状态，应留空；要删除请用增"
       "量文件，"
       "并在manifest.csv里写delta"},
      {"users.csv", "小明,张", "小明7,张",
       "users.csv 第2行“givenName”：“张小明7”姓名里有不该有的字符，请去掉数字和符号"},
      {"users.csv", "小明,张", "NULL,NULL",
       "users.csv 第2行“givenName”：没有填写，givenName是必填的"},
      {"demographics.csv", "2017-11-02", "1917-11-02",
       "demographics.csv 第2行“birthDate”：“1917-11-02”出生日期太早，请核对年份"},
      {"orgs.csv", "育红小学",
       "育红小学育红小学育红小学育红小学育红小学育红小学育红小学育红小学育红小学育红小学育红小学育"
       "红小学育红小学育红小学育红小学育红小学",
       "orgs.csv 第3行“name”：“育红小学育红小学…”太长，不超过60个字"},
      {"manifest.csv", "file.users,bulk", "file.users,full",
       "manifest.csv 第12行“value”：“full”file.users的值不对，应为absent、bulk或delta"},
      {"manifest.csv", "file.categories,absent", "file.results,bulk",
       "manifest.csv "
       "第5行“value”：“bulk”写明有results.csv，却没有这个文件，请补上文件，或改为absent"},
      {"users.csv", "username,userIds", "role,userIds",
       "users.csv 第1行“role”：users.csv里有role列，这是OneRoster "
       "1.1的写法，1.2版把角色写在roles.csv里，请让对方系统导出1.2版"},
  };
  for (const Broken& one : cases) {
    const Incoming in = Set().replace(one.file, one.what, one.by).read();
    const auto errors = sentences(in, Severity::error);
    EXPECT_TRUE(std::find(errors.begin(), errors.end(), one.wanted) != errors.end())
        << one.wanted << "\ngot:\n"
        << joined(errors);
  }
}

TEST(OneRoster, SaysOfAFileWithoutTitlesThatItHasNone) {
  for (const char* file : {"courses.csv", "enrollments.csv", "roles.csv", "demographics.csv"}) {
    for (const char* text : {"", "\xEF\xBB\xBF", "\n\n", "nothing,of,this\n"}) {
      Set set;
      set.files[file] = text;
      const auto errors = sentences(set.read(), Severity::error);
      ASSERT_FALSE(errors.empty()) << file << " " << text;
      EXPECT_NE(joined(errors).find(file), std::string::npos) << joined(errors);
    }
  }
}

TEST(OneRoster, SaysOnceThatAFileCouldNotBeRead) {
  Set set;
  set.replace("classes.csv", "schoolSourcedId", "school");
  const auto errors = sentences(set.read(), Severity::error);
  ASSERT_EQ(errors.size(), 4U) << joined(errors);
  EXPECT_EQ(
      errors[1],
      "enrollments.csv 第2行“classSourcedId”：“k1”所依据的classes.csv没有读取，请先改正classes."
      "csv");
}

TEST(OneRoster, TakesWordsThatSendersAdd) {
  Set set;
  set.replace("orgs.csv", ",district,", ",ext:bureau,")
      .replace("roles.csv", "x1,primary,teacher", "x1,primary,ext:librarian")
      .replace("demographics.csv", "p1,,,2017-11-02,male", "p1,,,2017-11-02,ext:none");
  set.files["classes.csv"] += "k3,,,合唱,03,c1,,ext:club,,s1,t1,,,\n";
  const Incoming in = set.read();
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  ASSERT_EQ(in.staff.size(), 1U);
  EXPECT_EQ(in.staff[0].post, "other");
  EXPECT_EQ(in.classes.size(), 2U);
  for (const char* word : {"ext:", "ext:has blank", "EXT:bureau", "bureau"}) {
    Set wrong;
    wrong.replace("orgs.csv", ",district,", std::string(",") + word + ",");
    EXPECT_EQ(sentences(wrong.read(), Severity::error).size(), 1U) << word;
  }
}

TEST(OneRoster, TakesTheWordNullForAnEmptyField) {
  Set set;
  set.replace("orgs.csv", "430104,", "430104,NULL")
      .replace("users.csv", "g1,03", "g1,NULL")
      .replace("roles.csv", "student,,,s1,", "student,NULL,NULL,s1,NULL");
  EXPECT_EQ(joined(sentences(set.read(), Severity::error)), "");
}

// Only what is new is in it: no schools, and nothing but the id of who is deleted.
TEST(OneRoster, TakesADeltaWithoutItsSchools) {
  Store store;
  store.bring(Set().read());
  Set delta;
  for (const char* file :
       {"orgs", "academicSessions", "courses", "classes", "demographics", "enrollments"}) {
    delta.files.erase(std::string(file) + ".csv");
    delta.replace("manifest.csv", "file." + std::string(file) + ",bulk",
                  "file." + std::string(file) + ",absent");
  }
  delta.replace("manifest.csv", "file.users,bulk", "file.users,delta")
      .replace("manifest.csv", "file.roles,bulk", "file.roles,delta");
  std::string& users = delta.files["users.csv"];
  users = users.substr(0, users.find('\n') + 1) + "p2,tobedeleted,2026-10-11T08:00:00Z" +
          std::string(20, ',') + "\n";
  std::string& roles = delta.files["roles.csv"];
  roles = roles.substr(0, roles.find('\n') + 1) +
          "r4,tobedeleted,2026-10-11T08:00:00Z,x1,primary,teacher,,,s1,\n";
  const Incoming in = delta.read(&store.rows);
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  EXPECT_EQ(joined(sentences(in, Severity::warning)),
            "roles.csv "
            "第2行“status”：“tobedeleted”没有删除，只是不再更新，如确实不再使用，请在系统里停用");
  const Plan plan = store.bring(in);
  EXPECT_EQ(plan.count(Severity::error), 0U);
  ASSERT_EQ(plan.leaving.size(), 1U);
  EXPECT_EQ(plan.leaving[0].name, "李小红");
}

TEST(OneRoster, ReadsInSpiteOfSmallThings) {
  const std::vector<Broken> cases = {
      {"users.csv", "username", "userName",
       "users.csv 第1行“userName”：“userName”列名的大小写不对，应为username"},
      {"manifest.csv", "file.academicSessions", "file.academicsessions",
       "manifest.csv "
       "第4行“propertyName”：“file.academicsessions”属性名的大小写不对，应为file.academicSessions"},
      {"orgs.csv", "s1,,,", "s1,active,2026-01-01T00:00:00Z,",
       "orgs.csv "
       "第3行“status”：“active”bulk文件里的status和dateLastModified应为空，没有采用，增量文件应在ma"
       "nifest.csv里写delta"},
      {"orgs.csv", "2143000001", "NCES123",
       "orgs.csv 第3行“identifier”：“NCES123”不是学校标识码，没有采用，应为10位数字"},
      {"orgs.csv", "430104", "430105",
       "orgs.csv 第2行“identifier”：“430105”不是本区的行政区划代码，本区为430104"},
      {"enrollments.csv", "e2,,,k2,s1,p2,student,,2026-09-01,",
       "e2,,,k2,s1,p2,student,,2027-03-01,",
       "enrollments.csv "
       "第3行“beginDate”：“2027-03-01”在这个班的学期之外，学期为2026-09-01至2027-01-30"},
      {"manifest.csv", "file.demographics,bulk", "file.demographics,absent",
       "manifest.csv "
       "第8行“value”：“absent”写明没有demographics.csv，却有这个文件，没有读取，如需读取应为bulk"},
      {"users.csv", "13800138000", "+44 20 7946",
       "users.csv 第4行“phone”：“+44 20 "
       "7946”不是国内的电话号码，没有采用，应为11位手机号，或带区号的座机号"},
  };
  Snapshot store;
  store.area_code = "430104";
  for (const Broken& one : cases) {
    const Incoming in = Set().replace(one.file, one.what, one.by).read(&store);
    EXPECT_EQ(joined(sentences(in, Severity::error)), "") << one.wanted;
    EXPECT_EQ(joined(sentences(in, Severity::warning)), one.wanted);
    EXPECT_EQ(in.persons.size(), 4U);
  }
  const Incoming in = Set().rename("users.csv", "Users.CSV").read();
  EXPECT_EQ(joined(sentences(in, Severity::warning)),
            "OneRoster ：“Users.CSV”文件名的大小写不对，应为users.csv");
  Set marked;
  marked.files["orgs.csv"].insert(0, "\xEF\xBB\xBF");
  EXPECT_EQ(marked.read().faults.size(), 0U);
}

// A comma without quotes shifts what follows; a comma that is missing does so the other way.
TEST(OneRoster, RefusesRowsThatAreNotAsWideAsTheirHeader) {
  const struct {
    Broken broken;
    std::string code;
  } cases[] = {
      {{"users.csv", "小明,张", "小明,二,张", "users.csv 2"}, "org.import_more_cells"},
      {{"users.csv", "小明,张,,07", "小明,张,07", "users.csv 2"}, "org.import_fewer_cells"},
      {{"orgs.csv", "育红小学,", "育红,小学,", "orgs.csv 3"}, "org.import_more_cells"},
      {{"enrollments.csv", "e1,,,", "e1,,,,", "enrollments.csv 2"}, "org.import_more_cells"},
      {{"demographics.csv", "p1,,,2017-11-02,male,", "p1,,,2017-11-02,male,,",
        "demographics.csv 2"},
       "org.import_more_cells"},
  };
  for (const auto& one : cases) {
    const Incoming in = Set().replace(one.broken.file, one.broken.what, one.broken.by).read();
    const bool is_told = std::any_of(in.faults.begin(), in.faults.end(), [&](const Fault& fault) {
      return fault.code == one.code && fault.severity == Severity::error &&
             in.sources[fault.place.source].name + " " + std::to_string(fault.place.row) ==
                 one.broken.wanted;
    });
    EXPECT_TRUE(is_told) << one.broken.by;
  }
  Set quoted;
  quoted.replace("classes.csv", "三年级1班", "\"三年级1班,向日葵\"");
  EXPECT_EQ(joined(sentences(quoted.read(), Severity::error)), "");
}

TEST(OneRoster, TellsDigitsThatASpreadsheetLost) {
  const auto errors =
      sentences(Set().replace("users.csv", "13800138000", "1.38E+10").read(), Severity::error);
  EXPECT_EQ(joined(errors),
            "users.csv 第4行“phone”：“1.38E+10”号码的末几位已丢失，请把该列设为文本后重新填写");
}

TEST(OneRoster, KnowsTrueAndFalseAsSpreadsheetsAndPeopleWriteThem) {
  for (const char* word : {"TRUE", "True", "1", "是", "FALSE", "0", "否"}) {
    const std::string by = std::string("p1,,,") + word + ",";
    Set set;
    set.replace("users.csv", "p1,,,true,", by)
        .replace("enrollments.csv", "teacher,true", "teacher,TRUE");
    const Incoming in = set.read();
    EXPECT_EQ(joined(sentences(in, Severity::error)), "") << word;
    ASSERT_EQ(in.teachings.size(), 1U);
    EXPECT_EQ(in.teachings[0].part, "homeroom");
  }
}

std::string first_error(const std::map<std::string, std::string>& files) {
  std::vector<Entry> entries;
  for (const auto& [name, bytes] : files) entries.push_back({name, bytes});
  OneRosterContext context;
  context.today = kToday;
  const auto errors = sentences(read_oneroster(entries, context), Severity::error);
  return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " " + joined(errors);
}

TEST(OneRoster, NamesFoldersThatAreSomethingElse) {
  const std::string advice = "，请让对方系统导出OneRoster 1.2 CSV";
  const std::string first = "OneRoster ：这是微软School Data Sync（SDS）V1的文件夹，不是OneRoster";
  EXPECT_EQ(first_error({{"School.csv", "SIS ID,Name\n1,育红小学\n"},
                         {"Section.csv", "SIS ID,School SIS ID,Section Name\n"},
                         {"Student.csv", "SIS ID,School SIS ID,Username\n"},
                         {"StudentEnrollment.csv", "Section SIS ID,SIS ID\n"},
                         {"Teacher.csv", "SIS ID,School SIS ID\n"},
                         {"TeacherRoster.csv", "Section SIS ID,SIS ID\n"}}),
            first + advice);
  EXPECT_EQ(first_error({{"sds/student.csv", "SIS ID\n"}, {"sds/STUDENTENROLLMENT.CSV", "x\n"}}),
            first + advice);
  const std::string second =
      "OneRoster ：这是微软School Data Sync（SDS）V2.1的文件夹，不是OneRoster";
  EXPECT_EQ(first_error({{"orgs.csv", "sourcedId,name,type,parentSourcedId\n"},
                         {"users.csv",
                          "sourcedId,username,givenName,familyName,password,"
                          "activeDirectoryMatchId,email,phone,sms\n"},
                         {"roles.csv", "userSourcedId,orgSourcedId,role\n"}}),
            second + advice);
  EXPECT_EQ(first_error({{"orgs.csv", "sourcedId,name,type\n"}, {"userFlags.csv", "a,b\n"}}),
            second + advice);
  EXPECT_EQ(first_error({{"users.csv",
                          "sourcedId,status,dateLastModified,enabledUser,"
                          "orgSourcedIds,role,username\n"},
                         {"orgs.csv", "sourcedId,name,type\n"}}),
            "OneRoster ：这是OneRoster 1.0或1.1的文件夹（没有manifest.csv，角色写在users.csv里）" +
                advice);
  Set packed;
  packed.files["more.zip"] = "PK\x03\x04";
  EXPECT_EQ(
      joined(sentences(packed.read(), Severity::warning)),
      "OneRoster ：“more.zip”是压缩包里的压缩包，没有读取，请解开后把CSV文件放在一个压缩包里");
}

TEST(OneRoster, RefusesACircleOfParents) {
  Set set;
  set.replace("orgs.csv", "430104,", "430104,d2").files["orgs.csv"] += "d2,,,上级,district,,d1\n";
  const auto errors = sentences(set.read(), Severity::error);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0],
            "orgs.csv "
            "第2行“parentSourcedId”：“d2”上级绕成了圈，自己成了自己的上级，请改正parentSourcedId");
}

// Each of these takes minutes if every row is followed all the way up.
TEST(OneRoster, FollowsLongWaysUpOnce) {
  constexpr int kMany = 60'000;
  std::string way;
  for (int i = 0; i < kMany; ++i) {
    way += "q" + std::to_string(i) + ",,,部门,department,,q" + std::to_string(i + 1) + "\n";
  }
  Set chain;
  chain.replace("orgs.csv", "430104,", "430104,q0").files["orgs.csv"] +=
      way + "q" + std::to_string(kMany) + ",,,上级,state,,\n";
  chain.replace("courses.csv", ",s1,", ",q0,");
  EXPECT_EQ(joined(sentences(chain.read(), Severity::error)), "");
  Set circle;
  circle.replace("orgs.csv", "430104,", "430104,q0").files["orgs.csv"] +=
      way + "q" + std::to_string(kMany) + ",,,上级,state,,q0\n";
  EXPECT_EQ(sentences(circle.read(), Severity::error).size(), std::size_t{kMany} + 1);
}

TEST(OneRoster, FindsWhatAChainLeadsTo) {
  Set set;
  set.files["orgs.csv"] += "a,,,一部,department,,b\nb,,,二部,department,,s1\n";
  set.replace("roles.csv", "x1,primary,teacher,2026-09-01,,s1", "x1,primary,teacher,2026-09-01,,b");
  set.files["roles.csv"] += "r5,,,x1,secondary,teacher,,,a,\nr6,,,x1,secondary,aide,,,d1,\n";
  const Incoming in = set.read();
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  ASSERT_EQ(in.staff.size(), 3U);
  EXPECT_EQ(in.staff[0].school, std::size_t{0});
  EXPECT_EQ(in.staff[1].school, std::size_t{0});
  EXPECT_EQ(in.staff[2].school, std::nullopt);
}

// As long as it is not looked up in all there is, for each of them.
TEST(OneRoster, FindsNothingQuickly) {
  Store store;
  store.bring(Set().read());
  for (int i = 0; i < 40'000; ++i) {
    store.rows.foreign.push_back({"sis", "person", "old" + std::to_string(i), i});
  }
  Set set;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = std::to_string(i);
    set.files["roles.csv"] += "n" + id + ",,,none" + id + ",primary,student,,,s1,\n";
  }
  EXPECT_EQ(sentences(set.read(&store.rows), Severity::error).size(), 20'000U);
}

TEST(OneRoster, RefusesWhatIsNoSet) {
  EXPECT_EQ(joined(sentences(read_oneroster({}, {}), Severity::error)),
            "OneRoster ：缺少manifest.csv，请提供OneRoster 1.2 CSV的完整文件夹或压缩包");
  Set empty;
  empty.files["users.csv"] = "";
  const auto errors = sentences(empty.read(), Severity::error);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].rfind("users.csv ：是空文件", 0), 0U) << errors[0];
  Set none;
  none.files.erase("orgs.csv");
  EXPECT_EQ(sentences(none.read(), Severity::error).size(), 2U);
}

TEST(OneRoster, DropsWhatDependsOnAWrongRowAndKeepsTheRest) {
  Set set;
  set.replace("classes.csv", "k2,,,三（2）班,03", "k2,,,三（2）班,11");
  Store store;
  store.options.partial = true;
  const Incoming in = set.read();
  const auto errors = sentences(in, Severity::error);
  ASSERT_EQ(errors.size(), 1U);
  const Plan plan = store.bring(in);
  EXPECT_EQ(plan.count(Severity::error), 3U);
  EXPECT_TRUE(std::any_of(plan.faults.begin(), plan.faults.end(), [&](const Fault& fault) {
    return sentence(fault, in.sources) ==
           "enrollments.csv 第3行“classSourcedId”：所依据的记录有错，没有导入，请先改正classes.csv "
           "第3行";
  }));
  EXPECT_EQ(store.rows.memberships.size(), 1U);
  EXPECT_EQ(store.rows.classes.size(), 1U);
  EXPECT_EQ(names_of(store.rows), "张小明 王芳 陈老师");
}

// Whatever is refused, nobody is kept whom the next export would leave out, and nobody goes without
// a word.
TEST(OneRoster, LeavesNobodyWithoutAPlace) {
  const struct {
    std::vector<Broken> broken;
    std::string names;
    std::string told;  // of whom else it is said that he goes too
  } cases[] = {
      {{{"classes.csv", "k1,,,三年级1班,03", "k1,,,大班,KG", ""}},
       "李小红 陈老师",
       "users.csv 2 org.import_depends|users.csv 4 org.import_unconnected|"
       "enrollments.csv 2 org.import_depends|enrollments.csv 4 org.import_depends"},
      {{{"orgs.csv", "育红小学,school", "育红小学,scool", ""}}, "", ""},
      {{{"classes.csv", "s1,t1,,,\nk2", "s1,t9,,,\nk2", ""}},
       "李小红 陈老师",
       "users.csv 2 org.import_depends|users.csv 4 org.import_unconnected|"
       "enrollments.csv 2 org.import_depends|enrollments.csv 4 org.import_depends"},
      {{{"academicSessions.csv", "第一学期,term", "第一学期,trem", ""}},
       "陈老师",
       "classes.csv 2 org.import_depends|classes.csv 3 org.import_depends|"
       "users.csv 2 org.import_depends|users.csv 3 org.import_depends|"
       "users.csv 4 org.import_unconnected|enrollments.csv 2 org.import_depends|"
       "enrollments.csv 3 org.import_depends|enrollments.csv 4 org.import_depends"},
      {{{"users.csv", "小明,张", "1,张", ""}},
       "李小红 陈老师",
       "users.csv 4 org.import_unconnected|enrollments.csv 2 org.import_depends"},
      {{{"demographics.csv", "p1,,,2017-11-02", "p1,,,2117-11-02", ""}},
       "李小红 陈老师",
       "users.csv 2 org.import_depends|users.csv 4 org.import_unconnected|"
       "enrollments.csv 2 org.import_depends"},
      {{{"enrollments.csv", "student,,2026-09-01,\ne2", "student,,2026-99-01,\ne2", ""},
        {"roles.csv", "r1,,,p1", "r1,,,p9", ""}},
       "李小红 陈老师",
       "users.csv 2 org.import_depends|users.csv 4 org.import_unconnected"},
      {{{"enrollments.csv", "e1,,,k1,s1,p1,student,,2026-09-01,\n", "", ""},
        {"roles.csv", "r1,,,p1,primary,student,,,s1", "r1,,,p1,primary,student,,,d1", ""}},
       "李小红 陈老师",
       "users.csv 2 org.import_no_school|users.csv 4 org.import_unconnected"},
      {{{"users.csv", "g1,,,true,g1,,芳", "g1,,,true,g1,,3", ""}},
       "张小明 李小红 陈老师",
       "users.csv 2 org.import_depends"},
  };
  for (const auto& one : cases) {
    Set set;
    for (const Broken& broken : one.broken) set.replace(broken.file, broken.what, broken.by);
    Store store;
    store.options.partial = true;
    const Incoming in = set.read();
    const Plan plan = store.bring(in);
    EXPECT_EQ(names_of(store.rows), one.names) << one.broken[0].by;
    std::string told;
    for (const Fault& fault : plan.faults) {
      if (fault.code != "org.import_depends" && fault.code != "org.import_unconnected" &&
          fault.code != "org.import_no_school") {
        continue;
      }
      told += (told.empty() ? "" : "|") + in.sources[fault.place.source].name + " " +
              std::to_string(fault.place.row) + " " + fault.code;
    }
    if (!one.told.empty()) {
      EXPECT_EQ(told, one.told) << one.broken[0].by;
    }
    // Of nobody at all there is nothing to bring in.
    if (one.names.empty()) continue;
    EXPECT_EQ(exported(store.rows), one.names) << one.broken[0].by;
  }
}

TEST(OneRoster, RefusesOnePupilInTwoClasses) {
  Set set;
  set.files["enrollments.csv"] += "e4,,,k2,s1,p1,student,,2026-09-01,\n";
  Store store;
  const Incoming in = set.read();
  const Plan plan = plan_import(store.rows, in, store.options, blind);
  std::vector<std::string> errors;
  for (const Fault& fault : plan.faults) {
    if (fault.severity == Severity::error) errors.push_back(fault.code);
  }
  EXPECT_EQ(joined(errors), "org.import_two_classes");
}

TEST(OneRoster, TakesScheduledClassesWhereThereAreNoHomerooms) {
  Set set;
  set.replace("classes.csv", "c1,,homeroom", "c1,,scheduled")
      .replace("classes.csv", "c1,,homeroom", "c1,,scheduled");
  EXPECT_EQ(set.read().classes.size(), 2U);
  // Nobody's class if a pupil sits in two.
  set.files["enrollments.csv"] += "e4,,,k1,s1,p2,student,,2026-09-01,\n";
  const Incoming in = set.read();
  EXPECT_TRUE(in.classes.empty());
  ASSERT_EQ(in.memberships.size(), 2U);
  EXPECT_FALSE(in.memberships[0].class_index);
}

// An organisation with everything in it.
Snapshot everything() {
  Snapshot rows;
  rows.area_code = "430104";
  rows.area_name = "岳麓区";
  rows.streets = {{11, "430104001", "望城坡街道"}};
  rows.schools = {
      {21, "2143000001", "育红小学", "public", "primary", 6, 11, true, day("1990-09-01"), {}},
      {22, "", "望江学校", "private", "nine_year", 5, 0, false, day("2001-09-01"), {}}};
  rows.terms = {{31, 2026, 1, day("2026-09-01"), day("2027-01-29")},
                {32, 2026, 2, day("2027-02-22"), day("2027-07-02")}};
  rows.classes = {{41, 21, Stage::primary, 2024, 1, "", day("2024-09-01"), {}},
                  {42, 21, Stage::primary, 2024, 2, "向日葵班", day("2024-09-01"), {}},
                  {43, 22, Stage::junior, 2025, 1, "", day("2025-09-01"), {}}};
  PersonRow pupil;
  pupil.id = 51;
  pupil.name = "阿依古丽·买买提";
  pupil.sex = 2;
  pupil.birth_day = day("2017-11-02");
  pupil.ethnic = "05";
  pupil.is_pupil = true;
  pupil.local_no = "07";
  pupil.is_protected = true;
  pupil.blinds[index_of(Secret::student_no)] = "student_noJ43010420171102001X";
  PersonRow second = pupil;
  second.id = 52;
  second.name = "欧阳娜";
  second.local_no = "";
  second.is_protected = false;
  second.blinds = {};
  PersonRow third = second;
  third.id = 53;
  third.name = "张";
  third.birth_day.reset();
  third.sex = 9;
  PersonRow mother;
  mother.id = 54;
  mother.name = "王芳";
  mother.sex = 2;
  PersonRow teacher = mother;
  teacher.id = 55;
  teacher.name = "John Smith";
  PersonRow former = mother;
  former.id = 56;
  former.name = "李强";
  rows.persons = {pupil, second, third, mother, teacher, former};
  rows.memberships = {{61, 51, 21, 41, day("2024-09-01"), day("2025-09-01"), "moved_class"},
                      {62, 51, 21, 42, day("2025-09-01"), {}, ""},
                      {63, 52, 22, 43, day("2025-09-01"), {}, ""},
                      {64, 53, 21, 0, day("2026-09-01"), {}, ""}};
  rows.guardianships = {
      {71, 51, 54, "mother", 1, true, "school", day("2024-09-01"), {}},
      {72, 52, 54, "other", 2, false, "guardian", day("2025-09-01"), {}},
      {73, 51, 56, "father", 2, false, "school", day("2024-09-01"), day("2026-01-01")}};
  rows.staff = {{81, 55, 21, "principal", "T1", day("2020-09-01"), {}},
                {82, 55, 0, "other", "", day("2021-09-01"), {}},
                {83, 54, 22, "doctor", "D2", day("2020-09-01"), day("2024-01-01")}};
  rows.teachings = {{91, 55, 41, "homeroom", "", day("2024-09-01"), {}},
                    {92, 55, 41, "subject", "数学", day("2024-09-01"), {}}};
  return rows;
}

// Everything but our own ids: each row by what names it.
std::vector<std::string> dump(const Snapshot& rows) {
  std::map<std::int64_t, std::string> names = {{0, "-"}};
  const auto until = [](const std::optional<LocalDay>& when) {
    return when ? when->to_iso() : std::string("-");
  };
  std::vector<std::string> lines;
  for (const StreetRow& row : rows.streets) names[row.id] = row.code + row.name;
  for (const SchoolRow& row : rows.schools) {
    names[row.id] = row.name;
    lines.push_back("school " + row.code + row.name + row.kind + row.stages +
                    std::to_string(row.primary_years) + names[row.street_id] +
                    std::to_string(row.rural) + row.opened_on.to_iso() + until(row.closed_on));
  }
  for (const TermRow& row : rows.terms) {
    lines.push_back("term " + std::to_string(row.school_year) + std::to_string(row.part) +
                    row.first_day.to_iso() + row.last_day.to_iso());
  }
  for (const ClassRow& row : rows.classes) {
    names[row.id] = names[row.school_id] + std::string(name_of(row.stage)) +
                    std::to_string(row.entry_year) + "/" + std::to_string(row.number);
    lines.push_back("class " + names[row.id] + row.name + row.opened_on.to_iso() +
                    until(row.closed_on));
  }
  for (const PersonRow& row : rows.persons) {
    names[row.id] = row.name;
    lines.push_back("person " + row.name + std::to_string(row.sex) + until(row.birth_day) +
                    row.ethnic + std::to_string(row.is_pupil) + row.local_no +
                    std::to_string(row.is_protected) + row.blinds[index_of(Secret::student_no)]);
  }
  for (const MembershipRow& row : rows.memberships) {
    lines.push_back("membership " + names[row.person_id] + names[row.school_id] +
                    names[row.class_id] + row.from.to_iso() + until(row.until) + row.ended);
  }
  for (const GuardianshipRow& row : rows.guardianships) {
    lines.push_back("guardianship " + names[row.pupil_id] + names[row.guardian_id] + row.relation +
                    std::to_string(row.position) + std::to_string(row.may_collect) +
                    row.admitted_by + row.from.to_iso() + until(row.until));
  }
  for (const StaffRow& row : rows.staff) {
    lines.push_back("staff " + names[row.person_id] + names[row.school_id] + row.post +
                    row.staff_no + row.from.to_iso() + until(row.until));
  }
  for (const TeachingRow& row : rows.teachings) {
    lines.push_back("teaching " + names[row.person_id] + names[row.class_id] + row.part +
                    row.subject + row.from.to_iso() + until(row.until));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(OneRoster, ComesBackAsTheSameOrganisationAndTheSameBytes) {
  const Snapshot first = everything();
  OneRosterOptions options;
  options.today = kToday;
  PersonSecrets secrets;
  secrets.person_id = 51;
  secrets.secrets[index_of(Secret::student_no)] = "J43010420171102001X";
  options.secrets = {secrets};
  const auto files = write_oneroster(first, options);
  EXPECT_EQ(files.size(), 9U);

  Store second(5000);
  OneRosterContext context;
  context.today = kToday;
  context.store = &second.rows;
  const Incoming in = read_oneroster(files, context);
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  const Plan plan = second.bring(in);
  std::vector<std::string> errors;
  for (const Fault& fault : plan.faults) {
    if (fault.severity == Severity::error) errors.push_back(sentence(fault, in.sources));
  }
  EXPECT_EQ(joined(errors), "");
  EXPECT_EQ(joined(dump(second.rows)), joined(dump(first)));

  // What it gives out again is the same, byte for byte; taking it again changes nothing.
  secrets.person_id = 0;
  for (const PersonRow& row : second.rows.persons) {
    if (row.name == "阿依古丽·买买提") secrets.person_id = row.id;
  }
  options.secrets = {secrets};
  const auto again = write_oneroster(second.rows, options);
  ASSERT_EQ(again.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(again[i].name, files[i].name);
    EXPECT_EQ(again[i].bytes, files[i].bytes) << files[i].name;
  }
  EXPECT_TRUE(
      plan_import(second.rows, read_oneroster(again, context), second.options, blind).is_empty());
}

TEST(OneRoster, RefusesTextThatWouldDoSomething) {
  const struct {
    const char* file;
    const char* what;
    const char* by;
    const char* code;
  } cases[] = {
      {"orgs.csv", "育红小学", "=cmd|' /C calc'!A0", "text.free_formula"},
      {"orgs.csv", "育红小学", "<b>育红</b>小学", "text.free_markup"},
      {"orgs.csv", "育红小学", "\"育红\n小学\"", "text.free_character"},
      {"classes.csv", "三年级1班", "<script>1", "text.free_markup"},
      {"classes.csv", "三年级1班", "@SUM(A1)", "text.free_formula"},
      {"users.csv", "张,,07", "张,,=07", "text.free_formula"},
  };
  for (const auto& one : cases) {
    const Incoming in = Set().replace(one.file, one.what, one.by).read();
    const bool is_told = std::any_of(in.faults.begin(), in.faults.end(), [&](const Fault& fault) {
      return fault.code == one.code && fault.severity == Severity::error;
    });
    EXPECT_TRUE(is_told) << one.by;
  }
  const Incoming in = Set().replace("orgs.csv", "育红小学", "\u202E育红\u200B小学").read();
  EXPECT_EQ(joined(sentences(in, Severity::error)), "");
  EXPECT_EQ(in.schools[0].name, "育红小学");
}

// What came in before these checks goes out so that no spreadsheet runs it.
TEST(OneRoster, GuardsWhatASpreadsheetWouldRun) {
  Snapshot rows = everything();
  rows.schools[0].name = "=1+1";
  OneRosterOptions options;
  options.today = kToday;
  for (const Entry& file : write_oneroster(rows, options)) {
    const bool is_guarded = file.bytes.find(",'=1+1,") != std::string::npos;
    EXPECT_EQ(is_guarded, file.name == "orgs.csv") << file.name;
    EXPECT_EQ(file.bytes.find(",=1+1"), std::string::npos) << file.name;
  }
}

TEST(OneRoster, KeepsSecretsToItselfUnlessAsked) {
  OneRosterOptions options;
  options.today = kToday;
  for (const Entry& file : write_oneroster(everything(), options)) {
    EXPECT_EQ(file.bytes.find("J43010420171102001X"), std::string::npos) << file.name;
  }
}

}  // namespace
