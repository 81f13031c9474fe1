#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/archive.h"

#include "org/import.h"

/// What lies between a file and the comparison: telling formats apart, and showing what would
/// happen.
namespace sj::org {

/// An uploaded file as its tables: of a roster itself, of OneRoster what the zip holds.
/// Fails: org.import_bad_format (invalid) · sheet.* as unpack.
[[nodiscard]] Result<std::vector<sheet::Entry>> open_upload(std::string_view format,
                                                            std::string_view file_name,
                                                            const std::string& bytes);

/// Reads what was uploaded. `format` is roster or oneroster, `snapshot` what it is compared with.
/// Fails: org.import_bad_format (invalid) · of a roster sheet.* as read_workbook; everything else
///        that is wrong is a fault in what is given.
[[nodiscard]] Result<Incoming> read_import(std::string_view format,
                                           const std::vector<sheet::Entry>& files,
                                           const Snapshot& snapshot,
                                           LocalDay today,
                                           std::int64_t only_school);

/// SHA-256 over names and bytes, in the order of the names.
[[nodiscard]] std::string hash_of(const std::vector<sheet::Entry>& files);

/// `{"new":…,"changed":…,"unchanged":…,"leaving":…,"doubtful":…,"faults":…,"warnings":…,
/// "by_kind":{…}}`; people of all sorts, `faults` errors only.
[[nodiscard]] std::string summary_text(const Plan& plan);

/// One line for each row of a preview: its kind (new, changed, doubtful, leaving, fault, warning),
/// a tab, and its JSON as the API gives it. In the order of the file.
[[nodiscard]] std::string preview_text(const Snapshot& snapshot,
                                       const Incoming& incoming,
                                       const Plan& plan,
                                       LocalDay today);

/// What somebody chose for a row; `sheet` may be empty where there is one.
struct RowChoice {
  std::string sheet{};
  std::int64_t row = 0;
  std::int64_t same_as = 0;  // 0: somebody new
};
/// Fails: org.import_no_choice (not_found): no pupil stands in such a row.
[[nodiscard]] Result<std::vector<Choice>> choices_of(const Incoming& incoming,
                                                     const std::vector<RowChoice>& rows);

/// The tables as they came, with every wrong cell coloured and its reason as a comment; of a set of
/// OneRoster a list of its faults.
[[nodiscard]] Result<std::string> coloured_sheet(std::string_view format,
                                                 const std::vector<sheet::Entry>& files,
                                                 const Incoming& incoming,
                                                 const Plan& plan,
                                                 Instant created);

/// Only what belongs to one school: its classes, their people and what connects them.
[[nodiscard]] Snapshot narrow(const Snapshot& snapshot, std::int64_t school);

}  // namespace sj::org
