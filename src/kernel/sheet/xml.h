#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/sheet/zip.h"

namespace sj::sheet {

/// The attributes of one element, while its start is handled.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  /// Of the attribute without prefix of this name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// Of the attribute with this name and any prefix, as in `r:id`.
  [[nodiscard]] std::optional<std::string_view> find_prefixed(std::string_view name) const;

 private:
  const char** pairs_;
};

/// Hears what is in a document. Names come without their prefix. What refuses ends the reading.
class XmlHandler {
 public:
  XmlHandler() = default;
  XmlHandler(const XmlHandler&) = delete;
  XmlHandler& operator=(const XmlHandler&) = delete;
  virtual ~XmlHandler() = default;

  virtual Result<void> on_start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual Result<void> on_end(std::string_view name) = 0;
  /// Of one text maybe several times, a piece each.
  virtual Result<void> on_text(std::string_view piece) = 0;
};

/// Reads one part of a workbook.
///
/// Fails: sheet.broken_xml with line and column · sheet.doctype: so entities are never expanded and
///        nothing is fetched · sheet.too_complex: elements deeper than 64, one tag of more than
///        1 MiB, or more than 32 MiB for the names in it · what the handler and the zip refuse.
[[nodiscard]] Result<void> read_xml(std::string_view part,
                                    Zip::Stream& source,
                                    XmlHandler& handler);

}  // namespace sj::sheet
