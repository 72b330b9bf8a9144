// Check: reads every page of an index and compares every count.
//
//   CheckReport report;
//   POMAI_RETURN_IF_ERROR(CheckMembrane(store, snapshot, &report));
//   for (const std::string& problem : report.problems) ...
//
// Read-only. Problems in the bytes are findings, not errors; only the host's
// failures (I/O, cancel) make the Status bad.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"

namespace pomai {

struct CheckReport {
  std::vector<std::string> problems;
  std::vector<uint64_t> live_ids;  // every entry that is not dead, unsorted
  uint64_t dead = 0;
  uint64_t pages = 0;       // of the store
  uint64_t used_pages = 0;  // that something names
};

// `progress`: pages read of the store's, now and then; may be empty.
Status CheckMembrane(
    PageStore* store, PageLock sealed, const Snapshot& snapshot,
    CheckReport* report,
    const std::function<void(const char*, uint64_t, uint64_t)>& progress = {});

}  // namespace pomai
