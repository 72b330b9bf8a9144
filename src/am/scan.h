// What the last index scan of this session did, for pomai_last_scan().
//
//   const LastScan& last = GetLastScan();
//   if (OidIsValid(last.index)) Report(last.stats);
#pragma once

#include "core/engine/search_cursor.h"
#include "src/pg/server.h"

namespace pomai::am {

struct LastScan {
  Oid index = InvalidOid;  // none yet
  SearchStats stats;
};

// Of the scan that returned a row, or ended, last.
const LastScan& GetLastScan();

}  // namespace pomai::am
