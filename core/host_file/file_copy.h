// Copies of immutable files, and of folders of them.
//
//   POMAI_RETURN_IF_ERROR(LinkOrCopy(files, "a/image-7", "backup/image-7"));
//
// Any thread. The folder of a copied file is not synced.
#pragma once

#include <functional>
#include <string>

#include "core/host_file/file_system.h"

namespace pomai {

// Bytes, synced.
Status CopyFile(FileSystem* files, const std::string& from,
                const std::string& to);
// A hard link; a copy where there can be none (another device).
Status LinkOrCopy(FileSystem* files, const std::string& from,
                  const std::string& to);
// The folder `path`, which must not exist, with what `fill` puts into the
// folder it is given: durable and complete, or not there. An error or a crash
// leaves <path>.part.
Status MakeFolder(FileSystem* files, const std::string& path,
                  const std::function<Status(const std::string&)>& fill);

}  // namespace pomai
