// RowApplier: carries operations of a log out: into the rows of a shard and
// into the engine's tails. What the shard's thread does with a write, and
// recovery with a log.
//
//   RowApplier applier(store, cache, rows);
//   POMAI_RETURN_IF_ERROR(applier.Apply(record.sequence, record.body));
//   POMAI_RETURN_IF_ERROR(applier.Flush());
//
// One thread.
#pragma once

#include <cstdint>
#include <span>

#include "core/db/row_table.h"
#include "core/engine/insert_batch.h"
#include "core/host_file/file_store.h"

namespace pomai {

// Each membrane has a cache of its own, so one key serves all.
inline constexpr uint64_t kViewKey = 1;

class RowApplier {
 public:
  // All must outlive it.
  RowApplier(FileStore* store, ViewCache* cache, RowTable* rows)
      : store_(store), cache_(cache), rows_(rows) {}

  // Rows may wait to be added to a tail together with later ones. `offset`: of
  // `body` in the log that the table's run began with; 0: they are not to stay
  // there.
  Status Apply(uint64_t sequence, std::span<const uint8_t> body,
               uint64_t offset = 0);
  // Everything that was applied is in the tails. After an error rows are
  // missing there, and nothing may be published.
  Status Flush();
  // Whether a tail that was written to last is to be sealed.
  bool tail_is_full() const { return outcome_.tail_load > 0; }

 private:
  FileStore* store_;
  ViewCache* cache_;
  RowTable* rows_;
  InsertBatch batch_;
  InsertOutcome outcome_;
};

}  // namespace pomai
