#include "src/host_pg/heap_source.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/kernel/distance.h"
#include "src/host_pg/tuple_id.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai {

Status HeapSource::Open(Relation heap, Relation index, MemoryContext context) {
  if (fetch_ != nullptr) return Status::Ok();
  heap_ = heap;
  index_ = index;
  return pg::Call([&]() noexcept { OpenRaw(context); });
}

void HeapSource::OpenRaw(MemoryContext context) {
  MemoryContext before = MemoryContextSwitchTo(context);
  context_ = context;
  row_context_ =
      AllocSetContextCreate(context, "pomai heap row", ALLOCSET_DEFAULT_SIZES);
  decoder_.OpenRaw(index_);
  column_ = index_->rd_index->indkey.values[0];
  if (column_ == InvalidAttrNumber) OpenExpression();
  const bool is_heap = heap_->rd_tableam == GetHeapamTableAmRoutine();
  prefetch_ = is_heap &&
              get_tablespace_io_concurrency(heap_->rd_rel->reltablespace) > 0;
  slot_ = table_slot_create(heap_, nullptr);
  fetch_ = table_index_fetch_begin(heap_);
  MemoryContextSwitchTo(before);
}

void HeapSource::OpenExpression() {
  index_info_ = BuildIndexInfo(index_);
  executor_ = CreateExecutorState();
  GetPerTupleExprContext(executor_)->ecxt_scantuple = nullptr;
}

Status HeapSource::Close() {
  if (fetch_ == nullptr) return Status::Ok();
  return pg::Call([&]() noexcept { CloseRaw(); });
}

void HeapSource::CloseRaw() {
  toast_.CloseRaw();
  table_index_fetch_end(fetch_);
  fetch_ = nullptr;
  ExecDropSingleTupleTableSlot(slot_);
  slot_ = nullptr;
  if (executor_ != nullptr) FreeExecutorState(executor_);
  executor_ = nullptr;
  index_info_ = nullptr;
}

void HeapSource::SetQuery(Metric metric, std::span<const float> query,
                          ::Snapshot snapshot) {
  metric_ = metric;
  query_ = query;
  snapshot_ = snapshot;
}

// One guard for all rows; everything that needs a destructor is made before it.
Status HeapSource::Measure(std::span<const uint64_t> ids,
                           std::span<ExactDistance> out) {
  order_.resize(ids.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(),
            [ids](uint32_t a, uint32_t b) { return ids[a] < ids[b]; });
  return pg::Call([&]() noexcept { MeasureRaw(ids, out); });
}

void HeapSource::MeasureRaw(std::span<const uint64_t> ids,
                            std::span<ExactDistance> out) {
  if (prefetch_) PrefetchRaw(ids);
  MemoryContext before = MemoryContextSwitchTo(row_context_);
  for (const uint32_t row : order_) {
    CHECK_FOR_INTERRUPTS();
    out[row] = MeasureRow(ids[row]);
    MemoryContextReset(row_context_);
  }
  MemoryContextSwitchTo(before);
  // Lets the pins go.
  toast_.UnpinRaw();
  ExecClearTuple(slot_);
  table_index_fetch_reset(fetch_);
}

// Where this process has read nothing since it last came here, the rows are in
// memory too, most likely, and looking them up ahead would only cost time.
void HeapSource::PrefetchRaw(std::span<const uint64_t> ids) {
  static int64 reads_before = -1;
  const int64 reads = pgBufferUsage.shared_blks_read;
  if (std::exchange(reads_before, reads) == reads) return;
  BlockNumber last = InvalidBlockNumber;
  for (const uint32_t row : order_) {
    const BlockNumber block = TupleBlock(ids[row]);
    if (block != last) PrefetchBuffer(heap_, MAIN_FORKNUM, block);
    last = block;
  }
}

ExactDistance HeapSource::MeasureRow(uint64_t id) {
  ItemPointerData address = TupleAddress(id);
  bool call_again = false;
  if (!table_index_fetch_tuple(fetch_, &address, snapshot_, slot_, &call_again,
                               nullptr)) {
    return {0, RowState::kGone};
  }
  bool is_null = true;
  const Datum value = IndexedValue(&is_null);
  if (is_null || query_.empty()) return {0, RowState::kNoDistance};
  pg::DecodedVector row;
  row.checked_before = true;
  decoder_.DecodeRaw(toast_.FetchRaw(value, context_), &row);
  if (row.dimensions != query_.size()) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("expected %zu dimensions, not %u", query_.size(),
                           row.dimensions)));
  }
  const double distance =
      kernel::Distance(metric_, query_.data(), row.elements, row.dimensions);
  if (std::isnan(distance)) return {0, RowState::kNoDistance};
  return {distance, RowState::kFound};
}

Datum HeapSource::IndexedValue(bool* is_null) {
  if (column_ != InvalidAttrNumber) {
    return slot_getattr(slot_, column_, is_null);
  }
  Datum values[INDEX_MAX_KEYS];
  bool nulls[INDEX_MAX_KEYS];
  ResetPerTupleExprContext(executor_);
  GetPerTupleExprContext(executor_)->ecxt_scantuple = slot_;
  FormIndexDatum(index_info_, slot_, executor_, values, nulls);
  *is_null = nulls[0];
  return values[0];
}

}  // namespace pomai
