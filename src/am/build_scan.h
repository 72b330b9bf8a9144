// BuildScan: reads the table's rows for a build: as the server does for any
// index (live and recently dead rows, the predicate, expressions, HOT chains),
// decoded into floats.
//
//   BuildScan scan(heap, index, index_info);
//   POMAI_RETURN_IF_ERROR(scan.Open(dimensions));
//   POMAI_RETURN_IF_ERROR(scan.All(&visitor));
//
// Rows come in the order of the heap unless another scan is joined (Share).
// Backend thread.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/status.h"
#include "src/pg/vector_decoder.h"

namespace pomai::am {

// What a scan hands its rows to.
class RowVisitor {
 public:
  virtual ~RowVisitor() = default;
  // Whether row `id` is wanted; if not, it is not decoded.
  virtual bool Wants(uint64_t id, bool is_null) = 0;
  // `vector` is empty for NULL and valid during the call.
  virtual Status Visit(uint64_t id, std::span<const float> vector) = 0;
};

class BuildScan {
 public:
  BuildScan(Relation heap, Relation index, IndexInfo* index_info)
      : heap_(heap), index_(index), index_info_(index_info) {}

  // `dimensions`: what every vector must have; 0: what the first one has.
  Status Open(uint32_t dimensions);
  // Every row, from block 0 on. Reports the blocks done.
  Status All(RowVisitor* visitor);
  // The rows of `count` blocks.
  Status Blocks(BlockNumber first, uint32_t count, RowVisitor* visitor);
  // This process's share of a parallel scan (which it ends), or with null every
  // row in any order. `progress`: whether to report the blocks done.
  Status Share(TableScanDesc scan, bool progress, RowVisitor* visitor);

  Relation heap() const { return heap_; }
  // 0 while no vector has been decoded and none was given.
  uint32_t dimensions() const { return dimensions_; }
  bool broken_hot_chain() const { return index_info_->ii_BrokenHotChain; }
  // Live rows met by the last of the above: what the table counts.
  double table_rows() const { return table_rows_; }

 private:
  friend class RowCall;
  Status Decode(Datum value, pg::DecodedVector* vector);
  Status Range(bool progress, BlockNumber first, BlockNumber count,
               RowVisitor* visitor);
  Status Row(uint64_t id, Datum value, bool is_null, RowVisitor* visitor);

  Relation heap_;
  Relation index_;
  IndexInfo* index_info_;
  pg::VectorDecoder decoder_;
  MemoryContext row_context_ = nullptr;
  uint32_t dimensions_ = 0;
  double table_rows_ = 0;
};

}  // namespace pomai::am
