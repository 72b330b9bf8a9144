// Metric: which distance a membrane orders by, and the engine's own scale for
// it, the score.
//
//   double distance = ScoreToDistance(Metric::kL2, 4.0f);  // 2
//
// A score is what estimates and bounds are kept in: smaller is nearer. It is
// the squared L2 distance for kL2, the squared L2 distance of the normalised
// vectors for kCosine (2 - 2 cos, twice the cosine distance), and minus the
// inner product for kInnerProduct.
#pragma once

#include <cmath>
#include <cstdint>

namespace pomai {

// Stored on the meta page: values never change.
enum class Metric : uint8_t { kL2 = 1, kInnerProduct = 2, kCosine = 3 };

inline constexpr uint32_t kMaxDimensions = 16000;
inline constexpr uint32_t kMaxBits = 9;
// Space holds the meta page and every shard page at once, and a server process
// holds at most 200 such locks.
inline constexpr uint32_t kMaxShards = 128;
inline constexpr uint32_t kMaxLists = 1u << 20;

// What the SQL operators return for a score.
inline double ScoreToDistance(Metric metric, double score) {
  switch (metric) {
    case Metric::kL2:
      return std::sqrt(score < 0 ? 0 : score);
    case Metric::kCosine:
      return score / 2;
    case Metric::kInnerProduct:
      return score;
  }
  return score;
}

inline double DistanceToScore(Metric metric, double distance) {
  switch (metric) {
    case Metric::kL2:
      return distance * distance;
    case Metric::kCosine:
      return distance * 2;
    case Metric::kInnerProduct:
      return distance;
  }
  return distance;
}

}  // namespace pomai
