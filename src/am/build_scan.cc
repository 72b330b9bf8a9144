#include "src/am/build_scan.h"

#include <string>

#include "src/host_pg/tuple_id.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {

// What the server passes back to the callback.
class RowCall {
 public:
  RowCall(BuildScan* scan, RowVisitor* visitor)
      : scan_(scan), visitor_(visitor) {}

  // An IndexBuildCallback.
  static void Call(Relation, ItemPointer tid, Datum* values, bool* is_null,
                   bool, void* state) {
    auto* call = static_cast<RowCall*>(state);
    call->tid_ = tid;
    ErrorContextCallback context = {error_context_stack, NameRow, call};
    error_context_stack = &context;
    pg::Entry([&] {
      return call->scan_->Row(TupleId(*tid), values[0], is_null[0],
                              call->visitor_);
    });
    error_context_stack = context.previous;
  }

  // Which of a table's rows it is that no index takes.
  static void NameRow(void* state) {
    auto* call = static_cast<RowCall*>(state);
    errcontext("row (%u,%u) of table \"%s\"",
               ItemPointerGetBlockNumber(call->tid_),
               ItemPointerGetOffsetNumber(call->tid_),
               RelationGetRelationName(call->scan_->heap()));
  }

 private:
  BuildScan* scan_;
  RowVisitor* visitor_;
  ItemPointer tid_ = nullptr;  // of the row that is under way
};

Status BuildScan::Open(uint32_t dimensions) {
  dimensions_ = dimensions;
  POMAI_RETURN_IF_ERROR(decoder_.Open(index_));
  return pg::Call([&]() noexcept {
    row_context_ = AllocSetContextCreate(CurrentMemoryContext, "pomai row",
                                         ALLOCSET_DEFAULT_SIZES);
  });
}

Status BuildScan::All(RowVisitor* visitor) {
  return Range(true, 0, InvalidBlockNumber, visitor);
}

Status BuildScan::Blocks(BlockNumber first, uint32_t count,
                         RowVisitor* visitor) {
  return Range(false, first, count, visitor);
}

Status BuildScan::Share(TableScanDesc scan, bool progress,
                        RowVisitor* visitor) {
  RowCall call(this, visitor);
  return pg::Call([&]() noexcept {
    table_rows_ = table_index_build_scan(heap_, index_, index_info_, true,
                                         progress, &RowCall::Call, &call, scan);
  });
}

Status BuildScan::Range(bool progress, BlockNumber first, BlockNumber count,
                        RowVisitor* visitor) {
  RowCall call(this, visitor);
  return pg::Call([&]() noexcept {
    table_rows_ = table_index_build_range_scan(
        heap_, index_, index_info_, false, false, progress, first, count,
        &RowCall::Call, &call, nullptr);
  });
}

Status BuildScan::Row(uint64_t id, Datum value, bool is_null,
                      RowVisitor* visitor) {
  if (!visitor->Wants(id, is_null)) return Status::Ok();
  if (is_null) return visitor->Visit(id, {});
  pg::DecodedVector vector;
  POMAI_RETURN_IF_ERROR(Decode(value, &vector));
  POMAI_RETURN_IF_ERROR(visitor->Visit(id, vector.span()));
  MemoryContextReset(row_context_);
  return Status::Ok();
}

Status BuildScan::Decode(Datum value, pg::DecodedVector* vector) {
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    MemoryContext old = MemoryContextSwitchTo(row_context_);
    decoder_.DecodeRaw(value, vector);
    MemoryContextSwitchTo(old);
  }));
  if (dimensions_ == 0) dimensions_ = vector->dimensions;
  if (vector->dimensions == dimensions_) return Status::Ok();
  return Status::InvalidArgument("expected " + std::to_string(dimensions_) +
                                 " dimensions, not " +
                                 std::to_string(vector->dimensions));
}

}  // namespace pomai::am
