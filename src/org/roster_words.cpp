#include "org/roster_words.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "kernel/text/text.h"
#include "kernel/text/unicode.h"

namespace sj::org {
namespace {

struct Alias {
  std::string_view title;
  RosterField field;
};

constexpr std::array kAliases = {
    Alias{"序号", RosterField::ignored},
    Alias{"备注", RosterField::ignored},
    Alias{"学校", RosterField::school},
    Alias{"学校名称", RosterField::school},
    Alias{"所在学校", RosterField::school},
    Alias{"就读学校", RosterField::school},
    Alias{"校名", RosterField::school},
    Alias{"学校标识码", RosterField::school_code},
    Alias{"学校代码", RosterField::school_code},
    Alias{"标识码", RosterField::school_code},
    Alias{"年级", RosterField::grade},
    Alias{"年级名称", RosterField::grade},
    Alias{"所在年级", RosterField::grade},
    Alias{"入学年份", RosterField::entry_year},
    Alias{"入学年度", RosterField::entry_year},
    Alias{"入学年", RosterField::entry_year},
    Alias{"入学年月", RosterField::entry_year},
    Alias{"班级", RosterField::class_name},
    Alias{"班别", RosterField::class_name},
    Alias{"班", RosterField::class_name},
    Alias{"班号", RosterField::class_name},
    Alias{"班级名称", RosterField::class_name},
    Alias{"所在班级", RosterField::class_name},
    Alias{"行政班", RosterField::class_name},
    Alias{"姓名", RosterField::name},
    Alias{"学生姓名", RosterField::name},
    Alias{"学生", RosterField::name},
    Alias{"性别", RosterField::sex},
    Alias{"出生日期", RosterField::birth_day},
    Alias{"出生年月日", RosterField::birth_day},
    Alias{"出生年月", RosterField::birth_day},
    Alias{"出生日", RosterField::birth_day},
    Alias{"生日", RosterField::birth_day},
    Alias{"证件类型", RosterField::id_type},
    Alias{"身份证件类型", RosterField::id_type},
    Alias{"身份证号", RosterField::id_number},
    Alias{"身份证号码", RosterField::id_number},
    Alias{"身份证件号", RosterField::id_number},
    Alias{"身份证件号码", RosterField::id_number},
    Alias{"身份证", RosterField::id_number},
    Alias{"公民身份号码", RosterField::id_number},
    Alias{"证件号码", RosterField::id_number},
    Alias{"证件号", RosterField::id_number},
    Alias{"学籍号", RosterField::student_no},
    Alias{"全国学籍号", RosterField::student_no},
    Alias{"全国学籍号码", RosterField::student_no},
    Alias{"学籍号码", RosterField::student_no},
    Alias{"民族", RosterField::ethnic},
    Alias{"学号", RosterField::local_no},
    Alias{"班内学号", RosterField::local_no},
    Alias{"校内学号", RosterField::local_no},
    Alias{"座号", RosterField::local_no},
    Alias{"是否留守儿童", RosterField::left_behind},
    Alias{"留守儿童", RosterField::left_behind},
    Alias{"家庭经济困难", RosterField::hardship},
    Alias{"是否家庭经济困难", RosterField::hardship},
    Alias{"家庭经济困难学生", RosterField::hardship},
    Alias{"困难学生", RosterField::hardship},
    Alias{"家庭住址", RosterField::address},
    Alias{"家庭地址", RosterField::address},
    Alias{"现住址", RosterField::address},
    Alias{"住址", RosterField::address},
    Alias{"监护人1姓名", RosterField::guardian_name},  // for similar_title
    Alias{"监护人1电话", RosterField::guardian_phone},
    Alias{"监护人1关系", RosterField::guardian_relation},
    Alias{"联系电话", RosterField::guardian_phone},
    Alias{"与学生关系", RosterField::guardian_relation},
};

struct GuardianPrefix {
  std::string_view prefix;
  std::size_t slot;
};
// Longer ones first.
constexpr std::array kPrefixes = {
    GuardianPrefix{"第一监护人", 1},    GuardianPrefix{"第二监护人", 2},
    GuardianPrefix{"家庭成员1", 1},     GuardianPrefix{"家庭成员2", 2},
    GuardianPrefix{"监护人1", 1},       GuardianPrefix{"监护人2", 2},
    GuardianPrefix{"监护人3", 3},       GuardianPrefix{"监护人4", 4},
    GuardianPrefix{"监护人一", 1},      GuardianPrefix{"监护人二", 2},
    GuardianPrefix{"家长1", 1},         GuardianPrefix{"家长2", 2},
    GuardianPrefix{"家长一", 1},        GuardianPrefix{"家长二", 2},
    GuardianPrefix{"监护人", 0},        GuardianPrefix{"家长", 0},
    GuardianPrefix{"联系人", 0},        GuardianPrefix{"父亲", kFatherSlot},
    GuardianPrefix{"母亲", kMotherSlot}};

constexpr std::array kNameWords = {std::string_view("姓名"), std::string_view("名字")};
constexpr std::array kPhoneWords = {std::string_view("电话"),     std::string_view("联系电话"),
                                    std::string_view("手机"),     std::string_view("手机号"),
                                    std::string_view("手机号码"), std::string_view("电话号码"),
                                    std::string_view("联系方式"), std::string_view("联系手机")};
constexpr std::array kRelationWords = {
    std::string_view("关系"), std::string_view("与学生关系"), std::string_view("与学生的关系"),
    std::string_view("与孩子关系"), std::string_view("与该生关系")};
constexpr std::array kCollectWords = {std::string_view("可接送"), std::string_view("是否可接送"),
                                      std::string_view("能否接送"), std::string_view("接送")};

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<RosterField> guardian_field(std::string_view word) {
  if (is_one_of(word, kNameWords)) return RosterField::guardian_name;
  if (is_one_of(word, kPhoneWords)) return RosterField::guardian_phone;
  if (is_one_of(word, kRelationWords)) return RosterField::guardian_relation;
  if (is_one_of(word, kCollectWords)) return RosterField::guardian_collects;
  return std::nullopt;
}

// The characters of our words that have another form in Hong Kong, Macau, Taiwan or old templates,
// and what they are here: one below the other.
constexpr std::string_view kTraditional =
    "學級號碼齡別證類國聯繫關係監護電話機歲屬個戶經濟難貧與該"
    "親業務離異無暫補辦領詳絡報計總數審責說註備長爺媽養繼兒內"
    "屆區滿壯維漢瑤納羅倫達錫烏獨龍門諾爾薩鮮裡灣幾兩雙後張錄"
    "構篩認記設誤請負過還選錯問際陸隱驗標識稱實現單師緊編為東"
    "鄉溫時導處貫檔應統結種";
constexpr std::string_view kSimplified =
    "学级号码龄别证类国联系关系监护电话机岁属个户经济难贫与该"
    "亲业务离异无暂补办领详络报计总数审责说注备长爷妈养继儿内"
    "届区满壮维汉瑶纳罗伦达锡乌独龙门诺尔萨鲜里湾几两双后张录"
    "构筛认记设误请负过还选错问际陆隐验标识称实现单师紧编为东"
    "乡温时导处贯档应统结种";
static_assert(kTraditional.size() == kSimplified.size());
constexpr std::size_t kHanBytes = 3;  // of each of them

// As our words are written below: folded, and simplified.
std::string plain(std::string_view text) {
  return simplified(text::fold(text));
}

// Without blanks, stars, colons and what stands in brackets.
std::string bare_title(std::string_view title) {
  const std::string narrow = plain(title);
  std::string bare;
  int depth = 0;
  for (std::string_view rest = narrow; !rest.empty();) {
    static constexpr std::array<std::string_view, 6> kMarks = {"*", ":", "★", "※", "\r", "【】"};
    const auto mark = std::find_if(kMarks.begin(), kMarks.end(),
                                   [&](std::string_view m) { return rest.starts_with(m); });
    if (mark != kMarks.end()) {
      rest.remove_prefix(mark->size());
      continue;
    }
    const char c = rest.front();
    if (c == '(') {
      ++depth;
    } else if (c == ')') {
      depth = std::max(0, depth - 1);
    } else if (depth == 0) {
      bare += c;
    }
    rest.remove_prefix(1);
  }
  return bare;
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 1;
    while (i + size < text.size() &&
           (static_cast<unsigned char>(text[i + size]) & 0xC0U) == 0x80U) {
      ++size;
    }
    parts.push_back(text.substr(i, size));
    i += size;
  }
  return parts;
}

// Do they differ in exactly one character: another one, one more or one less?
bool is_similar(std::string_view a, std::string_view b) {
  auto x = characters(a);
  auto y = characters(b);
  if (x.size() > y.size()) std::swap(x, y);
  if (y.size() - x.size() > 1) return false;
  std::size_t i = 0;
  while (i < x.size() && x[i] == y[i]) ++i;
  const auto from = static_cast<std::ptrdiff_t>(i);
  const std::ptrdiff_t skip = x.size() == y.size() ? 1 : 0;
  return std::equal(x.begin() + std::min<std::ptrdiff_t>(from + skip, std::ssize(x)), x.end(),
                    y.begin() + std::min<std::ptrdiff_t>(from + 1, std::ssize(y)), y.end());
}

constexpr std::array<std::string_view, 10> kDigits = {"〇", "一", "二", "三", "四",
                                                      "五", "六", "七", "八", "九"};

std::optional<int> chinese_digit(std::string_view character) {
  if (character == "零") return 0;
  if (character == "两") return 2;
  const auto found = std::find(kDigits.begin(), kDigits.end(), character);
  if (found == kDigits.end()) return std::nullopt;
  return static_cast<int>(found - kDigits.begin());
}

// Chinese numerals as digits: 十二 12, 二十 20, 二〇二四 2024. Two digits without 十 between them
// are two numbers: 四一班 is the first class of grade 4, the 41st would be 四十一班.
std::string with_digits(std::string_view text) {
  std::string out;
  std::string run;  // digits said one after the other
  int tens = -1;    // what stands before 十
  const auto flush = [&] {
    if (tens >= 0) {
      out += std::to_string(tens * 10 + (run.empty() ? 0 : std::stoi(run)));
    } else if (run.size() == 2 && run[0] != '0' && run[1] != '0') {
      out += {run[0], '-', run[1]};
    } else {
      out += run;
    }
    run.clear();
    tens = -1;
  };
  for (const std::string_view character : characters(text)) {
    if (const auto digit = chinese_digit(character)) {
      if (run.size() >= 4 || (tens >= 0 && !run.empty())) flush();
      run += static_cast<char>('0' + *digit);
    } else if (character == "十" && tens < 0 && run.size() <= 1) {
      tens = run.empty() ? 1 : std::stoi(run);
      run.clear();
    } else {
      const bool was_digit = !run.empty() || tens >= 0;
      flush();
      // 三2班: two numbers.
      if (was_digit && character.size() == 1 && character[0] >= '0' && character[0] <= '9') {
        out += '-';
      }
      out += character;
    }
  }
  flush();
  return out;
}

// The numbers of a spelling and the words between them.
struct Scan {
  std::vector<int> numbers;
  std::vector<std::string> words;  // words[i] stands before numbers[i]; one more at the end
};

std::optional<Scan> scan(std::string_view text) {
  Scan result;
  std::string word;
  std::string digits;
  const auto flush = [&] {
    if (digits.empty()) return true;
    if (digits.size() > 4) return false;
    result.words.push_back(std::move(word));
    word.clear();
    result.numbers.push_back(std::stoi(digits));
    digits.clear();
    return true;
  };
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      digits += c;
      continue;
    }
    if (!flush()) return std::nullopt;
    word += c;
  }
  if (!flush()) return std::nullopt;
  result.words.push_back(word);
  return result;
}

bool is_grade_word(std::string_view word) {
  return word.empty() || word == "年级" || word == "年" || word == "年段";
}

bool is_between(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kBetween = {
      "", "(", "-", ".", "\u00B7", "\u2013", "\u2014", "年级", "_", "年级(", "年", "年(", "/", "#"};
  return is_one_of(word, kBetween);
}

bool is_class_end(std::string_view word) {
  return word == "班" || word == ")班" || word.empty() || word == ")";
}

bool is_year(int number) {
  return number >= 1990 && number <= 2099;
}

// The stage that a spelling says in front: nothing, 小, 初; none for others (高).
std::optional<bool> junior_word(std::string_view word) {
  if (word.empty() || word == "小" || word == "小学" || word == "(" || word == "第") return false;
  if (word == "初" || word == "初中") return true;
  return std::nullopt;
}

bool set_grade(SpeltClass& spelt, int number) {
  if (number < 1 || number > 9) return false;
  // 初中七年级 is said as well as 初一.
  if (spelt.is_junior && number >= 6) spelt.is_junior = false;
  spelt.grade = number;
  return true;
}

}  // namespace

std::string simplified(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; at + kHanBytes <= out.size(); ++at) {
    // Only whole characters begin with such a byte.
    if ((static_cast<unsigned char>(out[at]) & 0xF0U) != 0xE0U) continue;
    for (std::size_t i = 0; i < kTraditional.size(); i += kHanBytes) {
      if (out.compare(at, kHanBytes, kTraditional, i, kHanBytes) != 0) continue;
      out.replace(at, kHanBytes, kSimplified, i, kHanBytes);
      break;
    }
  }
  return out;
}

std::string name_of(const RosterColumn& column) {
  const std::string guardian = "guardian" + std::to_string(column.slot) + ".";
  switch (column.field) {
    case RosterField::ignored:
      return "";
    case RosterField::school:
      return "school";
    case RosterField::school_code:
      return "school_code";
    case RosterField::grade:
      return "grade";
    case RosterField::entry_year:
      return "entry_year";
    case RosterField::class_name:
      return "class";
    case RosterField::name:
      return "name";
    case RosterField::sex:
      return "sex";
    case RosterField::birth_day:
      return "birth_day";
    case RosterField::id_type:
      return "id_type";
    case RosterField::id_number:
      return "id_number";
    case RosterField::student_no:
      return "student_no";
    case RosterField::ethnic:
      return "ethnic";
    case RosterField::local_no:
      return "local_no";
    case RosterField::left_behind:
      return "left_behind";
    case RosterField::hardship:
      return "hardship";
    case RosterField::address:
      return "address";
    case RosterField::guardian_name:
      return guardian + "name";
    case RosterField::guardian_relation:
      return guardian + "relation";
    case RosterField::guardian_phone:
      return guardian + "phone";
    case RosterField::guardian_collects:
      return guardian + "may_collect";
  }
  return "";
}

std::optional<RosterColumn> read_title(std::string_view title) {
  const std::string bare = bare_title(title);
  if (bare.empty()) return std::nullopt;
  for (const GuardianPrefix& prefix : kPrefixes) {
    if (!bare.starts_with(prefix.prefix)) continue;
    const std::string_view word = std::string_view(bare).substr(prefix.prefix.size());
    if (word.empty()) return RosterColumn{RosterField::guardian_name, prefix.slot};
    if (const auto field = guardian_field(word)) return RosterColumn{*field, prefix.slot};
  }
  for (const Alias& alias : kAliases) {
    if (bare == alias.title) return RosterColumn{alias.field, 0};
  }
  const auto field = guardian_field(bare);
  if (field && *field != RosterField::guardian_name) return RosterColumn{*field, 0};
  return std::nullopt;
}

std::string similar_title(std::string_view title) {
  const std::string bare = bare_title(title);
  if (characters(bare).size() < 2) return "";
  for (const Alias& alias : kAliases) {
    if (characters(alias.title).size() >= 2 && is_similar(bare, alias.title)) {
      return std::string(alias.title);
    }
  }
  return "";
}

std::optional<SpeltClass> read_grade(std::string_view text) {
  const auto found = scan(with_digits(plain(text)));
  if (!found || found->numbers.size() != 1) return std::nullopt;
  SpeltClass spelt;
  const int number = found->numbers.front();
  const std::string& after = found->words.back();
  if (is_year(number) && found->words.front().empty() &&
      (after == "级" || after.empty() || after == "年" || after == "年级")) {
    spelt.entry_year = number;
    return spelt;
  }
  const auto junior = junior_word(found->words.front());
  if (!junior || !is_grade_word(after)) return std::nullopt;
  spelt.is_junior = *junior;
  if (!set_grade(spelt, number)) return std::nullopt;
  return spelt;
}

std::optional<SpeltClass> read_class(std::string_view text) {
  const auto found = scan(with_digits(plain(text)));
  if (!found || found->numbers.empty() || found->numbers.size() > 2) return std::nullopt;
  const auto junior = junior_word(found->words.front());
  if (!junior || !is_class_end(found->words.back())) return std::nullopt;
  SpeltClass spelt;
  spelt.is_junior = *junior;
  if (found->numbers.size() == 2) {
    const std::string& between = found->words[1];
    const int first = found->numbers[0];
    if (is_year(first)) {
      if (between != "级" && between != "级(" && !is_between(between)) return std::nullopt;
      spelt.entry_year = first;
    } else if (!is_between(between) || !set_grade(spelt, first)) {
      return std::nullopt;
    }
    spelt.number = found->numbers[1];
  } else {
    const int number = found->numbers.front();
    if (number >= 101 && number <= 999 && number % 100 != 0) {
      if (!set_grade(spelt, number / 100)) return std::nullopt;
      spelt.number = number % 100;
    } else {
      spelt.number = number;
      // 四十一班 is the 41st and no other.
      spelt.may_be_two =
          number > 10 && number % 10 != 0 && text.find("十") == std::string_view::npos;
    }
  }
  if (*spelt.number < 1 || *spelt.number > 99) return std::nullopt;
  return spelt;
}

std::optional<int> read_entry_year(std::string_view text) {
  if (const auto grade = read_grade(text)) return grade->entry_year;
  const std::string folded = text::fold(text);
  const std::size_t digits = std::min(folded.find_first_not_of("0123456789"), folded.size());
  // 202309 and 20230901 are a month and a day of that year.
  if (digits != 4 && digits != 6 && digits != 8) return std::nullopt;
  const int year = std::stoi(folded.substr(0, 4));
  return is_year(year) ? std::optional(year) : std::nullopt;
}

std::optional<int> settle_class(int number, int grade, const std::set<int>& others) {
  constexpr int kFewInGrade = 3;  // from this grade on nobody has so many classes
  if (number / 10 != grade) return number;
  if (grade >= kFewInGrade) return number % 10;
  const bool is_plain = std::any_of(others.begin(), others.end(), [&](int other) {
    return other / 10 != grade || other % 10 == 0;
  });
  if (is_plain) return number;
  if (others.size() < 2) return std::nullopt;
  return number % 10;
}

std::optional<LocalDay> read_month(std::string_view text) {
  const auto found = scan(text::fold(text));
  if (!found || found->numbers.empty() || found->numbers.size() > 2) {
    // 201705 is too long for one number of a class.
    const std::string folded = text::fold(text);
    if (folded.size() != 6 || folded.find_first_not_of("0123456789") != std::string::npos) {
      return std::nullopt;
    }
    const auto day =
        LocalDay::create(std::stoi(folded.substr(0, 4)), std::stoi(folded.substr(4)), 1);
    return day.ok() ? std::optional(day.value()) : std::nullopt;
  }
  if (found->numbers.size() != 2 || !found->words.front().empty()) return std::nullopt;
  const std::string& between = found->words[1];
  const std::string& after = found->words[2];
  const bool is_month = (between == "年" && (after == "月" || after.empty())) ||
                        ((between == "-" || between == "." || between == "/") && after.empty());
  if (!is_month || !is_year(found->numbers[0])) return std::nullopt;
  const auto day = LocalDay::create(found->numbers[0], found->numbers[1], 1);
  return day.ok() ? std::optional(day.value()) : std::nullopt;
}

bool is_none(std::string_view text) {
  static constexpr std::array<std::string_view, 53> kNone = {
      "未上户口", "未上户", "未落户",   "无户口",   "未报户口", "未上学籍", "无学籍", "未建学籍",
      "未注册",   "保密",   "不便透露", "不愿透露", "不提供",   "拒绝提供", "离异",   "离婚",
      "单亲",     "失踪",   "出走",     "无业",     "未填",     "未登记",   "无",     "没有",
      "暂无",     "暂缺",   "不详",     "不明",     "未知",     "不知",     "未办理", "未办",
      "未申领",   "待办",   "待定",     "未定",     "待补",     "已故",     "去世",   "已去世",
      "病故",     "已病故", "死亡",     "逝世",     "已逝世",   "失联",     "空",     "none",
      "null",     "nil",    "尚未办理", "正在办理", "未提供"};
  std::string word = plain(text);
  // （已故） and 无。 are the same words.
  const auto drop = [&](std::string_view mark) {
    for (std::size_t at = word.find(mark); at != std::string::npos; at = word.find(mark)) {
      word.erase(at, mark.size());
    }
  };
  const bool is_written = !word.empty();
  for (const std::string_view mark : {"(", ")", "[", "]", "-", "/", "\\", "_", "*", "。", ".",
                                      "\u2014", "\u2013", "\u2026", "、", ","}) {
    drop(mark);
  }
  return is_written && (word.empty() || word == "na" || is_one_of(word, kNone));
}

std::optional<bool> read_yes(std::string_view text) {
  static constexpr std::array<std::string_view, 13> kYes = {
      "是", "y", "yes", "1", "true", "√", "✓", "✔", "有", "可", "可以", "能", "对"};
  static constexpr std::array<std::string_view, 14> kNo = {
      "否", "n", "no", "0", "false", "×", "✗", "✘", "无", "不", "不可", "不可以", "不能", "不是"};
  const std::string word = plain(text);
  if (is_one_of(word, kYes)) return true;
  if (is_one_of(word, kNo)) return false;
  return std::nullopt;
}

std::string_view read_relation(std::string_view text) {
  struct Relation {
    std::string_view word;
    std::string_view relation;
  };
  static constexpr std::array kRelations = {
      Relation{"父亲", "father"},        Relation{"爸爸", "father"},
      Relation{"父", "father"},          Relation{"父子", "father"},
      Relation{"父女", "father"},        Relation{"母亲", "mother"},
      Relation{"妈妈", "mother"},        Relation{"母", "mother"},
      Relation{"母子", "mother"},        Relation{"母女", "mother"},
      Relation{"爷爷", "grandfather"},   Relation{"祖父", "grandfather"},
      Relation{"外公", "grandfather"},   Relation{"外祖父", "grandfather"},
      Relation{"姥爷", "grandfather"},   Relation{"奶奶", "grandmother"},
      Relation{"祖母", "grandmother"},   Relation{"外婆", "grandmother"},
      Relation{"外祖母", "grandmother"}, Relation{"姥姥", "grandmother"},
      Relation{"其他", "other"},         Relation{"叔叔", "other"},
      Relation{"伯伯", "other"},         Relation{"伯父", "other"},
      Relation{"姑姑", "other"},         Relation{"姑妈", "other"},
      Relation{"舅舅", "other"},         Relation{"姨妈", "other"},
      Relation{"阿姨", "other"},         Relation{"哥哥", "other"},
      Relation{"姐姐", "other"},         Relation{"继父", "other"},
      Relation{"继母", "other"},         Relation{"养父", "other"},
      Relation{"养母", "other"},         Relation{"亲属", "other"},
      Relation{"监护人", "other"},       Relation{"其他亲属", "other"},
      Relation{"father", "father"},      Relation{"mother", "mother"},
      Relation{"祖父母", "other"},       Relation{"社会福利机构", "other"}};
  const std::string word = plain(text);
  for (const Relation& relation : kRelations) {
    if (word == relation.word) return relation.relation;
  }
  return {};
}

bool is_ditto(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kDitto = {
      "同上", "同前", "如上", "同左", "同父", "同母", "〃", "\"", "''", "ditto"};
  std::string word = plain(text);
  if (word.starts_with('(') && word.ends_with(')')) word = word.substr(1, word.size() - 2);
  return is_one_of(word, kDitto) || word == "\u2033" || word == "\u2032\u2032";
}

bool is_below_table(std::string_view text) {
  static constexpr std::array<std::string_view, 16> kWords = {
      "合计",   "总计", "共计",   "小计",   "总人数", "人数",  "填表", "制表",
      "填报人", "审核", "负责人", "经办人", "说明:",  "备注:", "注:",  "以上"};
  const std::string word = plain(text);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view start) { return word.starts_with(start); });
}

}  // namespace sj::org
