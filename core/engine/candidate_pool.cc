#include "core/engine/candidate_pool.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <utility>

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

void CandidatePool::SetWanted(uint32_t wanted) {
  wanted_ = wanted;
  best_.clear();
  best_.reserve(counted());
  for (const Candidate& candidate : candidates_) {
    best_.push_back(candidate.score);
  }
  best_.insert(best_.end(), kept_scores_.begin(), kept_scores_.end());
  if (best_.size() > wanted_) {
    std::nth_element(best_.begin(), best_.begin() + wanted_, best_.end());
    best_.resize(wanted_);
  }
  std::make_heap(best_.begin(), best_.end());
  rho_ = best_.size() < wanted_ || best_.empty() ? kInfinity : best_.front();
}

void CandidatePool::Add(const Candidate& candidate) {
  candidates_.push_back(candidate);
  if (best_.size() < wanted_) {
    best_.push_back(candidate.score);
    std::push_heap(best_.begin(), best_.end());
  } else if (!best_.empty() && candidate.score < best_.front()) {
    std::pop_heap(best_.begin(), best_.end());
    best_.back() = candidate.score;
    std::push_heap(best_.begin(), best_.end());
  }
  if (best_.size() == wanted_ && !best_.empty()) rho_ = best_.front();
}

ScannedBlock* CandidatePool::AddBlock(uint32_t probe, uint32_t first_row,
                                      uint32_t mask) {
  ScannedBlock& block = blocks_.emplace_back();
  block.probe = probe;
  block.first_row = first_row;
  block.deferred = mask;
  deferred_count_ += static_cast<uint32_t>(std::popcount(mask));
  return &block;
}

void CandidatePool::FindDeferred(float threshold,
                                 std::vector<BlockCode>* codes) const {
  codes->clear();
  for (uint32_t number = 0; number < blocks_.size(); ++number) {
    const ScannedBlock& block = blocks_[number];
    for (uint32_t left = block.deferred; left != 0; left &= left - 1) {
      const auto slot = static_cast<uint32_t>(std::countr_zero(left));
      // Damaged bytes may make NaN, which is let through.
      if (!(block.lower[slot] > threshold)) codes->push_back({number, slot});
    }
  }
}

void CandidatePool::FindLeastDeferred(size_t count,
                                      std::vector<BlockCode>* codes) const {
  assert(count > 0);
  if (deferred_count_ <= count) return FindDeferred(kInfinity, codes);
  std::vector<float> bounds;
  bounds.reserve(deferred_count_);
  for (const ScannedBlock& block : blocks_) {
    for (uint32_t left = block.deferred; left != 0; left &= left - 1) {
      const float bound = block.lower[std::countr_zero(left)];
      bounds.push_back(std::isnan(bound) ? -kInfinity : bound);
    }
  }
  const auto last = bounds.begin() + static_cast<ptrdiff_t>(count - 1);
  std::nth_element(bounds.begin(), last, bounds.end());
  FindDeferred(*last, codes);
  size_t too_many = codes->size() - count;
  std::erase_if(*codes, [&](const BlockCode& code) {
    if (too_many == 0 || blocks_[code.block].lower[code.slot] != *last) {
      return false;
    }
    --too_many;
    return true;
  });
}

void CandidatePool::Remove(const BlockCode& code) {
  assert((blocks_[code.block].deferred >> code.slot & 1) != 0);
  blocks_[code.block].deferred &= ~(1u << code.slot);
  --deferred_count_;
}

void CandidatePool::ForgetDeferred() {
  blocks_.clear();
  deferred_count_ = 0;
}

std::vector<Candidate> CandidatePool::TakeBest(size_t count) {
  count = std::min(count, candidates_.size());
  // The best are put last, so that they can be cut off.
  const auto middle = candidates_.end() - static_cast<ptrdiff_t>(count);
  if (count > 0) {
    std::nth_element(candidates_.begin(), middle, candidates_.end(),
                     [](const Candidate& a, const Candidate& b) {
                       return b.score < a.score;
                     });
  }
  return CutOff(middle);
}

std::vector<Candidate> CandidatePool::TakeWithin(float score) {
  return CutOff(std::partition(candidates_.begin(), candidates_.end(),
                               [score](const Candidate& one) {
                                 return !(one.score - one.error <= score);
                               }));
}

std::vector<Candidate> CandidatePool::CutOff(
    std::vector<Candidate>::iterator from) {
  std::vector<Candidate> taken(from, candidates_.end());
  candidates_.erase(from, candidates_.end());
  return taken;
}

}  // namespace pomai
