#include "policy/line_of.h"

#include <algorithm>
#include <string>

namespace sj::policy {

namespace {

// Walks a document, telling the place and offset of each value as it begins.
class Walk {
 public:
  Walk(std::string_view document, std::string_view wanted) : text_(document), wanted_(wanted) {}

  std::size_t run() {
    value("");
    return found_;
  }

 private:
  void skip() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n,:").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }

  std::string_view string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    const std::size_t end = std::min(at_, text_.size());
    ++at_;
    return text_.substr(begin, end - begin);
  }

  // Is `place` the wanted one, or around it?
  void meet(const std::string& place) {
    const bool is_around = wanted_.starts_with(place) &&
                           (place.size() == wanted_.size() || place.empty() ||
                            wanted_[place.size()] == '.' || wanted_[place.size()] == '[');
    if (is_around && place.size() >= longest_) {
      longest_ = place.size();
      found_ = at_;
    }
  }

  void value(const std::string& place) {
    skip();
    if (at_ >= text_.size()) return;
    meet(place);
    const char first = text_[at_];
    if (first == '"') {
      (void)string();
    } else if (first == '{' || first == '[') {
      ++at_;
      for (std::size_t index = 0;; ++index) {
        skip();
        if (at_ >= text_.size()) return;
        if (text_[at_] == '}' || text_[at_] == ']') break;
        if (first == '{') {
          std::string inner = place;
          if (!inner.empty()) inner += '.';
          inner += string();
          value(inner);
        } else {
          value(place + "[" + std::to_string(index) + "]");
        }
      }
      ++at_;
    } else {
      while (at_ < text_.size() &&
             std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) {
        ++at_;
      }
    }
  }

  std::string_view text_;
  std::string_view wanted_;
  std::size_t at_ = 0;
  std::size_t longest_ = 0;
  std::size_t found_ = 0;
};

}  // namespace

std::size_t line_of(std::string_view document, std::string_view place) {
  const std::size_t at = Walk(document, place).run();
  return 1 + static_cast<std::size_t>(std::count(
                 document.begin(), document.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

}  // namespace sj::policy
