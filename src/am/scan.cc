// Index scans: rows in order of distance, as many as the executor asks for.

#include "src/am/callbacks.h"
#include "src/am/pending_inserts.h"
#include "src/am/scan_state.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

using namespace pomai;

namespace {

am::ScanState* StateOf(IndexScanDesc scan) {
  return static_cast<am::ScanState*>(scan->opaque);
}

}  // namespace

extern "C" IndexScanDesc pomai_begin_scan(Relation index, int keys,
                                          int order_bys) {
  IndexScanDesc scan = RelationGetIndexScan(index, keys, order_bys);
  scan->opaque = am::ScanState::Create(index);
  return scan;
}

extern "C" void pomai_rescan(IndexScanDesc scan, ScanKey keys, int,
                             ScanKey order_bys, int) {
  am::FlushPendingInserts();
  if (keys != nullptr && scan->numberOfKeys > 0) {
    memcpy(scan->keyData, keys, scan->numberOfKeys * sizeof(ScanKeyData));
  }
  if (order_bys != nullptr && scan->numberOfOrderBys > 0) {
    memcpy(scan->orderByData, order_bys,
           scan->numberOfOrderBys * sizeof(ScanKeyData));
  }
  StateOf(scan)->Restart();
}

extern "C" bool pomai_get_tuple(IndexScanDesc scan, ScanDirection direction) {
  Assert(ScanDirectionIsForward(direction));
  (void)direction;
  bool found = false;
  pg::Entry([&] { return StateOf(scan)->Next(scan, &found); });
  scan->xs_recheck = false;
  scan->xs_recheckorderby = false;
  return found;
}

extern "C" void pomai_end_scan(IndexScanDesc scan) {
  pg::Entry([&] { return StateOf(scan)->Close(); });
  StateOf(scan)->Destroy();
}
