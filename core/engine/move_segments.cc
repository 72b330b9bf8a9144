// MoveSegments and SealTail: entries get lists of the current codebook, are
// sorted in memory and written into segments.

#include <algorithm>
#include <optional>

#include "core/base/fault_point.h"
#include "core/engine/centroid_reader.h"
#include "core/engine/entry_buffer.h"
#include "core/engine/entry_reader.h"
#include "core/engine/maintenance_steps.h"
#include "core/engine/reencoder.h"
#include "core/segment/segment_writer.h"

namespace pomai {
namespace {

constexpr uint64_t kRowsPerPoll = 256;

// Takes entries of any codebook and writes segments of the current one.
class Mover {
 public:
  Mover(const MaintenanceHost& host, Space* space, uint32_t shard)
      : host_(host),
        space_(space),
        view_(*space->snapshot().view),
        shape_(view_.meta.shape()),
        buffer_(shape_.record_size()),
        old_centroids_(host, view_) {
    const Manifest& manifest = view_.manifest;
    target_.shard = shard;
    target_.codebook_version = manifest.current_codebook();
    if (!manifest.codebooks.empty()) {
      target_.lists = manifest.codebooks.back().lists;
    }
    uint64_t rows = manifest.segment_rows();
    for (const TailState& tail : space->tails()) rows += tail.rows();
    target_.piece_rows = PieceRows(view_.meta.shape(), rows);
  }

  EntryBuffer& buffer() { return buffer_; }

  // The record was encoded for `list` of codebook `version`.
  Status Add(uint64_t version, uint32_t list, uint64_t id,
             const uint8_t* record) {
    if (version == target_.codebook_version) {
      buffer_.Add(list, id, record);
      return Status::Ok();
    }
    POMAI_RETURN_IF_ERROR(Prepare());
    POMAI_ASSIGN_OR_RETURN(const float* centroid,
                           old_centroids_.Read(version, list));
    reencoder_->Add(id, record, centroid);
    return Status::Ok();
  }
  // Whether it wants to be drained before the next Add.
  bool full() const { return reencoder_ && reencoder_->full(); }
  // No page is held.
  Status Drain() {
    return reencoder_ ? reencoder_->Finish(host_.store) : Status::Ok();
  }

  Status Write(std::vector<SegmentRef>* refs) {
    POMAI_RETURN_IF_ERROR(Drain());
    return buffer_.WriteSegments(host_, space_, target_, refs);
  }

 private:
  Status Prepare() {
    if (reencoder_) return Status::Ok();
    POMAI_ASSIGN_OR_RETURN(
        centroids_,
        Codebook::LoadCentroids(
            host_.store, view_.manifest.codebooks.back().extent, host_.sealed));
    reencoder_.emplace(shape_, &centroids_, &buffer_);
    return Status::Ok();
  }

  const MaintenanceHost& host_;
  Space* space_;
  const View& view_;
  CodeShape shape_;
  SegmentTarget target_;
  EntryBuffer buffer_;
  Centroids centroids_;
  std::optional<Reencoder> reencoder_;
  CentroidReader old_centroids_;
};

// Entries of which this many bytes of records fit into memory.
uint64_t RowsThatFit(const MaintenanceHost& host, const CodeShape& shape) {
  constexpr uint64_t kBytesBeside = 64;
  return std::max<uint64_t>(host.memory / (shape.record_size() + kBytesBeside),
                            1024);
}

class Move {
 public:
  Move(const MaintenanceHost& host, Space* space, const MaintenanceStep& step)
      : host_(host),
        space_(space),
        step_(step),
        view_(*space->snapshot().view),
        mover_(host, space, step.shard),
        rows_left_(RowsThatFit(host, view_.meta.shape())) {}

  Status Run() {
    Publication next(view_.manifest);
    uint64_t rows = 0;
    for (const size_t segment : step_.segments) {
      rows += view_.directories[segment].live_rows();
    }
    mover_.buffer().Reserve(std::min(rows, rows_left_));
    std::vector<size_t> gone;
    for (const size_t segment : step_.segments) {
      POMAI_ASSIGN_OR_RETURN(const uint32_t end, MoveOne(segment));
      SegmentRef& ref = next.manifest.segments[segment];
      if (end < ref.end_list()) {
        ref.live_from = end;
        break;
      }
      next.retired.push_back(ref.extent);
      gone.push_back(segment);
    }
    for (auto segment = gone.rbegin(); segment != gone.rend(); ++segment) {
      next.manifest.segments.erase(next.manifest.segments.begin() +
                                   static_cast<long>(*segment));
    }
    POMAI_RETURN_IF_ERROR(mover_.Write(&next.manifest.segments));
    return space_->Publish(std::move(next));
  }

 private:
  // Takes the lists of a segment as far as there is memory for; returns the
  // first that is left.
  Result<uint32_t> MoveOne(size_t segment) {
    const SegmentRef& ref = view_.manifest.segments[segment];
    EntryReader reader(host_, space_->snapshot());
    reader.AddSegment(segment);
    uint32_t list = ref.first_live_list();
    for (; list < ref.end_list(); ++list) {
      const uint32_t rows = view_.directories[segment].List(list).rows;
      if (rows > rows_left_ && moved_ > 0) return list;
      rows_left_ -= std::min<uint64_t>(rows, rows_left_);
      POMAI_RETURN_IF_ERROR(reader.ReadList(
          list, [&](uint64_t id, std::span<const uint8_t> record) {
            if (++moved_ % 1024 == 0) host_.Report("moving", moved_, 0);
            if (mover_.full()) {
              reader.Release();
              POMAI_RETURN_IF_ERROR(mover_.Drain());
            }
            return mover_.Add(ref.codebook_version, list, id, record.data());
          }));
      reader.Release();
    }
    std::vector<uint64_t> ids;
    POMAI_RETURN_IF_ERROR(reader.ReadWithoutDistance(ref.end_list(), &ids));
    reader.Release();
    for (const uint64_t id : ids) mover_.buffer().AddWithoutDistance(id);
    return list;
  }

  const MaintenanceHost& host_;
  Space* space_;
  const MaintenanceStep& step_;
  const View& view_;
  Mover mover_;
  uint64_t rows_left_;
  uint64_t moved_ = 0;
};

// The last extent of the tail that still fits into memory: the first at least.
TailCut CutThatFits(const TailState& tail, const TailCut& closed,
                    uint64_t rows_that_fit) {
  TailCut cut;
  uint64_t rows = 0;
  for (const TailExtentInfo& extent : tail.extents) {
    rows += extent.count;
    if (extent.id > closed.id || (cut.id != 0 && rows > rows_that_fit)) break;
    cut = {extent.directory, extent.id};
  }
  return cut;
}

}  // namespace

Status MoveSegments(const MaintenanceHost& host, Space* space,
                    const MaintenanceStep& step) {
  POMAI_FAULT_STEP("move");
  return Move(host, space, step).Run();
}

Status SealTail(const MaintenanceHost& host, uint32_t shard) {
  POMAI_FAULT_STEP("seal");
  POMAI_ASSIGN_OR_RETURN(const TailCut closed,
                         CloseTail(host.store, ShardBlock(shard), shard));
  if (closed.id == 0) return Status::Ok();
  POMAI_FAULT_POINT("closed");
  // After closing, so that it knows every page of the closed extents.
  POMAI_ASSIGN_OR_RETURN(
      auto space, Space::Open(host.store, host.sealed, host.cache, host.key));
  const View& view = *space->snapshot().view;
  const TailState& tail = space->tails()[shard];
  Publication next(view.manifest);
  next.cut_shard = shard;
  next.cut = CutThatFits(tail, closed, RowsThatFit(host, view.meta.shape()));
  TailView entries;
  POMAI_RETURN_IF_ERROR(
      entries.Load(host.store, tail.head, shard, host.sealed, next.cut->id));
  Mover mover(host, space.get(), shard);
  mover.buffer().Reserve(entries.size());
  uint64_t done = 0;
  for (const TailView::Entry& entry : entries.all()) {
    if (entry.list == kNoDistanceList) {
      mover.buffer().AddWithoutDistance(entry.id);
    } else {
      POMAI_ASSIGN_OR_RETURN(const uint8_t* record, entries.Record(entry));
      POMAI_RETURN_IF_ERROR(mover.Add(entries.CodebookVersion(entry),
                                      entry.list, entry.id, record));
    }
    if (++done % kRowsPerPoll != 0 && !mover.full()) continue;
    entries.Release();
    host.Report("sealing", done, entries.size());
    if (mover.full()) POMAI_RETURN_IF_ERROR(mover.Drain());
    POMAI_RETURN_IF_ERROR(host.store->Poll());
  }
  entries.Release();
  POMAI_RETURN_IF_ERROR(mover.Write(&next.manifest.segments));
  return space->Publish(std::move(next));
}

}  // namespace pomai
