// SegmentDirectory: where the lists of a segment are, in memory. Immutable like
// the segment, so views keep it (8 bytes a list).
//
//   POMAI_ASSIGN_OR_RETURN(SegmentDirectory directory,
//                          SegmentDirectory::Load(store, ref, lock));
//   ListRange range = directory.List(7);
//
// Any number of threads.
#pragma once

#include <algorithm>
#include <vector>

#include "core/segment/segment.h"

namespace pomai {

class SegmentDirectory {
 public:
  // Corruption when a list does not follow the one before it.
  static Result<SegmentDirectory> Load(PageStore* store, const SegmentRef& ref,
                                       PageLock lock);

  // The rows of a list of the codebook; none when the segment does not cover
  // it or has left it to another.
  ListRange List(uint32_t list) const {
    if (list < first_live_list_ || list >= end_list_) return {};
    return Entry(list - first_list_);
  }
  ListRange WithoutDistance() const { return Entry(end_list_ - first_list_); }
  // Rows of the lists [first, end) that the segment has.
  uint32_t RowsIn(uint32_t first, uint32_t end) const {
    first = std::max(first, first_live_list_);
    end = std::min(end, end_list_);
    if (first >= end) return 0;
    return starts_[end - first_list_].row - starts_[first - first_list_].row;
  }
  // Rows before this one belong to other segments.
  uint32_t first_live_row() const {
    return starts_[first_live_list_ - first_list_].row;
  }
  // Rows from there on, dead ones too.
  uint32_t live_rows() const { return starts_.back().row - first_live_row(); }

 private:
  ListRange Entry(uint32_t entry) const {
    const Start& start = starts_[entry];
    return {start.block, start.row, starts_[entry + 1].row - start.row};
  }

  struct Start {
    uint32_t block;
    uint32_t row;
  };
  uint32_t first_list_ = 0;
  uint32_t first_live_list_ = 0;
  uint32_t end_list_ = 0;
  std::vector<Start> starts_;  // lists + 2
};

}  // namespace pomai
