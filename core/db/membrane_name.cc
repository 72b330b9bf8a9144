#include "core/db/membrane_name.h"

#include <algorithm>

namespace pomai {
namespace {

constexpr size_t kMaxLength = 63;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

Status CheckMembraneName(std::string_view name) {
  if (!name.empty() && name.size() <= kMaxLength && name[0] != '-' &&
      name != kLockName &&
      std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return Status::Ok();
  }
  return Status::InvalidArgument(
      "a membrane's name is 1 to 63 letters, digits, '_' and '-', not first: "
      "not \"" +
      std::string(name) + "\"");
}

}  // namespace pomai
