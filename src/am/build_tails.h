// TailFiller: puts rows into the tails of an index that is being built, for a
// table in which no vector tells the dimensions yet: all rows are NULL.
//
//   TailFiller filler(&store);
//   POMAI_RETURN_IF_ERROR(scan.All(&filler));
//   POMAI_RETURN_IF_ERROR(filler.Finish());
//
// A vector that appears meanwhile (CREATE INDEX CONCURRENTLY) settles the
// dimensions, as with any insert. Backend thread.
#pragma once

#include <vector>

#include "core/engine/insert_batch.h"
#include "src/am/build_scan.h"
#include "src/host_pg/relation_store.h"

namespace pomai::am {

class TailFiller : public RowVisitor {
 public:
  // `store` must outlive it.
  explicit TailFiller(RelationStore* store) : store_(store) {}

  bool Wants(uint64_t, bool) override { return true; }
  Status Visit(uint64_t id, std::span<const float> vector) override;
  // Writes what is batched.
  Status Finish();
  uint64_t rows() const { return rows_; }

 private:
  RelationStore* store_;
  ViewCache cache_;
  InsertBatch batch_;
  uint64_t rows_ = 0;
};

}  // namespace pomai::am
