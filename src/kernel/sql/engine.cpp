#include "kernel/sql/engine.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

#include <sys/stat.h>

#include "kernel/base/check.h"
#include "kernel/text/text.h"

namespace sj::sql {

namespace {

constexpr std::size_t kBriefMax = 300;

std::string with_statement(std::string_view reason, std::string_view sql) {
  std::string detail(reason);
  if (!sql.empty()) detail.append(" in: ").append(brief(sql));
  return detail;
}

}  // namespace

std::string brief(std::string_view sql) {
  std::string line;
  for (const char c : sql) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (blank && (line.empty() || line.back() == ' ')) continue;
    if (line.size() >= kBriefMax && static_cast<signed char>(c) >= 0) return line + "...";
    line += blank ? ' ' : c;
  }
  return line;
}

Error unavailable(std::string_view reason, std::string_view sql) {
  return Error{ErrorKind::unavailable, "sql.unavailable", with_statement(reason, sql)};
}

Error no_room(std::string_view reason, std::string_view sql) {
  return Error{ErrorKind::unavailable, "sql.no_room", with_statement(reason, sql)};
}

Error store_gone(std::string_view reason) {
  return Error{ErrorKind::unavailable, "sql.store_gone", std::string(reason)};
}

Error corrupt(std::string_view reason, std::string_view sql) {
  return Error{ErrorKind::unavailable, "sql.corrupt", with_statement(reason, sql)};
}

Error failed(std::string_view reason, std::string_view sql) {
  return Error{ErrorKind::internal, "sql.failed", with_statement(reason, sql)};
}

Error refused(std::string_view reason, std::string_view sql) {
  return Error{ErrorKind::internal, "sql.refused", with_statement(reason, sql)};
}

Error duplicate(std::string_view key) {
  return Error{ErrorKind::conflict, "sql.duplicate", "taken already: " + std::string(key)};
}

void throw_misfit(std::string_view what, std::string_view sql) {
  throw_invariant_broken(with_statement(what, sql).c_str(), __FILE__, __LINE__);
}

Result<void> check_texts(std::span<const Bind> binds, std::string_view sql) {
  for (std::size_t i = 0; i < binds.size(); ++i) {
    const auto* view = std::get_if<std::string_view>(&binds[i].value());
    if (view == nullptr) continue;
    if (view->find('\0') != std::string_view::npos || text::first_bad_utf8(*view)) {
      return refused("the text for $" + std::to_string(i + 1) + " is not UTF-8 without zero bytes",
                     sql);
    }
  }
  return {};
}

std::string join_ids(std::span<const std::int64_t> ids, char open, char close) {
  std::string list(1, open);
  for (const std::int64_t id : ids) {
    if (list.size() > 1) list += ',';
    list += std::to_string(id);
  }
  return list += close;
}

void write_point() {
  static const std::int64_t kill_at = [] {
    const char* const named = std::getenv("SJ_KILL_AT");
    return named == nullptr ? std::int64_t{0} : std::strtoll(named, nullptr, 10);
  }();
  static std::atomic<std::int64_t> passed = 0;
  if (kill_at > 0 && ++passed == kill_at) std::raise(SIGKILL);
}

FileId FileId::of(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino};
}

Error Soundness::note(Error error) {
  if (error.code == "sql.corrupt") corrupt_ = true;
  if (error.code == "sql.store_gone") gone_ = true;
  return error;
}

Result<void> Soundness::check_writable() const {
  if (gone_) return store_gone("the files of the store were moved: nothing is written any more");
  if (corrupt_) return corrupt("damage was met before: nothing is written any more");
  return {};
}

Result<void> Standing::check(bool writes, std::string_view sql) const {
  if (writes) write_point();
  if (lost) return unavailable("the transaction was lost by an earlier error", sql);
  if (spoilt) return failed("a statement failed before, and nobody rolled back", sql);
  if (writes && transaction == Transaction::read) {
    return failed("a read transaction is asked to write", sql);
  }
  return {};
}

}  // namespace sj::sql
