// The commands of the tool `pomai`: each prints what it finds to stdout.
//
//   pomai::Status status = pomai::tool::Info({"/data/items"});
//
// One thread.
#pragma once

#include <span>
#include <string>

#include "core/base/status.h"

namespace pomai::tool {

using Arguments = std::span<const std::string>;

// inspect.cc: DB [MEMBRANE]
Status Info(Arguments arguments);
// Not ok when something is wrong.
Status Check(Arguments arguments);
// Without opening the DB, so also beside a process that has it open.
Status DumpManifest(Arguments arguments);
Status DumpLog(Arguments arguments);

// vectors.cc
Status Import(Arguments arguments);   // DB FILE.fvecs [MEMBRANE] [METRIC]
Status Search(Arguments arguments);   // DB FILE.fvecs [K] [MEMBRANE]
Status Bench(Arguments arguments);    // DB [ROWS] [DIMENSIONS]
Status Backup(Arguments arguments);   // DB FOLDER
Status Restore(Arguments arguments);  // BACKUP DB

}  // namespace pomai::tool
