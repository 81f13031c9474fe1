#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/codes/clean.h"
#include "kernel/codes/id_card_no.h"
#include "kernel/codes/institution_codes.h"
#include "kernel/codes/person_codes.h"
#include "kernel/codes/phone_no.h"
#include "kernel/codes/region_code.h"
#include "kernel/codes/student_code.h"
#include "kernel/codes/travel_document_no.h"
#include "kernel/time/local_day.h"

namespace sj::codes {
namespace {

using Row = std::vector<std::string>;

const LocalDay kToday = LocalDay::parse("2026-11-21").value();

// A table of policy/, without its header. Tests run from the top of the tree; only notes, the last
// field of a row, are ever quoted.
std::vector<Row> read_table(const std::string& name) {
  std::ifstream file("policy/tables/" + name);
  EXPECT_TRUE(file.good()) << name << ": run this from the top of the tree";
  std::vector<Row> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    Row& row = rows.emplace_back();
    std::size_t from = 0;
    for (std::size_t comma = 0; comma != std::string::npos; from = comma + 1) {
      comma = line.find(',', from);
      row.push_back(line.substr(from, comma == std::string::npos ? comma : comma - from));
    }
  }
  return rows;
}

bool accepts(std::string_view kind, std::string_view value) {
  if (kind == "resident_id") return IdCardNo::create(value, kToday).ok();
  if (kind == "student_no") return StudentCode::create(value, kToday).ok();
  if (kind == "uscc") return CreditCode::create(value).ok();
  if (kind == "org_code") return OrgCode::create(value).ok();
  if (kind == "school_id") return SchoolCode::create(value).ok();
  ADD_FAILURE() << "nobody reads " << kind;
  return false;
}

TEST(Vectors, are_judged_as_written) {
  const std::vector<Row> rows = read_table("id_test_vectors.csv");
  EXPECT_GE(rows.size(), 27U);
  for (const Row& row : rows) {
    ASSERT_GE(row.size(), 3U);
    EXPECT_EQ(accepts(row[0], row[1]), row[2] == "valid") << row[0] << " " << row[1];
  }
}

TEST(Tables, are_those_of_the_standards) {
  const auto regions = read_table("code_province_gbt2260.csv");
  ASSERT_EQ(all_provinces().size(), regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    EXPECT_EQ(all_provinces()[i].code, regions[i].at(0));
    EXPECT_EQ(all_provinces()[i].name, regions[i].at(1));
    EXPECT_EQ(regions[i].at(0) + "0000", regions[i].at(2));
  }
  const auto groups = read_table("code_ethnic_gbt3304.csv");
  ASSERT_EQ(all_ethnic_groups().size(), groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    EXPECT_EQ(all_ethnic_groups()[i].code, groups[i].at(0));
    EXPECT_EQ(all_ethnic_groups()[i].name, groups[i].at(1));
    EXPECT_EQ(all_ethnic_groups()[i].letters, groups[i].at(2));
  }
  const auto types = read_table("code_school_type.csv");
  ASSERT_EQ(all_school_types().size(), types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(all_school_types()[i].code, types[i].at(0));
    EXPECT_EQ(all_school_types()[i].group, types[i].at(1));
    EXPECT_EQ(all_school_types()[i].name, types[i].at(2));
  }
  const auto sexes = read_table("code_sex_gbt2261_1.csv");
  ASSERT_EQ(all_sexes().size(), sexes.size());
  for (std::size_t i = 0; i < sexes.size(); ++i) {
    EXPECT_EQ(std::to_string(static_cast<int>(all_sexes()[i].sex)), sexes[i].at(0));
    EXPECT_EQ(all_sexes()[i].name, sexes[i].at(1));
  }
}

TEST(Clean, leaves_the_code_alone) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"", ""},
      {" \t430102 2015\u3000０１０１\u00A0001x\r\n", "43010220150101001X"},
      {"\u202D13812345678\u202C\uFEFF", "13812345678"},
      {"\u2068'138\u206912345678", "13812345678"},
      {"\u2019G430102", "G430102"},
      {"O'Neil", "O'NEIL"},
      {"汉族", "汉族"},
      {"a\xFF", "A\xFF"},
  };
  for (const auto& c : cases) EXPECT_EQ(clean(c.text), c.want) << c.text;
}

TEST(Clean, knows_a_rounded_number) {
  for (const std::string_view text : {"4.30102E+17", "4e+17", " １．５Ｅ+10 ", "43.5E+016"}) {
    const auto got = clean_digits(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, "codes.lost_digits") << text;
  }
  for (const std::string_view text :
       {"", "E+17", "4E", "4E+", "E1234567", "12E34567", "1.2.3E+4", ".5E+4", "4E+1A"}) {
    EXPECT_TRUE(clean_digits(text).ok()) << text;
  }
}

TEST(IdCardNo, says_what_it_holds) {
  const IdCardNo one = IdCardNo::create(" １１０１０５ 19491231 002x", kToday).value();
  EXPECT_EQ(one.text(), "11010519491231002X");
  EXPECT_EQ(one.masked(), "110105********002X");
  EXPECT_EQ(one.birth_day().to_iso(), "1949-12-31");
  EXPECT_EQ(one.sex(), Sex::female);
  EXPECT_EQ(one.holder(), IdCardHolder::citizen);
  EXPECT_EQ(one.region(), "110105");
  EXPECT_EQ(IdCardNo::create("440306201211151237", kToday).value().sex(), Sex::male);
}

std::string with_check_character(std::string seventeen) {
  seventeen += id_card_check_character(seventeen);
  return seventeen;
}

TEST(IdCardNo, is_also_that_of_a_residence_permit) {
  const struct {
    std::string_view prefix;
    IdCardHolder holder = IdCardHolder::citizen;
  } cases[] = {{"810000", IdCardHolder::hongkong},  {"820000", IdCardHolder::macao},
               {"830000", IdCardHolder::taiwan},    {"911840", IdCardHolder::foreigner},
               {"943392", IdCardHolder::foreigner}, {"430102", IdCardHolder::citizen}};
  for (const auto& c : cases) {
    const auto got =
        IdCardNo::create(with_check_character(std::string(c.prefix) + "20150101001"), kToday);
    ASSERT_TRUE(got.ok()) << c.prefix;
    EXPECT_EQ(got.value().holder(), c.holder);
  }
  for (const std::string_view prefix : {"910840", "999840", "900000"}) {
    const auto nowhere =
        IdCardNo::create(with_check_character(std::string(prefix) + "20150101001"), kToday);
    ASSERT_FALSE(nowhere.ok()) << prefix;
    EXPECT_EQ(nowhere.error().code, "codes.id_card_region");
  }
  const auto county = IdCardNo::create(with_check_character("83010120150101001"), kToday);
  ASSERT_FALSE(county.ok());
  EXPECT_EQ(county.error().code, "codes.id_card_region");
}

TEST(IdCardNo, says_what_is_wrong) {
  const struct {
    std::string text;
    std::string_view code;
  } cases[] = {
      {"", "codes.id_card_length"},
      {"110105491231002", "codes.id_card_old"},
      {"1101054912310021", "codes.id_card_length"},
      {"11010119491231002", "codes.id_card_length"},
      {"110105194912310021X", "codes.id_card_character"},
      {"1101051949123100211", "codes.id_card_length"},
      {"11010519491231002Y", "codes.id_card_character"},
      {"1101051949123100X1", "codes.id_card_character"},
      {"张伟", "codes.id_card_character"},
      {"4.30102E+17", "codes.lost_digits"},
      {"430111201705010000", "codes.lost_digits"},
      {with_check_character("16010519491231002"), "codes.id_card_region"},
      {with_check_character("00010519491231002"), "codes.id_card_region"},
      {with_check_character("11010520150229001"), "codes.id_card_birth"},
      {with_check_character("11010520151301001"), "codes.id_card_birth"},
      {with_check_character("11010520150100001"), "codes.id_card_birth"},
      {with_check_character("11010517991231001"), "codes.id_card_birth"},
      {with_check_character("11010520261122001"), "codes.id_card_birth"},
      {"110105194912310021", "codes.id_card_check"},
  };
  for (const auto& c : cases) {
    const auto got = IdCardNo::create(c.text, kToday);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text << ": " << got.error().detail;
    EXPECT_EQ(got.error().detail.find(c.text.substr(0, 14)), c.text.empty() ? 0 : std::string::npos)
        << "the detail repeats the number";
  }
  EXPECT_NE(IdCardNo::create("110105194912310021", kToday).error().detail.find("ask for X"),
            std::string::npos);
  EXPECT_TRUE(IdCardNo::create(with_check_character("11010520261121001"), kToday).ok());
  EXPECT_TRUE(IdCardNo::create(with_check_character("11010520160229001"), kToday).ok());
}

// The check character exists to catch the slips of a typist.
RC_GTEST_PROP(IdCardNo, notices_a_wrong_digit_and_two_swapped, ()) {
  const int sequence = *rc::gen::inRange(0, 1000);
  const LocalDay born = LocalDay::from_epoch_days(*rc::gen::inRange<std::int64_t>(11'000, 20'000));
  std::string digits = "430102" + born.to_iso();
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  const std::string right =
      with_check_character(digits + std::to_string(1000 + sequence).substr(1));
  const auto got = IdCardNo::create(right, kToday);
  RC_ASSERT(got.ok());
  RC_ASSERT(got.value().birth_day() == born);
  RC_ASSERT(got.value().masked().find(digits.substr(6)) == std::string::npos);

  const auto at = *rc::gen::inRange<std::size_t>(0, 17);
  std::string typo = right;
  typo[at] = *rc::gen::distinctFrom(rc::gen::inRange('0', static_cast<char>('9' + 1)), right[at]);
  RC_ASSERT(!IdCardNo::create(typo, kToday).ok());
  std::string swapped = right;
  std::swap(swapped[at], swapped[at + 1]);
  RC_ASSERT(swapped == right || !IdCardNo::create(swapped, kToday).ok());
}

TEST(StudentCode, says_what_it_holds) {
  const StudentCode formal = StudentCode::create("g110101201501010011", kToday).value();
  EXPECT_EQ(formal.text(), "G110101201501010011");
  EXPECT_EQ(formal.masked(), "G110101********0011");
  EXPECT_EQ(formal.kind(), StudentCodeKind::with_id_card);
  EXPECT_EQ(formal.id_card()->text(), "110101201501010011");
  EXPECT_EQ(formal.birth_day().to_iso(), "2015-01-01");
  EXPECT_TRUE(formal.check_character_fits());

  const StudentCode temporary = StudentCode::create("L320501201602291234", kToday).value();
  EXPECT_EQ(temporary.kind(), StudentCodeKind::temporary);
  EXPECT_FALSE(temporary.id_card().has_value());
  EXPECT_EQ(temporary.birth_day().to_iso(), "2016-02-29");
  EXPECT_TRUE(temporary.check_character_fits());
}

TEST(StudentCode, only_doubts_a_j_whose_check_character_does_not_fit) {
  EXPECT_TRUE(StudentCode::create("J110101201501010011", kToday).value().check_character_fits());
  const auto odd = StudentCode::create("J110101201501010012", kToday);
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd.value().kind(), StudentCodeKind::without_id_card);
  EXPECT_FALSE(odd.value().check_character_fits());
  EXPECT_FALSE(odd.value().id_card().has_value());
  const auto formal = StudentCode::create("G110101201501010012", kToday);
  ASSERT_FALSE(formal.ok());
  EXPECT_EQ(formal.error().code, "codes.id_card_check");
}

TEST(StudentCode, says_what_is_wrong) {
  const struct {
    std::string_view text, code;
  } cases[] = {
      {"", "codes.student_code_letter"},
      {"110101201501010011", "codes.student_code_letter"},
      {"X110101201501010011", "codes.student_code_letter"},
      {"G11010120150101001", "codes.student_code_length"},
      {"L1101012015010112345", "codes.student_code_length"},
      {"J11010120150101X011", "codes.student_code_character"},
      {"J11010120150101001Y", "codes.student_code_character"},
      {"L110101201502291234", "codes.student_code_birth"},
      {"J110101202611221234", "codes.student_code_birth"},
      {"G110101201513010017", "codes.id_card_birth"},
      {"G160101201501010011", "codes.id_card_region"},
  };
  for (const auto& c : cases) {
    const auto got = StudentCode::create(c.text, kToday);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text << ": " << got.error().detail;
  }
}

TEST(CreditCode, says_what_it_holds) {
  const CreditCode one = CreditCode::create("91350100m000100y43").value();
  EXPECT_EQ(one.text(), "91350100M000100Y43");
  EXPECT_EQ(one.category(), "91");
  EXPECT_EQ(one.region(), "350100");
  EXPECT_EQ(one.org_code(), "M000100Y4");
  EXPECT_TRUE(one.org_code_fits());
  EXPECT_TRUE(OrgCode::create(one.org_code()).ok());
  const CreditCode odd = CreditCode::create("121100004000012343").value();
  EXPECT_FALSE(odd.org_code_fits());
  EXPECT_FALSE(OrgCode::create(odd.org_code()).ok());
}

TEST(CreditCode, says_what_is_wrong) {
  const struct {
    std::string_view text, code, detail;
  } cases[] = {
      {"", "codes.credit_code_length", "0 characters"},
      {"91350100M000100Y4", "codes.credit_code_length", "17 characters"},
      {"9.135E+17", "codes.lost_digits", ""},
      {"91350100M000100O43", "codes.credit_code_character", "place 16"},
      {"91350100-000100Y43", "codes.credit_code_character", "place 9"},
      {"91160100M000100Y43", "codes.credit_code_region", ""},
      {"9135010AM000100Y43", "codes.credit_code_region", ""},
      {"91350100M000100Y44", "codes.credit_code_check", "is 4, but those before it ask for 3"},
  };
  for (const auto& c : cases) {
    const auto got = CreditCode::create(c.text);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text;
    EXPECT_NE(got.error().detail.find(c.detail), std::string::npos) << got.error().detail;
  }
}

TEST(OrgCode, takes_the_printed_hyphen) {
  EXPECT_EQ(OrgCode::create("m000100y-4").value().text(), "M000100Y4");
  const struct {
    std::string_view text, code;
  } cases[] = {{"", "codes.org_code"},
               {"M000100-Y4", "codes.org_code"},
               {"M000100Y4-", "codes.org_code"},
               {"M000100Y44", "codes.org_code"},
               {"M000100Y5", "codes.org_code_check"}};
  for (const auto& c : cases) {
    const auto got = OrgCode::create(c.text);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text;
  }
}

TEST(SchoolCode, knows_type_and_province) {
  const SchoolCode one = SchoolCode::create(" 2143001234").value();
  EXPECT_EQ(one.text(), "2143001234");
  EXPECT_EQ(one.type().name, "普通小学");
  EXPECT_EQ(one.province(), "湖南");
  const struct {
    std::string_view text, code;
  } cases[] = {{"", "codes.school_code"},
               {"214300123", "codes.school_code"},
               {"21430012345", "codes.school_code"},
               {"214300123A", "codes.school_code"},
               {"2.143E+9", "codes.lost_digits"},
               {"9944001234", "codes.school_code_type"},
               {"2199001234", "codes.school_code_region"}};
  for (const auto& c : cases) {
    const auto got = SchoolCode::create(c.text);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text;
  }
}

TEST(RegionCode, lies_within_another) {
  const auto region = [](std::string_view text) { return RegionCode::create(text).value(); };
  EXPECT_EQ(region("430000").level(), RegionLevel::province);
  EXPECT_EQ(region("430100").level(), RegionLevel::city);
  EXPECT_EQ(region("430102").level(), RegionLevel::county);
  EXPECT_EQ(region("４３０１０２").province(), "湖南");
  EXPECT_TRUE(region("430000").covers(region("430102")));
  EXPECT_TRUE(region("430100").covers(region("430102")));
  EXPECT_TRUE(region("430102").covers(region("430102")));
  EXPECT_FALSE(region("430102").covers(region("430100")));
  EXPECT_FALSE(region("430200").covers(region("430102")));
  EXPECT_FALSE(region("440000").covers(region("430102")));
  for (const std::string_view text : {"", "43010", "4301021", "43010a", "160101", "430001"}) {
    const auto got = RegionCode::create(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, "codes.region_code");
  }
}

TEST(PhoneNo, is_a_mobile_or_a_fixed_line) {
  const struct {
    std::string_view text, want, masked;
  } cases[] = {
      {"13812345678", "13812345678", "138****5678"},
      {"138-1234-5678", "13812345678", "138****5678"},
      {"+86 199 1234 5678", "19912345678", "199****5678"},
      {"008613812345678", "13812345678", "138****5678"},
      {"8613812345678", "13812345678", "138****5678"},
      {"１３８１２３４５６７８", "13812345678", "138****5678"},
      {"0731-82345678", "0731-82345678", "0731-****5678"},
      {"（0731）82345678", "0731-82345678", "0731-****5678"},
      {"073182345678", "0731-82345678", "0731-****5678"},
      {"0731—8234567", "0731-8234567", "0731-***4567"},
      {"+86 731 8234567", "0731-8234567", "0731-***4567"},
      {"01082345678", "010-82345678", "010-****5678"},
      {"+86 10 82345678", "010-82345678", "010-****5678"},
      {"021-62345678", "021-62345678", "021-****5678"},
  };
  for (const auto& c : cases) {
    const auto got = PhoneNo::create(c.text);
    ASSERT_TRUE(got.ok()) << c.text;
    EXPECT_EQ(got.value().text(), c.want);
    EXPECT_EQ(got.value().masked(), c.masked);
    EXPECT_EQ(got.value().is_mobile(), c.want[0] == '1');
  }
}

TEST(PhoneNo, says_what_is_wrong) {
  const struct {
    std::string_view text, code;
  } cases[] = {
      {"", "codes.phone"},
      {"12812345678", "codes.phone"},
      {"1381234567", "codes.phone"},
      {"138123456789", "codes.phone"},
      {"1381234567a", "codes.phone"},
      {"+85291234567", "codes.phone"},
      {"00852912345678", "codes.phone"},
      {"82345678", "codes.phone_area"},
      {"8234567", "codes.phone_area"},
      {"010-8234567", "codes.phone"},
      {"011-82345678", "codes.phone"},
      {"0731-12345678", "codes.phone"},
      {"0731-823456789", "codes.phone"},
      {"1.38123E+10", "codes.lost_digits"},
  };
  for (const auto& c : cases) {
    const auto got = PhoneNo::create(c.text);
    ASSERT_FALSE(got.ok()) << c.text << " -> " << got.value().text();
    EXPECT_EQ(got.error().code, c.code) << c.text;
  }
}

TEST(Sex, has_many_spellings) {
  const struct {
    std::string_view text;
    Sex want = Sex::unknown;
  } cases[] = {{"男", Sex::male},        {"1", Sex::male},    {"男性", Sex::male},
               {" male ", Sex::male},    {"Ｍ", Sex::male},   {"女", Sex::female},
               {"2", Sex::female},       {"02", Sex::female}, {"女性", Sex::female},
               {"Female", Sex::female},  {"f", Sex::female},  {"女生", Sex::female},
               {"9", Sex::unstated},     {"0", Sex::unknown}, {"未说明的性别", Sex::unstated},
               {"unknown", Sex::unknown}};
  for (const auto& c : cases) {
    const auto got = parse_sex(c.text);
    ASSERT_TRUE(got.ok()) << c.text;
    EXPECT_EQ(got.value(), c.want) << c.text;
  }
  for (const std::string_view text : {"", "3", "12", "other", "男女", "-"}) {
    const auto got = parse_sex(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, "codes.sex");
  }
  for (const SexRow& row : all_sexes()) {
    EXPECT_EQ(parse_sex(to_word(row.sex)).value(), row.sex);
    EXPECT_EQ(parse_sex(name_of(row.sex)).value(), row.sex);
  }
}

TEST(EthnicGroup, is_named_by_code_name_or_letters) {
  for (const EthnicGroupRow& row : all_ethnic_groups()) {
    EXPECT_EQ(EthnicGroup::create(row.code).value().name(), row.name);
    EXPECT_EQ(EthnicGroup::create(row.name).value().code(), row.code);
    if (!row.letters.empty()) {
      EXPECT_EQ(EthnicGroup::create(row.letters).value().code(), row.code);
    }
  }
  for (const std::string_view text : {"汉", "汉族", "1", "01", "ha", " ＨＡ "}) {
    EXPECT_EQ(EthnicGroup::create(text).value().name(), "汉族") << text;
  }
  EXPECT_EQ(EthnicGroup::create("土家").value().letters(), "TJ");
  EXPECT_EQ(EthnicGroup::create("土家").value(), EthnicGroup::create("15").value());
  for (const std::string_view text : {"", "族", "00", "57", "99", "汉人", "XX"}) {
    const auto got = EthnicGroup::create(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, "codes.ethnic_group");
  }
}

TEST(TravelDocumentNo, is_judged_by_its_form) {
  constexpr auto kPassport = TravelDocument::passport;
  constexpr auto kHkMacao = TravelDocument::hk_macao_permit;
  constexpr auto kTaiwan = TravelDocument::taiwan_permit;
  constexpr auto kForeigner = TravelDocument::foreigner_permit;
  const struct {
    TravelDocument document = kPassport;
    std::string_view text, want;  // or the code of the refusal
  } cases[] = {
      {kPassport, "e1234 5678", "E12345678"},
      {kPassport, "EA1234567", "EA1234567"},
      {kPassport, "X1234", "X1234"},
      {kPassport, "1234", "codes.passport"},
      {kPassport, "E123456789", "codes.passport"},
      {kPassport, "PASSPORT", "codes.passport"},
      {kPassport, "E1234-567", "codes.passport"},
      {kPassport, "1.2E+8", "codes.lost_digits"},
      {kHkMacao, "h12345678", "H12345678"},
      {kHkMacao, "M1234567801", "M1234567801"},
      {kHkMacao, "H1234567", "codes.hk_macao_permit"},
      {kHkMacao, "H123456780", "codes.hk_macao_permit"},
      {kHkMacao, "A12345678", "codes.hk_macao_permit"},
      {kHkMacao, "HH2345678", "codes.hk_macao_permit"},
      {kHkMacao, "", "codes.hk_macao_permit"},
      {kTaiwan, "12345678", "12345678"},
      {kTaiwan, "0012345678（b）", "0012345678B"},
      {kTaiwan, "0012345678", "0012345678"},
      {kForeigner, "usa 110085 010203", "USA110085010203"},
      {kForeigner, "US1110085010203", "codes.foreigner_permit"},
      {kForeigner, "USA11008501020", "codes.foreigner_permit"},
      {kForeigner, "USA11008501020X", "codes.foreigner_permit"},
      {kTaiwan, "1234567", "codes.taiwan_permit"},
      {kTaiwan, "1234567B", "codes.taiwan_permit"},
      {kTaiwan, "", "codes.taiwan_permit"},
  };
  for (const auto& c : cases) {
    const auto got = TravelDocumentNo::create(c.document, c.text);
    EXPECT_EQ(got.ok() ? got.value().text() : got.error().code, c.want) << c.text;
  }
  const auto one = TravelDocumentNo::create(kPassport, "E12345678").value();
  EXPECT_EQ(one.masked(), "E1*****78");
  EXPECT_EQ(one.document(), kPassport);
}

TEST(Mask, shows_nothing_of_what_is_too_short) {
  EXPECT_EQ(mask("12345", 2, 2), "12*45");
  EXPECT_EQ(mask("1234", 2, 2), "****");
  EXPECT_EQ(mask("", 2, 2), "");
}

}  // namespace
}  // namespace sj::codes
