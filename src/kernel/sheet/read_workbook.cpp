#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "kernel/sheet/encoding.h"
#include "kernel/sheet/readers.h"
#include "kernel/sheet/refuse.h"
#include "kernel/sheet/zip.h"
#include "kernel/text/text.h"

namespace sj::sheet {

namespace {

constexpr std::string_view kZip = "PK";
constexpr std::string_view kOle = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
constexpr std::array<std::string_view, 7> kNoTables = {
    "%PDF-", "\x89PNG", "\xFF\xD8\xFF", "GIF8", "Rar!\x1A", "7z\xBC\xAF", "\x1F\x8B"};
constexpr std::array<std::string_view, 7> kHtmlTags = {"<!doctype html", "<html", "<head", "<body",
                                                       "<table",         "<meta", "<style"};
constexpr std::size_t kSniffedBytes = 4096;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

bool has_suffix(std::string_view file_name, std::string_view suffix) {
  return lower(file_name).ends_with(suffix);
}

// A compound file: what Excel wrote before 2007, what WPS writes as .et, and the envelope of a
// workbook with a password, which has a stream of this name in UTF-16.
Error compound_file(std::string_view bytes, std::string_view file_name) {
  std::string stream_name;
  for (const char c : std::string_view("EncryptedPackage")) {
    stream_name.push_back(c);
    stream_name.push_back('\0');
  }
  if (bytes.find(stream_name) != std::string_view::npos) {
    return refuse("sheet.encrypted", "protected by a password");
  }
  if (has_suffix(file_name, ".et") || has_suffix(file_name, ".ett")) {
    return refuse("sheet.old_et", "a file of WPS, not .xlsx");
  }
  return refuse("sheet.old_xls", "an .xls file of Excel 97-2003, not .xlsx");
}

// Programs that export "Excel files" often write a page or XML under the name .xls.
Result<void> check_is_no_markup(std::string_view text) {
  const std::string head = lower(text::trim(text).substr(0, kSniffedBytes));
  const bool is_page = std::any_of(kHtmlTags.begin(), kHtmlTags.end(),
                                   [&](std::string_view tag) { return head.starts_with(tag); });
  const bool is_xml = head.starts_with("<?xml");
  if (is_page || (is_xml && head.find("<html") != std::string::npos) ||
      head.starts_with("mime-version:")) {
    return refuse("sheet.html_table", "a page of HTML, whatever its name says");
  }
  if (is_xml || head.starts_with("<workbook")) {
    return refuse("sheet.xml_2003", "XML, whatever its name says");
  }
  return {};
}

}  // namespace

Result<Workbook> read_workbook(std::string_view bytes,
                               std::string_view file_name,
                               const Limits& limits) {
  SJ_TRY(check_input_size(bytes, limits));
  if (bytes.starts_with(kZip) && bytes.substr(0, 4).find_first_of("\x03\x05") == 2) {
    return read_xlsx(bytes, limits);
  }
  if (bytes.starts_with(kOle)) return compound_file(bytes, file_name);
  const bool is_known =
      std::any_of(kNoTables.begin(), kNoTables.end(),
                  [&](std::string_view magic) { return bytes.starts_with(magic); });
  if (is_known) return refuse("sheet.not_a_table", "a picture, a document or an archive");
  const auto text = decode_text(bytes);
  if (text.ok()) SJ_TRY(check_is_no_markup(text.value()));
  if (has_suffix(file_name, ".xlsx") || has_suffix(file_name, ".xlsm")) {
    return refuse("sheet.not_zip", "named like a workbook, but not one");
  }
  if (!text.ok()) return text.error();
  return read_csv(text.value(), base_name(file_name), limits);
}

}  // namespace sj::sheet
