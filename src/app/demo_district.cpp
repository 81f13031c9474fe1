#include "app/demo_district.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "kernel/base/check.h"
#include "kernel/base/sha256.h"

#include "org/types.h"

namespace sj::app {
namespace {

constexpr std::string_view kDistrictCode = "430198";  // never given out
constexpr std::string_view kDistrictName = "星河区";

constexpr std::array<std::string_view, 8> kStreets = {"桂花坪街道", "青园街道",   "东塘街道",
                                                      "左家塘街道", "砂子岭街道", "洞井街道",
                                                      "跳马镇",     "石塘镇"};

struct SchoolSeed {
  std::string_view name;
  std::string_view stages;
  int weight;  // of its share of the pupils
};

constexpr std::array<SchoolSeed, 24> kSchools = {{
    {"星河实验小学", "primary", 15},  {"青园小学", "primary", 12},
    {"桂花树小学", "primary", 11},    {"育英第一小学", "primary", 11},
    {"星河第一中学", "junior", 14},   {"长塘里小学", "primary", 9},
    {"砂子岭小学", "primary", 9},     {"天际岭外国语学校", "nine_year", 16},
    {"枫树山小学", "primary", 8},     {"洞井中学", "junior", 11},
    {"和平里小学", "primary", 7},     {"圭塘小学", "primary", 7},
    {"星河雅礼中学", "junior", 12},   {"井湾子小学", "primary", 6},
    {"红星学校", "nine_year", 12},    {"泰禹小学", "primary", 6},
    {"左家塘小学", "primary", 5},     {"东塘小学", "primary", 5},
    {"树木岭中学", "junior", 8},      {"跳马镇中心小学", "primary", 4},
    {"跳马中学", "junior", 4},        {"石塘镇中心学校", "nine_year", 4},
    {"博雅双语学校", "nine_year", 6}, {"石塘村小学", "primary", 0},
}};
constexpr std::size_t kPrivateSchool = 22;
constexpr std::size_t kVillageSchool = 23;
constexpr int kVillagePupils = 40;

struct Weighted {
  std::string_view text;
  int weight;
};

// In tenths of a per mille of the population, the hundred commonest and some two-character ones.
constexpr std::array<Weighted, 74> kSurnames = {{
    {"王", 725}, {"李", 719}, {"张", 683},  {"刘", 564}, {"陈", 520}, {"杨", 317}, {"黄", 226},
    {"赵", 221}, {"吴", 203}, {"周", 212},  {"徐", 163}, {"孙", 154}, {"马", 132}, {"朱", 131},
    {"胡", 130}, {"郭", 118}, {"何", 117},  {"林", 113}, {"罗", 109}, {"高", 107}, {"郑", 90},
    {"梁", 90},  {"谢", 75},  {"宋", 72},   {"唐", 71},  {"许", 67},  {"邓", 65},  {"韩", 64},
    {"冯", 63},  {"曹", 60},  {"彭", 58},   {"曾", 56},  {"肖", 55},  {"田", 53},  {"董", 51},
    {"潘", 50},  {"袁", 49},  {"蔡", 48},   {"蒋", 47},  {"余", 46},  {"于", 45},  {"杜", 44},
    {"叶", 43},  {"程", 42},  {"魏", 41},   {"苏", 40},  {"吕", 39},  {"丁", 38},  {"任", 37},
    {"卢", 36},  {"姚", 35},  {"沈", 34},   {"钟", 33},  {"姜", 32},  {"崔", 31},  {"谭", 60},
    {"陆", 29},  {"范", 28},  {"汪", 27},   {"廖", 40},  {"石", 25},  {"金", 24},  {"韦", 23},
    {"贾", 22},  {"夏", 21},  {"付", 20},   {"方", 19},  {"邹", 18},  {"熊", 17},  {"单", 3},
    {"解", 3},   {"仇", 2},   {"欧阳", 12}, {"上官", 1},
}};

constexpr std::array<std::string_view, 40> kBoyFirst = {
    "子", "宇", "浩", "俊", "梓", "奕", "泽", "嘉", "皓", "明", "天", "文", "思", "一",
    "博", "铭", "承", "睿", "逸", "晨", "景", "昊", "君", "书", "远", "志", "安", "佳",
    "恒", "星", "振", "家", "锦", "辰", "启", "柏", "沐", "致", "瑞", "清"};
constexpr std::array<std::string_view, 40> kBoySecond = {
    "轩", "涵", "然", "宇", "泽", "杰", "博", "豪", "辰", "睿", "阳", "航", "霖", "洋",
    "恩", "源", "铭", "翔", "诚", "凡", "希", "熙", "晨", "昊", "文", "峰", "远", "哲",
    "逸", "乐", "言", "宸", "毅", "瑞", "朗", "谦", "川", "屿", "洲", "珩"};
constexpr std::array<std::string_view, 40> kGirlFirst = {
    "欣", "雨", "诗", "子", "梓", "思", "语", "佳", "若", "可", "心", "梦", "雅", "紫",
    "芷", "一", "艺", "静", "舒", "婉", "依", "沐", "清", "安", "书", "嘉", "晓", "念",
    "昕", "宛", "云", "悦", "馨", "琪", "锦", "亦", "知", "星", "采", "妙"};
constexpr std::array<std::string_view, 40> kGirlSecond = {
    "怡", "涵", "桐", "萱", "琪", "妍", "彤", "菲", "晴", "瑶", "诺", "欣", "宁", "雯",
    "妤", "悦", "萌", "童", "玥", "霏", "钰", "然", "琳", "洁", "岚", "熙", "莹", "淇",
    "曦", "汐", "言", "然", "瑾", "璇", "恬", "榕", "葭", "禾", "笙", "歌"};
constexpr std::array<std::string_view, 30> kFathers = {
    "伟",   "强",   "磊",   "军",   "勇",   "涛",   "超",   "明",   "刚",   "平",
    "辉",   "鹏",   "华",   "飞",   "波",   "斌",   "志强", "建军", "海波", "文斌",
    "俊杰", "国庆", "立新", "志勇", "小龙", "永刚", "晓东", "建华", "宏伟", "春生"};
constexpr std::array<std::string_view, 30> kMothers = {
    "敏",   "静",   "丽",   "艳",   "娟",   "芳",   "霞",   "玲",   "燕",   "娜",
    "婷",   "慧",   "莉",   "红",   "洁",   "倩",   "丽娟", "晓燕", "海燕", "雪梅",
    "小红", "玉兰", "春燕", "志红", "文静", "秋菊", "丽华", "美玲", "云霞", "金凤"};
constexpr std::array<std::string_view, 16> kGrandfathers = {
    "建国", "国强", "德明", "志明", "光荣", "福生", "长根", "正文",
    "永福", "友良", "桂生", "庆华", "荣华", "祥云", "金生", "爱民"};
constexpr std::array<std::string_view, 16> kGrandmothers = {
    "秀英", "桂英", "秀兰", "玉兰", "凤英", "淑珍", "桂兰", "玉珍",
    "冬梅", "春梅", "菊香", "满秀", "金莲", "爱华", "翠英", "腊梅"};
constexpr std::array<std::string_view, 6> kFarNames = {
    "买买提·吐尔逊", "阿依古丽·艾山", "扎西次仁", "格桑卓玛", "古丽娜尔·依明", "艾力·库尔班"};

constexpr std::array<std::string_view, 9> kSubjects = {"语文", "数学", "英语", "体育", "音乐",
                                                       "美术", "科学", "道法", "信息"};

// SplitMix64: small, the same everywhere.
class Chance {
 public:
  explicit Chance(std::string_view seed) {
    Hasher hasher;
    const Sha256 hash = hasher.hash({"demo|", seed});
    for (std::size_t i = 0; i < 8; ++i) state_ = (state_ << 8U) | hash.at(i);
  }
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  int below(int bound) {
    SJ_CHECK(bound > 0);
    return static_cast<int>(next() % static_cast<std::uint64_t>(bound));
  }
  bool in_hundred(int percent) { return below(100) < percent; }
  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from.at(static_cast<std::size_t>(below(static_cast<int>(N))));
  }

 private:
  std::uint64_t state_ = 0;
};

class Builder {
 public:
  explicit Builder(const DemoOptions& options)
      : options_(options), chance_(options.seed), school_year_(org::school_year_of(options.on)) {}

  DemoDistrict build() {
    district_.code = kDistrictCode;
    district_.name = kDistrictName;
    district_.streets.assign(kStreets.begin(), kStreets.end());
    add_schools();
    const std::vector<int> sizes = shares();
    for (std::size_t school = 0; school < sizes.size(); ++school) {
      add_school_people(school, sizes[school]);
    }
    return std::move(district_);
  }

 private:
  void add_schools() {
    const auto wanted = static_cast<std::size_t>(options_.schools);
    for (std::size_t i = 0; i < wanted; ++i) {
      const std::size_t kind = kind_of(i);
      const SchoolSeed& seed = kSchools.at(kind);
      DemoSchool school;
      school.name = seed.name;
      if (i >= kSchools.size())
        school.name += "第" + std::to_string(i / kSchools.size() + 1) + "校区";
      school.stages = seed.stages;
      const std::string type = seed.stages == "junior" ? "31" : "21";
      const std::string serial = std::to_string(10'001 + i);
      school.code = type;
      school.code.append("43").append(6 - serial.size(), '0').append(serial);
      school.kind = kind == kPrivateSchool ? "private" : "public";
      school.rural = kind >= 19 && kind != kPrivateSchool;
      school.street = school.rural ? 6 + i % 2 : i % 6;
      district_.schools.push_back(std::move(school));
    }
  }

  // With few schools the private and the village school still come along, from three on.
  [[nodiscard]] std::size_t kind_of(std::size_t i) const {
    const auto wanted = static_cast<std::size_t>(options_.schools);
    if (wanted < kSchools.size() && wanted >= 3) {
      if (i + 1 == wanted) return kVillageSchool;
      if (i + 2 == wanted) return kPrivateSchool;
    }
    return i % kSchools.size();
  }

  // How many pupils each school has: by weight, the village school few.
  [[nodiscard]] std::vector<int> shares() const {
    std::vector<int> weights;
    int all = 0;
    int left = options_.pupils;
    std::vector<int> sizes(district_.schools.size(), 0);
    for (std::size_t i = 0; i < district_.schools.size(); ++i) {
      const int weight = kSchools.at(kind_of(i)).weight;
      weights.push_back(weight);
      all += weight;
      if (weight == 0) sizes[i] = std::min(kVillagePupils, std::max(2, options_.pupils / 10));
      left -= sizes[i];
    }
    SJ_CHECK(all > 0);
    int given = 0;
    std::size_t largest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] == 0) continue;
      sizes[i] = static_cast<int>(std::int64_t{left} * weights[i] / all);
      given += sizes[i];
      if (sizes[i] > sizes[largest]) largest = i;
    }
    sizes[largest] += left - given;
    return sizes;
  }

  void add_school_people(std::size_t school, int pupils) {
    const DemoSchool& what = district_.schools[school];
    add_staff(school, "principal", "");
    const std::size_t clerk = add_staff(school, "clerk", "");
    static_cast<void>(clerk);
    add_staff(school, "doctor", "");
    if (pupils > 300) add_staff(school, "counsellor", "");

    const int first = what.stages == "junior" ? 7 : 1;
    const int last = what.stages == "primary" ? 6 : 9;
    const int grades = last - first + 1;
    for (int grade = first; grade <= last; ++grade) {
      const int of_grade = pupils / grades + (grade - first < pupils % grades ? 1 : 0);
      if (of_grade == 0) continue;
      const int classes = std::max(1, (of_grade + 44) / 45);
      for (int number = 1; number <= classes; ++number) {
        add_class(school, grade, number,
                  of_grade / classes + (number <= of_grade % classes ? 1 : 0));
      }
    }
  }

  void add_class(std::size_t school, int grade, int number, int pupils) {
    const std::size_t index = district_.classes.size();
    DemoClass what;
    what.school = school;
    what.grade = grade;
    what.number = number;
    const std::string main_subject(kSubjects.at(static_cast<std::size_t>(chance_.below(3))));
    what.homeroom = add_staff(school, "teacher", main_subject);
    // Every second class brings one more teacher, who also takes the class before it.
    if (number % 2 == 0) {
      const std::size_t shared =
          add_staff(school, "teacher",
                    std::string(kSubjects.at(3U + static_cast<std::size_t>(chance_.below(6)))));
      what.subjects.push_back(shared);
      if (!district_.classes.empty() && district_.classes.back().school == school) {
        district_.classes.back().subjects.push_back(shared);
      }
    }
    district_.classes.push_back(std::move(what));
    for (int i = 0; i < pupils; ++i) add_pupil(index, i + 1, false);
    if (chance_.in_hundred(60)) add_pupil(index, pupils + 1, true);
  }

  void add_pupil(std::size_t class_index, int place, bool has_left) {
    const DemoClass& in = district_.classes[class_index];
    DemoPupil pupil;
    pupil.class_index = class_index;
    pupil.local_no = (place < 10 ? "0" : "") + std::to_string(place);
    const bool rural = district_.schools[in.school].rural;
    pupil.left_behind = chance_.in_hundred(rural ? 35 : 4);
    pupil.in_hardship = chance_.in_hundred(rural ? 12 : 3);
    const bool has_sibling = !families_.empty() && chance_.in_hundred(14);
    if (has_sibling) {
      // A brother or sister of somebody already at school, anywhere in the district.
      const Family& family =
          families_[static_cast<std::size_t>(chance_.below(static_cast<int>(families_.size())))];
      pupil.guardians = family.guardians;
      pupil.left_behind = family.left_behind;
      pupil.person = add_child(in.grade, family.surname, family.ethnic);
    } else {
      Family family = make_family(pupil.left_behind);
      pupil.person = add_child(in.grade, family.surname, family.ethnic);
      pupil.guardians = family.guardians;
      families_.push_back(std::move(family));
    }
    if (has_left) pupil.left_on = options_.on.plus_days(-7 - chance_.below(30));
    district_.pupils.push_back(std::move(pupil));
  }

  struct Family {
    std::string surname;
    std::string ethnic;
    std::vector<DemoGuardian> guardians;
    bool left_behind = false;
  };

  Family make_family(bool left_behind) {
    Family family;
    family.surname = surname();
    // 土家族 and 苗族 are the largest minorities of Hunan.
    const int people = chance_.below(1000);
    family.ethnic = people < 25 ? "15" : people < 40 ? "06" : people < 44 ? "03" : "01";
    family.left_behind = left_behind;
    const bool one_parent = chance_.in_hundred(8);
    const bool first_is_mother = chance_.in_hundred(62);
    const auto parent = [&](bool mother) {
      const std::string own = mother ? surname() : family.surname;
      const std::string given(mother ? chance_.pick(kMothers) : chance_.pick(kFathers));
      const std::size_t person = add_adult(own + given, mother ? 2 : 1, 28, 46, family.ethnic);
      // Parents who work elsewhere stay guardians, but somebody at home collects.
      family.guardians.push_back({person, mother ? "mother" : "father", !left_behind});
    };
    if (left_behind || chance_.in_hundred(9)) {
      const bool grandmother = chance_.in_hundred(65);
      const std::string own = grandmother ? surname() : family.surname;
      const std::string given(grandmother ? chance_.pick(kGrandmothers)
                                          : chance_.pick(kGrandfathers));
      const std::size_t person = add_adult(own + given, grandmother ? 2 : 1, 56, 74, family.ethnic);
      family.guardians.push_back({person, grandmother ? "grandmother" : "grandfather", true});
    }
    parent(first_is_mother);
    if (!one_parent) parent(!first_is_mother);
    return family;
  }

  std::size_t add_child(int grade, const std::string& family_name, const std::string& ethnic) {
    DemoPerson person;
    person.sex = chance_.in_hundred(53) ? 1 : 2;
    const bool boy = person.sex == 1;
    if (ethnic == "01" && chance_.below(1500) == 0) {
      person.name = chance_.pick(kFarNames);
      person.ethnic = person.name.find("扎西") == 0 || person.name.find("格桑") == 0 ? "04" : "05";
    } else {
      person.name = family_name;
      if (!chance_.in_hundred(11)) {
        person.name += boy ? chance_.pick(kBoyFirst) : chance_.pick(kGirlFirst);
      }
      person.name += boy ? chance_.pick(kBoySecond) : chance_.pick(kGirlSecond);
      person.ethnic = ethnic;
    }
    // Six years old by 31 August of the year they begin.
    const LocalDay youngest = LocalDay::create(school_year_ - grade + 1 - 6, 8, 31).value();
    person.birth_day = youngest.plus_days(-chance_.below(365));
    finish(person);
    return keep(std::move(person));
  }

  std::size_t add_adult(std::string name, int sex, int least, int most, const std::string& ethnic) {
    DemoPerson person;
    person.name = std::move(name);
    person.sex = sex;
    person.ethnic = ethnic;
    const int age = least + chance_.below(most - least);
    person.birth_day = options_.on.plus_days(-age * 365 - chance_.below(365));
    finish(person);
    // 160 is not a prefix anybody was given.
    const std::string digits = std::to_string(100'000'000 + chance_.below(900'000'000));
    person.phone = "160" + digits.substr(1);
    return keep(std::move(person));
  }

  std::size_t add_staff(std::size_t school, std::string_view post, std::string subject) {
    const bool woman = chance_.in_hundred(70);
    const std::string given(woman ? chance_.pick(kMothers) : chance_.pick(kFathers));
    DemoStaff staff;
    staff.person = add_adult(surname() + given, woman ? 2 : 1, 24, 58, "01");
    staff.school = school;
    staff.post = post;
    staff.subject = std::move(subject);
    const std::string serial = std::to_string(district_.staff.size() + 1);
    staff.staff_no = "T";
    staff.staff_no.append(5 - std::min<std::size_t>(5, serial.size()), '0').append(serial);
    district_.staff.push_back(std::move(staff));
    return district_.staff.size() - 1;
  }

  std::size_t keep(DemoPerson person) {
    district_.people.push_back(std::move(person));
    return district_.people.size() - 1;
  }

  std::string surname() {
    static const int sum_of_all = [] {
      int sum = 0;
      for (const Weighted& one : kSurnames) sum += one.weight;
      return sum;
    }();
    int at = chance_.below(sum_of_all);
    for (const Weighted& one : kSurnames) {
      if (at < one.weight) return std::string(one.text);
      at -= one.weight;
    }
    return std::string(kSurnames.front().text);
  }

  // A resident number that is right in form (GB 11643) and unique in the district.
  void finish(DemoPerson& person) {
    static constexpr std::array<int, 17> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                     3, 7, 9,  10, 5, 8, 4, 2};
    const std::string iso = person.birth_day.to_iso();
    const std::string day = iso.substr(0, 4) + iso.substr(5, 2) + iso.substr(8, 2);
    do {
      const int serial = 2 * chance_.below(500) + (person.sex == 1 ? 1 : 0);
      const std::string digits = std::to_string(1000 + serial).substr(1);
      std::string number = std::string(kDistrictCode) + day + digits;
      int sum = 0;
      for (std::size_t i = 0; i < kWeights.size(); ++i) sum += (number[i] - '0') * kWeights.at(i);
      number += "10X98765432"[sum % 11];
      person.id_number = number;
    } while (!numbers_.insert(person.id_number).second);
  }

  DemoOptions options_;
  Chance chance_;
  int school_year_;
  DemoDistrict district_;
  std::vector<Family> families_;
  std::unordered_set<std::string> numbers_;
};

}  // namespace

DemoDistrict make_demo_district(const DemoOptions& options) {
  return Builder(options).build();
}

}  // namespace sj::app
