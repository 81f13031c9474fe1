#include "draw/instance.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "kernel/base/check.h"
#include "kernel/base/sha256.h"
#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"

namespace sj::draw {

// The structs below are the file format, field by field.
struct ReserveDto {
  std::int64_t priority_class = 0;
  std::int64_t seats = 0;
};
struct CourseDto {
  std::string id;
  std::int64_t cap = 0;
  std::optional<std::int64_t> min;
  std::optional<std::string> slot;
  std::optional<std::string> course;
  std::optional<std::vector<std::string>> days;
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> end;
  std::optional<std::string> group;
  std::optional<std::vector<ReserveDto>> reserve;
};
BOOST_DESCRIBE_STRUCT(CourseDto, (), (id, cap, min, slot, course, days, start, end, group, reserve))
struct GroupDto {
  std::string id;
  std::int64_t cap = 0;
};
BOOST_DESCRIBE_STRUCT(GroupDto, (), (id, cap))
using Numbers = std::vector<std::pair<std::string, std::int64_t>>;
struct StudentDto {
  std::string id;
  std::int64_t quota = 0;
  std::optional<std::int64_t> lottery;
  std::optional<std::string> token;
  std::vector<std::string> prefs;
  std::optional<Numbers> prio;
  std::optional<Numbers> util;
};
BOOST_DESCRIBE_STRUCT(StudentDto, (), (id, quota, lottery, token, prefs, prio, util))

// `class` cannot be the name of a member, so this one is read by hand.
static Result<void> decode(const boost::json::value& from,
                           const json::Place& place,
                           ReserveDto& into) {
  const auto* object = from.if_object();
  if (object == nullptr) return json::wrong_type(place, "an object");
  SJ_TRY(json::decode_field(*object, json::Place{&place, "class", 0, false}, into.priority_class));
  return json::decode_field(*object, json::Place{&place, "n", 0, false}, into.seats);
}

namespace {

constexpr std::int64_t kMostSections = 100'000;
constexpr std::int64_t kMostStudents = 2'000'000;
constexpr std::int64_t kMostWishes = 1'000;
constexpr std::int64_t kMostSeats = 10'000'000;
constexpr std::int64_t kMostPoints = 1'000'000;
constexpr std::int64_t kMinutesOfDay = 1440;
constexpr std::size_t kLongestId = 200;

Error invalid(const char* code, const json::Place& place, const std::string& what) {
  return {ErrorKind::invalid, code, place.text() + ": " + what};
}

json::Place field(const json::Place& of, std::string_view name) {
  return {&of, name, 0, false};
}

Result<int> in_range(std::int64_t number,
                     std::int64_t least,
                     std::int64_t most,
                     const json::Place& place) {
  if (number < least || number > most) {
    return invalid("draw.out_of_range", place,
                   std::to_string(number) + " is not between " + std::to_string(least) + " and " +
                       std::to_string(most));
  }
  return static_cast<int>(number);
}

Result<void> check_id(const std::string& id, const json::Place& place) {
  if (id.empty() || id.size() > kLongestId) {
    return invalid("draw.bad_id", place, "an id has 1 to " + std::to_string(kLongestId) + " bytes");
  }
  return {};
}

// Numbers for names, in order of first appearance.
class Names {
 public:
  int number(const std::string& name) {
    return numbers_.emplace(name, static_cast<int>(numbers_.size())).first->second;
  }
  [[nodiscard]] int find(const std::string& name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? -1 : found->second;
  }
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }

 private:
  std::unordered_map<std::string, int> numbers_;
};

void write_text(json::Writer& out, std::string_view key, const std::optional<std::string>& text) {
  if (text) out.key(key).value(*text);
}
void write_number(json::Writer& out,
                  std::string_view key,
                  const std::optional<std::int64_t>& number) {
  if (number) out.key(key).value(*number);
}
// Entries of a map for wishes on the list, keys by code point.
void write_numbers(json::Writer& out,
                   std::string_view key,
                   const std::optional<Numbers>& numbers,
                   const std::vector<std::string>& prefs) {
  if (!numbers) return;
  Numbers sorted;
  for (const auto& entry : *numbers) {
    if (std::find(prefs.begin(), prefs.end(), entry.first) != prefs.end()) sorted.push_back(entry);
  }
  std::sort(sorted.begin(), sorted.end());
  out.key(key).begin_object();
  for (const auto& [name, number] : sorted) out.key(name).value(number);
  out.end_object();
}

class Builder {
 public:
  explicit Builder(const ReadOptions& options) : options_(options) {}

  Result<void> add_group(const GroupDto& group, const json::Place& place) {
    SJ_TRY(check_id(group.id, field(place, "id")));
    if (group_names_.find(group.id) >= 0) return duplicate(place, group.id);
    group_names_.number(group.id);
    group_ids_.push_back(group.id);
    group_caps_.push_back(SJ_TRY(in_range(group.cap, 0, kMostSeats, field(place, "cap"))));
    if (options_.keep_leaves) {
      json::Writer leaf;
      leaf.begin_object().key("cap").value(group.cap).key("group").value(group.id).end_object();
      group_leaves_.push_back(leaf.take());
    }
    return {};
  }

  Result<void> add_section(const CourseDto& course, const json::Place& place) {
    SJ_TRY(check_id(course.id, field(place, "id")));
    if (section_names_.find(course.id) >= 0) return duplicate(place, course.id);
    if (static_cast<std::int64_t>(section_names_.size()) >= kMostSections) {
      return invalid("draw.out_of_range", place, "more than 100000 courses");
    }
    section_names_.number(course.id);
    section_ids_.push_back(course.id);
    allocate::Section section;
    section.cap = SJ_TRY(in_range(course.cap, 0, kMostSeats, field(place, "cap")));
    section.min = SJ_TRY(in_range(course.min.value_or(0), 0, kMostSeats, field(place, "min")));
    if (course.slot) section.slot = slots_.number(*course.slot);
    if (course.course) section.course = courses_.number(*course.course);
    SJ_TRY(set_times(course, place, section));
    SJ_TRY(set_reserves(course, place, section));
    section_groups_.push_back(course.group);
    sections_.push_back(std::move(section));
    if (options_.keep_leaves) section_leaves_.push_back(section_leaf(course));
    return {};
  }

  Result<void> add_student(const StudentDto& student, const json::Place& place) {
    SJ_TRY(check_id(student.id, field(place, "id")));
    if (static_cast<std::int64_t>(student_ids_.size()) >= kMostStudents) {
      return invalid("draw.out_of_range", place, "more than 2000000 students");
    }
    if (static_cast<std::int64_t>(student.prefs.size()) > kMostWishes) {
      return invalid("draw.out_of_range", field(place, "prefs"), "more than 1000 wishes");
    }
    quotas_.push_back(SJ_TRY(in_range(student.quota, 1, kMostWishes, field(place, "quota"))));
    const auto begin = wishes_.size();
    for (std::size_t i = 0; i < student.prefs.size(); ++i) {
      const json::Place list = field(place, "prefs");
      const json::Place here{&list, {}, i, true};
      const int section = section_names_.find(student.prefs[i]);
      if (section < 0) {
        return invalid("draw.unknown_section", here,
                       "no course has the id \"" + student.prefs[i] + "\"");
      }
      for (auto before = begin; before < wishes_.size(); ++before) {
        if (wishes_[before].section == section) {
          return invalid("draw.duplicate_wish", here,
                         "\"" + student.prefs[i] + "\" stands on this list already");
        }
      }
      wishes_.push_back({section, 0, 0});
    }
    SJ_TRY(set_numbers(student.prio, field(place, "prio"), begin, &allocate::Wish::priority_class));
    SJ_TRY(set_numbers(student.util, field(place, "util"), begin, &allocate::Wish::points));
    if (student.util) has_points_ = true;
    if (student.lottery) {
      constexpr std::int64_t kExactInBrowsers = (std::int64_t{1} << 53U) - 1;
      if (*student.lottery < 0 || *student.lottery > kExactInBrowsers) {
        return invalid("draw.out_of_range", field(place, "lottery"),
                       "is not between 0 and " + std::to_string(kExactInBrowsers));
      }
      lottery_.push_back(*student.lottery);
    } else if (!first_without_lottery_) {
      first_without_lottery_ = student.id;
    }
    if (student.token) SJ_TRY(check_id(*student.token, field(place, "token")));
    wish_end_.push_back(static_cast<std::int64_t>(wishes_.size()));
    tokens_.push_back(student.token.value_or(student.id));
    if (options_.keep_leaves) student_leaves_.push_back(student_leaf(student));
    student_ids_.push_back(student.id);
    return {};
  }

  [[nodiscard]] bool has_sections() const { return section_names_.size() > 0; }

  // Everything in the order of ids.
  Result<Instance> finish() {
    Instance instance;
    const auto section_order = order_by_id(section_ids_);
    const auto group_order = order_by_id(group_ids_);
    const auto student_order = order_by_id(student_ids_);
    const auto section_rank = inverse(section_order);
    const auto group_rank = inverse(group_order);
    allocate::Market& market = instance.market;
    for (const std::size_t section : section_order) {
      allocate::Section facts = std::move(sections_[section]);
      if (section_groups_[section]) {
        const int group = group_names_.find(*section_groups_[section]);
        if (group < 0) {
          return Error{ErrorKind::invalid, "draw.unknown_group",
                       "courses[" + std::to_string(section) + "].group: no group has the id \"" +
                           *section_groups_[section] + "\""};
        }
        facts.group = static_cast<int>(at(group_rank, group));
      }
      if (!facts.reserves.empty()) market.has_priorities = true;
      market.sections.push_back(std::move(facts));
      instance.section_ids.push_back(std::move(section_ids_[section]));
    }
    for (const std::size_t group : group_order) {
      market.group_caps.push_back(group_caps_[group]);
      instance.group_ids.push_back(std::move(group_ids_[group]));
    }
    const bool all_have_lottery = !first_without_lottery_;
    instance.first_without_lottery = first_without_lottery_.value_or("");
    market.wishes.reserve(wishes_.size());
    for (const std::size_t student : student_order) {
      if (!instance.student_ids.empty() && instance.student_ids.back() == student_ids_[student]) {
        const json::Place array{nullptr, "students", 0, false};
        return duplicate({&array, {}, student, true}, student_ids_[student]);
      }
      instance.student_ids.push_back(std::move(student_ids_[student]));
      instance.tokens.push_back(std::move(tokens_[student]));
      if (all_have_lottery) instance.lottery.push_back(lottery_[student]);
      market.quotas.push_back(quotas_[student]);
      const auto begin = student == 0 ? 0 : wish_end_[student - 1];
      for (auto wish = begin; wish < wish_end_[student]; ++wish) {
        allocate::Wish line = allocate::at(wishes_, wish);
        line.section = static_cast<int>(at(section_rank, line.section));
        if (line.priority_class != 0) market.has_priorities = true;
        market.wishes.push_back(line);
      }
      market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
    }
    market.has_points = has_points_;
    if (options_.keep_leaves) {
      for (const std::size_t i : group_order) instance.leaves.push_back(group_leaves_[i]);
      for (const std::size_t i : section_order) instance.leaves.push_back(section_leaves_[i]);
      for (const std::size_t i : student_order) instance.leaves.push_back(student_leaves_[i]);
    }
    return instance;
  }

 private:
  using Order = std::vector<std::size_t>;
  static std::size_t at(const Order& order, int index) { return allocate::at(order, index); }

  static Order order_by_id(const std::vector<std::string>& ids) {
    Order order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Bytes of UTF-8 compare like code points; equal ids keep the order of the file.
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
    return order;
  }

  static Order inverse(const Order& order) {
    Order rank(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    return rank;
  }

  static Error duplicate(const json::Place& place, const std::string& id) {
    return invalid("draw.duplicate_id", field(place, "id"),
                   "the id \"" + id + "\" is used already; ids must be unique");
  }

  Result<void> set_times(const CourseDto& course,
                         const json::Place& place,
                         allocate::Section& section) {
    if (!course.days || course.days->empty()) return {};
    for (const std::string& day : *course.days) section.days.push_back(days_.number(day));
    std::sort(section.days.begin(), section.days.end());
    section.days.erase(std::unique(section.days.begin(), section.days.end()), section.days.end());
    if (!course.start) return json::missing(field(place, "start"));
    if (!course.end) return json::missing(field(place, "end"));
    section.start_min = SJ_TRY(in_range(*course.start, 0, kMinutesOfDay, field(place, "start")));
    section.end_min = SJ_TRY(in_range(*course.end, 0, kMinutesOfDay, field(place, "end")));
    if (section.start_min >= section.end_min) {
      return invalid("draw.bad_times", field(place, "end"), "must be later than start");
    }
    return {};
  }

  static Result<void> set_reserves(const CourseDto& course,
                                   const json::Place& place,
                                   allocate::Section& section) {
    if (!course.reserve) return {};
    std::int64_t sum = 0;
    const json::Place list = field(place, "reserve");
    for (std::size_t i = 0; i < course.reserve->size(); ++i) {
      const ReserveDto& reserve = (*course.reserve)[i];
      const json::Place here{&list, {}, i, true};
      const int priority_class =
          SJ_TRY(in_range(reserve.priority_class, 0, kMostPoints, field(here, "class")));
      const int seats = SJ_TRY(in_range(reserve.seats, 0, kMostSeats, field(here, "n")));
      for (const auto& other : section.reserves) {
        if (other.priority_class == priority_class) {
          return invalid("draw.bad_reserve", field(here, "class"), "is reserved for already");
        }
      }
      sum += seats;
      if (seats > 0) section.reserves.push_back({priority_class, seats});
    }
    if (sum > section.cap) {
      return invalid(
          "draw.bad_reserve", list,
          std::to_string(sum) + " seats are reserved but cap is " + std::to_string(section.cap));
    }
    std::sort(section.reserves.begin(), section.reserves.end(),
              [](const auto& a, const auto& b) { return a.priority_class < b.priority_class; });
    return {};
  }

  Result<void> set_numbers(const std::optional<Numbers>& numbers,
                           const json::Place& place,
                           std::size_t begin,
                           int allocate::Wish::*member) {
    if (!numbers) return {};
    for (const auto& [name, number] : *numbers) {
      const int section = section_names_.find(name);
      const int checked = SJ_TRY(in_range(number, 0, kMostPoints, field(place, name)));
      for (auto wish = begin; wish < wishes_.size(); ++wish) {
        if (wishes_[wish].section == section) wishes_[wish].*member = checked;
      }
    }
    return {};
  }

  static std::string section_leaf(const CourseDto& course) {
    json::Writer leaf;
    leaf.begin_object().key("cap").value(course.cap);
    write_text(leaf, "course", course.course);
    const bool timed = course.days && !course.days->empty();
    if (timed) {
      auto days = *course.days;
      std::sort(days.begin(), days.end());
      days.erase(std::unique(days.begin(), days.end()), days.end());
      leaf.key("days").begin_array();
      for (const auto& day : days) leaf.value(day);
      leaf.end_array().key("end").value(*course.end);
    }
    write_text(leaf, "group", course.group);
    if (course.min.value_or(0) != 0) leaf.key("min").value(*course.min);
    if (course.reserve) {
      auto reserves = *course.reserve;
      std::sort(reserves.begin(), reserves.end(),
                [](const auto& a, const auto& b) { return a.priority_class < b.priority_class; });
      leaf.key("reserve").begin_array();
      for (const auto& reserve : reserves) {
        leaf.begin_object().key("class").value(reserve.priority_class);
        leaf.key("n").value(reserve.seats).end_object();
      }
      leaf.end_array();
    }
    leaf.key("section").value(course.id);
    write_text(leaf, "slot", course.slot);
    if (timed) leaf.key("start").value(*course.start);
    return leaf.end_object().take();
  }

  static std::string student_leaf(const StudentDto& student) {
    json::Writer leaf;
    leaf.begin_object();
    write_number(leaf, "lottery", student.lottery);
    leaf.key("prefs").begin_array();
    for (const auto& section : student.prefs) leaf.value(section);
    leaf.end_array();
    write_numbers(leaf, "prio", student.prio, student.prefs);
    leaf.key("quota").value(student.quota).key("student").value(student.id);
    write_text(leaf, "token", student.token);
    write_numbers(leaf, "util", student.util, student.prefs);
    return leaf.end_object().take();
  }

  const ReadOptions& options_;
  Names section_names_;
  Names group_names_;
  Names slots_;
  Names courses_;
  Names days_;
  std::vector<std::string> section_ids_;
  std::vector<std::optional<std::string>> section_groups_;
  std::vector<allocate::Section> sections_;
  std::vector<std::string> group_ids_;
  std::vector<int> group_caps_;
  std::vector<std::string> student_ids_;
  std::vector<std::string> tokens_;
  std::vector<std::int64_t> lottery_;
  std::optional<std::string> first_without_lottery_;  // in the order of the file
  std::vector<int> quotas_;
  std::vector<std::int64_t> wish_end_;
  std::vector<allocate::Wish> wishes_;
  std::vector<std::string> group_leaves_;
  std::vector<std::string> section_leaves_;
  std::vector<std::string> student_leaves_;
  bool has_points_ = false;
};

template <class Dto, class Add>
json::ArrayReader reader(std::string_view name, Add add) {
  return {name, [add](const boost::json::value& element, const json::Place& place) -> Result<void> {
            Dto dto;
            SJ_TRY(json::decode(element, place, dto));
            return add(dto, place);
          }};
}

int find_id(const std::vector<std::string>& ids, std::string_view id) {
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  return found != ids.end() && *found == id ? static_cast<int>(found - ids.begin()) : -1;
}

}  // namespace

int Instance::find_student(std::string_view id) const {
  return find_id(student_ids, id);
}
int Instance::find_section(std::string_view id) const {
  return find_id(section_ids, id);
}

Result<Instance> read_instance(std::string_view document, const ReadOptions& options) {
  Builder builder(options);
  bool students_came_first = false;
  const auto courses = reader<CourseDto>("courses", [&](const auto& dto, const auto& place) {
    return builder.add_section(dto, place);
  });
  const auto groups = reader<GroupDto>(
      "groups", [&](const auto& dto, const auto& place) { return builder.add_group(dto, place); });
  const auto students = reader<StudentDto>("students", [&](const auto& dto, const auto& place) {
    return builder.add_student(dto, place);
  });
  // A list can only be checked once the courses are known; usually they stand before it.
  const json::ArrayReader students_if_ready = {
      "students", [&](const boost::json::value& element, const json::Place& place) -> Result<void> {
        if (!builder.has_sections()) students_came_first = true;
        if (students_came_first) return {};
        return students.read(element, place);
      }};
  const auto seen = SJ_TRY(json::read_arrays(document, {courses, groups, students_if_ready}));
  for (const std::string_view name : {"courses", "students"}) {
    if (std::find(seen.begin(), seen.end(), name) == seen.end()) {
      return json::missing(json::Place{nullptr, name, 0, false});
    }
  }
  if (students_came_first) static_cast<void>(SJ_TRY(json::read_arrays(document, {students})));
  Instance instance = SJ_TRY(builder.finish());
  Hasher hasher;
  instance.sha256 = text::to_hex(hasher.hash({document}));
  return instance;
}

void ignore_priorities(Instance& instance) {
  for (auto& wish : instance.market.wishes) wish.priority_class = 0;
  for (auto& section : instance.market.sections) section.reserves.clear();
  instance.market.has_priorities = false;
}

Result<void> set_lottery(Instance& instance, const std::optional<std::string>& seed) {
  const auto students = instance.student_ids.size();
  std::vector<std::size_t> order(students);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (seed) {
    Hasher hasher;
    instance.numbers.clear();
    for (const std::string& token : instance.tokens) {
      instance.numbers.push_back(text::to_hex(hasher.hash({*seed, "|", token})));
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return instance.numbers[a] < instance.numbers[b];
    });
  } else {
    if (instance.lottery.size() != students) {
      return Error{ErrorKind::invalid, "draw.no_lottery",
                   "student \"" + instance.first_without_lottery +
                       "\" has no lottery number; give every student one or use --seed"};
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return instance.lottery[a] < instance.lottery[b];
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (instance.lottery[order[i]] == instance.lottery[order[i - 1]] &&
          instance.tokens[order[i]] != instance.tokens[order[i - 1]]) {
        instance.warnings.push_back("students \"" + instance.student_ids[order[i - 1]] +
                                    "\" and \"" + instance.student_ids[order[i]] +
                                    "\" have the same lottery number without sharing a token; "
                                    "such ties are ordered by id");
        break;
      }
    }
  }
  instance.market.positions.assign(students, 0);
  for (std::size_t i = 0; i < students; ++i) {
    instance.market.positions[order[i]] = static_cast<int>(i) + 1;
  }
  return {};
}

void set_ties(Instance& instance, const std::optional<std::string>& seed) {
  allocate::Market& market = instance.market;
  const std::string prefix = seed.value_or("") + "|";
  Hasher hasher;
  market.ties.clear();
  market.ties.reserve(market.wishes.size());
  for (int student = 0; student < market.student_count(); ++student) {
    const std::string& id = allocate::at(instance.student_ids, student);
    for (const allocate::Wish& wish : market.list(student)) {
      const Sha256 hash =
          hasher.hash({prefix, id, "|", allocate::at(instance.section_ids, wish.section)});
      market.ties.push_back(
          static_cast<std::uint32_t>(hash[0]) << 24U | static_cast<std::uint32_t>(hash[1]) << 16U |
          static_cast<std::uint32_t>(hash[2]) << 8U | static_cast<std::uint32_t>(hash[3]));
    }
  }
}

Result<std::string> normal_seed(std::string_view seed) {
  constexpr std::size_t kLongest = 1024;
  std::string lower(seed);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower.empty() || lower.size() > kLongest || !text::from_hex(lower).ok()) {
    return Error{ErrorKind::invalid, "draw.bad_seed",
                 "--seed: \"" + std::string(seed.substr(0, 80)) +
                     "\" is not hex (an even number of digits 0-9 a-f, at most 1024)"};
  }
  return lower;
}

}  // namespace sj::draw
