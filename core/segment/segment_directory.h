// SegmentDirectory: where the lists of a segment are, in memory. Immutable like
// the segment, so views keep it (8 bytes a list) and hand it on.
//
//   POMAI_ASSIGN_OR_RETURN(SegmentDirectory directory,
//                          SegmentDirectory::Load(store, ref, lock));
//   ListRange range = directory.List(7);
//
// Any number of threads.
#pragma once

#include <algorithm>
#include <memory>

#include "core/segment/segment.h"

namespace pomai {

class SegmentDirectory {
 public:
  // Corruption when a list does not follow the one before it.
  static Result<SegmentDirectory> Load(PageStore* store, const SegmentRef& ref,
                                       PageLock lock);
  // The same of a later manifest's reference to the segment, which may have
  // left more lists to others.
  SegmentDirectory For(const SegmentRef& later) const;

  // The rows of a list of the codebook; none when the segment does not cover
  // it or has left it to another.
  ListRange List(uint32_t list) const {
    if (list < first_live_list_ || list >= end_list_) return {};
    return Entry(list);
  }
  ListRange WithoutDistance() const { return Entry(end_list_); }
  // Rows of the lists [first, end) that the segment has.
  uint32_t RowsIn(uint32_t first, uint32_t end) const {
    first = std::max(first, first_live_list_);
    end = std::min(end, end_list_);
    if (first >= end) return 0;
    return At(end).row - At(first).row;
  }
  // Rows before this one belong to other segments.
  uint32_t first_live_row() const { return At(first_live_list_).row; }
  // Rows from there on, dead ones too.
  uint32_t live_rows() const {
    return At(end_list_ + 1).row - first_live_row();
  }

 private:
  struct Start {
    uint32_t block;
    uint32_t row;
  };

  // `list`: up to two past the last.
  const Start& At(uint32_t list) const { return starts_[list - first_list_]; }
  ListRange Entry(uint32_t list) const {
    const Start& start = At(list);
    return {start.block, start.row, At(list + 1).row - start.row};
  }

  uint32_t first_list_ = 0;
  uint32_t first_live_list_ = 0;
  uint32_t end_list_ = 0;
  std::shared_ptr<const Start[]> starts_;  // lists + 2
};

}  // namespace pomai
