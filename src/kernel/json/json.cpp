#include "kernel/json/json.h"

#include <algorithm>
#include <cmath>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include "kernel/json/writer.h"

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

class Reader {
 public:
  Reader(std::string_view document, const std::vector<ArrayReader>& readers)
      : document_(document), readers_(readers), buffer_(1U << 16U) {
    if (document_.substr(0, 3) == "\xEF\xBB\xBF") next_ = 3;
  }

  Result<std::vector<std::string>> run() {
    std::vector<std::string> seen;
    skip_space();
    if (next_ == document_.size()) return syntax("the file is empty");
    SJ_TRY(expect('{'));
    if (peek() == '}') {
      ++next_;
    } else {
      while (true) {
        skip_space();
        std::string name;
        SJ_TRY(read_value([&](const boost::json::value& key) -> Result<void> {
          if (!key.is_string()) return syntax("a member name in quotes should stand here");
          name = std::string(key.get_string());
          return {};
        }));
        SJ_TRY(expect(':'));
        const auto reader = std::find_if(readers_.begin(), readers_.end(),
                                         [&](const auto& one) { return one.name == name; });
        if (reader == readers_.end()) {
          SJ_TRY(read_value([](const boost::json::value&) -> Result<void> { return {}; }));
        } else if (peek() == 'n') {
          SJ_TRY(read_value([&](const boost::json::value& value) -> Result<void> {
            if (value.is_null()) return {};
            return wrong_type(Place{nullptr, reader->name, 0, false}, "an array");
          }));
        } else {
          if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
            return syntax("\"" + name + "\" stands here a second time");
          }
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
      SJ_TRY(read_value([&](const boost::json::value& element) {
        return reader.read(element, Place{&array, {}, index, true});
      }));
      if (peek() == ',') {
        ++next_;
        continue;
      }
      return expect(']');
    }
  }

  template <class Use>
  Result<void> read_value(Use use) {
    skip_space();
    boost::json::monotonic_resource memory(buffer_.data(), buffer_.size());
    parser_.reset(&memory);
    boost::json::error_code error;
    next_ += parser_.write_some(document_.data() + next_, document_.size() - next_, error);
    if (!error && !parser_.done()) parser_.finish(error);
    if (error) return syntax(error.message());
    const boost::json::value value = parser_.release();
    return use(value);
  }

  std::string_view document_;
  const std::vector<ArrayReader>& readers_;
  std::vector<unsigned char> buffer_;
  boost::json::stream_parser parser_;
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

std::string Place::text() const {
  std::string before = parent == nullptr ? "" : parent->text();
  if (is_index) return before + "[" + std::to_string(index) + "]";
  return before.empty() ? std::string(key) : before + "." + std::string(key);
}

Result<std::vector<std::string>> read_arrays(std::string_view document,
                                             const std::vector<ArrayReader>& readers) {
  return Reader(document, readers).run();
}

Result<boost::json::value> parse(std::string_view document) {
  boost::json::stream_parser parser;
  boost::json::error_code error;
  const std::size_t read = parser.write_some(document.data(), document.size(), error);
  if (!error && !parser.done()) parser.finish(error);
  const auto rest = document.find_first_not_of(" \t\r\n", read);
  if (error || rest != std::string_view::npos) {
    return Error{ErrorKind::invalid, "json.syntax",
                 line_and_column(document, error ? read : rest) + ": " +
                     (error ? error.message() : std::string("nothing more should stand here"))};
  }
  return parser.release();
}

Error wrong_type(const Place& place, std::string_view wanted) {
  return {ErrorKind::invalid, "json.wrong_type",
          place.text() + ": " + std::string(wanted) + " should stand here"};
}

Error missing(const Place& place) {
  return {ErrorKind::invalid, "json.missing", place.text() + ": is missing"};
}

Result<void> decode(const boost::json::value& from, const Place& place, std::string& into) {
  const auto* text = from.if_string();
  if (text == nullptr) return wrong_type(place, "a text in quotes");
  into.assign(text->data(), text->size());
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
