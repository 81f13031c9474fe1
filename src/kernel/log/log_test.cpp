#include "kernel/log/log.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "kernel/time/zone.h"

namespace sj::log {
namespace {

/// What is written to its file so far.
class File {
 public:
  File() : file_(std::tmpfile()) {}
  ~File() { std::fclose(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] int number() const { return fileno(file_); }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::rewind(file_);
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += static_cast<char>(c);
      }
    }
    EXPECT_EQ(lines.back(), "") << "the last line is not whole";
    lines.pop_back();
    return lines;
  }

 private:
  std::FILE* file_;
};

const TestClock& clock_of_tests() {
  static const TestClock kClock(parse_instant("2026-10-12T08:00:00.250+08:00").value());
  return kClock;
}

TEST(Log, WritesOneObjectALine) {
  const File file;
  const Log log(file.number(), Level::debug, clock_of_tests());
  log.write(Level::info, "http.request", "r1", {{"status", 200}, {"path", "/healthz"}});
  log.write(Level::error, "desk.fault", "", {});
  EXPECT_EQ(
      file.lines(),
      (std::vector<std::string>{
          R"({"time":"2026-10-12T08:00:00.250+08:00","level":"info","event":"http.request",)"
          R"("request":"r1","status":200,"path":"/healthz"})",
          R"({"time":"2026-10-12T08:00:00.250+08:00","level":"error","event":"desk.fault"})"}));
}

TEST(Log, KeepsQuietBelowItsLevelAndWithoutAFile) {
  const File file;
  const Log log(file.number(), Level::warn, clock_of_tests());
  log.write(Level::info, "x", "", {});
  log.write(Level::warn, "y", "", {});
  EXPECT_EQ(file.lines().size(), 1U);
  Log(-1, Level::debug, clock_of_tests()).write(Level::error, "z", "", {});
}

// A line of a log must not be forged, or broken, by what somebody sent.
TEST(Log, EscapesWhatIsNotPlainText) {
  const File file;
  const Log log(file.number(), Level::debug, clock_of_tests());
  const std::string nasty = std::string("a\"b\\c\nd\x01\0e", 10) + "\xFF\xC3(双";
  log.write(Level::info, nasty, nasty, {{"text", nasty}, {"long", std::string(5000, 'x')}});
  const auto lines = file.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find(R"("text":"a\"b\\c\nd\u0001\u0000e??(双")"), std::string::npos)
      << lines[0];
  EXPECT_EQ(lines[0].find("xxx") + 2000 + 3, lines[0].rfind("\"}")) << "cut, and marked so";
}

TEST(Log, LinesOfManyThreadsStayWhole) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Log log(ends[1], Level::debug, clock_of_tests());
  std::string all;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
  });
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&log, t] {
      // Four texts make more than a pipe takes whole.
      const std::string text(1500, static_cast<char>('a' + t));
      for (int i = 0; i < 50; ++i) {
        log.write(Level::info, "x", "", {{"1", text}, {"2", text}, {"3", text}, {"4", text}});
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  close(ends[1]);
  reader.join();
  close(ends[0]);
  int lines = 0;
  for (std::size_t at = 0; at < all.size(); ++lines) {
    const std::size_t end = all.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = all.substr(at, end - at);
    EXPECT_TRUE(line.ends_with("\"}")) << line.substr(0, 80);
    const char letter = line[line.find("\"1\":\"") + 5];
    EXPECT_EQ(static_cast<std::size_t>(std::count(line.begin(), line.end(), letter)) / 1500, 4U);
    at = end + 1;
  }
  EXPECT_EQ(lines, 200);
}

TEST(Log, SurvivesAFileThatTakesNothing) {
  Log(9999, Level::debug, clock_of_tests()).write(Level::info, "x", "", {});
}

}  // namespace
}  // namespace sj::log
