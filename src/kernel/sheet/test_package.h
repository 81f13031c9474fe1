#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/sheet/archive.h"

namespace sj::sheet {

/// The parts of a small workbook for tests and fuzzing, each to be replaced by what is tried.
struct TestPackage {
  std::string root_relationships =
      R"(<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/>)"
      R"(</Relationships>)";
  std::string workbook =
      R"(<workbook xmlns:r="urn:r"><sheets><sheet name="学生" sheetId="1" r:id="r1"/></sheets></workbook>)";
  std::string relationships =
      R"(<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/one.xml"/>)"
      R"(<Relationship Id="r2" Type="http://x/sharedStrings" Target="strings.xml"/>)"
      R"(<Relationship Id="r3" Type="http://x/styles" Target="/xl/styles.xml"/></Relationships>)";
  std::string strings = "<sst><si><t>first</t></si><si><t>second</t></si></sst>";
  std::string styles =
      R"(<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>)";
  std::string sheet = "<worksheet><sheetData/></worksheet>";
  std::vector<Entry> further = {};

  [[nodiscard]] std::vector<Entry> entries() const {
    std::vector<Entry> all = {
        {"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", root_relationships},
        {"xl/workbook.xml", workbook},       {"xl/_rels/workbook.xml.rels", relationships},
        {"xl/strings.xml", strings},         {"xl/styles.xml", styles},
        {"xl/worksheets/one.xml", sheet}};
    all.insert(all.end(), further.begin(), further.end());
    return all;
  }

  [[nodiscard]] std::string bytes(Packing packing = Packing::deflated) const {
    return pack(entries(), Instant(0), packing).value();
  }

  /// With these rows: `<row>…</row>`.
  [[nodiscard]] static TestPackage with_rows(std::string_view rows, std::string_view after = "") {
    TestPackage package;
    package.sheet = "<worksheet><sheetData>" + std::string(rows) + "</sheetData>" +
                    std::string(after) + "</worksheet>";
    return package;
  }
};

}  // namespace sj::sheet
