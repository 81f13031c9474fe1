#include "org/name_keys.h"

#include <algorithm>

#include "kernel/text/pinyin.h"
#include "kernel/text/unicode.h"

namespace sj::org {
namespace {

const sql::Statement kDelete{"DELETE FROM org_name_key WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kInsert{
    "INSERT INTO org_name_key (area_id, key, person_id) VALUES ($1, $2, $3)"};

constexpr std::size_t kEndings = 3;  // of a longer name the first endings do

std::string without_blanks(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return text;
}

}  // namespace

std::string search_key(std::string_view typed) {
  return without_blanks(text::fold(typed));
}

std::vector<std::string> name_keys(std::string_view name) {
  const std::string folded = search_key(name);
  std::vector<std::string> keys;
  if (folded.empty()) return keys;
  keys.push_back(folded);
  std::size_t endings = 0;
  for (std::size_t i = 1; i < folded.size() && endings < kEndings; ++i) {
    const bool begins_character = (static_cast<unsigned char>(folded[i]) & 0xc0U) != 0x80U;
    // Endings of a name in letters would only be noise.
    if (!begins_character || static_cast<unsigned char>(folded[i]) < 0x80U) continue;
    keys.push_back(folded.substr(i));
    ++endings;
  }
  keys.push_back(without_blanks(text::pinyin(name)));
  keys.push_back(text::pinyin_initials(name));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  keys.erase(std::remove(keys.begin(), keys.end(), std::string()), keys.end());
  return keys;
}

Result<void> put_name_keys(sql::Writer& store,
                           std::int64_t area,
                           std::int64_t person,
                           std::string_view name) {
  static_cast<void>(SJ_TRY(store.run(kDelete, {area, person})));
  const std::vector<std::string> keys = name_keys(name);
  static_cast<void>(SJ_TRY(
      store.run_many(kInsert, keys.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        binds.emplace_back(area);
        binds.emplace_back(keys[i]);
        binds.emplace_back(person);
      })));
  return {};
}

}  // namespace sj::org
