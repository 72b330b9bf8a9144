// SegmentDirectory: where the lists of a segment are, in memory. Immutable like
// the segment, so views keep it (8 bytes a list).
//
//   POMAI_ASSIGN_OR_RETURN(SegmentDirectory directory,
//                          SegmentDirectory::Load(store, ref, lock));
//   ListRange range = directory.List(7);
//
// Any number of threads.
#pragma once

#include <vector>

#include "core/segment/segment.h"

namespace pomai {

class SegmentDirectory {
 public:
  // Corruption when a list does not follow the one before it.
  static Result<SegmentDirectory> Load(PageStore* store, const SegmentRef& ref,
                                       PageLock lock);

  // `list` <= the segment's lists; its last are the rows without distance.
  ListRange List(uint32_t list) const {
    const Start& start = starts_[list];
    return {start.block, start.row, starts_[list + 1].row - start.row};
  }

 private:
  struct Start {
    uint32_t block;
    uint32_t row;
  };
  std::vector<Start> starts_;  // lists + 2
};

}  // namespace pomai
