// InsertBatch: rows on their way into the tails of their shards: prepared,
// assigned and encoded together, appended with one change for many rows.
//
//   InsertBatch batch;
//   batch.Add(tid, vector);                       // empty vector: NULL
//   InsertOutcome outcome;
//   POMAI_RETURN_IF_ERROR(batch.Apply(store, sealed, cache, key, &outcome));
//
// A row leaves the batch right after the change that publishes it. So when
// Apply fails, or throws for want of memory, those left are the ones that are
// not in the index, and Apply may be called again: no row is lost or there
// twice. Published rows are visible to every snapshot taken afterwards. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/snapshot.h"

namespace pomai {

struct InsertOutcome {
  // Of the fullest tail that was written to: how often TailLimit goes into its
  // rows, about. From 1 on it is to be sealed.
  uint64_t tail_load = 0;
};

class InsertBatch {
 public:
  // Copies `vector`.
  void Add(uint64_t id, std::span<const float> vector);
  // `vector` stays as it is until the row has left the batch.
  void Borrow(uint64_t id, std::span<const float> vector);

  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }
  // Memory it has taken. None once it is empty again.
  size_t bytes() const {
    return rows_.capacity() * sizeof(Row) + floats_.capacity() * sizeof(float);
  }

  // InvalidArgument ("expected 100 dimensions, not 3") before anything is
  // written when a length differs. The first row with a vector settles the
  // dimensions of a membrane that has none yet. The caller holds no page.
  // `view`: one whose pages cannot have been reused since it was taken, to
  // spare the look at the meta page; null: a new one is taken.
  Status Apply(PageStore* store, PageLock sealed, ViewCache* cache,
               uint64_t key, InsertOutcome* outcome,
               std::shared_ptr<const View> view = nullptr);

 private:
  struct Row {
    uint64_t id;
    const float* borrowed;  // nullptr: the vector is in floats_
    size_t offset;
    uint32_t dimensions;
    bool published;
  };
  friend class ShardInsert;

  std::span<const float> VectorOf(const Row& row) const {
    const float* own = floats_.data() + row.offset;
    return {row.borrowed != nullptr ? row.borrowed : own, row.dimensions};
  }
  Status CheckDimensions(uint32_t expected) const;
  // The first row's with a vector; 0: none has one.
  uint32_t FirstDimensions() const;
  void ForgetPublished() noexcept;

  std::vector<Row> rows_;
  std::vector<float> floats_;
};

// InvalidArgument as Apply would return it.
Status CheckVectorLength(uint32_t expected, size_t found);

}  // namespace pomai
