#include "pomai/write_batch.h"

namespace pomai {

void WriteBatch::Put(uint64_t id, std::span<const float> vector) {
  operations_.push_back(
      {id, floats_.size(), static_cast<uint32_t>(vector.size()), true});
  floats_.insert(floats_.end(), vector.begin(), vector.end());
}

void WriteBatch::Delete(uint64_t id) {
  operations_.push_back({id, floats_.size(), 0, false});
}

void WriteBatch::Clear() {
  operations_.clear();
  floats_.clear();
}

}  // namespace pomai
