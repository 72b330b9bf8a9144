// RowSource: exact distances from a query to the rows that one snapshot sees;
// the VectorSource of a search in a membrane.
//
//   RowSource source(metric, query, &tables, snapshot->sequence());
//   auto cursor = SearchCursor::Open(store, ..., &source);
//   source.IdOf(hit.id, &id);
//
// One search, one thread.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/metric.h"
#include "core/db/row_table.h"
#include "core/host/vector_source.h"

namespace pomai {

using RowTables = std::vector<std::unique_ptr<RowTable>>;

class RowSource : public VectorSource {
 public:
  // All must outlive it. `tables`: one a shard.
  RowSource(Metric metric, std::span<const float> query,
            const RowTables* tables, uint64_t sequence)
      : metric_(metric), query_(query), tables_(tables), sequence_(sequence) {}

  Status Measure(std::span<const uint64_t> numbers,
                 std::span<ExactDistance> out) override;
  // The id of row `number`. False when the snapshot does not see it.
  bool IdOf(uint64_t number, uint64_t* id) const;

 private:
  void MeasureShard(const RowTable& table, std::span<const uint64_t> numbers,
                    std::span<const size_t> places,
                    std::span<ExactDistance> out);

  Metric metric_;
  std::span<const float> query_;
  const RowTables* tables_;
  uint64_t sequence_;
  std::unordered_map<uint64_t, uint64_t> ids_;  // of rows that were measured
};

}  // namespace pomai
