#include "core/db/row_run.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace pomai {

uint32_t RowRun::Add(uint64_t id, uint64_t sequence,
                     std::span<const float> vector) {
  const uint32_t at = rows_;
  if (at % kChunkRows == 0) {
    chunks_.push_back(std::make_unique_for_overwrite<RowOf[]>(kChunkRows));
  }
  if (at % slab_rows_ == 0) AddSlab();
  Row(at) = {id, sequence, kNotDeleted, newest_.Exchange(id, at)};
  std::memcpy(slabs_.back().get() + size_t{at % slab_rows_} * dimensions_,
              vector.data(), vector.size_bytes());
  ++rows_;
  return at;
}

// Huge pages, since a table that grows fast would spend more time on faults of
// small ones than on copying; but the first one as rows come, for small tables.
void RowRun::AddSlab() {
  Slab slab(static_cast<float*>(std::aligned_alloc(kSlabBytes, kSlabBytes)));
  if (slab == nullptr) throw std::bad_alloc();
  // Only a hint: it may be refused.
  if (!slabs_.empty()) madvise(slab.get(), kSlabBytes, MADV_HUGEPAGE);
  slabs_.push_back(std::move(slab));
}

uint64_t RowRun::bytes() const {
  return chunks_.size() * kChunkRows * sizeof(RowOf) +
         uint64_t{rows_} * dimensions_ * sizeof(float) + newest_.bytes();
}

}  // namespace pomai
