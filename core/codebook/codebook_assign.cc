// Codebook::Assign: the nearest list of one vector. What many vectors at once
// get from an Assigner, without the floats of all lists in memory.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/codebook/assigner.h"
#include "core/codebook/codebook.h"
#include "core/kernel/distance.h"
#include "core/kernel/pick_least.h"

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Of so many lists that int8 ranks first the exact distance decides.
constexpr uint32_t kFew = 4;

// Of the children's int8 rows, which come from memory: so much is asked for
// ahead.
constexpr uint32_t kMostAhead = 8192;

// By how much int8 may be wrong about which of two lists is nearer, over the
// query's length and the larger scale. A value of a centroid is off by up to
// half a step, evenly, so an inner product by |query| scale / sqrt(12), in the
// standard deviation; a score by twice that, a difference of two scores by
// sqrt(2) times as much. Four deviations.
constexpr float kDoubt = 4 * 2 * 1.41421356f / 3.46410162f;

// Distance of a vector from a centroid as assignments compare it.
float ExactScore(Metric metric, const float* vector, const float* centroid,
                 uint32_t dimensions) {
  if (metric != Metric::kCosine) {
    return kernel::SquaredL2(vector, centroid, dimensions);
  }
  const double norm = kernel::Norm(centroid, dimensions);
  if (norm == 0) return 0;
  return static_cast<float>(
      -kernel::InnerProduct(vector, centroid, dimensions) / norm);
}

}  // namespace

std::vector<uint32_t> Codebook::NearestParents(const float* vector) const {
  const auto count = static_cast<uint32_t>(child_start_.size() - 1);
  constexpr uint32_t kOnly = 0;
  std::vector<float> scores(size_t{parents_.panel_count()} *
                            kernel::PanelMatrix::kPanelWidth);
  ScoreGroup({vector, &kOnly, 1}, parents_, 0, scores.data());
  const uint32_t probes = Assigner::ProbesFor(count, Assigner::kParentShare);
  std::vector<uint32_t> parents(probes + kernel::kPickPadding);
  kernel::PickLeast(scores.data(), count, probes, parents.data());
  parents.resize(probes);
  return parents;
}

void Codebook::PrefetchChildren(uint32_t parent) const {
  const size_t first = size_t{child_start_[parent]} * dimensions_;
  const size_t end = size_t{child_start_[parent + 1]} * dimensions_;
  if (first == end) return;
  PrefetchBytes(
      reinterpret_cast<const uint8_t*>(ranks_.data() + first),
      static_cast<uint32_t>(std::min<size_t>(end - first, kMostAhead)));
}

std::vector<RankedList> Codebook::NearestChildren(const float* vector) const {
  const std::vector<uint32_t> parents = NearestParents(vector);
  PrefetchChildren(parents.front());
  uint32_t count = 0;
  for (const uint32_t parent : parents) count += ChildCount(parent);
  // Rows are assigned by L2 under inner product too: so were the lists trained.
  const RankQuery query = QueryFor(vector, /*inner_product=*/false);
  std::vector<float> scores(count + kernel::kPickPadding, kInfinity);
  float* to = scores.data();
  for (size_t p = 0; p < parents.size(); ++p) {
    if (p + 1 < parents.size()) PrefetchChildren(parents[p + 1]);
    const uint32_t children = ChildCount(parents[p]);
    Score(query, child_start_[parents[p]], children, to);
    to += children;
  }
  std::array<uint32_t, kFew + kernel::kPickPadding> places;
  const uint32_t few = std::min(kFew, count);
  kernel::PickLeast(scores.data(), count, few, places.data());
  const auto list_at = [&](uint32_t place) {
    size_t p = 0;
    for (; place >= ChildCount(parents[p]); ++p)
      place -= ChildCount(parents[p]);
    return child_start_[parents[p]] + place;
  };
  std::vector<RankedList> lists;
  for (uint32_t i = 0; i < few; ++i) {
    const float score = scores[places[i]];
    // Not where a sum overflowed: that list is not near.
    if (score < kInfinity) lists.push_back({list_at(places[i]), score});
  }
  if (lists.empty()) return lists;
  const RankedList best = *std::min_element(
      lists.begin(), lists.end(), [](const RankedList& a, const RankedList& b) {
        return a.score < b.score;
      });
  const float doubt = kDoubt * std::sqrt(query.offset);
  std::erase_if(lists, [&](const RankedList& one) {
    return one.score - best.score >
           doubt * std::max(scales_[one.list], scales_[best.list]);
  });
  return lists;
}

Result<uint32_t> Codebook::Assign(PageStore* store, PageLock lock,
                                  const float* vector) const {
  if (lists_ == 1) return 0u;
  if (central_.Holds(vector)) return central_.number();
  ExtentReader reader(store, &extent_, lock);
  std::vector<float> centroid(dimensions_);
  const std::vector<RankedList> candidates = NearestChildren(vector);
  if (candidates.size() == 1) return candidates.front().list;
  RankedList nearest{0, kInfinity};
  for (const RankedList& candidate : candidates) {
    POMAI_RETURN_IF_ERROR(
        ReadCentroid(&reader, candidate.list, centroid.data()));
    const float score =
        ExactScore(metric_, vector, centroid.data(), dimensions_);
    if (score < nearest.score) nearest = {candidate.list, score};
  }
  return nearest.list;
}

}  // namespace pomai
