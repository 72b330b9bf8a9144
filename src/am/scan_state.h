// ScanState: one index scan: where its pages, its rows and its query come from,
// and the cursor that puts them in order.
//
//   scan->opaque = ScanState::Create(index);
//   pg::Entry([&] { return state->Next(scan, &found); });
//   pg::Entry([&] { return state->Close(); });
//   state->Destroy();
//
// Lives in a memory context of its own. When the scan ends by an error, nobody
// calls Close: the context goes, and its callback runs the destructor, which
// frees C++ memory and leaves pins and locks to the end of the transaction.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/search_cursor.h"
#include "src/am/scan.h"
#include "src/host_pg/heap_source.h"
#include "src/host_pg/relation_store.h"
#include "src/pg/server.h"

namespace pomai::am {

class ScanState {
 public:
  // In a new child of CurrentMemoryContext. Raises the server's errors; call
  // it where no C++ frame is below.
  static ScanState* Create(Relation index);
  // Frees everything. After Close, or to drop it all after an error.
  void Destroy() { MemoryContextDelete(context_); }

  // The next call of Next starts a new search.
  void Restart();
  // Moves `scan` to its next row, or sets `*found` to false.
  Status Next(IndexScanDesc scan, bool* found);
  // Gives back what was taken from the server.
  Status Close();

 private:
  ScanState(Relation index, MemoryContext context)
      : index_(index), context_(context), store_(index) {}
  ~ScanState() { store_.Abandon(); }

  Status Open(IndexScanDesc scan);
  Status OpenCursor(IndexScanDesc scan);
  Status ReadQuery(IndexScanDesc scan);
  void Note();

  Relation index_;
  MemoryContext context_;
  MemoryContextCallback callback_ = {};
  RelationStore store_;
  HeapSource source_;
  std::vector<float> query_;
  bool returned_row_ = false;
  std::unique_ptr<SearchCursor> cursor_;  // uses all of the above
};

}  // namespace pomai::am
