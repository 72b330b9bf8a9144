#include "core/db/row_run.h"

#include <cstring>

namespace pomai {

uint32_t RowRun::Add(uint64_t id, uint64_t sequence,
                     std::span<const float> vector, uint64_t offset) {
  const uint32_t at = rows_;
  if (at % kChunkRows == 0) {
    chunks_.push_back({std::make_unique_for_overwrite<RowOf[]>(kChunkRows),
                       std::make_unique_for_overwrite<float[]>(
                           size_t{kChunkRows} * dimensions_)});
  }
  const uint64_t place = offset / sizeof(float);
  // Also where a log is longer than places reach.
  if (offset == 0 || place > UINT32_MAX) log_.clear();
  Row(at) = {id, sequence, kNotDeleted, newest_.Exchange(id, at),
             static_cast<uint32_t>(place)};
  std::memcpy(
      chunks_.back().vectors.get() + size_t{at % kChunkRows} * dimensions_,
      vector.data(), vector.size_bytes());
  ++rows_;
  return at;
}

uint64_t RowRun::bytes() const {
  const uint64_t row = sizeof(RowOf) + uint64_t{dimensions_} * sizeof(float);
  return chunks_.size() * kChunkRows * row + newest_.bytes();
}

}  // namespace pomai
