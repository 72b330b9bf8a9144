// Copies of immutable files.
//
//   POMAI_RETURN_IF_ERROR(LinkOrCopy(files, "a/image-7", "backup/image-7"));
//
// Any thread. The folder of the copy is not synced.
#pragma once

#include <string>

#include "core/host_file/file_system.h"

namespace pomai {

// Bytes, synced.
Status CopyFile(FileSystem* files, const std::string& from,
                const std::string& to);
// A hard link; a copy where there can be none (another device).
Status LinkOrCopy(FileSystem* files, const std::string& from,
                  const std::string& to);

}  // namespace pomai
