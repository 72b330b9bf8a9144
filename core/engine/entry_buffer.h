// EntryBuffer: entries in memory on their way into segments, sorted by list and
// id; and the writing of segments from them.
//
//   EntryBuffer buffer(record_size);
//   buffer.Add(list, id, record); ...
//   buffer.AddWithoutDistance(id);
//   POMAI_RETURN_IF_ERROR(buffer.WriteSegments(host, space, target, &refs));
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/engine/maintenance_host.h"
#include "core/engine/space.h"

namespace pomai {

// Where segments go.
struct SegmentTarget {
  uint32_t shard = 0;
  uint64_t codebook_version = 0;
  uint32_t lists = 1;       // of the codebook
  uint64_t piece_rows = 0;  // rows of a segment, about
};

// Hands the rows of a segment to `add`, in list order.
using EntryFeed = std::function<Status(
    const std::function<Status(uint32_t list, uint64_t id,
                               std::span<const uint8_t> record)>& add)>;

// Writes one segment of the lists from `first_list` on. `list_rows`: as
// SegmentWriter::Plan takes it; `feed` counts lists from the codebook's first.
Result<SegmentRef> WriteSegment(const MaintenanceHost& host, Space* space,
                                const SegmentTarget& target,
                                uint32_t first_list,
                                std::span<const uint32_t> list_rows,
                                const EntryFeed& feed);

class EntryBuffer {
 public:
  explicit EntryBuffer(uint32_t record_size) : record_size_(record_size) {}

  // Room for `rows` entries: growing copies all of them, which takes long.
  void Reserve(uint64_t rows);
  void Add(uint32_t list, uint64_t id, const uint8_t* record);
  void AddWithoutDistance(uint64_t id) { without_distance_.push_back(id); }

  // Writes everything, in pieces of lists side by side. Once.
  Status WriteSegments(const MaintenanceHost& host, Space* space,
                       const SegmentTarget& target,
                       std::vector<SegmentRef>* refs);

 private:
  struct Entry {
    uint32_t list;
    uint32_t record;  // number in records_
    uint64_t id;
  };

  Status Sort(PageStore* store, uint32_t lists);

  uint32_t record_size_;
  std::vector<Entry> entries_;
  std::vector<uint8_t> records_;
  std::vector<uint64_t> without_distance_;
};

}  // namespace pomai
