// RowWalk: the live rows of a snapshot in storage order, without any distance:
// all of them, or those that have none.
//
//   RowWalk walk(store, sealed, snapshot, RowWalk::kWithoutDistance);
//   while (...) { POMAI_ASSIGN_OR_RETURN(bool more, walk.Next(&id)); ... }
//
// Holds no page when a call returns. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/segment/segment_reader.h"

namespace pomai {

class RowWalk {
 public:
  enum Rows : uint8_t { kAll, kWithoutDistance };

  // `store` must outlive it.
  RowWalk(PageStore* store, PageLock sealed, Snapshot snapshot, Rows rows);

  // False after the last row.
  Result<bool> Next(uint64_t* id);

 private:
  Status FillFromSegment();
  Status FillFromTail();

  PageStore* store_;
  PageLock sealed_;
  Snapshot snapshot_;
  Rows rows_;
  size_t segment_ = 0;
  uint64_t row_ = 0;
  bool row_known_ = false;
  uint32_t shard_ = 0;
  std::vector<uint64_t> batch_;  // handed out from the back
};

}  // namespace pomai
