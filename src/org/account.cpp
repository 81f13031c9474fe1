#include "org/account.h"

#include "kernel/auth/secret.h"
#include "kernel/text/text.h"

namespace sj::org {
namespace {

constexpr std::size_t kUsernameMin = 3;
constexpr std::size_t kUsernameMax = 40;
constexpr std::size_t kGroup = 4;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<std::string> normalise_username(std::string_view typed) {
  std::string name(text::trim(typed));
  bool good = name.size() >= kUsernameMin && name.size() <= kUsernameMax;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    good = good && (is_alphanumeric(c) || c == '.' || c == '_' || c == '-');
  }
  if (good && is_alphanumeric(name.front())) return name;
  return Error{ErrorKind::invalid, "org.bad_username",
               "username: 3 to 40 of a-z 0-9 . _ -, beginning with a letter or digit"};
}

std::string make_first_password(Entropy& entropy) {
  const std::string letters = auth::make_code(entropy) + auth::make_code(entropy);
  return letters.substr(0, kGroup) + "-" + letters.substr(kGroup, kGroup) + "-" +
         letters.substr(2 * kGroup, kGroup);
}

Result<void> decide_account(const AccountState& state) {
  if (!state.is_staff) {
    return Error{ErrorKind::conflict, "org.not_staff", "person_id: nobody on the staff today"};
  }
  if (state.is_own) {
    return Error{ErrorKind::conflict, "org.own_account", "use POST /api/session/password"};
  }
  if (!state.giver_arranges_area && !state.owner_within_reach) {
    return Error{ErrorKind::forbidden, "org.above_own_rights",
                 "the owner holds roles where you give none"};
  }
  return {};
}

}  // namespace sj::org
