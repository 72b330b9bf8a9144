#include "core/engine/row_walk.h"

#include <algorithm>
#include <utility>

namespace pomai {
namespace {

constexpr uint64_t kBatchRows = 1024;

}  // namespace

RowWalk::RowWalk(PageStore* store, PageLock sealed, Snapshot snapshot,
                 Rows rows)
    : store_(store),
      sealed_(sealed),
      snapshot_(std::move(snapshot)),
      rows_(rows) {}

Result<bool> RowWalk::Next(uint64_t* id) {
  while (batch_.empty()) {
    POMAI_RETURN_IF_ERROR(store_->Poll());
    if (segment_ < snapshot_.view->manifest.segments.size()) {
      POMAI_RETURN_IF_ERROR(FillFromSegment());
    } else if (shard_ < snapshot_.tails.size()) {
      POMAI_RETURN_IF_ERROR(FillFromTail());
    } else {
      return false;
    }
  }
  *id = batch_.back();
  batch_.pop_back();
  return true;
}

Status RowWalk::FillFromSegment() {
  const SegmentRef& ref = snapshot_.view->manifest.segments[segment_];
  if (!row_known_) {
    // Rows without distance are the segment's last ones.
    row_ = rows_ == kAll
               ? snapshot_.view->directories[segment_].first_live_row()
               : ref.rows - ref.rows_without_distance;
    row_known_ = true;
  }
  const auto count =
      static_cast<uint32_t>(std::min(ref.rows - row_, kBatchRows));
  if (count == 0) {
    ++segment_;
    row_known_ = false;
    return Status::Ok();
  }
  SegmentReader reader(store_, snapshot_.view->meta.shape(), &ref, sealed_);
  std::vector<uint64_t> ids;
  std::vector<bool> dead;
  POMAI_RETURN_IF_ERROR(
      reader.Rows(static_cast<uint32_t>(row_), count, &ids, &dead));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!dead[i]) batch_.push_back(ids[i]);
  }
  row_ += count;
  return Status::Ok();
}

Status RowWalk::FillFromTail() {
  TailView tail;
  POMAI_RETURN_IF_ERROR(
      tail.Load(store_, snapshot_.tails[shard_], shard_, sealed_));
  const auto entries = rows_ == kAll ? tail.all() : tail.WithoutDistance();
  for (const TailView::Entry& entry : entries) batch_.push_back(entry.id);
  ++shard_;
  return Status::Ok();
}

}  // namespace pomai
