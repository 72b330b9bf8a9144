// Inserting rows: prepare, assign, encode, append to the shard's tail.
//
//   InsertRow row{.id = tid, .vector = values};
//   POMAI_RETURN_IF_ERROR(Insert(store, sealed, cache, key, {&row, 1}));
//
// Visible to every snapshot taken after it returns. The first row with a
// vector settles the dimensions of a membrane that has none yet.
#pragma once

#include <cstdint>
#include <span>

#include "core/engine/snapshot.h"

namespace pomai {

struct InsertRow {
  uint64_t id = 0;
  std::span<const float> vector;  // empty: NULL
};

// InvalidArgument ("expected 100 dimensions, not 3") before anything is
// written when a length differs. After another error some rows may be in.
// `tail_rows` (may be null): rows in the fullest tail that was written to,
// about.
Status Insert(PageStore* store, PageLock sealed, ViewCache* cache, uint64_t key,
              std::span<const InsertRow> rows, uint64_t* tail_rows = nullptr);

}  // namespace pomai
