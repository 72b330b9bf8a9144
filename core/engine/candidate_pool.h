// CandidatePool: what a search has seen so far: candidates refined with all
// bits of their code, and codes that their 1-bit bound has put off.
//
//   pool.SetWanted(10);
//   if (lower <= pool.rho()) pool.Add({score, error, probe, row});
//   else pool.Defer({lower, probe, row});
//
// rho is the score of the k-th best candidate, +infinity while there are
// fewer. Plain memory, one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace pomai {

struct Candidate {
  float score;     // refined estimate
  float error;     // half-width of its bound
  uint32_t probe;  // which probe of the search found it
  uint32_t row;    // row of the segment, or entry of the tail view
};

struct DeferredCode {
  float lower;
  uint32_t probe;
  uint32_t row;
};

class CandidatePool {
 public:
  // From now on rho() is the `wanted`-th best score. O(candidates).
  void SetWanted(uint32_t wanted);
  uint32_t wanted() const { return wanted_; }
  float rho() const { return rho_; }

  void Add(const Candidate& candidate);
  void Defer(const DeferredCode& code) { deferred_.push_back(code); }
  // Defers code i, which is row `first_row` + i, for every bit i of `mask`.
  void DeferBlock(const float* lower, uint32_t mask, uint32_t probe,
                  uint32_t first_row);

  // Candidates that have not been taken.
  std::span<const Candidate> candidates() const { return candidates_; }
  // Candidates that count for rho: these and the kept ones.
  uint64_t counted() const { return candidates_.size() + kept_scores_.size(); }

  // Removes and returns the deferred codes whose bound is at most `threshold`.
  std::vector<DeferredCode> TakeDeferred(float threshold);
  // Removes and returns the `count` deferred codes with the least bounds.
  std::vector<DeferredCode> TakeLeastDeferred(size_t count);
  size_t deferred_count() const { return deferred_.size(); }

  // Removes and returns the `count` candidates with the best scores. Neither
  // Take changes rho; SetWanted does.
  std::vector<Candidate> TakeBest(size_t count);
  // Removes and returns the candidates that may be at or below `score`.
  std::vector<Candidate> TakeWithin(float score);
  // A candidate that was taken and turned out to be a row: it goes on counting
  // for rho.
  void Keep(const Candidate& taken) { kept_scores_.push_back(taken.score); }

 private:
  uint32_t wanted_ = 0;
  float rho_ = std::numeric_limits<float>::infinity();
  std::vector<Candidate> candidates_;
  std::vector<float> kept_scores_;
  std::vector<float> best_;  // max-heap of the `wanted_` best scores
  std::vector<DeferredCode> deferred_;
};

}  // namespace pomai
