#include "core/engine/reencoder.h"

#include <cstring>

#include "core/engine/defaults.h"

namespace pomai {

Reencoder::Reencoder(const CodeShape& shape, const Centroids* centroids,
                     EntryBuffer* buffer)
    : shape_(shape),
      centroids_(centroids),
      buffer_(buffer),
      batch_rows_(RowsPerPoll(shape.dimensions)),
      assigner_(centroids),
      encoder_(shape),
      vectors_(batch_rows_ * shape.dimensions),
      old_records_(batch_rows_ * shape.record_size()),
      lists_(batch_rows_),
      record_(shape.record_size()) {}

void Reencoder::Add(uint64_t id, const uint8_t* record,
                    const float* old_centroid) {
  const size_t n = ids_.size();
  surpluses_.push_back(DecodeVector(shape_, record, old_centroid,
                                    vectors_.data() + n * shape_.dimensions));
  std::memcpy(old_records_.data() + n * record_.size(), record, record_.size());
  ids_.push_back(id);
}

Status Reencoder::Finish(PageStore* store) {
  POMAI_RETURN_IF_ERROR(store->Poll());
  if (ids_.empty()) return Status::Ok();
  assigner_.Assign(vectors_.data(), static_cast<uint32_t>(ids_.size()),
                   lists_.data());
  POMAI_RETURN_IF_ERROR(store->Poll());
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
  return Status::Ok();
}

}  // namespace pomai
