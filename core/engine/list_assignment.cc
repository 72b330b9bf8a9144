#include "core/engine/list_assignment.h"

#include <algorithm>

#include "core/engine/defaults.h"

namespace pomai {
namespace {

// From so many vectors on making an assigner pays, or using the one there is.
constexpr size_t kManyVectors = 128;
constexpr size_t kSomeVectors = 16;
// Larger codebooks are not kept in each inserting process.
constexpr size_t kMostFloats = size_t{16} << 20;

}  // namespace

ListAssignment::~ListAssignment() {
  if (many_ == nullptr) return;
  cache_->PutAssigner(key_, view_.meta.build_id, codebook_.version(),
                      std::move(many_));
}

Status ListAssignment::FindAssigner(size_t count) {
  if (codebook_.version() == 0 || count < kSomeVectors) return Status::Ok();
  if (size_t{codebook_.list_count()} * codebook_.dimensions() > kMostFloats) {
    return Status::Ok();
  }
  if (many_ != nullptr) return Status::Ok();
  many_ = cache_->TakeAssigner(key_, view_.meta.build_id, codebook_.version());
  if (many_ != nullptr || count < kManyVectors) return Status::Ok();
  POMAI_ASSIGN_OR_RETURN(
      Centroids centroids,
      Codebook::LoadCentroids(store_, codebook_.extent(), sealed_));
  many_ = std::make_shared<BatchAssigner>(std::move(centroids));
  return Status::Ok();
}

Status ListAssignment::Assign(const float* vectors, size_t count) {
  lists_.resize(count);
  POMAI_RETURN_IF_ERROR(FindAssigner(count));
  const size_t dimensions = codebook_.dimensions();
  // One by one they are ranked among all lists.
  const size_t step =
      many_ == nullptr ? 16 : RowsPerPoll(codebook_.dimensions());
  for (size_t first = 0; first < count; first += step) {
    if (first > 0) POMAI_RETURN_IF_ERROR(store_->Poll());
    const size_t end = std::min(first + step, count);
    if (many_ != nullptr) {
      many_->assigner.Assign(vectors + first * dimensions,
                             static_cast<uint32_t>(end - first),
                             lists_.data() + first);
      continue;
    }
    for (size_t i = first; i < end; ++i) {
      POMAI_ASSIGN_OR_RETURN(
          lists_[i],
          codebook_.Assign(store_, sealed_, vectors + i * dimensions));
    }
  }
  return Status::Ok();
}

Result<const float*> ListAssignment::Centroid(size_t n) {
  const size_t dimensions = codebook_.dimensions();
  if (many_ != nullptr) {
    return static_cast<const float*>(many_->centroids.lists.data() +
                                     lists_[n] * dimensions);
  }
  POMAI_RETURN_IF_ERROR(
      codebook_.ReadCentroid(&reader_, lists_[n], centroid_.data()));
  return static_cast<const float*>(centroid_.data());
}

}  // namespace pomai
