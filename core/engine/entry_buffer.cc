#include "core/engine/entry_buffer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/fault_point.h"
#include "core/segment/segment_writer.h"

namespace pomai {
namespace {

constexpr size_t kRowsPerPoll = 1024;

}  // namespace

Result<SegmentRef> WriteSegment(const MaintenanceHost& host, Space* space,
                                const SegmentTarget& target,
                                uint32_t first_list,
                                std::span<const uint32_t> list_rows,
                                const EntryFeed& feed) {
  const CodeShape shape = space->snapshot().view->meta.shape();
  SegmentRef ref = SegmentWriter::Plan(
      shape, target.shard, target.codebook_version, first_list, list_rows);
  POMAI_ASSIGN_OR_RETURN(
      ref.extent,
      space->Allocate(PageKind::kSegment, SegmentWriter::PlannedPages(ref)));
  SegmentWriter writer(host.store, shape, &ref, list_rows);
  uint64_t rows = 0;
  POMAI_RETURN_IF_ERROR(
      feed([&](uint32_t list, uint64_t id, std::span<const uint8_t> record) {
        if (++rows % 1024 == 0) host.Report("writing", rows, ref.rows);
        if (rows == ref.rows / 2) POMAI_FAULT_POINT("half-written");
        return writer.Add(list - first_list, id, record);
      }));
  POMAI_RETURN_IF_ERROR(writer.Finish());
  ref.squared_residuals = writer.squared_residuals();
  return ref;
}

void EntryBuffer::Reserve(uint64_t rows) {
  entries_.reserve(rows);
  records_.reserve(rows * record_size_);
}

void EntryBuffer::Add(uint32_t list, uint64_t id, const uint8_t* record) {
  entries_.push_back({list, static_cast<uint32_t>(entries_.size()), id});
  records_.insert(records_.end(), record, record + record_size_);
}

// By list, then by id: by counting, since a sort of millions in one go would
// not see a cancel.
Status EntryBuffer::Sort(PageStore* store, uint32_t lists) {
  constexpr size_t kEntriesPerPoll = 1u << 16;
  std::vector<size_t> end(size_t{lists} + 1);  // at first: begin
  for (const Entry& entry : entries_) ++end[entry.list + 1];
  std::partial_sum(end.begin(), end.end(), end.begin());
  std::vector<Entry> sorted(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (i % kEntriesPerPoll == 0) POMAI_RETURN_IF_ERROR(store->Poll());
    sorted[end[entries_[i].list]++] = entries_[i];
  }
  entries_ = std::move(sorted);
  size_t polled = 0;
  for (uint32_t list = 0; list < lists; ++list) {
    const size_t begin = list == 0 ? 0 : end[list - 1];
    std::sort(entries_.begin() + static_cast<long>(begin),
              entries_.begin() + static_cast<long>(end[list]),
              [](const Entry& a, const Entry& b) { return a.id < b.id; });
    if (end[list] - polled < kEntriesPerPoll) continue;
    polled = end[list];
    POMAI_RETURN_IF_ERROR(store->Poll());
  }
  return Status::Ok();
}

Status EntryBuffer::WriteSegments(const MaintenanceHost& host, Space* space,
                                  const SegmentTarget& target,
                                  std::vector<SegmentRef>* refs) {
  POMAI_RETURN_IF_ERROR(Sort(host.store, target.lists));
  std::sort(without_distance_.begin(), without_distance_.end());
  size_t at = 0;
  for (uint32_t list = 0; list < target.lists;) {
    const uint32_t first_list = list;
    const size_t begin = at;
    std::vector<uint32_t> list_rows;
    while (list < target.lists &&
           (at - begin < target.piece_rows || at == entries_.size())) {
      const size_t list_begin = at;
      while (at < entries_.size() && entries_[at].list == list) ++at;
      list_rows.push_back(static_cast<uint32_t>(at - list_begin));
      ++list;
    }
    const bool last = list == target.lists;
    list_rows.push_back(last ? static_cast<uint32_t>(without_distance_.size())
                             : 0);
    if (at == begin && list_rows.back() == 0) continue;
    POMAI_RETURN_IF_ERROR(host.store->Poll());
    POMAI_ASSIGN_OR_RETURN(
        SegmentRef ref,
        WriteSegment(host, space, target, first_list, list_rows,
                     [&](const auto& add) -> Status {
                       for (size_t i = begin; i < at; ++i) {
                         if (i % kRowsPerPoll == kRowsPerPoll - 1) {
                           POMAI_RETURN_IF_ERROR(host.store->Poll());
                         }
                         const Entry& entry = entries_[i];
                         const size_t offset =
                             size_t{entry.record} * record_size_;
                         POMAI_RETURN_IF_ERROR(
                             add(entry.list, entry.id,
                                 {records_.data() + offset, record_size_}));
                       }
                       if (!last) return Status::Ok();
                       for (const uint64_t id : without_distance_) {
                         POMAI_RETURN_IF_ERROR(add(target.lists, id, {}));
                       }
                       return Status::Ok();
                     }));
    refs->push_back(std::move(ref));
  }
  return Status::Ok();
}

}  // namespace pomai
