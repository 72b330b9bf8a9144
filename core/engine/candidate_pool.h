// CandidatePool: what a search has seen so far: candidates refined with all
// bits of their code, and codes that their 1-bit bound has put off.
//
//   pool.SetWanted(10);
//   ScannedBlock* block = pool.AddBlock(probe, first_row, all);
//   ... block->lower ...                      // all of its codes are put off
//   pool.Remove(code);                        // one within pool.rho()
//   pool.Add({score, error, probe, row});
//
// rho is the score of the k-th best candidate, +infinity while there are
// fewer. Plain memory, one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/rabitq/code.h"

namespace pomai {

struct Candidate {
  float score;     // refined estimate
  float error;     // half-width of its bound
  uint32_t probe;  // which probe of the search found it
  uint32_t row;    // row of the segment, or entry of the tail view
};

// A block of codes and their bounds.
struct ScannedBlock {
  uint32_t probe;
  uint32_t first_row;  // of the segment
  uint32_t deferred;   // bit i: code i is put off
  float lower[kBlockCodes];
};

// One of its codes.
struct BlockCode {
  uint32_t block;  // pool.block(block)
  uint32_t slot;
};

class CandidatePool {
 public:
  // From now on rho() is the `wanted`-th best score. O(candidates).
  void SetWanted(uint32_t wanted);
  uint32_t wanted() const { return wanted_; }
  float rho() const { return rho_; }

  void Add(const Candidate& candidate);
  // A block whose bounds are to be filled in, valid until the next call; its
  // codes `mask` are put off.
  ScannedBlock* AddBlock(uint32_t probe, uint32_t first_row, uint32_t mask);
  const ScannedBlock& block(uint32_t number) const { return blocks_[number]; }
  uint32_t block_count() const { return static_cast<uint32_t>(blocks_.size()); }
  // The codes that are put off and whose bound is at most `threshold`, in the
  // order of their blocks.
  void FindDeferred(float threshold, std::vector<BlockCode>* codes) const;
  // The `count` > 0 of them with the least bounds, or all; in the same order.
  void FindLeastDeferred(size_t count, std::vector<BlockCode>* codes) const;
  // Takes one out of those that are put off.
  void Remove(const BlockCode& code);
  // Takes all of them out.
  void ForgetDeferred();
  uint64_t deferred_count() const { return deferred_count_; }

  // Candidates that have not been taken.
  std::span<const Candidate> candidates() const { return candidates_; }
  // Candidates that count for rho: these and the kept ones.
  uint64_t counted() const { return candidates_.size() + kept_scores_.size(); }

  // Removes and returns the `count` candidates with the best scores. Neither
  // Take changes rho; SetWanted does.
  std::vector<Candidate> TakeBest(size_t count);
  // Removes and returns the candidates that may be at or below `score`.
  std::vector<Candidate> TakeWithin(float score);
  // A candidate that was taken and turned out to be a row: it goes on counting
  // for rho.
  void Keep(const Candidate& taken) { kept_scores_.push_back(taken.score); }

 private:
  // Removes and returns the candidates from `from` on.
  std::vector<Candidate> CutOff(std::vector<Candidate>::iterator from);

  uint32_t wanted_ = 0;
  float rho_ = std::numeric_limits<float>::infinity();
  std::vector<Candidate> candidates_;
  std::vector<float> kept_scores_;
  std::vector<float> best_;  // max-heap of the `wanted_` best scores
  std::vector<ScannedBlock> blocks_;
  uint64_t deferred_count_ = 0;
};

}  // namespace pomai
