#include "core/codebook/list_ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kHighest = std::numeric_limits<float>::max();
constexpr uint32_t kNobody = 0xFFFFFFFFu;

}  // namespace

ListRanking::ListRanking(std::vector<float> scores)
    : scores_(std::move(scores)), left_(static_cast<uint32_t>(scores_.size())) {
  // Lists that are left stay below those that were returned.
  for (float& score : scores_) {
    if (!(score <= kHighest)) score = kHighest;
  }
  group_size_ = std::max(
      16u, static_cast<uint32_t>(std::sqrt(static_cast<double>(left_))));
  best_.resize((left_ + group_size_ - 1) / group_size_);
  for (uint32_t group = 0; group < best_.size(); ++group) FindBest(group);
}

bool ListRanking::Next(RankedList* list) {
  if (left_ == 0) return false;
  uint32_t winner = 0;
  for (uint32_t group = 1; group < best_.size(); ++group) {
    if (best_[group].score < best_[winner].score) winner = group;
  }
  *list = best_[winner];
  scores_[list->list] = kInfinity;
  --left_;
  FindBest(winner);
  return true;
}

void ListRanking::FindBest(uint32_t group) {
  const uint32_t first = group * group_size_;
  const uint32_t last = std::min<uint32_t>(
      first + group_size_, static_cast<uint32_t>(scores_.size()));
  RankedList best{kNobody, kInfinity};
  for (uint32_t list = first; list < last; ++list) {
    if (scores_[list] < best.score) best = {list, scores_[list]};
  }
  best_[group] = best;
}

}  // namespace pomai
