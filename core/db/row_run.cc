#include "core/db/row_run.h"

#include <cstring>

namespace pomai {

uint32_t RowRun::Add(uint64_t id, uint64_t sequence,
                     std::span<const float> vector) {
  const uint32_t at = rows_;
  if (at % kChunkRows == 0) {
    chunks_.push_back(
        {std::make_unique<RowOf[]>(kChunkRows),
         std::make_unique<float[]>(size_t{kChunkRows} * dimensions_)});
  }
  const auto [entry, is_new] = newest_.try_emplace(id, at);
  const uint32_t before = is_new ? kNone : entry->second;
  Row(at) = {id, sequence, kNotDeleted, before};
  std::memcpy(
      chunks_.back().vectors.get() + size_t{at % kChunkRows} * dimensions_,
      vector.data(), vector.size_bytes());
  entry->second = at;
  ++rows_;
  return at;
}

uint32_t RowRun::Newest(uint64_t id) const {
  const auto entry = newest_.find(id);
  return entry == newest_.end() ? kNone : entry->second;
}

uint64_t RowRun::bytes() const {
  constexpr uint64_t kIndexBytes = 48;  // a node of newest_, about
  const uint64_t row = sizeof(RowOf) + uint64_t{dimensions_} * sizeof(float);
  return chunks_.size() * kChunkRows * row + newest_.size() * kIndexBytes;
}

}  // namespace pomai
