#pragma once

#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/archive.h"

#include "org/import.h"

/// OneRoster 1.2, CSV binding: in and out.
///
/// Our own columns, all `metadata.sj.*`, carry what the standard has no place for, so that what we
/// write and read again is the same organisation:
///   orgs         kind, stages, primaryYears, rural, openedOn, closedOn, streetCode, streetName
///   classes      stage, entryYear, number, name, openedOn, closedOn
///   users        name (whole), localNo, protected, guardianships (see below), and the secrets
///                idNumber, studentNo, address, health, hardship, leftBehind, custody
///   demographics ethnic (GB/T 3304)
///   roles        post, staffNo, membership (a pupil in no class), ended
///   enrollments  ended, part, subject
/// `guardianships` of a pupil: `guardian|relation|position|mayCollect|admittedBy|from|until|id`,
/// several parted by `;`, with `%7C %3B %25` for `| ; %`. Days are ISO; ends are the first day no
/// longer, as the standard has them.
namespace sj::org {

struct OneRosterContext {
  LocalDay today = LocalDay::first();
  /// What a delta may refer to, and how long primary school is where.
  const Snapshot* store = nullptr;
};

/// Reads a set of files, as they lie in a folder or a zip.
///
/// Everything the standard forbids is a fault with its place; what can be understood all the same
/// (names in other letters' case, a byte order mark, `status` in bulk files) is a warning. Homeroom
/// classes are our classes; where a school has none, and nobody is in two at a time, its scheduled
/// ones are. Of roles, students, guardians and staff are taken; gradebook and resources are left
/// out and named. Version 1.1 is recognised and refused.
/// Gives:   everything found, with faults; `foreign_source` is source.systemCode of the manifest,
///          or `oneroster`.
/// Limits:  as `read_workbook` for each file.
/// Source:  1EdTech OneRoster 1.2 CSV Binding; DS-ONEROSTER.
[[nodiscard]] Incoming read_oneroster(const std::vector<sheet::Entry>& files,
                                      const OneRosterContext& context);

struct OneRosterOptions {
  LocalDay today = LocalDay::first();
  Instant created{0};
  /// Secrets by person id, to be written out; empty: none are. Whoever gives them has checked the
  /// permission and has written down who asked.
  std::vector<PersonSecrets> secrets{};
};

/// Writes the files of a bulk set, `manifest.csv` first, rows by sourcedId: the same organisation
/// gives the same bytes. Foreign ids are used where a row has one, else `sj-` and ours.
[[nodiscard]] std::vector<sheet::Entry> write_oneroster(const Snapshot& snapshot,
                                                        const OneRosterOptions& options);

}  // namespace sj::org
