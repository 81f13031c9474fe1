#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/result.h"

/// Pages as PDF: text, lines and QR codes at places given in millimetres from the top left. The
/// same calls give the same bytes on one machine.
namespace sj::print {

struct Box {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

enum class Align : unsigned char { left, centre, right };

struct Style {
  double points = 10;
  bool bold = false;
  bool mono = false;  // letters and digits of one width, for codes that are typed
  double grey = 0;    // 0 black, 1 white
  Align align = Align::left;
};

/// A PDF in the making. Belongs to one thread.
class Document {
 public:
  /// Portrait A4: 210 by 297 mm. Starts with an empty page.
  /// Fails: print.no_font (unavailable): no font with Chinese characters is installed
  [[nodiscard]] static Result<Document> a4(std::string_view title);
  ~Document();
  Document(Document&& other) noexcept;
  Document& operator=(Document&& other) noexcept;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  void new_page();
  /// Breaks lines at the width of the box; what does not fit its height ends with an ellipsis.
  void text(const Box& box, std::string_view text, const Style& style);
  void line(double from_x, double from_y, double to_x, double to_y, bool dashed);
  /// A square code without its quiet zone, which the caller leaves white (4 modules, about an
  /// eighth of the size). Fails: print.too_long (invalid): above about 2,300 bytes
  [[nodiscard]] Result<void> qr(double left, double top, double size, std::string_view content);

  /// The file. The document can take nothing more.
  /// Fails: print.failed (internal)
  [[nodiscard]] Result<std::string> finish();

 private:
  struct State;
  explicit Document(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A QR code for SVG: `path` is the `d` of one path in a view box of `size` by `size`, with the
/// quiet zone of 4 modules around it.
struct QrPath {
  std::int64_t size = 0;
  std::string path{};
};
/// Fails: print.too_long (invalid)
[[nodiscard]] Result<QrPath> qr_path(std::string_view content);

}  // namespace sj::print
