#include "org/snapshot.h"

#include "kernel/base/check.h"

namespace sj::org {
namespace {

constexpr std::array<std::string_view, kSecrets> kNames = {
    "id_number", "student_no", "phone", "address", "health", "hardship", "left_behind", "custody"};

}  // namespace

std::string_view name_of(Secret secret) {
  return kNames.at(index_of(secret));
}

std::optional<Secret> secret_of(std::string_view name) {
  for (std::size_t i = 0; i < kSecrets; ++i) {
    if (kNames.at(i) == name) return static_cast<Secret>(i);
  }
  return std::nullopt;
}

bool finds_person(Secret secret) {
  return secret == Secret::id_number || secret == Secret::student_no || secret == Secret::phone;
}

std::optional<Number> same_number(Secret secret, std::string_view value) {
  if (value.empty()) return std::nullopt;
  if (secret == Secret::id_number) return Number{Secret::student_no, "G" + std::string(value)};
  if (secret != Secret::student_no || value.front() != 'G') return std::nullopt;
  return Number{Secret::id_number, std::string(value.substr(1))};
}

}  // namespace sj::org
