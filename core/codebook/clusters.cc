#include "core/codebook/clusters.h"

#include <algorithm>
#include <cstddef>

#include "core/kernel/matrix.h"

namespace pomai {

Clusters::Clusters(uint32_t dimensions, uint32_t count)
    : dimensions_(dimensions),
      sizes_(count),
      sums_(size_t{count} * dimensions) {}

void Clusters::Add(uint32_t cluster, const float* row) {
  if (taken_) {
    std::fill(sizes_.begin(), sizes_.end(), 0);
    taken_ = false;
  }
  ++sizes_[cluster];
  kernel::AddVector(row, dimensions_,
                    sums_.data() + size_t{cluster} * dimensions_);
}

void Clusters::TakeMeans(float* centroids) {
  for (size_t cluster = 0; cluster < sizes_.size(); ++cluster) {
    if (sizes_[cluster] == 0) continue;
    const float share = 1.0f / static_cast<float>(sizes_[cluster]);
    const size_t start = cluster * dimensions_;
    for (size_t i = start; i < start + dimensions_; ++i) {
      centroids[i] = sums_[i] * share;
    }
  }
  std::fill(sums_.begin(), sums_.end(), 0.0f);
  taken_ = true;
}

std::vector<uint32_t> ApportionChildren(const std::vector<uint32_t>& sizes,
                                        uint32_t total) {
  uint64_t rows = 0;
  for (uint32_t size : sizes) rows += size;
  std::vector<uint32_t> children(sizes.size());
  uint32_t given = 0;
  for (size_t p = 0; p < sizes.size(); ++p) {
    const uint64_t share =
        uint64_t{sizes[p]} * total / std::max<uint64_t>(rows, 1);
    children[p] = static_cast<uint32_t>(
        std::clamp<uint64_t>(share, sizes[p] > 0, sizes[p]));
    given += children[p];
  }
  // How far a parent's children are below its due, in 1 / rows of a child.
  const auto due = [&](size_t p) {
    return static_cast<int64_t>(uint64_t{sizes[p]} * total) -
           static_cast<int64_t>(uint64_t{children[p]} * rows);
  };
  std::vector<size_t> order(sizes.size());
  while (given != total) {
    const bool more = given < total;
    order.clear();
    for (size_t p = 0; p < sizes.size(); ++p) {
      if (more ? children[p] < sizes[p] : children[p] > 1) order.push_back(p);
    }
    if (order.empty()) break;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return more ? due(a) > due(b) : due(a) < due(b);
    });
    for (size_t p : order) {
      if (given == total) break;
      children[p] += more ? 1 : -1;
      given += more ? 1 : -1;
    }
  }
  return children;
}

}  // namespace pomai
