// Assigner: the list of each of many vectors: the central one if that holds it,
// or else the nearest, through the nearest eighth of the parents (97 % the same
// list as an exhaustive search, an eighth of the work; docs/tuning.md); of few
// lists, among all. For many rows together; a single one goes through
// Codebook::Assign.
//
//   Assigner assigner(&centroids);
//   assigner.Assign(vectors, count, lists.data());
//
// Copies what it needs of `centroids`. Holds scratch space: one per thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/codebook/central_list.h"
#include "core/codebook/training.h"
#include "core/kernel/matrix.h"

namespace pomai {

class Assigner {
 public:
  static constexpr float kParentShare = 0.125f;

  // How many of so many parents are looked into.
  static uint32_t ProbesFor(uint32_t parents, float parent_share);

  explicit Assigner(const Centroids* centroids,
                    float parent_share = kParentShare);

  // `vectors`: count x dimensions floats, rotated (normalised under cosine).
  // `lists`: count list numbers. Fastest for a thousand vectors a call.
  void Assign(const float* vectors, uint32_t count, uint32_t* lists);
  // The sum of |o - c|^2 - |o|^2 over the vectors of the last Assign, for the
  // nearest lists' centroids c (scaled to length 1 under cosine).
  double score_sum() const { return score_sum_; }

 private:
  // At most block_ vectors.
  void AssignBlock(const float* vectors, uint32_t count, uint32_t* lists);
  // Fills probe_ with the nearest parents of each vector, ascending.
  void PickParents(const float* vectors, uint32_t count);
  // Fills visitors_ with the vectors that go to each parent.
  void GroupByParent(uint32_t count);

  kernel::PanelMatrix parents_;  // one group
  kernel::PanelMatrix lists_;    // a group for each parent, or for all lists
  CentralList central_;
  uint32_t parent_count_;
  uint32_t probes_;
  uint32_t block_;
  double score_sum_ = 0;
  std::vector<uint32_t> all_;    // 0, 1, 2, ...
  std::vector<float> scores_;    // of the parents, for a block
  std::vector<uint32_t> probe_;  // vector x probes_, and room behind
  std::vector<uint32_t> start_;  // of each parent's visitors
  std::vector<uint32_t> visitors_;
  std::vector<kernel::Nearest> nearest_;
};

// How centroids are compared with vectors under `metric`.
kernel::CentroidRanking RankingFor(Metric metric);

}  // namespace pomai
