// MergeSegments: the same codebook, other segments: codes are copied.

#include <algorithm>

#include "core/base/fault_point.h"
#include "core/engine/entry_buffer.h"
#include "core/engine/entry_reader.h"
#include "core/engine/maintenance_steps.h"
#include "core/segment/segment_writer.h"

namespace pomai {
namespace {

class Merge {
 public:
  Merge(const MaintenanceHost& host, Space* space, const MaintenanceStep& step)
      : host_(host),
        space_(space),
        step_(step),
        view_(*space->snapshot().view),
        reader_(host, space->snapshot()) {}

  Status Run() {
    for (const size_t segment : step_.segments) reader_.AddSegment(segment);
    POMAI_RETURN_IF_ERROR(CountLists());
    POMAI_RETURN_IF_ERROR(
        reader_.ReadWithoutDistance(end_, &without_distance_));
    list_rows_.push_back(static_cast<uint32_t>(without_distance_.size()));
    Publication next(view_.manifest);
    TakeAway(&next);
    if (rows_ + without_distance_.size() > 0) {
      POMAI_ASSIGN_OR_RETURN(SegmentRef ref, Write());
      next.manifest.segments.push_back(std::move(ref));
    }
    return space_->Publish(std::move(next));
  }

 private:
  // Finds where the piece ends: where a large segment does, if possible, which
  // is then used up; otherwise its pages would stay for the rest of it.
  Status CountLists() {
    const uint64_t wanted =
        PieceRows(view_.meta.shape(), view_.manifest.segment_rows());
    for (end_ = step_.first_list; end_ < step_.end_list; ++end_) {
      if (rows_ >= 2 * wanted) break;
      if (rows_ >= wanted / 2 && EndsLargeSegment(end_, wanted / 4)) break;
      POMAI_ASSIGN_OR_RETURN(const uint32_t rows, reader_.Count(end_));
      list_rows_.push_back(rows);
      rows_ += rows;
    }
    return Status::Ok();
  }

  bool EndsLargeSegment(uint32_t list, uint64_t least_rows) const {
    return std::any_of(
        step_.segments.begin(), step_.segments.end(), [&](size_t segment) {
          return view_.manifest.segments[segment].end_list() == list &&
                 view_.directories[segment].live_rows() >= least_rows;
        });
  }

  Result<SegmentRef> Write() {
    const auto& first = view_.manifest.segments[step_.segments[0]];
    SegmentTarget target;
    target.shard = step_.shard;
    target.codebook_version = first.codebook_version;
    return WriteSegment(
        host_, space_, target, step_.first_list, list_rows_,
        [this](const auto& add) -> Status {
          for (uint32_t list = step_.first_list; list < end_; ++list) {
            POMAI_RETURN_IF_ERROR(reader_.ReadList(
                list, [&](uint64_t id, std::span<const uint8_t> record) {
                  return add(list, id, record);
                }));
          }
          for (const uint64_t id : without_distance_) {
            POMAI_RETURN_IF_ERROR(add(end_, id, {}));
          }
          return Status::Ok();
        });
  }

  void TakeAway(Publication* next) const {
    std::vector<SegmentRef> kept;
    for (size_t i = 0; i < view_.manifest.segments.size(); ++i) {
      SegmentRef ref = view_.manifest.segments[i];
      const bool merged =
          std::find(step_.segments.begin(), step_.segments.end(), i) !=
          step_.segments.end();
      if (merged && ref.end_list() <= end_) {
        next->retired.push_back(ref.extent);
        continue;
      }
      if (merged) ref.live_from = std::max(ref.live_from, end_);
      kept.push_back(std::move(ref));
    }
    next->manifest.segments = std::move(kept);
  }

  const MaintenanceHost& host_;
  Space* space_;
  const MaintenanceStep& step_;
  const View& view_;
  EntryReader reader_;
  uint32_t end_ = 0;  // of the piece's lists
  uint64_t rows_ = 0;
  std::vector<uint32_t> list_rows_;
  std::vector<uint64_t> without_distance_;
};

}  // namespace

Status MergeSegments(const MaintenanceHost& host, Space* space,
                     const MaintenanceStep& step) {
  POMAI_FAULT_STEP("merge");
  return Merge(host, space, step).Run();
}

}  // namespace pomai
