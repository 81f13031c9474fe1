#include "kernel/json/json.h"

#include <array>

#include <gtest/gtest.h>

#include "kernel/json/encode.h"
#include "kernel/json/schema.h"
#include "kernel/json/writer.h"

namespace sj::json {
namespace {

struct PairDto {
  std::string name;
  std::int64_t count = 0;
  std::optional<std::vector<std::string>> tags;
};
BOOST_DESCRIBE_STRUCT(PairDto, (), (name, count, tags))

// Reads `{"pairs": [...]}` and gives the error, or what was read.
std::string read_pairs(std::string_view document) {
  std::string got;
  const auto result =
      read_arrays(document, {{"pairs", [&](const boost::json::value& element, const Place& place) {
                                PairDto dto;
                                Result<void> decoded = decode(element, place, dto);
                                got += dto.name + "=" + std::to_string(dto.count) + ";";
                                return decoded;
                              }}});
  return result.ok() ? got : result.error().code + " " + result.error().detail;
}

struct Case {
  const char* document;
  const char* expected;  // the text, or how it begins
};

TEST(Json, AMemberStandsOnceInItsObjectAtAnyDepth) {
  const auto told = [](std::string_view document) {
    const auto whole = parse(document);
    return whole.ok() ? std::string("read") : whole.error().code + " " + whole.error().detail;
  };
  EXPECT_EQ(told(R"({"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]})"), "read");
  EXPECT_EQ(told(R"({"a":1,"a":1})"),
            "json.duplicate_member line 1, column 10: a stands here a second time");
  EXPECT_EQ(told(R"({"x":[0,{"y":[[],{"a":1,"\u0061":{}}]}]})").substr(0, 21),
            "json.duplicate_member");
  EXPECT_NE(told(R"({"x":[0,{"y":[[],{"a":1,"a":{}}]}]})").find("x[1].y[1].a stands"),
            std::string::npos);
  EXPECT_NE(read_pairs(R"({"pairs":[{"name":"a","count":1},
    {"name":"b","count":1,"tags":null,"count":2}]})")
                .find("line 2, column 45: pairs[1].count stands here a second time"),
            std::string::npos);
  EXPECT_NE(read_pairs(R"({"other":{"a":{"b":1,"b":1}},"pairs":[]})").find("other.a.b stands"),
            std::string::npos);
  EXPECT_NE(read_pairs(R"({"other":1,"pairs":[],"other":1})").find("other stands"),
            std::string::npos);
}

TEST(Json, ReadsElementsAndNamesThePlaceOfEveryFault) {
  const std::vector<Case> cases = {
      {R"({"pairs":[{"name":"a","count":1},{"name":"b","count":2.0,"tags":null}]})", "a=1;b=2;"},
      {"\xEF\xBB\xBF{\"x\": [1, {\"y\": 2}], \"pairs\" : [ ] , \"z\": 1e5}\n", ""},
      {"{}", ""},
      {R"({"pairs":null})", ""},
      {"", "json.syntax line 1, column 1: the file is empty"},
      {"[]", "json.syntax line 1, column 1: '{' should stand here"},
      {"{\"课\":1,\n \"pairs\":[{\"name\":\"a\"", "json.syntax line 2, column 22: incomplete"},
      {"{\"pairs\":[{\"name\":\"课课\" 1}]}", "json.syntax line 1, column 24"},
      {"{\"pairs\":[]} x", "json.syntax line 1, column 14: nothing more should stand here"},
      {R"({"pairs":[],"pairs":[]})",
       "json.duplicate_member line 1, column 21: pairs stands here a second"},
      {R"({"pairs":[{"name":"a"}]})", "json.missing pairs[0].count: is missing"},
      {R"({"pairs":[{"name":null,"count":1}]})", "json.missing pairs[0].name"},
      {R"({"pairs":[{"name":"a","count":1.5}]})", "json.wrong_type pairs[0].count: a whole number"},
      {R"({"pairs":[{"name":"a","count":1,"tags":["x",3]}]})",
       "json.wrong_type pairs[0].tags[1]: a text in quotes"},
      {R"({"pairs":7})", "json.wrong_type pairs: an array"},
      {"{\"pairs\":[{\"name\":\"\xff\"}]}", "json.syntax line 1, column 20"},
  };
  for (const Case& one : cases) {
    const std::string got = read_pairs(one.document);
    EXPECT_EQ(got.substr(0, std::string_view(one.expected).size()), one.expected) << one.document;
  }
}

TEST(Json, CanonicalSortsKeysByCodePointAtEveryLevel) {
  // U+FF5E sorts before U+1F600 by code point, after it by UTF-16 unit.
  const auto value =
      parse("{\"\xF0\x9F\x98\x80\":1, \"\xEF\xBD\x9E\":{\"b\":[true,null],\"a\":-3}}");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(canonical(value.value()),
            "{\"\xEF\xBD\x9E\":{\"a\":-3,\"b\":[true,null]},\"\xF0\x9F\x98\x80\":1}");
}

TEST(Json, WriterEscapesOnlyWhatItMust) {
  Writer out;
  out.begin_object().key("a\"\\\b\f\n\r\t\x01/").value("课\x7f").key("n").null();
  out.key("list").begin_array().value(1).value(true).begin_array().end_array().end_array();
  EXPECT_EQ(out.end_object().text(),
            "{\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\":\"课\x7f\",\"n\":null,\"list\":[1,true,[]]}");
}

enum class Shape { round, class_ };
BOOST_DESCRIBE_ENUM(Shape, round, class_)

struct InnerDto {
  std::string name;
  Shape shape = Shape::round;
};
BOOST_DESCRIBE_STRUCT(InnerDto, (), (name, shape))

struct OuterDto {
  Id id;
  Day day;
  std::optional<Moment> at;
  bool open = false;
  double share = 0;
  std::vector<InnerDto> inner;
  std::vector<bool> flags;
  std::optional<std::vector<Id>> friends;
};
BOOST_DESCRIBE_STRUCT(OuterDto, (), (id, day, at, open, share, inner, flags, friends))

constexpr const char* kOuter =
    R"({"id":"9007199254740993","day":"2026-10-12","at":"2026-10-12T08:00:00.000+08:00","open":true,)"
    R"("share":0.1,"inner":[{"name":"课","shape":"class"}],"flags":[true,false],"friends":["7"]})";

TEST(Json, ReadsWhatItWrites) {
  const auto dto = read<OuterDto>(kOuter);
  ASSERT_TRUE(dto.ok()) << dto.error().detail;
  EXPECT_EQ(dto.value().id.value, 9007199254740993);
  EXPECT_EQ(dto.value().inner[0].shape, Shape::class_);
  EXPECT_EQ(encode(dto.value()), kOuter);
  const auto least = read<OuterDto>(
      R"({"id":"1","day":"2026-10-12","open":false,"share":3,"inner":[],"flags":[],"friends":null})");
  ASSERT_TRUE(least.ok()) << least.error().detail;
  EXPECT_EQ(encode(least.value()),
            R"({"id":"1","day":"2026-10-12","open":false,"share":3,"inner":[],"flags":[]})");
}

TEST(Json, TellsEveryWrongFieldOfABodyAtOnce) {
  const auto dto = read<OuterDto>(
      R"({"id":1,"day":"2026-02-30","at":"now","open":0,"share":"x",)"
      R"("inner":[{"name":"a","shape":"square"},{"shape":"round","size":1}],"flags":[1],"extra":{}})");
  ASSERT_FALSE(dto.ok());
  EXPECT_EQ(dto.error().kind, ErrorKind::invalid);
  EXPECT_EQ(dto.error().code, "json.wrong_type");
  std::string fields;
  for (const FieldError& one : dto.error().fields) fields += one.field + " " + one.code + "\n";
  EXPECT_EQ(
      fields,
      "id json.wrong_type\nday time.bad_day\nat time.bad_instant\nopen json.wrong_type\n"
      "share json.wrong_type\ninner[0].shape json.unknown_value\ninner[1].name json.missing\n"
      "inner[1].size json.unknown_field\nflags[0] json.wrong_type\nextra json.unknown_field\n");
}

TEST(Json, BodiesHaveLimits) {
  struct Refusal {
    std::string document;
    const char* code;
  };
  std::string ones = "1";
  for (int i = 0; i < 1000; ++i) ones += ",1";
  std::string han;
  for (int i = 0; i < 4000; ++i) han += "课";
  EXPECT_TRUE(read<InnerDto>("{\"name\":\"" + han + "\",\"shape\":\"round\"}").ok());
  const std::vector<Refusal> refusals = {
      {"{\"name\":\"" + han + "课\",\"shape\":\"round\"}", "json.too_long"},
      {R"({"name":"a\u0000b","shape":"round"})", "json.bad_text"},
      {R"([])", "json.wrong_type"},
      {R"({)", "json.syntax"},
      {R"({"name":"a","shape":"round"} {})", "json.syntax"},
      {"{\"name\":\"\xff\",\"shape\":\"round\"}", "json.syntax"},
      {std::string(100, '['), "json.syntax"},
  };
  for (const Refusal& one : refusals) {
    const auto dto = read<InnerDto>(one.document);
    ASSERT_FALSE(dto.ok()) << one.document;
    EXPECT_EQ(dto.error().code, one.code) << one.document;
  }
  EXPECT_EQ(read<std::vector<std::int64_t>>("[" + ones + "]").error().code, "json.too_many");
  EXPECT_TRUE(read<std::vector<std::int64_t>>("[" + ones.substr(2) + "]").ok());
  for (const char* id :
       {"\"0\"", "\"-1\"", "\"01\"", "\"9223372036854775808\"", "\"\"", "\"1 \""}) {
    EXPECT_EQ(read<Id>(id).error().code, "json.bad_id") << id;
  }
  EXPECT_EQ(read<Id>("\"9223372036854775807\"").value().value, 9223372036854775807);
}

struct WordsDto {
  std::string new_;
  bool protected_ = false;
};
BOOST_DESCRIBE_STRUCT(WordsDto, (), (new_, protected_))

TEST(Json, MembersThatAreWordsOfTheLanguageTravelWithoutTheirUnderscore) {
  const std::string text = R"({"new":"x","protected":true})";
  const auto dto = read<WordsDto>(text);
  ASSERT_TRUE(dto.ok());
  EXPECT_EQ(dto.value().new_, "x");
  EXPECT_EQ(encode(dto.value()), text);
  EXPECT_NE(schema_of<WordsDto>().find(R"("required":["new","protected"])"), std::string::npos);
}

constexpr std::array<std::string_view, 2> kSizes = {"small", "large"};
struct OrderDto {
  OneOf<kSizes> size;
  std::optional<std::vector<OneOf<kSizes>>> more;
  RawOf<WordsDto> words;
  RawObject rest;
};
BOOST_DESCRIBE_STRUCT(OrderDto, (), (size, more, words, rest))

TEST(Json, WordsAndShapesAreToldThoughTheyAreTexts) {
  EXPECT_EQ(
      schema_of<OrderDto>(),
      R"({"type":"object","properties":{"size":{"type":"string","enum":["small","large"]},)"
      R"("more":{"type":"array","items":{"type":"string","enum":["small","large"]}},"words":)" +
          schema_of<WordsDto>() +
          R"(,"rest":{"type":"object","additionalProperties":true}},)"
          R"("required":["size","words","rest"],"additionalProperties":false})");
  OrderDto dto;
  dto.size = std::string_view("large");
  dto.more = {"small"};
  dto.words = RawOf<WordsDto>(R"({"new":"x","protected":true})");
  EXPECT_EQ(encode(dto),
            R"({"size":"large","more":["small"],"words":{"new":"x","protected":true},"rest":{}})");
  EXPECT_EQ(read<std::vector<OneOf<kSizes>>>(R"(["huge"])").value().front(), "huge")
      << "whoever reads a word refuses it";
}

TEST(Json, SchemaSaysWhatIsReadAndWritten) {
  EXPECT_EQ(
      schema_of<InnerDto>(),
      R"({"type":"object","properties":{"name":{"type":"string"},"shape":{"type":"string","enum":["round","class"]}},)"
      R"("required":["name","shape"],"additionalProperties":false})");
  const std::string outer = schema_of<OuterDto>();
  for (const char* part : {R"("day":{"type":"string","format":"date"})",
                           R"("flags":{"type":"array","items":{"type":"boolean"}})",
                           R"("required":["id","day","open","share","inner","flags"])"}) {
    EXPECT_NE(outer.find(part), std::string::npos) << outer;
  }
}

}  // namespace
}  // namespace sj::json
