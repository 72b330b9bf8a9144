// SegmentWriter: writes a segment from entries that come in list order.
//
//   SegmentRef ref = SegmentWriter::Plan(shape, shard, version, 0, list_rows);
//   ref.extent = ...;                       // ref.extent.page_count() pages
//   SegmentWriter writer(store, shape, &ref, list_rows);
//   for (...) POMAI_RETURN_IF_ERROR(writer.Add(list, id, record));
//   POMAI_RETURN_IF_ERROR(writer.Finish());
//
// Streams: memory is a few pages and one block. The segment exists for readers
// once a manifest names it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/segment/segment.h"

namespace pomai {

// Rows of a segment, about, where a shard's entries are many: few enough that
// writing one anew needs little space beside `rows` in all.
uint64_t PieceRows(const CodeShape& shape, uint64_t rows);

class SegmentWriter {
 public:
  // `list_rows`: rows of each list from `first_list` on, lists + 1 numbers, the
  // last one for rows without distance. The result has no extent yet;
  // PlannedPages says how many pages it needs.
  static SegmentRef Plan(const CodeShape& shape, uint32_t shard,
                         uint64_t codebook_version, uint32_t first_list,
                         std::span<const uint32_t> list_rows);
  static uint32_t PlannedPages(const SegmentRef& ref);

  // `ref` (with its extent) and `list_rows` must outlive the writer.
  SegmentWriter(PageStore* store, const CodeShape& shape, const SegmentRef* ref,
                std::span<const uint32_t> list_rows);
  ~SegmentWriter();

  // The next row. Lists rise, counted from the segment's first; `record` has
  // shape.record_size() bytes, or none for list `lists`. Internal when the rows
  // do not follow `list_rows`.
  Status Add(uint32_t list, uint64_t id, std::span<const uint8_t> record);
  // Writes header, directory, an empty bitmap and the last pages. Internal when
  // rows are missing.
  Status Finish();
  // Sum over the rows so far; goes into the ref.
  double squared_residuals() const { return squared_residuals_; }

 private:
  Status AdvanceTo(uint32_t list);
  Status FlushBlock();
  Status WriteDirectory();
  Status WriteDeadBitmap();

  struct Streams;
  PageStore* store_;
  CodeShape shape_;
  const SegmentRef* ref_;
  std::span<const uint32_t> list_rows_;
  std::unique_ptr<Streams> streams_;
  uint32_t list_ = 0;
  uint32_t rows_in_list_ = 0;
  uint64_t rows_ = 0;
  double squared_residuals_ = 0;
  std::vector<uint8_t> pending_;  // records of the block being filled
  uint32_t pending_count_ = 0;
  std::vector<uint8_t> block_;
  std::vector<uint8_t> refine_row_;
};

}  // namespace pomai
