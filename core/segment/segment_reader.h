// SegmentReader: the rows of one segment, for one search, vacuum or check.
//
//   SegmentReader reader(store, shape, &ref, PageLock::kPin);
//   ListRange range = directory.List(7);
//   POMAI_ASSIGN_OR_RETURN(const uint8_t* block,
//                          reader.Block(range.first_block));
//
// Each section has its own position, so a block and a refine row may be held
// side by side. Pointers are valid until the next call for the same section or
// Release. Aborted when a page was recycled, Corruption when bytes are wrong.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/segment/segment.h"

namespace pomai {

class SegmentReader {
 public:
  // `ref` must outlive the reader.
  SegmentReader(PageStore* store, const CodeShape& shape, const SegmentRef* ref,
                PageLock lock);

  const SegmentRef& ref() const { return *ref_; }

  Result<const uint8_t*> Block(uint32_t block);
  Result<const uint8_t*> RefineRow(uint32_t row) { return RefineRows(row, 1); }
  // One after the other.
  Result<const uint8_t*> RefineRows(uint32_t first, uint32_t count);
  // Hints that these will be asked for.
  void PrefetchBlocks(uint32_t first, uint32_t count);
  void PrefetchRefineRow(uint32_t row);
  Result<uint64_t> Id(uint32_t row);
  Status Ids(uint32_t first, uint32_t count, uint64_t* ids);
  // Read from its page each time, never remembered.
  Result<bool> IsDead(uint32_t row);
  // Bit i of it: row first + i, for up to 32 rows.
  Result<uint32_t> DeadBits(uint32_t first, uint32_t count);
  // How many of the rows [first, first + count) are dead.
  Result<uint32_t> CountDead(uint32_t first, uint32_t count);
  // Ids and dead flags of rows [first, first + count), for passes over all.
  Status Rows(uint32_t first, uint32_t count, std::vector<uint64_t>* ids,
              std::vector<bool>* dead);
  // Compares the header page with the manifest's ref.
  Status CheckHeader();
  // Lets all pages go.
  void Release();

 private:
  CodeShape shape_;
  const SegmentRef* ref_;
  ExtentReader header_;
  ExtentReader blocks_;
  ExtentReader refine_;
  ExtentReader ids_;
  ExtentReader dead_;
};

// Sets the dead bits of `rows` (rising), one change a bitmap page, none where
// all are set already. Returns how many were not set before. The caller holds
// the maintenance lock and no page of the segment.
Result<uint64_t> MarkDead(PageStore* store, const SegmentRef& ref,
                          std::span<const uint32_t> rows);

}  // namespace pomai
