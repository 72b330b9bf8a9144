// Clusters: what a round of k-means collects: the sum and the number of the
// rows that were assigned to each centroid.
//
//   Clusters clusters(dimensions, lists);
//   clusters.Add(list, row);                // every row of the sample
//   clusters.TakeMeans(centroids.lists.data());
//
// For one training, one thread.
#pragma once

#include <cstdint>
#include <vector>

namespace pomai {

class Clusters {
 public:
  Clusters(uint32_t dimensions, uint32_t count);

  // `row`: dimensions floats.
  void Add(uint32_t cluster, const float* row);
  // Means into `centroids` (count x dimensions floats); those of empty
  // clusters stay as they are. The sums are zero afterwards, the sizes stay
  // until the next Add.
  void TakeMeans(float* centroids);
  // Numbers of rows, one for each cluster.
  const std::vector<uint32_t>& sizes() const { return sizes_; }

 private:
  uint32_t dimensions_;
  bool taken_ = false;  // the sizes belong to sums that were taken
  std::vector<uint32_t> sizes_;
  std::vector<float> sums_;
};

// Splits `total` children among parents of `sizes` rows: in proportion (largest
// remainders first), at least one to each that has rows, none to the others and
// never more than rows. The sum is `total`, or the number of rows if that is
// less, or the number of parents with rows if that is more.
std::vector<uint32_t> ApportionChildren(const std::vector<uint32_t>& sizes,
                                        uint32_t total);

}  // namespace pomai
