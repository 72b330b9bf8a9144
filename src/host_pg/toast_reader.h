// ToastReader: values that are stored out of line, many one after the other.
//
//   ToastReader toast;
//   for (...) decoder.DecodeRaw(toast.FetchRaw(value, context), &row);
//   toast.UnpinRaw();
//   ...
//   toast.CloseRaw();
//
// The server opens the TOAST table, its index and a scan anew for each value,
// which costs as much as reading a vector's two or three pieces. This keeps
// them open from the first value to CloseRaw. The locks that it has taken make
// the server's own reading cheaper meanwhile, as a lock held already costs
// little to take once more.
//
// Raises the server's errors and owns nothing that they would leak: what is
// open belongs to the current resource owner and to the caller's context, which
// both end with an error. Between the first FetchRaw and CloseRaw the resource
// owner stays the same, as it does for the slots of a scan.
#pragma once

#include "src/pg/server.h"

namespace pomai {

class ToastReader {
 public:
  // `value`, a varlena, or a copy of it in CurrentMemoryContext when it is
  // stored out of line. Either may be compressed still. `context` keeps what
  // stays open.
  Datum FetchRaw(Datum value, MemoryContext context);
  // Lets the pins go.
  void UnpinRaw();
  void CloseRaw();

 private:
  void OpenRaw(Oid relation);
  bool Reads(const varatt_external& pointer) const;
  // Copies the piece in slot_ to where it belongs in the `size` bytes at `to`.
  void CopyPiece(int32 piece, int32 size, char* to);

  Relation table_ = nullptr;
  Relation* indexes_ = nullptr;
  int index_count_ = 0;
  IndexScanDesc scan_ = nullptr;
  ScanKeyData key_;
  TupleTableSlot* slot_ = nullptr;
  ::Snapshot snapshot_ = nullptr;
  SnapshotData snapshot_memory_;
};

}  // namespace pomai
