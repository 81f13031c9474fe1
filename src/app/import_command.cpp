#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/sheet/archive.h"
#include "kernel/text/text.h"

#include "app/commands.h"
#include "app/files.h"
#include "app/program.h"

namespace sj::app {
namespace {

struct Arguments {
  StoreOptions store;
  std::string path;
  std::string area;
  std::string school;
  bool partial = false;
};

// A folder of CSV files travels as the zip it could have been.
Result<std::string> zip_of_folder(const std::string& path) {
  std::vector<sheet::Entry> entries;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(path, error)) {
    if (!file.is_regular_file(error)) continue;
    const std::string bytes = SJ_TRY(read_file(file.path().string()));
    entries.push_back({file.path().filename().string(), bytes});
  }
  if (error) return Error{ErrorKind::invalid, "app.cannot_read", path + ": " + error.message()};
  std::sort(entries.begin(), entries.end(),
            [](const sheet::Entry& a, const sheet::Entry& b) { return a.name < b.name; });
  return sheet::pack(entries, Instant(0));
}

const boost::json::value* member(const boost::json::value& of, std::string_view key) {
  const auto* object = of.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

std::string text_in(const boost::json::value& of, std::string_view key) {
  const auto* value = member(of, key);
  if (value == nullptr) return "";
  if (value->is_string()) return std::string(value->get_string());
  return value->is_int64() ? std::to_string(value->get_int64()) : "";
}

// What is wrong, and what would be right.
std::string reason_in(const boost::json::value& fault) {
  const std::string expected = text_in(fault, "expected");
  return text_in(fault, "message") + (expected.empty() ? "" : "，" + expected);
}

std::int64_t number_in(const boost::json::value& of, std::string_view key) {
  const auto* value = member(of, key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

class Import {
 public:
  Import(Operator& server, const Arguments& arguments, std::string format)
      : server_(server), arguments_(arguments), format_(std::move(format)) {}

  Result<int> run() {
    const bool folder = std::filesystem::is_directory(arguments_.path);
    std::string bytes;
    if (folder) {
      bytes = SJ_TRY(zip_of_folder(arguments_.path));
    } else {
      bytes = SJ_TRY(read_file(arguments_.path));
    }
    Operator::Question upload;
    upload.method = http::Method::post;
    upload.path = "/api/org/imports";
    const std::string name = std::filesystem::path(arguments_.path).filename().string();
    file_ = format_ == "roster" ? name : "";
    upload.query = {{"format", format_},
                    {"name", folder ? name + ".zip" : name},
                    {"keep", arguments_.partial ? "good" : "whole"}};
    if (!arguments_.school.empty()) upload.query.emplace_back("school", arguments_.school);
    upload.body = std::move(bytes);
    const boost::json::value made = SJ_TRY(ask(upload));
    path_ = "/api/org/imports/" + text_in(made, "id");
    const std::string reached = text_in(made, "state");
    if (reached == "preview") {
      SJ_TRY(list_faults("fault"));
      SJ_TRY(list_faults("warning"));
    } else if (const auto* faults = member(made, "faults"); faults != nullptr) {
      say_faults(*faults);
    }
    say(made);
    if (reached == "unchanged") {
      std::printf("imported: nothing had to be changed\n");
      return 0;
    }
    if (reached != "preview") {
      const auto* summary = member(made, "summary");
      std::fprintf(
          stderr, "shuangjian: nothing was imported: %lld faults (--partial keeps the good rows)\n",
          static_cast<long long>(summary == nullptr  // NOLINT(google-runtime-int): printf
                                     ? 0
                                     : number_in(*summary, "faults")));
      return 2;
    }
    Operator::Question apply;
    apply.method = http::Method::post;
    apply.path = path_ + "/apply";
    json::Writer body;
    body.begin_object().key("partial").value(arguments_.partial).end_object();
    apply.body = body.text();
    static_cast<void>(SJ_TRY(ask(apply)));
    const boost::json::value state = SJ_TRY(wait_while("applying"));
    if (text_in(state, "state") != "applied") {
      std::fprintf(stderr, "shuangjian: nothing was imported: %s\n",
                   text::one_line(text_in(state, "state") + " " + text_in(state, "error")).c_str());
      return 1;
    }
    std::printf("imported\n");
    return 0;
  }

 private:
  Result<boost::json::value> ask(Operator::Question question) {
    question.area = arguments_.area;
    const http::Response response = SJ_TRY(server_.ask(question));
    if (response.status >= 400) return refusal_of(response);
    if (response.body.empty()) return boost::json::value();
    return json::parse(response.body);
  }

  Result<boost::json::value> wait_while(std::string_view state) {
    while (true) {
      Operator::Question question;
      question.path = path_;
      boost::json::value now = SJ_TRY(ask(question));
      if (text_in(now, "state") != state) return now;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  // Every bad row with file, row, column, value and reason; then what else was noticed.
  Result<void> list_faults(std::string_view kind) {
    std::string after;
    do {
      Operator::Question question;
      question.path = path_ + "/rows";
      question.query = {{"kind", std::string(kind)}, {"limit", "5000"}};
      if (!after.empty()) question.query.emplace_back("after", after);
      const boost::json::value page = SJ_TRY(ask(question));
      const auto* rows = member(page, "rows");
      if (rows == nullptr) return {};
      say_faults(*rows);
      after = text_in(page, "next");
    } while (!after.empty());
    return {};
  }

  // `users.csv`, or as spreadsheets write it `[a.xlsx]学生`.
  [[nodiscard]] std::string place_of(const std::string& sheet) const {
    return file_.empty() || sheet == file_ ? sheet : "[" + file_ + "]" + sheet;
  }

  void say_faults(const boost::json::value& rows) const {
    if (!rows.is_array()) return;
    for (const boost::json::value& row : rows.get_array()) {
      const auto* fault = member(row, "fault");
      if (fault == nullptr) continue;
      const char* mark = text_in(*fault, "severity") == "error" ? "" : "note\t";
      std::printf("%s%s\trow %s\t%s\t%s\t%s\t%s\n", mark,
                  text::one_line(place_of(text_in(row, "sheet"))).c_str(),
                  text_in(row, "row").c_str(), text::one_line(text_in(*fault, "column")).c_str(),
                  text::one_line(text_in(*fault, "value")).c_str(), text_in(*fault, "code").c_str(),
                  text::one_line(reason_in(*fault)).c_str());
    }
  }

  static void say(const boost::json::value& state) {
    const auto* summary = member(state, "summary");
    if (summary == nullptr) return;
    for (const char* key : {"new", "changed", "unchanged", "leaving", "doubtful", "faults"}) {
      std::printf(
          "%-10s %8lld\n", key,
          static_cast<long long>(number_in(*summary, key)));  // NOLINT(google-runtime-int): printf
    }
    if (const std::int64_t held = number_in(*summary, "doubtful"); held != 0) {
      std::printf(
          "held: %lld rows may be of children who are there already; import the file on the page "
          "to choose\n",
          static_cast<long long>(held));  // NOLINT(google-runtime-int): printf
    }
  }

  Operator& server_;
  const Arguments& arguments_;
  std::string format_;
  std::string file_;  // whose sheets are named; of a set every file is named already
  std::string path_;
};

int run(const Arguments& arguments, const std::string& format) {
  auto server = Operator::connect(arguments.store);
  if (!server.ok()) return fail(server.error());
  const Result<int> status = Import(*server.value(), arguments, format).run();
  return status.ok() ? status.value() : fail(status.error(), arguments.path);
}

}  // namespace

void add_import(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("import", "bring in schools and people");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, const char* path) {
    auto* format = command->add_subcommand(name, about);
    add_store_options(*format, arguments->store);
    format->add_option(path, arguments->path, "what to import")->required();
    format->add_option("--area", arguments->area, "code of the district, where there are several");
    format->add_option("--school", arguments->school, "take rows of this school only (its id)");
    format->add_flag("--partial", arguments->partial, "keep the good rows although others are bad");
    format->callback([arguments, name, &status] { status = run(*arguments, std::string(name)); });
  };
  add("oneroster", "OneRoster 1.2 CSV: a folder or a zip", "PATH");
  add("roster", "a roster sheet (学生名册)", "FILE");
}

}  // namespace sj::app
