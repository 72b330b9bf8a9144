// RowShape: what the rows of one shard have in common; and StoredRows: a row
// file as a membrane's MANIFEST names it. Plain values.
//
//   RowShape shape{.dimensions = 128, .shard = 3, .shards = 4};
//   shape.NumberOf(7);   // 31: the number of the shard's row 7
#pragma once

#include <cstdint>
#include <vector>

#include "core/host_file/stored_file.h"

namespace pomai {

inline constexpr uint64_t kNoRow = ~0ull;
// The deleted sequence of a row that is not deleted.
inline constexpr uint64_t kNotDeleted = ~0ull;

struct RowShape {
  uint32_t dimensions = 0;
  uint32_t shard = 0;
  uint32_t shards = 1;

  uint64_t NumberOf(uint64_t counter) const { return counter * shards + shard; }
  bool Owns(uint64_t number) const { return number % shards == shard; }
};

struct StoredRows {
  StoredFile file;
  std::vector<StoredFile> logs;  // that have some of the vectors
  uint64_t first_number = 0;
  uint64_t last_number = 0;
  uint64_t rows = 0;
};

}  // namespace pomai
