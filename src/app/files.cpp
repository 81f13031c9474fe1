#include "app/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace sj::app {
namespace {

namespace fs = std::filesystem;

Error failure(ErrorKind kind, const char* code, const std::string& path) {
  return {kind, code, path + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(ErrorKind::invalid, "app.cannot_read", path);
  std::string bytes;
  struct stat facts {};
  if (::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode)) {
    bytes.reserve(static_cast<std::size_t>(facts.st_size) + 1);
  }
  constexpr std::size_t kBlock = std::size_t{1} << 20U;
  while (true) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kBlock);
    const ssize_t got = ::read(file, bytes.data() + before, kBlock);
    bytes.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const Error error = failure(ErrorKind::invalid, "app.cannot_read", path);
      ::close(file);
      return error;
    }
    if (got == 0) break;
  }
  ::close(file);
  return bytes;
}

Result<void> write_file(const std::string& path, const Fill& fill) {
  // A name of its own, so that nothing that is there is written into or removed.
  std::string beside = path + ".XXXXXX";
  const int file = ::mkostemp(beside.data(), O_CLOEXEC);
  if (file < 0) return failure(ErrorKind::internal, "app.cannot_write", path);
  const Result<void> filled = fill(file);
  bool good = filled.ok() && ::fchmod(file, 0600) == 0;  // whatever umask says
  good = good && ::fsync(file) == 0;
  good = ::close(file) == 0 && good;
  good = good && ::rename(beside.c_str(), path.c_str()) == 0;
  if (good) return {};
  const Error error =
      filled.ok() ? failure(ErrorKind::internal, "app.cannot_write", path) : filled.error();
  ::unlink(beside.c_str());
  return error;
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  return write_file(path, [&](int file) -> Result<void> {
    while (!bytes.empty()) {
      const ssize_t put = ::write(file, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return failure(ErrorKind::internal, "app.cannot_write", path);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  });
}

namespace {

// Whether a store works with a file of this name in this folder, now or later.
bool is_of_a_store(const fs::path& path) {
  std::error_code unknown;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const bool has_store =
      fs::exists(folder / "store.db", unknown) || fs::exists(folder / "heads", unknown);
  const std::string name = path.filename().string();
  constexpr std::array<std::string_view, 5> kOwn = {"key", "heads", "lock", "restoring",
                                                    "control.sock"};
  return has_store &&
         (name.starts_with("store.db") || std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end());
}

bool begins_with(const std::string& path, std::string_view begins) {
  // Reads what is packed, and what is not.
  const gzFile file = ::gzopen(path.c_str(), "rbe");
  if (file == nullptr) return false;
  std::string start(begins.size(), '\0');
  const int got = ::gzread(file, start.data(), static_cast<unsigned int>(start.size()));
  ::gzclose(file);
  return got == static_cast<int>(begins.size()) && start == begins;
}

}  // namespace

Result<void> check_output(const std::string& path, std::string_view begins) {
  const auto refuse = [&](const char* code, const char* why) -> Result<void> {
    return Error{ErrorKind::invalid, code, path + ": " + why};
  };
  if (is_of_a_store(path)) {
    return refuse("app.file_of_store", "a store keeps a file of this name here; give another name");
  }
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return {};
  if (!S_ISREG(facts.st_mode)) {
    return refuse("app.no_plain_file", "is there and is no plain file; give another name");
  }
  if ((facts.st_mode & S_IWUSR) == 0) {
    return refuse("app.not_replaced", "is protected against writing; give another name");
  }
  // An empty file is what mktemp makes for us.
  if (facts.st_size > 0 && !begins_with(path, begins)) {
    return refuse("app.not_replaced",
                  "is there and was not written by this command; give another name, or remove it");
  }
  return {};
}

Result<void> check_apart(const std::string& in, const std::string& out) {
  std::error_code nothing_there;
  if (!fs::equivalent(in, out, nothing_there)) return {};
  return Error{ErrorKind::invalid, "app.same_file",
               out + ": is the file that is read; give another one"};
}

Result<std::vector<policy::File>> read_packs(const std::string& folder) {
  std::vector<policy::File> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string path = fs::relative(at->path(), folder, failed).generic_string();
    if (failed || at->path().extension() != ".json" || path.starts_with("tables/")) continue;
    files.push_back({path, SJ_TRY(read_file(at->path().string()))});
  }
  if (failed) return Error{ErrorKind::invalid, "app.cannot_read", folder + ": " + failed.message()};
  return files;
}

}  // namespace sj::app
