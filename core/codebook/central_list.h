// CentralList: the list of the rows that are nearest to the mean of all, which
// every search scans first.
//
//   CentralList central(centroids);
//   if (central.Holds(vector)) list = central.number();
//
// Of vectors in many dimensions those near the mean are neighbours of far more
// others than the rest: hubs (Radovanovic, Nanopoulos and Ivanovic, "Hubs in
// Space", JMLR 11, 2010). Each would lie in some list of rows that are farther
// from most of the queries it is near to, and all of these would miss it.
// docs/tuning.md has the measurements. Immutable; any number of threads.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/codebook/training.h"
#include "core/kernel/distance.h"

namespace pomai {

class CentralList {
 public:
  // None.
  CentralList() = default;
  // That of `centroids`, if there is one. Copies its centroid.
  explicit CentralList(const Centroids& centroids)
      : reach_(centroids.central_reach), number_(centroids.list_count() - 1) {
    if (exists()) {
      centroid_.assign(centroids.lists.end() - centroids.dimensions,
                       centroids.lists.end());
    }
  }
  CentralList(float reach, uint32_t number, std::vector<float> centroid)
      : reach_(reach), number_(number), centroid_(std::move(centroid)) {}

  bool exists() const { return reach_ > 0; }
  uint32_t number() const { return number_; }
  // `vector`: rotated (normalised under cosine).
  bool Holds(const float* vector) const {
    return exists() && kernel::SquaredL2(vector, centroid_.data(),
                                         centroid_.size()) <= reach_;
  }

 private:
  float reach_ = 0;
  uint32_t number_ = 0;
  std::vector<float> centroid_;
};

}  // namespace pomai
