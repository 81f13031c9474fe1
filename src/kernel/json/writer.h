#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sj::json {

/// Writes compact JSON into a string, by hand and fast. The caller gives the keys of an object in
/// the order of their code points; commas are put in by the writer.
class Writer {
 public:
  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);
  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(std::int64_t number);
  Writer& value(int number) { return value(static_cast<std::int64_t>(number)); }
  Writer& value(bool flag) { return raw(flag ? "true" : "false"); }
  Writer& null() { return raw("null"); }
  /// JSON that is already written.
  Writer& raw(std::string_view json);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate();
  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace sj::json
