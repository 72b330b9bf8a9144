#include "core/engine/candidate_pool.h"

#include <algorithm>
#include <bit>

namespace pomai {
namespace {

// Moves the elements for which `wanted` holds from `from` to the result.
template <typename T, typename Predicate>
std::vector<T> Extract(std::vector<T>* from, Predicate wanted) {
  const auto middle = std::partition(from->begin(), from->end(),
                                     [&](const T& x) { return !wanted(x); });
  std::vector<T> taken(middle, from->end());
  from->erase(middle, from->end());
  return taken;
}

// Moves the `count` least elements to the result.
template <typename T, typename Less>
std::vector<T> ExtractLeast(std::vector<T>* from, size_t count, Less less) {
  count = std::min(count, from->size());
  if (count == 0) return {};
  // The least ones are put last, so that they can be cut off.
  const auto middle = from->end() - static_cast<ptrdiff_t>(count);
  std::nth_element(from->begin(), middle, from->end(),
                   [&](const T& a, const T& b) { return less(b, a); });
  std::vector<T> taken(middle, from->end());
  from->erase(middle, from->end());
  return taken;
}

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
  rho_ = best_.size() < wanted_ || best_.empty()
             ? std::numeric_limits<float>::infinity()
             : best_.front();
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

void CandidatePool::DeferBlock(const float* lower, uint32_t mask,
                               uint32_t probe, uint32_t first_row) {
  const size_t before = deferred_.size();
  deferred_.resize(before + static_cast<size_t>(std::popcount(mask)));
  DeferredCode* to = deferred_.data() + before;
  for (; mask != 0; mask &= mask - 1) {
    const auto i = static_cast<uint32_t>(std::countr_zero(mask));
    *to++ = {lower[i], probe, first_row + i};
  }
}

std::vector<DeferredCode> CandidatePool::TakeDeferred(float threshold) {
  return Extract(&deferred_, [threshold](const DeferredCode& code) {
    return code.lower <= threshold;
  });
}

std::vector<DeferredCode> CandidatePool::TakeLeastDeferred(size_t count) {
  return ExtractLeast(&deferred_, count,
                      [](const DeferredCode& a, const DeferredCode& b) {
                        return a.lower < b.lower;
                      });
}

std::vector<Candidate> CandidatePool::TakeBest(size_t count) {
  return ExtractLeast(
      &candidates_, count,
      [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
}

std::vector<Candidate> CandidatePool::TakeWithin(float score) {
  return Extract(&candidates_, [score](const Candidate& candidate) {
    return candidate.score - candidate.error <= score;
  });
}

}  // namespace pomai
