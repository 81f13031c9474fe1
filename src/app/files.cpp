#include "app/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sj::app {
namespace {

constexpr const char* kBeside = ".part";

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

Result<void> write_file(const std::string& path, std::string_view bytes) {
  const std::string beside = path + kBeside;
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failure(ErrorKind::internal, "app.cannot_write", beside);
  bool good = true;
  while (good && !bytes.empty()) {
    const ssize_t put = ::write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    good = put > 0;
    if (good) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  good = good && ::fsync(file) == 0;
  good = ::close(file) == 0 && good;
  good = good && ::rename(beside.c_str(), path.c_str()) == 0;
  if (good) return {};
  const Error error = failure(ErrorKind::internal, "app.cannot_write", path);
  ::unlink(beside.c_str());
  return error;
}

Result<void> check_apart(const std::string& in, const std::string& out) {
  for (const std::string& written : {out, out + kBeside}) {
    std::error_code nothing_there;
    if (std::filesystem::equivalent(in, written, nothing_there)) {
      return Error{ErrorKind::invalid, "app.same_file",
                   out + ": is the file that is read; give another one"};
    }
  }
  return {};
}

Result<std::vector<policy::File>> read_packs(const std::string& folder) {
  namespace fs = std::filesystem;
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
