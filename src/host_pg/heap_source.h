// HeapSource: exact distances from the heap's rows, as one scan sees them.
//
//   POMAI_RETURN_IF_ERROR(source.Open(heap, index, context));
//   source.SetQuery(Metric::kL2, query, snapshot);
//   POMAI_RETURN_IF_ERROR(source.Measure(ids, exact));
//   ...
//   POMAI_RETURN_IF_ERROR(source.Close());
//
// Reads through a fetch and slot of its own, never the scan's, and with a copy
// of the address: fetching moves it along the HOT chain. Rows are read in the
// order of their blocks. Holds no pin when Measure returns; the caller holds no
// page lock, because index expressions and detoasting run in here.
//
// One scan, under pg::Entry. What it allocates from the server lies in
// `context`; after an error it is simply forgotten with the context.
#pragma once

#include <span>
#include <vector>

#include "core/base/metric.h"
#include "core/host/vector_source.h"
#include "src/host_pg/toast_reader.h"
#include "src/pg/server.h"
#include "src/pg/vector_decoder.h"

namespace pomai {

class HeapSource : public VectorSource {
 public:
  // `heap` and `index` stay open until Close. Does nothing when open.
  Status Open(Relation heap, Relation index, MemoryContext context);
  // `query` lives as long as it is used; empty: no row has a distance.
  void SetQuery(Metric metric, std::span<const float> query,
                ::Snapshot snapshot);
  Status Measure(std::span<const uint64_t> ids,
                 std::span<ExactDistance> out) override;
  // Gives back what Open took. Without it the context has to go.
  Status Close();

 private:
  // These raise the server's errors and own nothing.
  void OpenRaw(MemoryContext context);
  void OpenExpression();
  void MeasureRaw(std::span<const uint64_t> ids, std::span<ExactDistance> out);
  void PrefetchRaw(std::span<const uint64_t> ids);
  ExactDistance MeasureRow(uint64_t id);
  Datum IndexedValue(bool* is_null);
  void CloseRaw();

  Relation heap_ = nullptr;
  Relation index_ = nullptr;
  IndexFetchTableData* fetch_ = nullptr;
  TupleTableSlot* slot_ = nullptr;
  AttrNumber column_ = InvalidAttrNumber;  // of the heap; 0: an expression
  IndexInfo* index_info_ = nullptr;        // with an expression only
  EState* executor_ = nullptr;             // with an expression only
  MemoryContext context_ = nullptr;
  MemoryContext row_context_ = nullptr;
  bool prefetch_ = false;
  pg::VectorDecoder decoder_;
  ToastReader toast_;

  Metric metric_ = Metric::kL2;
  std::span<const float> query_;
  ::Snapshot snapshot_ = nullptr;
  std::vector<uint32_t> order_;  // of the ids, by block
};

}  // namespace pomai
