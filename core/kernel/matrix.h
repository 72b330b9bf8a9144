// PanelMatrix: centroids laid out so that many vectors are scored against them
// at the speed of a matrix product, and the two loops that do it.
//
//   PanelMatrix matrix(dimensions);
//   matrix.AddGroup(centroids, count, CentroidRanking::kL2);
//   std::vector<Nearest> nearest(rows);
//   LowerNearest({vectors, indexes, rows}, matrix, 0, nearest.data());
//
// The score of a centroid c for a vector o is |c|^2 - 2 <o, c>: its squared
// distance less |o|^2, which ranks the same. Immutable while it is read; any
// number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace pomai::kernel {

enum class CentroidRanking : uint8_t {
  kL2,
  // Centroids are scaled to length 1 first: the nearest by angle.
  kDirection,
};

class PanelMatrix {
 public:
  // Centroids side by side in one panel.
  static constexpr uint32_t kPanelWidth = 16;
  // One dimension of the centroids of a panel.
  struct alignas(64) Lanes {
    float lane[kPanelWidth];
  };

  // `dimensions` > 0.
  explicit PanelMatrix(uint32_t dimensions) : dimensions_(dimensions) {}

  // Forgets all groups, keeps the memory.
  void Clear();
  // Adds `count` centroids of `dimensions` floats each as the next group;
  // copies them. A group may be empty.
  void AddGroup(const float* centroids, uint32_t count,
                CentroidRanking ranking);

  uint32_t dimensions() const { return dimensions_; }
  uint32_t group_count() const {
    return static_cast<uint32_t>(group_first_panel_.size());
  }
  // Panels [first_panel(g), first_panel(g + 1)) belong to group g.
  uint32_t first_panel(uint32_t group) const {
    return group < group_count() ? group_first_panel_[group] : panel_count();
  }
  uint32_t panel_count() const { return static_cast<uint32_t>(norms_.size()); }
  // Number of a panel's first centroid, counted over all groups.
  uint32_t first_row(uint32_t panel) const { return panel_first_row_[panel]; }
  // Its centroids: kPanelWidth but in the last panel of a group.
  uint32_t rows_in(uint32_t panel) const {
    const bool last = panel + 1 == panel_count();
    return (last ? rows_ : first_row(panel + 1)) - first_row(panel);
  }
  // `dimensions` Lanes.
  const Lanes* panel(uint32_t panel) const {
    return lanes_.data() + size_t{panel} * dimensions_;
  }
  // |c|^2 of each centroid; infinite where a panel has no centroid.
  const Lanes& norms(uint32_t panel) const { return norms_[panel]; }

 private:
  void AddPanel(const float* centroids, uint32_t count,
                CentroidRanking ranking);

  uint32_t dimensions_;
  uint32_t rows_ = 0;
  std::vector<Lanes> lanes_;
  std::vector<Lanes> norms_;
  std::vector<uint32_t> panel_first_row_;
  std::vector<uint32_t> group_first_panel_;
};

// `count` of the vectors in `base`: those at positions `index[0..count)`, each
// `dimensions` floats.
struct VectorSelection {
  const float* base;
  const uint32_t* index;
  uint32_t count;
};

// The best centroid seen so far.
struct Nearest {
  float score = std::numeric_limits<float>::infinity();
  uint32_t row = 0;
};

// Lowers nearest[v] of every selected vector v to the best centroid of
// `group`, where that is better; the first of equals wins.
void LowerNearest(const VectorSelection& vectors, const PanelMatrix& matrix,
                  uint32_t group, Nearest* nearest);
// Scores of all centroids of `group`, padded to whole panels (infinite behind
// the last): scores[i * stride + j] for the i-th selected vector, stride =
// panels of the group * kPanelWidth.
void ScoreGroup(const VectorSelection& vectors, const PanelMatrix& matrix,
                uint32_t group, float* scores);

// to[i] += from[i].
void AddVector(const float* from, uint32_t dimensions, float* to);

// What the loops compute, in plain C++.
namespace scalar {
void LowerNearest(const VectorSelection& vectors, const PanelMatrix& matrix,
                  uint32_t group, Nearest* nearest);
void ScoreGroup(const VectorSelection& vectors, const PanelMatrix& matrix,
                uint32_t group, float* scores);
}  // namespace scalar

}  // namespace pomai::kernel
