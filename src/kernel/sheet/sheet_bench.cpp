// Rosters of the size of a district, and ten times that.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernel/base/check.h"
#include "kernel/sheet/export.h"
#include "kernel/sheet/workbook.h"

namespace {

using sj::sheet::OutCell;

std::vector<OutCell> pupil(std::int64_t i) {
  const std::string number = std::to_string(i);
  return {{.value = "学生" + number},
          {.value = "43010120150301" + number},
          {.value = std::string(i % 2 == 0 ? "男" : "女")},
          {.value = "第" + std::to_string(i % 40) + "小学"},
          {.value = i % 6 + 1},
          {.value = i % 20 + 1},
          {.value = "138" + std::to_string(10'000'000 + i)},
          {.value = "家长" + number},
          {.value = sj::sheet::Decimal{i, 2}},
          {.value = sj::LocalDay::from_epoch_days(16'000 + i % 3000)}};
}

std::string xlsx_of(std::int64_t rows) {
  sj::sheet::XlsxWriter writer(sj::Instant(1'791'777'600'000));
  std::vector<sj::sheet::OutColumn> columns(10);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].title = "列" + std::to_string(i);
  SJ_CHECK(writer.add_sheet({.name = "学生", .columns = columns}).ok());
  for (std::int64_t i = 0; i < rows; ++i) SJ_CHECK(writer.add_row(pupil(i)).ok());
  return writer.finish().value();
}

std::string csv_of(std::int64_t rows) {
  sj::sheet::CsvWriter writer({});
  for (std::int64_t i = 0; i < rows; ++i) writer.add_row(pupil(i));
  return writer.finish();
}

void read(benchmark::State& state, const std::string& bytes, const char* name) {
  while (state.KeepRunning()) {
    const auto workbook = sj::sheet::read_workbook(bytes, name);
    SJ_CHECK(workbook.ok());
    benchmark::DoNotOptimize(workbook);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void read_xlsx(benchmark::State& state) {
  read(state, xlsx_of(state.range(0)), "a.xlsx");
}
void read_csv(benchmark::State& state) {
  read(state, csv_of(state.range(0)), "a.csv");
}

void write_xlsx(benchmark::State& state) {
  while (state.KeepRunning()) benchmark::DoNotOptimize(xlsx_of(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(read_xlsx)->Arg(20'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(read_csv)->Arg(20'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(write_xlsx)->Arg(20'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
