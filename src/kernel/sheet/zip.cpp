#include "kernel/sheet/zip.h"

#include <algorithm>
#include <map>
#include <utility>

#include <zip.h>

#include "kernel/base/check.h"
#include "kernel/sheet/encoding.h"
#include "kernel/sheet/refuse.h"
#include "kernel/text/text.h"

namespace sj::sheet {

namespace {

// Below this a high ratio is a small file that repeats itself, and harmless.
constexpr std::uint64_t kRatioMatters = std::uint64_t{16} << 20;
constexpr std::string_view kLocalHeader = "PK\x03\x04";
constexpr std::string_view kEmptyZip = "PK\x05\x06";

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
using File = std::unique_ptr<zip_file_t, CloseFile>;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Some programs on Windows write the separator of their own system.
Result<std::string> decode_name(const char* raw) {
  std::string name(raw);
  if (text::first_bad_utf8(name)) {
    auto decoded = decode_gb18030(name);
    if (!decoded.ok()) return refuse("sheet.unsafe_name", "an entry's name is not text");
    name = std::move(decoded).value();
  }
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

Error open_error(std::string_view bytes, int reason) {
  const bool starts_like_zip = bytes.starts_with(kLocalHeader) || bytes.starts_with(kEmptyZip);
  if (!starts_like_zip) return refuse("sheet.not_zip", "does not start like a zip");
  if (reason == ZIP_ER_NOZIP) {
    return refuse("sheet.truncated_zip", "the list of entries at its end is missing");
  }
  return refuse("sheet.damaged_zip", "the list of entries is damaged");
}

Result<Archive> open_archive(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  SJ_CHECK(source != nullptr);
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY, &error);
  const int reason = zip_error_code_zip(&error);
  zip_error_fini(&error);
  if (archive == nullptr) {
    zip_source_free(source);
    return open_error(bytes, reason);
  }
  return Archive(archive);
}

}  // namespace

struct Zip::State {
  Archive archive;
  std::vector<std::string> names;
  std::map<std::string, std::size_t> by_lower_name;
  std::vector<std::uint64_t> declared;  // unpacked bytes of each entry
  std::uint64_t unpacked_bytes_left = 0;

  Result<void> read_entries(const Limits& limits, std::size_t input_bytes);
  struct Sizes {
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
  };
  Result<Sizes> check_entry(std::size_t index) const;
};

Result<Zip::State::Sizes> Zip::State::check_entry(std::size_t index) const {
  zip_stat_t stat;
  zip_stat_init(&stat);
  const std::string& name = names[index];
  if (zip_stat_index(archive.get(), index, 0, &stat) != 0) {
    return refuse("sheet.damaged_zip", name + ": no such entry");
  }
  if (stat.encryption_method != ZIP_EM_NONE) {
    return refuse("sheet.encrypted", name + " is protected by a password");
  }
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    return refuse("sheet.unsupported_zip",
                  name + ": packed by method " + std::to_string(stat.comp_method));
  }
  return Sizes{.packed = stat.comp_size, .unpacked = stat.size};
}

Result<void> Zip::State::read_entries(const Limits& limits, std::size_t input_bytes) {
  const auto count = static_cast<std::size_t>(zip_get_num_entries(archive.get(), 0));
  if (count > limits.entries_max) {
    return refuse("sheet.too_many_entries", std::to_string(count) + " entries, at most " +
                                                std::to_string(limits.entries_max));
  }
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char* raw = zip_get_name(archive.get(), i, ZIP_FL_ENC_RAW);
    if (raw == nullptr) return refuse("sheet.damaged_zip", "an entry has no name");
    std::string name = SJ_TRY(decode_name(raw));
    SJ_TRY(check_entry_name(name));
    names.push_back(std::move(name));
    if (!by_lower_name.emplace(lower(names.back()), i).second) {
      return refuse("sheet.duplicate_entry", names.back() + " stands twice");
    }
    const Sizes size = SJ_TRY(check_entry(i));
    // Entries that share their packed bytes are how a small zip holds a great deal.
    if (size.packed > input_bytes - packed) {
      return refuse("sheet.damaged_zip", names.back() + ": entries lie over each other");
    }
    packed += size.packed;
    declared.push_back(size.unpacked);
    if (size.unpacked > limits.unpacked_bytes_max - unpacked) {
      return refuse("sheet.zip_bomb",
                    "unpacks to more than " + std::to_string(limits.unpacked_bytes_max) + " bytes");
    }
    unpacked += size.unpacked;
  }
  if (unpacked > kRatioMatters && unpacked / limits.ratio_max > input_bytes) {
    return refuse("sheet.zip_bomb",
                  std::to_string(input_bytes) + " bytes unpack to " + std::to_string(unpacked));
  }
  return {};
}

Zip::Zip(std::unique_ptr<State> state) : state_(std::move(state)) {}
Zip::Zip(Zip&&) noexcept = default;
Zip& Zip::operator=(Zip&&) noexcept = default;
Zip::~Zip() = default;

Result<Zip> Zip::open(std::string_view bytes, const Limits& limits) {
  SJ_TRY(check_input_size(bytes, limits));
  auto state = std::make_unique<State>();
  state->archive = SJ_TRY(open_archive(bytes));
  SJ_TRY(state->read_entries(limits, bytes.size()));
  state->unpacked_bytes_left = limits.unpacked_bytes_max;
  return Zip(std::move(state));
}

const std::vector<std::string>& Zip::names() const {
  return state_->names;
}

std::optional<std::size_t> Zip::find(std::string_view name) const {
  const auto found = state_->by_lower_name.find(lower(name));
  if (found == state_->by_lower_name.end()) return std::nullopt;
  return found->second;
}

struct Zip::Stream::State {
  File file;
  std::string name;
  std::uint64_t declared_left = 0;
  std::uint64_t* bytes_left = nullptr;
};

Zip::Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Zip::Stream::Stream(Stream&&) noexcept = default;
Zip::Stream& Zip::Stream::operator=(Stream&&) noexcept = default;
Zip::Stream::~Stream() = default;

Result<Zip::Stream> Zip::stream(std::size_t index) {
  auto state = std::make_unique<Stream::State>();
  state->name = state_->names[index];
  state->file.reset(zip_fopen_index(state_->archive.get(), index, 0));
  state->declared_left = state_->declared[index];
  state->bytes_left = &state_->unpacked_bytes_left;
  if (!state->file) return refuse("sheet.damaged_zip", state->name + " cannot be unpacked");
  return Stream(std::move(state));
}

// What an entry declares about its size may be a lie, and one entry can be read again and again.
Result<std::size_t> Zip::Stream::read(char* buffer, std::size_t size) {
  const zip_int64_t count = zip_fread(state_->file.get(), buffer, size);
  if (count < 0) return refuse("sheet.damaged_zip", state_->name + " cannot be unpacked");
  const auto bytes = static_cast<std::uint64_t>(count);
  if (bytes > state_->declared_left) {
    return refuse("sheet.zip_bomb", state_->name + " unpacks to more than it declares");
  }
  if (bytes > *state_->bytes_left) {
    return refuse("sheet.zip_bomb", state_->name + " is unpacked again and again");
  }
  state_->declared_left -= bytes;
  *state_->bytes_left -= bytes;
  return static_cast<std::size_t>(bytes);
}

Result<std::string> Zip::read_all(std::size_t index) {
  Stream source = SJ_TRY(stream(index));
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  std::string bytes;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kPiece);
    const std::size_t count = SJ_TRY(source.read(bytes.data() + before, kPiece));
    bytes.resize(before + count);
    if (count == 0) return bytes;
  }
}

Result<void> check_entry_name(std::string_view name) {
  const std::string shown(name);
  const bool has_drive = shown.size() > 1 && shown[1] == ':';
  const bool leaves = ("/" + shown + "/").find("/../") != std::string::npos;
  const bool is_strange =
      shown.find('\0') != std::string::npos || shown.find('\\') != std::string::npos;
  if (shown.empty() || shown[0] == '/' || has_drive || leaves || is_strange) {
    return refuse("sheet.unsafe_name", "'" + shown + "' leads out of the zip");
  }
  return {};
}

Result<void> check_input_size(std::string_view bytes, const Limits& limits) {
  if (bytes.empty()) return refuse("sheet.empty_file", "0 bytes");
  if (bytes.size() > limits.input_bytes_max) {
    return refuse("sheet.too_large", std::to_string(bytes.size()) + " bytes, at most " +
                                         std::to_string(limits.input_bytes_max));
  }
  return {};
}

}  // namespace sj::sheet
