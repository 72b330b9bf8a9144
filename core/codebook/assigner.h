// Assigner: the nearest list of each of many vectors, through the nearest
// fifth of the parents (98 to 99.9 % the same list as an exhaustive search, a
// fifth of the work). For builds; a single row goes through Codebook::Assign.
//
//   Assigner assigner(&centroids);
//   assigner.Assign(vectors, count, lists.data());
//
// Holds scratch space: one per thread. `centroids` must outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/codebook/training.h"

namespace pomai {

class Assigner {
 public:
  explicit Assigner(const Centroids* centroids);

  // `vectors`: count x dimensions floats, rotated (normalised under cosine).
  // `lists`: count list numbers. Fastest for a few hundred vectors a call.
  void Assign(const float* vectors, uint32_t count, uint32_t* lists);

 private:
  const Centroids* centroids_;
  std::vector<float> list_norms_;    // half squared norms, or what ranks
  std::vector<float> parent_norms_;  // under the metric
  std::vector<float> scores_;
  std::vector<uint32_t> order_;
};

}  // namespace pomai
