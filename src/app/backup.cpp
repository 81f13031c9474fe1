#include "app/backup.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

#include "kernel/base/sha256.h"
#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"

#include "app/files.h"
#include "app/store.h"

namespace sj::app {
namespace {

constexpr std::string_view kFormat = "shuangjian-dump";
constexpr std::string_view kBegins = R"({"format":"shuangjian-dump",)";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kValuesAtOnce = 900;  // in one INSERT; a text has at most 999 parameters
constexpr std::string_view kMigrationTable = "kernel_migration";

struct Column {
  std::string name;
  bool is_text = false;
  bool is_blob = false;
  std::int64_t key = 0;  // place in the primary key, from 1; 0: not in it
};

struct Table {
  std::string name;
  std::vector<Column> columns;
};

// Hashes what passes through.
class RunningHash {
 public:
  RunningHash() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    SJ_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(std::string_view bytes) {
    SJ_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string hex() {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
    unsigned int length = 0;
    SJ_CHECK(EVP_DigestFinal_ex(context_.get(), hash.data(), &length) == 1);
    return text::to_hex({hash.data(), length});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// Names come from our own catalogue, so they need no quoting beyond a check of their letters.
const std::string& plain_name(const std::string& name) {
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    SJ_CHECK(plain);
  }
  return name;
}

Result<std::vector<Table>> catalogue(sql::Connection& store) {
  const bool sqlite = store.dialect() == sql::Dialect::sqlite;
  std::vector<Table> tables;
  SJ_TRY(store.each_text(
      sqlite ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
             : "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables "
               "WHERE schemaname = current_schema()",
      {}, [&](const sql::Row& row) -> Result<void> {
        tables.push_back({row.text(0), {}});
        return {};
      }));
  std::sort(tables.begin(), tables.end(),
            [](const Table& a, const Table& b) { return a.name < b.name; });
  for (Table& table : tables) {
    const sql::Bind name(table.name);
    SJ_TRY(store.each_text(
        sqlite ? "SELECT name, lower(type), pk FROM pragma_table_info($1) ORDER BY cid"
               : "SELECT CAST(c.attname AS TEXT), CAST(format_type(c.atttypid, NULL) AS TEXT), "
                 "CAST(coalesce(array_position(CAST(i.indkey AS SMALLINT[]), c.attnum) + 1, 0) "
                 "AS BIGINT) "
                 "FROM pg_attribute c LEFT JOIN pg_index i ON i.indrelid = c.attrelid AND "
                 "i.indisprimary WHERE c.attrelid = CAST(CAST($1 AS TEXT) AS REGCLASS) "
                 "AND c.attnum > 0 AND NOT c.attisdropped ORDER BY c.attnum",
        {&name, 1}, [&](const sql::Row& row) -> Result<void> {
          const std::string type = row.text(1);
          table.columns.push_back(
              {row.text(0), type == "text", type == "blob" || type == "bytea", row.integer(2)});
          return {};
        }));
  }
  return tables;
}

std::string select_of(const Table& table, sql::Dialect dialect) {
  std::string columns;
  std::vector<Column> key;
  for (const Column& column : table.columns) {
    columns += (columns.empty() ? "" : ", ") + plain_name(column.name);
    if (column.key > 0) key.push_back(column);
  }
  std::sort(key.begin(), key.end(), [](const Column& a, const Column& b) { return a.key < b.key; });
  std::string order;
  for (const Column& column : key) {
    order += (order.empty() ? "" : ", ") + column.name;
    // The same order on both engines: by code point.
    if (column.is_text && dialect == sql::Dialect::postgres) order += " COLLATE \"C\"";
  }
  SJ_CHECK(!order.empty());
  return "SELECT " + columns + " FROM " + plain_name(table.name) + " ORDER BY " + order;
}

Result<std::string> header(sql::Connection& store) {
  json::Writer writer;
  writer.begin_object();
  writer.key("format").value(kFormat);
  writer.key("migrations").begin_array();
  SJ_TRY(store.each_text("SELECT name FROM kernel_migration ORDER BY name", {},
                         [&](const sql::Row& row) -> Result<void> {
                           writer.value(row.text(0));
                           return {};
                         }));
  writer.end_array();
  writer.key("version").value(kVersion);
  writer.end_object();
  return writer.take();
}

void write_row(const Table& table, const sql::Row& row, json::Writer& writer) {
  writer.begin_array();
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    if (row.is_null(column)) {
      writer.null();
    } else if (table.columns[i].is_blob) {
      const std::string_view bytes = row.bytes(column);
      writer.value(
          text::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
    } else if (table.columns[i].is_text) {
      writer.value(row.bytes(column));
    } else {
      writer.value(row.integer(column));
    }
  }
  writer.end_array();
}

Error bad_backup(const std::string& file, std::int64_t line, const std::string& what) {
  return {ErrorKind::invalid, "app.bad_backup", file + ":" + std::to_string(line) + ": " + what};
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The lines of a compressed file, or of one that is not compressed. zlib's own reader of files
// forgives what stands behind the compressed data; here nothing may.
class Lines {
 public:
  explicit Lines(std::FILE* file) : file_(file), in_(kBlock, '\0'), out_(kBlock, '\0') {
    constexpr int kOnlyGzip = 16 + MAX_WBITS;
    SJ_CHECK(inflateInit2(&stream_, kOnlyGzip) == Z_OK);
  }
  ~Lines() { inflateEnd(&stream_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // Nothing at the end, wherever that is: ended_well() tells whether it is a good one.
  std::optional<std::string> next() {
    std::string line;
    while (true) {
      const std::size_t end = rest_.find('\n', at_);
      if (end != std::string::npos) {
        line.append(rest_, at_, end - at_);
        at_ = end + 1;
        return line;
      }
      line.append(rest_, at_, std::string::npos);
      rest_.clear();
      at_ = 0;
      if (!more()) {
        open_line_ = !line.empty();
        return std::nullopt;
      }
    }
  }

  // The last line was whole, and the file ends with it.
  [[nodiscard]] bool ended_well() const { return ended_ && !open_line_; }

 private:
  static constexpr std::size_t kBlock = std::size_t{1} << 16U;

  bool read_block() {
    const std::size_t got = std::fread(in_.data(), 1, in_.size(), file_.get());
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  // Puts more text into rest_. False at the end, or where the file is damaged.
  bool more() {
    if (ended_ || broken_) return false;
    while (rest_.empty()) {
      const bool read = stream_.avail_in > 0 || read_block();
      if (first_ && read) plain_ = in_[0] != '\x1f';
      first_ = false;
      if (!read) {
        ended_ = plain_ && std::ferror(file_.get()) == 0;
        return false;
      }
      if (plain_) {
        rest_.assign(in_, 0, stream_.avail_in);
        stream_.avail_in = 0;
        continue;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      broken_ = code != Z_OK && code != Z_STREAM_END;
      if (broken_) return false;
      rest_.assign(out_, 0, out_.size() - stream_.avail_out);
      if (code == Z_STREAM_END) {
        ended_ = stream_.avail_in == 0 && !read_block();
        broken_ = !ended_;
        return !rest_.empty();
      }
    }
    return true;
  }

  std::unique_ptr<std::FILE, CloseFile> file_;
  std::string in_;
  std::string out_;
  z_stream stream_{};
  bool first_ = true;
  bool plain_ = false;
  bool ended_ = false;   // where it should
  bool broken_ = false;  // damaged, or something stands behind the end
  bool open_line_ = false;
  std::string rest_;
  std::size_t at_ = 0;
};

struct HeaderLine {
  std::string format;
  std::vector<std::string> migrations;
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(HeaderLine, (), (format, migrations, version))

struct TableLine {
  std::vector<std::string> columns;
  std::string table;
};
BOOST_DESCRIBE_STRUCT(TableLine, (), (columns, table))

std::string end_line(std::int64_t rows, const std::string& sha256) {
  json::Writer end;
  end.begin_object().key("rows").value(rows).key("sha256").value(sha256).end_object();
  return end.take();
}

// Puts the rows of one table at a time into the store.
class Filler {
 public:
  Filler(sql::Connection& store, const std::vector<Table>& tables)
      : store_(store), tables_(tables) {}

  Result<void> begin(const TableLine& line) {
    SJ_TRY(flush());
    table_ = nullptr;
    for (const Table& table : tables_) {
      if (table.name == line.table) table_ = &table;
    }
    if (table_ == nullptr) return unknown("no table \"" + line.table + "\"");
    order_.clear();
    for (const std::string& name : line.columns) {
      const auto found = std::find_if(table_->columns.begin(), table_->columns.end(),
                                      [&](const Column& column) { return column.name == name; });
      if (found == table_->columns.end()) return unknown("no column \"" + name + "\"");
      order_.push_back(&*found);
    }
    // The list of migrations was written by migrating.
    skip_ = line.table == kMigrationTable;
    return {};
  }

  Result<void> row(const boost::json::array& values) {
    if (table_ == nullptr || values.size() != order_.size()) return unknown("a row out of place");
    if (skip_) return {};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const boost::json::value& value = values[i];
      if (value.is_null()) {
        values_.emplace_back(std::nullopt);
      } else if (order_[i]->is_blob && value.is_string()) {
        const auto bytes = SJ_TRY(text::from_hex(value.get_string()));
        values_.emplace_back(std::string(bytes.begin(), bytes.end()));
      } else if (value.is_string()) {
        values_.emplace_back(std::string(value.get_string()));
      } else if (value.is_int64()) {
        values_.emplace_back(std::to_string(value.get_int64()));
        numbers_.emplace(values_.size() - 1, value.get_int64());
      } else {
        return unknown("a value of no known type");
      }
    }
    ++waiting_;
    if (values_.size() + order_.size() > kValuesAtOnce) return flush();
    return {};
  }

  Result<void> flush() {
    if (waiting_ == 0) return {};
    std::string columns;
    for (const Column* column : order_) {
      columns += (columns.empty() ? "" : ", ") + plain_name(column->name);
    }
    std::string text = "INSERT INTO " + plain_name(table_->name) + " (" + columns + ") VALUES ";
    std::vector<sql::Bind> binds;
    binds.reserve(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const std::size_t column = i % order_.size();
      text += column == 0 ? (i == 0 ? "(" : ", (") : ", ";
      text += "$" + std::to_string(i + 1);
      if (column + 1 == order_.size()) text += ")";
      const auto number = numbers_.find(i);
      if (!values_[i]) {
        binds.emplace_back(nullptr);
      } else if (number != numbers_.end()) {
        binds.emplace_back(number->second);
      } else if (order_[column]->is_blob) {
        binds.emplace_back(sql::Blob{*values_[i]});
      } else {
        binds.emplace_back(*values_[i]);
      }
    }
    static_cast<void>(SJ_TRY(store_.run_text(text, binds)));
    waiting_ = 0;
    values_.clear();
    numbers_.clear();
    return {};
  }

 private:
  static Error unknown(const std::string& what) {
    return {ErrorKind::invalid, "app.bad_backup", what};
  }

  sql::Connection& store_;
  const std::vector<Table>& tables_;
  const Table* table_ = nullptr;
  bool skip_ = false;
  std::vector<const Column*> order_;
  std::vector<std::optional<std::string>> values_;
  std::map<std::size_t, std::int64_t> numbers_;  // which of the values are numbers
  std::size_t waiting_ = 0;
};

template <class T>
Result<T> line_as(const boost::json::value& value) {
  T into;
  SJ_TRY(json::decode(value, json::Place{}, into));
  return into;
}

// The migrations the backup was made with, out of ours.
Result<std::vector<sql::Migration>> steps_of(const HeaderLine& header) {
  std::vector<sql::Migration> steps;
  for (const std::string& name : header.migrations) {
    const auto all = sql::migrations();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const sql::Migration& step) { return step.name == name; });
    if (found == all.end()) {
      return Error{ErrorKind::conflict, "app.newer_backup",
                   "the backup has a step this program does not know: " + name};
    }
    steps.push_back(*found);
  }
  return steps;
}

}  // namespace

Result<std::int64_t> dump(sql::Connection& store, const Sink& sink) {
  RunningHash hash;
  std::string pending;
  const auto put = [&](std::string_view line) -> Result<void> {
    pending.append(line).append("\n");
    if (pending.size() < (1U << 16U)) return {};
    hash.add(pending);
    SJ_TRY(sink(pending));
    pending.clear();
    return {};
  };

  SJ_TRY(store.begin_read());
  const std::vector<Table> tables = SJ_TRY(catalogue(store));
  const std::string head = SJ_TRY(header(store));
  SJ_TRY(put(head));
  std::int64_t rows = 0;
  for (const Table& table : tables) {
    json::Writer line;
    line.begin_object().key("columns").begin_array();
    for (const Column& column : table.columns) line.value(column.name);
    line.end_array().key("table").value(table.name).end_object();
    SJ_TRY(put(line.text()));
    SJ_TRY(store.each_text(select_of(table, store.dialect()), {},
                           [&](const sql::Row& row) -> Result<void> {
                             json::Writer values;
                             write_row(table, row, values);
                             ++rows;
                             return put(values.text());
                           }));
  }
  store.rollback();
  hash.add(pending);
  pending += end_line(rows, hash.hex()) + "\n";
  SJ_TRY(sink(pending));
  return rows;
}

Result<std::int64_t> write_backup(sql::Connection& store, const std::string& file) {
  SJ_TRY(check_output(file, kBegins));
  std::int64_t rows = 0;
  SJ_TRY(write_file(file, [&](int into) -> Result<void> {
    const Error cannot_write{ErrorKind::internal, "app.cannot_write", file};
    const int own = ::fcntl(into, F_DUPFD_CLOEXEC, 0);  // zlib closes what it is given
    const gzFile out = own < 0 ? nullptr : ::gzdopen(own, "wb6");
    if (out == nullptr) {
      if (own >= 0) ::close(own);
      return cannot_write;
    }
    const Result<std::int64_t> dumped = dump(store, [&](std::string_view text) -> Result<void> {
      const int written = ::gzwrite(out, text.data(), static_cast<unsigned int>(text.size()));
      if (written == static_cast<int>(text.size())) return {};
      return cannot_write;
    });
    const bool closed = ::gzclose(out) == Z_OK;
    if (!dumped.ok()) return dumped.error();
    if (!closed) return cannot_write;
    rows = dumped.value();
    return {};
  }));
  return rows;
}

namespace {

// Reads a backup from its first byte to its last. What is not as it was written is refused, before
// or after what it is given to has seen it.
Result<std::int64_t> read_backup(
    const std::string& file,
    const std::function<Result<void>(const HeaderLine&)>& on_header,
    const std::function<Result<void>(const TableLine&)>& on_table,
    const std::function<Result<void>(const boost::json::array&)>& on_row) {
  std::FILE* in = std::fopen(file.c_str(), "rbe");
  if (in == nullptr) return Error{ErrorKind::invalid, "app.cannot_read", file};
  Lines lines(in);
  RunningHash hash;
  std::int64_t number = 1;
  std::optional<std::string> line = lines.next();
  const auto parsed_head = line ? json::parse(*line) : Result<boost::json::value>(Error{});
  const auto head =
      parsed_head.ok() ? line_as<HeaderLine>(parsed_head.value()) : Result<HeaderLine>(Error{});
  if (!head.ok() || head.value().format != kFormat || head.value().version != kVersion) {
    return bad_backup(file, number, "not a backup of this program");
  }
  SJ_TRY(on_header(head.value()));
  hash.add(*line + "\n");

  constexpr std::string_view kEnd = "{\"rows\":";
  std::int64_t rows = 0;
  std::optional<std::string> end;
  while (!end && (line = lines.next())) {
    ++number;
    if (line->starts_with(kEnd)) {
      end = *line;
      continue;
    }
    const auto value = json::parse(*line);
    if (!value.ok()) return bad_backup(file, number, value.error().detail);
    Result<void> taken;
    if (value.value().is_array()) {
      ++rows;
      taken = on_row(value.value().get_array());
    } else {
      const auto table = line_as<TableLine>(value.value());
      if (!table.ok()) return bad_backup(file, number, table.error().detail);
      taken = on_table(table.value());
    }
    if (!taken.ok() && taken.error().code == "app.bad_backup") {
      return bad_backup(file, number, taken.error().detail);
    }
    SJ_TRY(std::move(taken));
    hash.add(*line + "\n");
  }
  if (!end || *end != end_line(rows, hash.hex()) || lines.next() || !lines.ended_well()) {
    return bad_backup(file, number,
                      "the file is cut short, was changed or has something behind it");
  }
  return rows;
}

}  // namespace

Result<void> check_backup(const std::string& file) {
  static_cast<void>(SJ_TRY(read_backup(
      file,
      [](const HeaderLine& header) -> Result<void> {
        static_cast<void>(SJ_TRY(steps_of(header)));
        return {};
      },
      [](const TableLine&) { return Result<void>(); },
      [](const boost::json::array&) { return Result<void>(); })));
  return {};
}

Result<std::int64_t> restore_backup(sql::Connection& store, const std::string& file) {
  std::vector<Table> tables;
  std::optional<Filler> filler;
  Result<std::int64_t> rows = read_backup(
      file,
      [&](const HeaderLine& header) -> Result<void> {
        const std::vector<sql::Migration> steps = SJ_TRY(steps_of(header));
        static_cast<void>(SJ_TRY(sql::migrate(store, steps)));
        SJ_TRY(store.begin_write());
        SJ_TRY(mark_restored(store, Restored::half));
        SJ_TRY(store.commit());
        tables = SJ_TRY(catalogue(store));
        filler.emplace(store, tables);
        SJ_TRY(store.begin_write());
        // The backup may hold such a mark itself.
        return mark_restored(store, std::nullopt);
      },
      [&](const TableLine& line) { return filler->begin(line); },
      [&](const boost::json::array& values) { return filler->row(values); });
  Result<void> flushed = rows.ok() ? filler->flush() : Result<void>(rows.error());
  if (flushed.ok()) flushed = mark_restored(store, Restored::half);
  if (!flushed.ok()) {
    store.rollback();
    return flushed.error();
  }
  SJ_TRY(store.commit());
  static_cast<void>(SJ_TRY(sql::migrate(store, sql::migrations())));
  return rows;
}

}  // namespace sj::app
