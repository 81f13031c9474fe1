#include "kernel/desk/chain.h"

namespace sj::desk::chain {

Canonical& Canonical::add(std::string_view part) {
  text_ += std::to_string(part.size());
  text_ += ':';
  text_ += part;
  text_ += ',';
  return *this;
}

Canonical& Canonical::add_maybe(const std::optional<std::string_view>& part) {
  if (part) return add(*part);
  text_ += "-,";
  return *this;
}

std::string head_text(std::int64_t area, std::int64_t school, const Head& head) {
  Canonical canonical;
  canonical.add("head").add(area).add(school).add(head.seq).add(head.hash);
  return canonical.text();
}

const std::string& zeros() {
  static const std::string bytes(Sha256{}.size(), '\0');
  return bytes;
}

Sha256 hash_of(Hasher& hasher, std::string_view previous, const Row& row) {
  Canonical canonical;
  canonical.add(row.area).add(row.school).add(row.seq).add(row.id).add(row.at_ms);
  canonical.add(row.actor_kind).add(row.actor_account).add(row.actor_person);
  canonical.add(row.action).add(row.subject_kind).add(row.subject).add(row.detail);
  canonical.add(row.person).add_maybe(row.personal);
  if (row.unit != 0) canonical.add(row.unit).add(row.rows);
  return hasher.hash({previous, canonical.text()});
}

Sha256 hash_of(Hasher& hasher, std::string_view previous, const Checkpoint& row) {
  Canonical canonical;
  canonical.add(row.area).add(row.day).add(row.chains).add(row.heads);
  return hasher.hash({previous, canonical.text()});
}

}  // namespace sj::desk::chain
