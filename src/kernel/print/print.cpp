#include "kernel/print/print.h"

#include <utility>
#include <vector>

#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include "kernel/base/check.h"

namespace sj::print {
namespace {

constexpr double kPointsPerMm = 72.0 / 25.4;
constexpr double kA4Width = 210 * kPointsPerMm;
constexpr double kA4Height = 297 * kPointsPerMm;
constexpr int kQuiet = 4;
constexpr const char* kSans = "Noto Sans CJK SC, Source Han Sans SC, sans-serif";
constexpr const char* kMono = "DejaVu Sans Mono, Noto Sans Mono CJK SC, monospace";

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
struct Unref {
  void operator()(gpointer thing) const { g_object_unref(thing); }
};
using Surface = std::unique_ptr<cairo_surface_t, Freed<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, Freed<cairo_destroy>>;
using Layout = std::unique_ptr<PangoLayout, Unref>;
using Font = std::unique_ptr<PangoFontDescription, Freed<pango_font_description_free>>;
using Code = std::unique_ptr<QRcode, Freed<QRcode_free>>;

double points(double mm) {
  return mm * kPointsPerMm;
}

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int length) {
  for (unsigned int i = 0; i < length; ++i) {
    static_cast<std::string*>(out)->push_back(static_cast<char>(bytes[i]));
  }
  return CAIRO_STATUS_SUCCESS;
}

Result<Code> encode(std::string_view content) {
  std::vector<unsigned char> bytes(content.begin(), content.end());
  Code code(QRcode_encodeData(static_cast<int>(bytes.size()), bytes.data(), 0, QR_ECLEVEL_M));
  if (!code) return Error{ErrorKind::invalid, "print.too_long", "too long for a QR code"};
  return code;
}

bool is_dark(const QRcode& code, int x, int y) {
  return (code.data[y * code.width + x] & 1U) != 0;
}

/// Calls `on_run(x, y, length)` for each run of dark modules, line by line.
template <class OnRun>
void each_run(const QRcode& code, const OnRun& on_run) {
  for (int y = 0; y < code.width; ++y) {
    for (int x = 0; x < code.width; ++x) {
      if (!is_dark(code, x, y)) continue;
      int length = 1;
      while (x + length < code.width && is_dark(code, x + length, y)) ++length;
      on_run(x, y, length);
      x += length;
    }
  }
}

PangoAlignment alignment_of(Align align) {
  if (align == Align::centre) return PANGO_ALIGN_CENTER;
  return align == Align::right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

Layout make_layout(cairo_t* context, const Style& style) {
  Layout layout(pango_cairo_create_layout(context));
  const Font font(pango_font_description_from_string(style.mono ? kMono : kSans));
  pango_font_description_set_absolute_size(font.get(), style.points * PANGO_SCALE);
  pango_font_description_set_weight(font.get(),
                                    style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout.get(), font.get());
  return layout;
}

void set_text(PangoLayout* layout, std::string_view text) {
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
}

}  // namespace

struct Document::State {
  std::string bytes{};
  Surface surface{};
  Context context{};
};

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::~Document() = default;
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(Document&& other) noexcept = default;

Result<Document> Document::a4(std::string_view title) {
  auto state = std::make_unique<State>();
  state->surface.reset(
      cairo_pdf_surface_create_for_stream(append, &state->bytes, kA4Width, kA4Height));
  const std::string name(title);
  cairo_pdf_surface_set_metadata(state->surface.get(), CAIRO_PDF_METADATA_TITLE, name.c_str());
  // Otherwise the machine's clock would be written into the file.
  cairo_pdf_surface_set_metadata(state->surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                 "2000-01-01T00:00:00Z");
  state->context.reset(cairo_create(state->surface.get()));
  const Layout probe = make_layout(state->context.get(), {});
  set_text(probe.get(), "\u5b66");
  if (pango_layout_get_unknown_glyphs_count(probe.get()) > 0) {
    return Error{ErrorKind::unavailable, "print.no_font",
                 "no font with Chinese characters; install fonts-noto-cjk"};
  }
  return Document(std::move(state));
}

void Document::new_page() {
  cairo_show_page(state_->context.get());
}

void Document::text(const Box& box, std::string_view text, const Style& style) {
  cairo_t* const context = state_->context.get();
  const Layout layout = make_layout(context, style);
  set_text(layout.get(), text);
  pango_layout_set_width(layout.get(), static_cast<int>(points(box.width) * PANGO_SCALE));
  pango_layout_set_height(layout.get(), static_cast<int>(points(box.height) * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_alignment(layout.get(), alignment_of(style.align));
  cairo_set_source_rgb(context, style.grey, style.grey, style.grey);
  cairo_move_to(context, points(box.left), points(box.top));
  pango_cairo_show_layout(context, layout.get());
}

void Document::line(double from_x, double from_y, double to_x, double to_y, bool dashed) {
  cairo_t* const context = state_->context.get();
  constexpr double kDash = 4;
  cairo_set_dash(context, &kDash, dashed ? 1 : 0, 0);
  cairo_set_line_width(context, 0.5);
  cairo_set_source_rgb(context, 0.6, 0.6, 0.6);
  cairo_move_to(context, points(from_x), points(from_y));
  cairo_line_to(context, points(to_x), points(to_y));
  cairo_stroke(context);
}

Result<void> Document::qr(double left, double top, double size, std::string_view content) {
  const auto code = SJ_TRY(encode(content));
  cairo_t* const context = state_->context.get();
  const double module = points(size) / code->width;
  cairo_set_source_rgb(context, 0, 0, 0);
  each_run(*code, [&](int x, int y, int length) {
    cairo_rectangle(context, points(left) + x * module, points(top) + y * module, length * module,
                    module);
  });
  cairo_fill(context);
  return {};
}

Result<std::string> Document::finish() {
  state_->context.reset();
  cairo_surface_finish(state_->surface.get());
  if (cairo_surface_status(state_->surface.get()) != CAIRO_STATUS_SUCCESS) {
    return Error{ErrorKind::internal, "print.failed",
                 cairo_status_to_string(cairo_surface_status(state_->surface.get()))};
  }
  return std::move(state_->bytes);
}

Result<QrPath> qr_path(std::string_view content) {
  const auto code = SJ_TRY(encode(content));
  QrPath made;
  made.size = code->width + 2 * kQuiet;
  each_run(*code, [&](int x, int y, int length) {
    const std::string width = std::to_string(length);
    made.path += "M" + std::to_string(x + kQuiet) + " " + std::to_string(y + kQuiet) + "h" + width +
                 "v1h-" + width + "z";
  });
  return made;
}

}  // namespace sj::print
