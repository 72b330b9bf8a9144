#include "core/codebook/list_ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/kernel/find_least.h"

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kHighest = std::numeric_limits<float>::max();

}  // namespace

ListRanking::ListRanking(std::vector<float> scores)
    : scores_(std::move(scores)), left_(static_cast<uint32_t>(scores_.size())) {
  // Lists that are left stay below those that were returned.
  for (float& score : scores_) score = score <= kHighest ? score : kHighest;
  group_size_ = std::max(
      16u, static_cast<uint32_t>(std::sqrt(static_cast<double>(left_))));
  const uint32_t groups = (left_ + group_size_ - 1) / group_size_;
  best_scores_.resize(groups);
  best_lists_.resize(groups);
  for (uint32_t group = 0; group < groups; ++group) FindBest(group);
}

bool ListRanking::Next(RankedList* list) {
  if (left_ == 0) return false;
  const uint32_t winner = kernel::FindLeast(
      best_scores_.data(), static_cast<uint32_t>(best_scores_.size()));
  *list = {best_lists_[winner], best_scores_[winner]};
  scores_[list->list] = kInfinity;
  --left_;
  FindBest(winner);
  return true;
}

void ListRanking::FindBest(uint32_t group) {
  const uint32_t first = group * group_size_;
  const uint32_t size =
      std::min(group_size_, static_cast<uint32_t>(scores_.size()) - first);
  const uint32_t best = first + kernel::FindLeast(&scores_[first], size);
  best_lists_[group] = best;
  best_scores_[group] = scores_[best];
}

}  // namespace pomai
