// EntryReader: the live entries of some segments, list by list, as records.
//
//   EntryReader reader(host, snapshot);
//   reader.AddSegment(3);
//   POMAI_RETURN_IF_ERROR(reader.ReadList(7, [&](id, record) { ... }));
//
// All segments of one codebook. Dead entries are left out. Polls: nobody else
// holds a page. The maintenance lock is held, so nobody marks entries dead
// meanwhile. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/maintenance_host.h"
#include "core/segment/segment_reader.h"

namespace pomai {

class EntryReader {
 public:
  using Visitor =
      std::function<Status(uint64_t id, std::span<const uint8_t> record)>;

  // Both must outlive it.
  EntryReader(const MaintenanceHost& host, const Snapshot& snapshot);

  // `segment`: index into the manifest's.
  void AddSegment(size_t segment);

  // Live entries of a list.
  Result<uint32_t> Count(uint32_t list);
  // In the order of segments; the record is a copy, valid during the call.
  // Pages are held then, unless the visitor calls Release.
  Status ReadList(uint32_t list, const Visitor& visit);
  // Ids of live rows without distance, of segments whose lists end at
  // `end_list` or before. Lets all pages go.
  Status ReadWithoutDistance(uint32_t end_list, std::vector<uint64_t>* ids);
  // Lets all pages go.
  void Release();

 private:
  struct Source {
    size_t segment;
    std::unique_ptr<SegmentReader> reader;
  };

  const SegmentDirectory& DirectoryOf(const Source& source) const {
    return snapshot_.view->directories[source.segment];
  }
  Status ReadSegmentList(Source* source, uint32_t list, const Visitor& visit);
  // `count` rows of a block into records_ and ids_; returns which are dead.
  Result<uint32_t> ReadBlock(SegmentReader* reader, uint32_t block,
                             uint32_t first_row, uint32_t count);
  // After so many more. Lets the pages go, if it polls.
  Status PollSometimes(uint32_t rows);

  const MaintenanceHost& host_;
  const Snapshot& snapshot_;
  CodeShape shape_;
  std::vector<Source> segments_;
  std::vector<uint8_t> records_;
  uint64_t ids_[kBlockCodes];
  uint64_t rows_since_poll_ = 0;
};

}  // namespace pomai
