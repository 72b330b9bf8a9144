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
// Finding a value's pieces by the table's index takes as long as reading them.
// So where a value was is remembered by the process, and looked at first: the
// pieces there say themselves whose they are, and if they are another's or
// gone, the index is asked.
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
  // Copies the value's `size` bytes to `to`.
  void CopyByIndex(const varatt_external& pointer, int32 size, char* to);
  // The same from where it was found before; false if it is not known to be, or
  // is not, there.
  bool CopyFromPlace(const varatt_external& pointer, int32 size, char* to);
  // Copies pieces from `first` on that lie in `page`, in its places from `at`
  // on. Returns how many.
  int32 CopyFromPage(BlockNumber page, Buffer* recent, OffsetNumber at,
                     Oid value, int32 first, int32 size, char* to);
  // Copies `piece` to where it belongs in the `size` bytes at `to`; false if
  // `row` is not this piece, or damaged.
  bool CopyPiece(HeapTuple row, Oid value, int32 piece, int32 size, char* to);

  Relation table_ = nullptr;
  Relation* indexes_ = nullptr;
  int index_count_ = 0;
  IndexScanDesc scan_ = nullptr;
  ScanKeyData key_;
  TupleTableSlot* slot_ = nullptr;
  BlockNumber pages_ = 0;  // of the table, at least: it is locked
  ::Snapshot snapshot_ = nullptr;
  SnapshotData snapshot_memory_;
};

}  // namespace pomai
