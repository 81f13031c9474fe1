#include "kernel/sheet/archive.h"

#include <array>
#include <memory>
#include <set>
#include <utility>

#include <zip.h>

#include "kernel/base/check.h"
#include "kernel/sheet/refuse.h"
#include "kernel/sheet/zip.h"
#include "kernel/time/zone.h"

namespace sj::sheet {

namespace {

bool is_left_out(std::string_view name) {
  return name.ends_with('/') || name.starts_with("__MACOSX/") || name == ".DS_Store" ||
         name.ends_with("/.DS_Store");
}

}  // namespace

Result<std::vector<Entry>> unpack(std::string_view zip, const Limits& limits) {
  Zip opened = SJ_TRY(Zip::open(zip, limits));
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < opened.names().size(); ++i) {
    const std::string& name = opened.names()[i];
    if (is_left_out(name)) continue;
    std::string bytes = SJ_TRY(opened.read_all(i));
    entries.push_back({.name = name, .bytes = std::move(bytes)});
  }
  return entries;
}

namespace {

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, FreeSource>;

struct DosTime {
  zip_uint16_t time = 0;
  zip_uint16_t date = (1 << 5) | 1;  // 1980-01-01, before which a zip knows no time
};

DosTime dos_time(Instant instant) {
  const std::string day = day_of(instant).to_iso();
  const int year = std::stoi(day.substr(0, 4));
  const int minute = minute_of_day(instant);
  const auto second = static_cast<int>((instant.utc_ms() / 1000) % 60);
  if (year < 1980 || year > 2107) return {};
  const int date = (year - 1980) << 9 | std::stoi(day.substr(5, 2)) << 5 | std::stoi(day.substr(8));
  const int time = (minute / 60) << 11 | (minute % 60) << 5 | second / 2;
  return {.time = static_cast<zip_uint16_t>(time), .date = static_cast<zip_uint16_t>(date)};
}

void add_entry(zip_t* archive, const Entry& entry, DosTime time, Packing packing) {
  zip_source_t* source = zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
  SJ_CHECK(source != nullptr);
  const zip_int64_t index = zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  SJ_CHECK(index >= 0);
  const auto at = static_cast<zip_uint64_t>(index);
  const zip_int32_t method = packing == Packing::stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
  SJ_CHECK(zip_set_file_compression(archive, at, method, 0) == 0);
  SJ_CHECK(zip_file_set_dostime(archive, at, time.time, time.date, 0) == 0);
}

std::string bytes_of(zip_source_t* source) {
  SJ_CHECK(zip_source_open(source) == 0);
  std::string bytes;
  std::array<char, 65536> piece{};
  for (;;) {
    const zip_int64_t count = zip_source_read(source, piece.data(), piece.size());
    SJ_CHECK(count >= 0);
    if (count == 0) break;
    bytes.append(piece.data(), static_cast<std::size_t>(count));
  }
  zip_source_close(source);
  return bytes;
}

}  // namespace

Result<std::string> pack(const std::vector<Entry>& entries, Instant created, Packing packing) {
  // Of an archive without entries libzip makes no file at all.
  if (entries.empty()) return std::string("PK\x05\x06") + std::string(18, '\0');
  std::set<std::string_view> names;
  for (const Entry& entry : entries) {
    SJ_TRY(check_entry_name(entry.name));
    if (!names.insert(entry.name).second) {
      return refuse("sheet.duplicate_entry", entry.name + " stands twice");
    }
  }
  const Source source(zip_source_buffer_create(nullptr, 0, 0, nullptr));
  SJ_CHECK(source != nullptr);
  zip_source_keep(source.get());  // one for us, one for the archive
  std::unique_ptr<zip_t, CloseArchive> archive(
      zip_open_from_source(source.get(), ZIP_TRUNCATE, nullptr));
  SJ_CHECK(archive != nullptr);
  for (const Entry& entry : entries) add_entry(archive.get(), entry, dos_time(created), packing);
  SJ_CHECK(zip_close(archive.get()) == 0);
  static_cast<void>(archive.release());  // closed
  return bytes_of(source.get());
}

}  // namespace sj::sheet
