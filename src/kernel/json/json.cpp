#include "kernel/json/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>

#include "kernel/json/writer.h"
#include "kernel/text/free_text.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

namespace sj::json {
namespace {

// The position of a byte for people: line and column from 1, columns in characters.
std::string line_and_column(std::string_view document, std::size_t offset) {
  const std::string_view before = document.substr(0, std::min(offset, document.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto newline = before.rfind('\n');
  const std::string_view in_line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto column =
      std::count_if(in_line.begin(), in_line.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }) +
      1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// Builds values as the library's own parser does, and counts: the library keeps the last of two
// members of one name without a word.
struct Handler {
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_string_size = boost::json::string::max_size();
  using Text = boost::json::string_view;
  using Code = boost::json::error_code;

  boost::json::value_stack stack;
  std::size_t members = 0;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t count, Code&) {
    members += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t count, Code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(Text part, std::size_t, Code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(Text part, std::size_t, Code&) {
    stack.push_key(part);
    return true;
  }
  bool on_string_part(Text part, std::size_t, Code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(Text part, std::size_t, Code&) {
    stack.push_string(part);
    return true;
  }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t number, Text, Code&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, Text, Code&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, Text, Code&) {
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool flag, Code&) {
    stack.push_bool(flag);
    return true;
  }
  bool on_null(Code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

// Finds the first member whose name stands in its object already, in a text known to be JSON.
class SecondMember {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_object_size = Handler::max_object_size;
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_array_size = Handler::max_array_size;
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_key_size = Handler::max_key_size;
  // NOLINTNEXTLINE(readability-identifier-naming): a name of the library's
  static constexpr std::size_t max_string_size = Handler::max_string_size;
  using Text = Handler::Text;
  using Code = Handler::Code;

  [[nodiscard]] const std::string& path() const { return path_; }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return open(true); }
  bool on_object_end(std::size_t, Code&) { return close(); }
  bool on_array_begin(Code&) { return open(false); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_key_part(Text part, std::size_t, Code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(Text part, std::size_t, Code& error) {
    key_.append(part.data(), part.size());
    Level& level = levels_.back();
    level.name = key_;
    if (level.seen.insert(std::move(key_)).second) {
      key_.clear();
      return true;
    }
    for (const Level& above : levels_) {
      if (above.is_object) {
        path_ += (path_.empty() ? "" : ".") + above.name;
      } else {
        path_ += "[" + std::to_string(above.index) + "]";
      }
    }
    error = boost::json::error::syntax;
    return false;
  }
  bool on_string_part(Text, std::size_t, Code&) { return true; }
  bool on_string(Text, std::size_t, Code&) { return next(); }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t, Text, Code&) { return next(); }
  bool on_uint64(std::uint64_t, Text, Code&) { return next(); }
  bool on_double(double, Text, Code&) { return next(); }
  bool on_bool(bool, Code&) { return next(); }
  bool on_null(Code&) { return next(); }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

 private:
  struct Level {
    bool is_object = false;
    std::size_t index = 0;
    std::string name{};
    std::unordered_set<std::string> seen{};
  };
  bool open(bool is_object) {
    levels_.push_back({.is_object = is_object});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return next();
  }
  bool next() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  std::vector<Level> levels_;
  std::string key_;
  std::string path_;
};

std::size_t members_of(const boost::json::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += members_of(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) count += members_of(element);
  }
  return count;
}

// Reads one value from the front of a text, again and again with the same memory.
class ValueParser {
 public:
  struct Parsed {
    boost::json::value value;
    std::size_t size = 0;     // bytes of the text that belong to the value, or were read
    std::string problem{};    // empty: it is a value
    std::string duplicate{};  // the place of a member that stands a second time
  };

  explicit ValueParser(std::size_t depth_max = kDepthMax) : options_(options_of(depth_max)) {}

  Parsed read(std::string_view text, const boost::json::storage_ptr& memory) {
    parser_.reset();
    parser_.handler().members = 0;
    parser_.handler().stack.reset(memory);
    boost::json::error_code error;
    Parsed parsed;
    parsed.size = parser_.write_some(false, text.data(), text.size(), error);
    if (error) {
      parsed.problem = error.message();
      return parsed;
    }
    parsed.value = parser_.handler().stack.release();
    if (members_of(parsed.value) == parser_.handler().members) return parsed;
    boost::json::basic_parser<SecondMember> second{options_};
    parsed.size = second.write_some(false, text.data(), text.size(), error);
    parsed.duplicate = second.handler().path();
    return parsed;
  }

 private:
  static boost::json::parse_options options_of(std::size_t depth_max) {
    boost::json::parse_options options;
    options.max_depth = depth_max;
    return options;
  }

  boost::json::parse_options options_;
  boost::json::basic_parser<Handler> parser_{options_};
};

Error duplicate_member(std::string_view document, std::size_t offset, const std::string& place) {
  return {ErrorKind::invalid, "json.duplicate_member",
          line_and_column(document, offset) + ": " + place + " stands here a second time"};
}

class Reader {
 public:
  Reader(std::string_view document, const std::vector<ArrayReader>& readers)
      : document_(document), readers_(readers), buffer_(1U << 16U) {
    if (document_.substr(0, 3) == "\xEF\xBB\xBF") next_ = 3;
  }

  Result<std::vector<std::string>> run() {
    std::vector<std::string> seen;
    std::unordered_set<std::string> names;
    skip_space();
    if (next_ == document_.size()) return syntax("the file is empty");
    SJ_TRY(expect('{'));
    if (peek() == '}') {
      ++next_;
    } else {
      while (true) {
        skip_space();
        std::string name;
        SJ_TRY(read_value(
            [&](const boost::json::value& key) -> Result<void> {
              if (!key.is_string()) return syntax("a member name in quotes should stand here");
              name = std::string(key.get_string());
              return {};
            },
            [] { return std::string(); }));
        SJ_TRY(expect(':'));
        const auto reader = std::find_if(readers_.begin(), readers_.end(),
                                         [&](const auto& one) { return one.name == name; });
        if (!names.insert(name).second) return duplicate_member(document_, next_, name);
        if (reader == readers_.end()) {
          SJ_TRY(read_value([](const boost::json::value&) -> Result<void> { return {}; },
                            [&] { return name; }));
        } else if (peek() == 'n') {
          SJ_TRY(read_value(
              [&](const boost::json::value& value) -> Result<void> {
                if (value.is_null()) return {};
                return wrong_type(Place{nullptr, reader->name, 0, false}, "an array");
              },
              [&] { return name; }));
        } else {
          seen.push_back(name);
          SJ_TRY(read_elements(*reader));
        }
        if (peek() == ',') {
          ++next_;
          continue;
        }
        SJ_TRY(expect('}'));
        break;
      }
    }
    skip_space();
    if (next_ != document_.size()) return syntax("nothing more should stand here");
    return seen;
  }

 private:
  void skip_space() {
    while (next_ < document_.size() &&
           std::string_view(" \t\r\n").find(document_[next_]) != std::string_view::npos) {
      ++next_;
    }
  }

  char peek() {
    skip_space();
    return next_ < document_.size() ? document_[next_] : '\0';
  }

  [[nodiscard]] Error syntax(const std::string& what) const {
    const bool ended = next_ >= document_.size() && !document_.empty();
    return {ErrorKind::invalid, "json.syntax",
            line_and_column(document_, next_) + ": " + what +
                (ended ? " (the text ends here: is the file complete?)" : "")};
  }

  Result<void> expect(char wanted) {
    if (peek() != wanted || next_ >= document_.size()) {
      return syntax(std::string("'") + wanted + "' should stand here");
    }
    ++next_;
    return {};
  }

  Result<void> read_elements(const ArrayReader& reader) {
    const Place array{nullptr, reader.name, 0, false};
    if (peek() != '[') return wrong_type(array, "an array");
    ++next_;
    if (peek() == ']') {
      ++next_;
      return {};
    }
    for (std::size_t index = 0;; ++index) {
      skip_space();
      const Place place{&array, {}, index, true};
      SJ_TRY(
          read_value([&](const boost::json::value& element) { return reader.read(element, place); },
                     [&] { return place.text(); }));
      if (peek() == ',') {
        ++next_;
        continue;
      }
      return expect(']');
    }
  }

  // `place_text` says where the value stands, if that must be told.
  template <class Use, class PlaceText>
  Result<void> read_value(Use use, PlaceText place_text) {
    skip_space();
    boost::json::monotonic_resource memory(buffer_.data(), buffer_.size());
    const auto parsed = parser_.read(document_.substr(next_), &memory);
    next_ += parsed.size;
    if (!parsed.problem.empty()) return syntax(parsed.problem);
    if (!parsed.duplicate.empty()) {
      const bool is_index = parsed.duplicate.front() == '[';
      return duplicate_member(document_, next_,
                              place_text() + (is_index ? "" : ".") + parsed.duplicate);
    }
    return use(parsed.value);
  }

  std::string_view document_;
  const std::vector<ArrayReader>& readers_;
  std::vector<unsigned char> buffer_;
  ValueParser parser_;
  std::size_t next_ = 0;
};

void write_canonical(Writer& out, const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    std::vector<const boost::json::key_value_pair*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->key() < b->key(); });
    out.begin_object();
    for (const auto* member : members) {
      out.key(member->key());
      write_canonical(out, member->value());
    }
    out.end_object();
  } else if (const auto* array = value.if_array()) {
    out.begin_array();
    for (const auto& element : *array) write_canonical(out, element);
    out.end_array();
  } else if (const auto* text = value.if_string()) {
    out.value(std::string_view(text->data(), text->size()));
  } else if (const auto* number = value.if_int64()) {
    out.value(*number);
  } else {
    out.raw(boost::json::serialize(value));
  }
}

}  // namespace

std::string canonical(const boost::json::value& value) {
  Writer out;
  write_canonical(out, value);
  return out.take();
}

const Limits* Place::limits() const {
  const Place* root = this;
  while (root->parent != nullptr) root = root->parent;
  return root->of_root;
}

std::string Place::text() const {
  std::string before = parent == nullptr ? "" : parent->text();
  if (is_index) return before + "[" + std::to_string(index) + "]";
  return before.empty() ? std::string(key) : before + "." + std::string(key);
}

Result<std::vector<std::string>> read_arrays(std::string_view document,
                                             const std::vector<ArrayReader>& readers) {
  return Reader(document, readers).run();
}

namespace {

// `memory`: where the value lies, which must outlive it.
Result<boost::json::value> parse_whole(std::string_view document,
                                       const boost::json::storage_ptr& memory,
                                       std::size_t depth_max = kDepthMax) {
  ValueParser parser(depth_max);
  auto parsed = parser.read(document, memory);
  if (!parsed.duplicate.empty()) return duplicate_member(document, parsed.size, parsed.duplicate);
  const auto rest = document.find_first_not_of(" \t\r\n", parsed.size);
  if (!parsed.problem.empty() || rest != std::string_view::npos) {
    const bool ended = parsed.problem.empty();
    return Error{ErrorKind::invalid, "json.syntax",
                 line_and_column(document, ended ? rest : parsed.size) + ": " +
                     (ended ? std::string("nothing more should stand here") : parsed.problem)};
  }
  return std::move(parsed.value);
}

}  // namespace

Result<boost::json::value> parse(std::string_view document, std::size_t depth_max) {
  return parse_whole(document, {}, depth_max);
}

namespace {

Error fault(const Place& place, const char* code, const std::string& what) {
  const std::string where = place.text();
  return {ErrorKind::invalid,
          code,
          (where.empty() ? "the document" : where) + ": " + what,
          {FieldError{where, code, {}}}};
}

}  // namespace

Error wrong_type(const Place& place, std::string_view wanted) {
  return fault(place, "json.wrong_type", std::string(wanted) + " should stand here");
}

Error missing(const Place& place) {
  return fault(place, "json.missing", "is missing");
}

Error unknown_value(const Place& place, std::string_view text, const std::string& known) {
  Error error = fault(place, "json.unknown_value", "should be one of " + known);
  if (text.size() <= 100) error.fields.front().value = std::string(text);
  return error;
}

void Faults::add(Result<void> result) {
  constexpr std::size_t kFieldsMax = 20;
  if (result.ok()) return;
  if (!first_) {
    first_ = std::move(result).error();
    return;
  }
  for (FieldError& field : std::move(result).error().fields) {
    if (first_->fields.size() < kFieldsMax) first_->fields.push_back(std::move(field));
  }
}

Result<void> Faults::take() {
  if (first_) return *std::move(first_);
  return {};
}

Result<void> check_count(const Place& place, std::size_t elements) {
  const Limits* limits = place.limits();
  if (limits == nullptr || elements <= limits->list_max) return {};
  return fault(place, "json.too_many",
               "at most " + std::to_string(limits->list_max) + " elements may stand here");
}

Result<void> check_members(const boost::json::object& object,
                           const Place& place,
                           std::span<const std::string_view> known) {
  const Limits* limits = place.limits();
  if (limits == nullptr || limits->unknown_members) return {};
  Faults faults;
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      faults.add(fault(Place{&place, name.substr(0, 100), 0, false}, "json.unknown_field",
                       "nothing of this name is known"));
    }
  }
  return faults.take();
}

Result<void> with_parsed(std::string_view document,
                         const std::function<Result<void>(const boost::json::value&)>& use) {
  std::array<unsigned char, 8192>
      buffer;  // NOLINT(cppcoreguidelines-init-variables): written first
  boost::json::monotonic_resource memory(buffer.data(), buffer.size());
  const boost::json::value value = SJ_TRY(parse_whole(document, &memory));
  return use(value);
}

namespace {

// The text as it came, within the document's limits.
Result<std::string_view> take_text(const boost::json::value& from, const Place& place) {
  const auto* text = from.if_string();
  if (text == nullptr) return wrong_type(place, "a text in quotes");
  const std::string_view view(text->data(), text->size());
  if (const Limits* limits = place.limits()) {
    if (view.size() > limits->text_max && text::count_code_points(view) > limits->text_max) {
      return fault(place, "json.too_long",
                   "at most " + std::to_string(limits->text_max) + " characters may stand here");
    }
    if (view.find('\0') != std::string_view::npos) {
      return fault(place, "json.bad_text", "a NUL may not stand here");
    }
  }
  return view;
}

// As people typed it: checked, in one spelling. None at all is a text, too.
Result<std::string> clean(std::string_view view, const Place& place, text::Lines lines) {
  const Limits* const limits = place.limits();
  if (limits == nullptr || !limits->is_typed) return std::string(view);
  auto checked = text::check_free_text(view, limits->text_max, lines);
  if (checked.ok()) return checked;
  const Error& error = checked.error();
  if (error.code == "text.free_length") return std::string();  // it is not too long: it is empty
  return fault(place, error.code.c_str(), error.detail);
}

// What is kept as it is may hold texts, too; they are not changed.
Result<void> check_within(const boost::json::value& value, const Place& place) {
  if (value.is_string()) {
    const auto text = SJ_TRY(take_text(value, place));
    static_cast<void>(SJ_TRY(clean(text, place, text::Lines::one)));
    return {};
  }
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      SJ_TRY(check_within(member.value(), Place{&place, member.key(), 0, false}));
    }
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      SJ_TRY(check_within((*array)[i], Place{&place, {}, i, true}));
    }
  }
  return {};
}

}  // namespace

Result<void> decode(const boost::json::value& from, const Place& place, std::string& into) {
  const auto text = SJ_TRY(take_text(from, place));
  into = SJ_TRY(clean(text, place, text::Lines::one));
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, Lines& into) {
  const auto text = SJ_TRY(take_text(from, place));
  into = Lines(SJ_TRY(clean(text, place, text::Lines::many)));
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, Exact& into) {
  const auto text = SJ_TRY(take_text(from, place));
  into.assign(text);
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, std::int64_t& into) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (const auto* number = from.if_int64()) {
    into = *number;
    return {};
  }
  if (const auto* real = from.if_double();
      real != nullptr && std::abs(*real) < kExact && *real == std::floor(*real)) {
    into = static_cast<std::int64_t>(*real);
    return {};
  }
  return wrong_type(place, "a whole number");
}

Result<void> decode(const boost::json::value& from, const Place& place, bool& into) {
  const auto* flag = from.if_bool();
  if (flag == nullptr) return wrong_type(place, "true or false");
  into = *flag;
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, double& into) {
  if (!from.is_number()) return wrong_type(place, "a number");
  into = from.to_number<double>();
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, Id& into) {
  const auto* text = from.if_string();
  if (text == nullptr) return wrong_type(place, "an id, a number in quotes,");
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, problem] = std::from_chars(text->data(), end, number);
  if (problem != std::errc() || stop != end || number < 1 || text->front() == '0') {
    return fault(place, "json.bad_id", "is no id");
  }
  into.value = number;
  return {};
}

namespace {

// Keeps the code of whoever knows the type, and says the place.
Error at(const Place& place, const Error& error, std::string_view text) {
  Error placed = error;
  placed.detail = place.text() + ": " + error.detail;
  placed.fields = {FieldError{place.text(), error.code, std::string(text.substr(0, 100))}};
  return placed;
}

}  // namespace

Result<void> decode(const boost::json::value& from, const Place& place, Day& into) {
  std::string text;
  SJ_TRY(decode(from, place, text));
  const Result<LocalDay> day = LocalDay::parse(text);
  if (!day.ok()) return at(place, day.error(), text);
  into.value = day.value();
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, Moment& into) {
  std::string text;
  SJ_TRY(decode(from, place, text));
  const Result<Instant> instant = parse_instant(text);
  if (!instant.ok()) return at(place, instant.error(), text);
  into.value = instant.value();
  return {};
}

Result<void> decode(const boost::json::value& from, const Place& place, Raw& into) {
  SJ_TRY(check_within(from, place));
  into.text = boost::json::serialize(from);
  return {};
}

Result<void> decode(const boost::json::value& from,
                    const Place& place,
                    std::vector<std::pair<std::string, std::int64_t>>& into) {
  const auto* object = from.if_object();
  if (object == nullptr) return wrong_type(place, "an object");
  into.clear();
  for (const auto& member : *object) {
    std::int64_t number = 0;
    SJ_TRY(decode(member.value(), Place{&place, member.key(), 0, false}, number));
    into.emplace_back(std::string(member.key()), number);
  }
  return {};
}

}  // namespace sj::json
