#pragma once

#include "app/demo_district.h"
#include "org/import.h"

namespace sj::app {

/// The demo district in the form in which every roster arrives, so that it is stored by the same
/// import as a real one.
[[nodiscard]] org::Incoming incoming_of(const DemoDistrict& district, LocalDay on);

}  // namespace sj::app
