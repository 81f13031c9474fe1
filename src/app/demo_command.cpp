#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "kernel/auth/secret.h"
#include "kernel/time/zone.h"

#include "app/commands.h"
#include "app/demo_district.h"
#include "app/demo_incoming.h"
#include "app/store.h"
#include "org/import_store.h"
#include "org/rights.h"
#include "org/school_store.h"
#include "org/setup.h"

namespace sj::app {
namespace {

constexpr const char* kPassword = "shuangjian-demo";
constexpr int kMorning = 8 * 60;  // the demo's clock starts at 08:00

struct Arguments {
  StoreOptions store;
  std::string seed = "1";
  int schools = 24;
  int pupils = 20'000;
  std::string on = "2026-10-12";
};

struct Login {
  std::string username;
  std::string role;
  std::string place;
};

class Demo {
 public:
  Demo(desk::Desk& desk, const DemoDistrict& district, LocalDay on)
      : desk_(desk), district_(district), on_(on) {}

  Result<std::vector<Login>> make() {
    SJ_TRY(unit([&](desk::Tx& tx) -> Result<void> {
      area_ = SJ_TRY(org::ensure_area(tx, district_.code, district_.name));
      const org::Incoming incoming = incoming_of(district_, on_);
      org::ImportSource source;
      source.format = "demo";
      people_ = SJ_TRY(org::import_incoming(tx, area_, incoming, source));
      return find_places(tx);
    }));
    SJ_TRY(unit([&](desk::Tx& tx) { return make_office(tx); }));
    SJ_TRY(unit([&](desk::Tx& tx) { return make_schools(tx); }));
    return std::move(logins_);
  }

 private:
  Result<void> unit(const desk::Work& work) {
    auth::Actor actor;
    actor.kind = auth::ActorKind::operator_;
    return desk_.run(actor, work);
  }

  // The ids of schools and streets, which the import made in an order of its own.
  Result<void> find_places(desk::Tx& tx) {
    auth::Permissions rights;
    rights.set(static_cast<std::size_t>(org::kSchoolRead.bit));
    const auth::Access everywhere(area_, {{rights, {auth::PlaceKind::area, 0}, "demo", 0}});
    const auto schools =
        SJ_TRY(org::list_schools(tx, everywhere.scope(org::kSchoolRead), tx.today()));
    for (const DemoSchool& wanted : district_.schools) {
      for (const org::School& school : schools) {
        if (school.name == wanted.name) schools_.push_back(school.id);
      }
    }
    SJ_CHECK(schools_.size() == district_.schools.size());
    const auto streets = SJ_TRY(org::list_streets(tx, area_));
    SJ_CHECK(!streets.empty());
    street_ = streets.front();
    return {};
  }

  Result<void> add(desk::Tx& tx,
                   std::int64_t person,
                   const std::string& username,
                   const std::string& role,
                   auth::Place place,
                   const std::string& place_name) {
    org::NewLogin login;
    login.person = person;
    login.username = username;
    login.password_hash = auth::hash_password(kPassword, tx.entropy());
    login.must_change = false;
    login.role = role;
    login.place = place;
    SJ_TRY(org::insert_login(tx, area_, login));
    logins_.push_back({username, role.empty() ? "teacher" : role, place_name});
    return {};
  }

  Result<void> make_office(desk::Tx& tx) {
    const struct {
      const char* username;
      const char* role;
      const char* name;
    } members[] = {{"admin", "admin", "邓志远"},
                   {"office", "office", "罗晓燕"},
                   {"auditor", "auditor", "谭建华"},
                   {"data", "data_officer", "彭文静"}};
    for (const auto& member : members) {
      const std::int64_t person = SJ_TRY(org::insert_office_member(tx, area_, member.name));
      SJ_TRY(add(tx, person, member.username, member.role, {auth::PlaceKind::area, 0},
                 district_.name));
    }
    const std::int64_t street = SJ_TRY(org::insert_office_member(tx, area_, "石海波"));
    return add(tx, street, "street", "street_office", {auth::PlaceKind::street, street_.id},
               street_.name);
  }

  Result<void> make_schools(desk::Tx& tx) {
    std::vector<int> teachers(district_.schools.size(), 0);
    for (const DemoStaff& staff : district_.staff) {
      const std::int64_t person = people_.at(staff.person);
      const auth::Place place{auth::PlaceKind::school, schools_.at(staff.school)};
      const std::string number = std::to_string(staff.school + 1);
      const std::string& school = district_.schools[staff.school].name;
      if (staff.post == "principal" || staff.post == "clerk") {
        SJ_TRY(add(tx, person, staff.post + number, staff.post, place, school));
      } else if (staff.post == "teacher" && teachers[staff.school]++ == 0) {
        SJ_TRY(add(tx, person, "teacher" + number, "", {}, school));
      }
    }
    return {};
  }

  desk::Desk& desk_;
  const DemoDistrict& district_;
  LocalDay on_;
  std::int64_t area_ = 0;
  std::vector<std::int64_t> people_;
  std::vector<std::int64_t> schools_;
  org::Street street_;
  std::vector<Login> logins_;
};

Result<void> run(const Arguments& arguments) {
  const LocalDay on = SJ_TRY(LocalDay::parse(arguments.on));
  DemoOptions options;
  options.seed = arguments.seed;
  options.schools = arguments.schools;
  options.pupils = arguments.pupils;
  options.on = on;
  const DemoDistrict district = make_demo_district(options);
  auto store = SJ_TRY(Store::open_demo(arguments.store, arguments.seed, instant_of(on, kMorning)));
  auto desk = SJ_TRY(store->start_desk());
  const auto logins = SJ_TRY(Demo(*desk, district, on).make());
  desk->close();

  std::printf("%s: %zu schools, %zu classes, %zu pupils, %zu people\n", district.name.c_str(),
              district.schools.size(), district.classes.size(), district.pupils.size(),
              district.people.size());
  std::printf("%-14s %-18s %-14s %s\n", "user", "password", "role", "place");
  for (const Login& login : logins) {
    std::printf("%-14s %-18s %-14s %s\n", login.username.c_str(), kPassword, login.role.c_str(),
                login.place.c_str());
  }
  return {};
}

}  // namespace

void add_demo(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("demo", "fill an empty store with a made-up district");
  add_store_options(*command, arguments->store);
  command->add_option("--seed", arguments->seed, "another seed, another district")
      ->capture_default_str();
  command->add_option("--schools", arguments->schools, "how many")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  command->add_option("--pupils", arguments->pupils, "how many")
      ->check(CLI::Range(20, 400'000))
      ->capture_default_str();
  command->add_option("--on", arguments->on, "the day it is there")->capture_default_str();
  command->callback([arguments, &status] { status = report(run(*arguments)); });
}

}  // namespace sj::app
