#include "core/codebook/assigner.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/kernel/pick_least.h"

namespace pomai {
namespace {

// So few parents are not worth choosing among.
constexpr uint32_t kFewestProbes = 4;
// So few lists are all compared, in one group: choosing parents and gathering
// their visitors would take longer, and parents of few children leave most of
// their panels empty.
constexpr uint32_t kFewLists = 128;
// Bounds of a block: long enough that each parent gets several tiles of
// vectors, short enough that vectors and parents' scores stay in the cache.
constexpr uint32_t kLongestBlock = 2048;
constexpr uint32_t kShortestBlock = 64;
constexpr uint32_t kBlockFloats = 1u << 19;

}  // namespace

kernel::CentroidRanking RankingFor(Metric metric) {
  return metric == Metric::kCosine ? kernel::CentroidRanking::kDirection
                                   : kernel::CentroidRanking::kL2;
}

uint32_t Assigner::ProbesFor(uint32_t parents, float parent_share) {
  const auto wanted = static_cast<uint32_t>(
      std::ceil(parent_share * static_cast<float>(parents)));
  return std::min(parents, std::max(kFewestProbes, wanted));
}

Assigner::Assigner(const Centroids* centroids, float parent_share)
    : parents_(centroids->dimensions),
      lists_(centroids->dimensions),
      central_(*centroids),
      parent_count_(centroids->parent_count()) {
  const auto ranking = RankingFor(centroids->metric);
  const uint32_t list_count = centroids->child_start[parent_count_];
  if (list_count <= kFewLists) {
    parent_count_ = 1;  // of all
    lists_.AddGroup(centroids->lists.data(), list_count, ranking);
  } else {
    parents_.AddGroup(centroids->parents.data(), parent_count_, ranking);
    for (uint32_t p = 0; p < parent_count_; ++p) {
      const uint32_t first = centroids->child_start[p];
      lists_.AddGroup(
          centroids->lists.data() + size_t{first} * centroids->dimensions,
          centroids->child_start[p + 1] - first, ranking);
    }
  }
  probes_ = ProbesFor(parent_count_, parent_share);
  block_ = std::clamp(kBlockFloats / centroids->dimensions, kShortestBlock,
                      kLongestBlock);
  all_.resize(block_);
  std::iota(all_.begin(), all_.end(), 0u);
  nearest_.resize(block_);
}

void Assigner::Assign(const float* vectors, uint32_t count, uint32_t* lists) {
  score_sum_ = 0;
  for (uint32_t first = 0; first < count; first += block_) {
    AssignBlock(vectors + size_t{first} * lists_.dimensions(),
                std::min(block_, count - first), lists + first);
  }
}

void Assigner::AssignBlock(const float* vectors, uint32_t count,
                           uint32_t* lists) {
  std::fill_n(nearest_.begin(), count, kernel::Nearest());
  if (probes_ == parent_count_) {
    for (uint32_t p = 0; p < parent_count_; ++p) {
      LowerNearest({vectors, all_.data(), count}, lists_, p, nearest_.data());
    }
  } else {
    PickParents(vectors, count);
    GroupByParent(count);
    for (uint32_t p = 0; p < parent_count_; ++p) {
      LowerNearest(
          {vectors, visitors_.data() + start_[p], start_[p + 1] - start_[p]},
          lists_, p, nearest_.data());
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    const bool central =
        central_.Holds(vectors + size_t{i} * lists_.dimensions());
    lists[i] = central ? central_.number() : nearest_[i].row;
    score_sum_ += nearest_[i].score;
  }
}

void Assigner::PickParents(const float* vectors, uint32_t count) {
  const size_t stride =
      size_t{parents_.panel_count()} * kernel::PanelMatrix::kPanelWidth;
  scores_.resize(stride * count);
  probe_.resize(size_t{probes_} * count + kernel::kPickPadding);
  ScoreGroup({vectors, all_.data(), count}, parents_, 0, scores_.data());
  for (uint32_t i = 0; i < count; ++i) {
    kernel::PickLeast(scores_.data() + stride * i, parent_count_, probes_,
                      probe_.data() + size_t{probes_} * i);
  }
}

void Assigner::GroupByParent(uint32_t count) {
  const size_t visits = size_t{probes_} * count;
  start_.assign(parent_count_ + 2, 0);
  for (size_t i = 0; i < visits; ++i) ++start_[probe_[i] + 2];
  std::partial_sum(start_.begin(), start_.end(), start_.begin());
  visitors_.resize(visits);
  // start_[p + 1] runs from the start of p's visitors to their end.
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t j = 0; j < probes_; ++j) {
      visitors_[start_[probe_[size_t{probes_} * i + j] + 1]++] = i;
    }
  }
}

}  // namespace pomai
