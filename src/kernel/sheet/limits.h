#pragma once

#include <cstddef>
#include <cstdint>

namespace sj::sheet {

/// How much of a foreign file is taken before it is refused. Every number is checked while reading,
/// never after, so that these also bound memory: beside the input itself a workbook at all of its
/// limits at once takes less than 700 MiB, a roster of 20,000 pupils and 20 columns about 25 MiB.
struct Limits {
  std::size_t input_bytes_max = std::size_t{100} << 20;
  /// Of all entries of a zip together, as declared and as really unpacked.
  std::uint64_t unpacked_bytes_max = std::uint64_t{400} << 20;
  /// Unpacked to packed bytes of a whole zip that unpacks to more than 16 MiB. Tables reach about
  /// 30, a bomb 1000.
  std::uint32_t ratio_max = 200;
  std::size_t entries_max = 5'000;

  std::size_t sheets_max = 200;
  std::size_t rows_max = 200'000;     // rows of a sheet with at least one filled cell
  std::uint32_t columns_max = 1'000;  // the last column with a filled cell
  std::size_t cells_max = 5'000'000;  // filled cells of a workbook
  std::size_t cell_bytes_max = std::size_t{128} << 10;  // 32,767 characters, the most Excel writes
  std::size_t text_bytes_max = std::size_t{200} << 20;  // all text of a workbook; below 4 GiB
  std::size_t strings_max = 2'000'000;                  // shared strings, cell formats likewise
  std::size_t merges_max = 50'000;                      // merged ranges of a sheet
};

}  // namespace sj::sheet
