#include "core/engine/reencoder.h"

#include <cstring>

namespace pomai {
namespace {

// Rows the assigner gets at once.
constexpr size_t kBatchRows = 512;

}  // namespace

Reencoder::Reencoder(const CodeShape& shape, const Centroids* centroids,
                     EntryBuffer* buffer)
    : shape_(shape),
      centroids_(centroids),
      buffer_(buffer),
      assigner_(centroids),
      encoder_(shape),
      vectors_(kBatchRows * shape.dimensions),
      old_records_(kBatchRows * shape.record_size()),
      lists_(kBatchRows),
      record_(shape.record_size()) {}

void Reencoder::Add(uint64_t id, const uint8_t* record,
                    const float* old_centroid) {
  const size_t n = ids_.size();
  surpluses_.push_back(DecodeVector(shape_, record, old_centroid,
                                    vectors_.data() + n * shape_.dimensions));
  std::memcpy(old_records_.data() + n * record_.size(), record, record_.size());
  ids_.push_back(id);
  if (ids_.size() == kBatchRows) Finish();
}

void Reencoder::Finish() {
  if (ids_.empty()) return;
  assigner_.Assign(vectors_.data(), static_cast<uint32_t>(ids_.size()),
                   lists_.data());
  for (size_t i = 0; i < ids_.size(); ++i) {
    const float* centroid =
        centroids_->lists.data() + size_t{lists_[i]} * shape_.dimensions;
    encoder_.Encode(vectors_.data() + i * shape_.dimensions, centroid,
                    record_.data());
    InheritError(shape_, old_records_.data() + i * record_.size(),
                 surpluses_[i], record_.data());
    buffer_->Add(lists_[i], ids_[i], record_.data());
  }
  ids_.clear();
  surpluses_.clear();
}

}  // namespace pomai
