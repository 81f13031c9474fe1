#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/limits.h"

namespace sj::sheet {

/// A zip opened for reading, for the sources of this folder; what callers use is archive.h.
///
/// `bytes` must outlive it. Fails as `unpack` does.
class Zip {
 public:
  [[nodiscard]] static Result<Zip> open(std::string_view bytes, const Limits& limits);
  Zip(Zip&&) noexcept;
  Zip& operator=(Zip&&) noexcept;
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;
  ~Zip();

  /// In the order of the zip; folders end in `/`.
  [[nodiscard]] const std::vector<std::string>& names() const;
  /// Regardless of the case of ASCII letters, as the parts of a workbook are named.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

  /// Unpacks one entry piece by piece.
  class Stream {
   public:
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// How many bytes it put into `buffer`; 0 at the end.
    [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size);

   private:
    friend class Zip;
    struct State;
    explicit Stream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };

  [[nodiscard]] Result<Stream> stream(std::size_t index);
  [[nodiscard]] Result<std::string> read_all(std::size_t index);

 private:
  struct State;
  explicit Zip(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Nothing if an entry of this name may be joined to a folder; else sheet.unsafe_name.
[[nodiscard]] Result<void> check_entry_name(std::string_view name);

/// What every file must be before anybody looks at it: sheet.empty_file, sheet.too_large.
[[nodiscard]] Result<void> check_input_size(std::string_view bytes, const Limits& limits);

}  // namespace sj::sheet
