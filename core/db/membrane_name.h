// Names of membranes, and of the folders they are in.
//
//   POMAI_RETURN_IF_ERROR(CheckMembraneName("items"));
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "core/base/status.h"

namespace pomai {

// InvalidArgument unless it is [A-Za-z0-9_][A-Za-z0-9_-]{0,62}. So a folder
// whose name begins with a dot is never a membrane.
Status CheckMembraneName(std::string_view name);

// Folders of membranes that are being made, and that are going: removed by
// Open.
inline constexpr std::string_view kNewPrefix = ".new-";
inline constexpr std::string_view kDroppedPrefix = ".dropped-";
inline constexpr std::string_view kLockName = "LOCK";

}  // namespace pomai
