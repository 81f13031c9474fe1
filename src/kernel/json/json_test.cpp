#include "kernel/json/json.h"

#include <gtest/gtest.h>

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
std::string read(std::string_view document) {
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
       "json.syntax line 1, column 21: \"pairs\" stands here a second"},
      {R"({"pairs":[{"name":"a"}]})", "json.missing pairs[0].count: is missing"},
      {R"({"pairs":[{"name":null,"count":1}]})", "json.missing pairs[0].name"},
      {R"({"pairs":[{"name":"a","count":1.5}]})", "json.wrong_type pairs[0].count: a whole number"},
      {R"({"pairs":[{"name":"a","count":1,"tags":["x",3]}]})",
       "json.wrong_type pairs[0].tags[1]: a text in quotes"},
      {R"({"pairs":7})", "json.wrong_type pairs: an array"},
      {"{\"pairs\":[{\"name\":\"\xff\"}]}", "json.syntax line 1, column 20"},
  };
  for (const Case& one : cases) {
    const std::string got = read(one.document);
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

}  // namespace
}  // namespace sj::json
