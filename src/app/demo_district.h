#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/time/local_day.h"

namespace sj::app {

/// What the demo district is made of, before it is stored. Nobody in it exists: the district's code
/// is one that was never given out, and so are the first digits of its telephones, so that no
/// number here can be somebody's.
struct DemoPerson {
  std::string name{};
  int sex = 0;  // GB/T 2261.1
  LocalDay birth_day = LocalDay::from_epoch_days(0);
  std::string id_number{};
  std::string ethnic{};  // "01"
  std::string phone{};
};

struct DemoGuardian {
  std::size_t person = 0;  // of DemoDistrict::people
  std::string relation{};
  bool may_collect = true;
};

struct DemoPupil {
  std::size_t person = 0;
  std::size_t class_index = 0;
  std::string local_no{};
  std::vector<DemoGuardian> guardians{};  // in the order they are called
  bool left_behind = false;               // both parents work elsewhere (留守儿童)
  bool in_hardship = false;
  std::optional<LocalDay> left_on{};  // moved away before the demo's day
};

struct DemoClass {
  std::size_t school = 0;
  int grade = 1;
  int number = 1;
  std::size_t homeroom = 0;             // of DemoDistrict::staff
  std::vector<std::size_t> subjects{};  // staff who teach here, each with his own subject
};

struct DemoStaff {
  std::size_t person = 0;
  std::size_t school = 0;
  std::string post{};  // principal | clerk | teacher | doctor | counsellor
  std::string staff_no{};
  std::string subject{};
};

struct DemoSchool {
  std::string name{};
  std::string code{};  // 10 digits
  std::string kind{};
  std::string stages{};
  std::size_t street = 0;
  bool rural = false;
};

struct DemoDistrict {
  std::string code{};
  std::string name{};
  std::vector<std::string> streets{};
  std::vector<DemoSchool> schools{};
  std::vector<DemoClass> classes{};
  std::vector<DemoPerson> people{};
  std::vector<DemoPupil> pupils{};
  std::vector<DemoStaff> staff{};
};

struct DemoOptions {
  std::string seed = "1";
  int schools = 24;     // 1..200
  int pupils = 20'000;  // 20..400,000, those who left not counted
  LocalDay on = LocalDay::from_epoch_days(0);
};

/// The same district for the same options on every machine: mostly primary schools of different
/// sizes, one private, one rural with at most 40 pupils; surnames by their frequency, given names
/// of each generation, siblings also across schools, grandparents who bring up left-behind
/// children, and some who have moved away.
[[nodiscard]] DemoDistrict make_demo_district(const DemoOptions& options);

}  // namespace sj::app
