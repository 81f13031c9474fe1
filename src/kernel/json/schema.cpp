#include "kernel/json/schema.h"

namespace sj::json {

void describe(Writer& out, Of<Id> /*of*/) {
  out.raw(R"({"type":"string","pattern":"^[1-9][0-9]{0,18}$"})");
}
void describe(Writer& out, Of<Day> /*of*/) {
  out.raw(R"({"type":"string","format":"date"})");
}
void describe(Writer& out, Of<Moment> /*of*/) {
  out.raw(R"({"type":"string","format":"date-time"})");
}
void describe(Writer& out, Of<Raw> /*of*/) {
  out.raw("{}");
}
void describe(Writer& out, Of<RawObject> /*of*/) {
  out.raw(R"({"type":"object","additionalProperties":true})");
}
void describe(Writer& out, Of<std::string> /*of*/) {
  out.raw(R"({"type":"string"})");
}
void describe(Writer& out, Of<Lines> /*of*/) {
  describe(out, Of<std::string>{});
}
void describe(Writer& out, Of<Exact> /*of*/) {
  describe(out, Of<std::string>{});
}
void describe(Writer& out, Of<std::int64_t> /*of*/) {
  out.raw(R"({"type":"integer","format":"int64"})");
}
void describe(Writer& out, Of<int> /*of*/) {
  out.raw(R"({"type":"integer","format":"int32"})");
}
void describe(Writer& out, Of<bool> /*of*/) {
  out.raw(R"({"type":"boolean"})");
}
void describe(Writer& out, Of<double> /*of*/) {
  out.raw(R"({"type":"number"})");
}
void describe(Writer& out, Of<std::vector<std::pair<std::string, std::int64_t>>> /*of*/) {
  out.raw(R"({"type":"object","additionalProperties":{"type":"integer","format":"int64"}})");
}

}  // namespace sj::json
