#include "org/detail.h"

#include <map>

#include "kernel/json/writer.h"

namespace sj::org {

std::string object_of(std::initializer_list<std::pair<std::string_view, std::string>> members) {
  const std::map<std::string_view, std::string> sorted(members.begin(), members.end());
  json::Writer out;
  out.begin_object();
  for (const auto& [key, value] : sorted) out.key(key).value(std::string_view(value));
  out.end_object();
  return out.take();
}

}  // namespace sj::org
