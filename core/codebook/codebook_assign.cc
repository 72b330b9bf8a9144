// Codebook::Assign: the nearest list of one vector. What many vectors at once
// get from an Assigner, without the floats of all lists in memory.

#include <algorithm>
#include <limits>

#include "core/codebook/assigner.h"
#include "core/codebook/codebook.h"
#include "core/kernel/distance.h"

namespace pomai {
namespace {

// Of int8's ranking, the lists whose exact distance decides.
constexpr size_t kExactCandidates = 4;

bool IsNearer(const RankedList& a, const RankedList& b) {
  return a.score < b.score;
}

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

// The best of `ranked`, in any order.
void KeepBest(size_t count, std::vector<RankedList>* ranked) {
  // Sums that overflowed compare with nothing: last.
  for (RankedList& one : *ranked) {
    if (!(one.score <= std::numeric_limits<float>::max())) {
      one.score = std::numeric_limits<float>::max();
    }
  }
  if (ranked->size() <= count) return;
  std::nth_element(ranked->begin(), ranked->begin() + static_cast<long>(count),
                   ranked->end(), IsNearer);
  ranked->resize(count);
}

}  // namespace

std::vector<RankedList> Codebook::NearestParents(const float* vector) const {
  const auto count = static_cast<uint32_t>(child_start_.size() - 1);
  constexpr uint32_t kOnly = 0;
  std::vector<float> scores(size_t{parents_.panel_count()} *
                            kernel::PanelMatrix::kPanelWidth);
  ScoreGroup({vector, &kOnly, 1}, parents_, 0, scores.data());
  std::vector<RankedList> parents(count);
  for (uint32_t p = 0; p < count; ++p) parents[p] = {p, scores[p]};
  KeepBest(Assigner::ProbesFor(count, Assigner::kParentShare), &parents);
  return parents;
}

std::vector<RankedList> Codebook::NearestChildren(const float* vector) const {
  // Rows are assigned by L2 under inner product too: so were the lists trained.
  const RankQuery query = QueryFor(vector, /*inner_product=*/false);
  std::vector<float> scores;
  std::vector<RankedList> lists;
  for (const RankedList& parent : NearestParents(vector)) {
    const uint32_t first = child_start_[parent.list];
    const uint32_t count = child_start_[parent.list + 1] - first;
    scores.resize(count);
    Score(query, first, count, scores.data());
    for (uint32_t i = 0; i < count; ++i)
      lists.push_back({first + i, scores[i]});
  }
  KeepBest(kExactCandidates, &lists);
  return lists;
}

Result<uint32_t> Codebook::Assign(PageStore* store, PageLock lock,
                                  const float* vector) const {
  if (lists_ == 1) return 0u;
  ExtentReader reader(store, &extent_, lock);
  std::vector<float> centroid(dimensions_);
  RankedList nearest{0, std::numeric_limits<float>::infinity()};
  for (const RankedList& candidate : NearestChildren(vector)) {
    POMAI_RETURN_IF_ERROR(
        ReadCentroid(&reader, candidate.list, centroid.data()));
    const float score =
        ExactScore(metric_, vector, centroid.data(), dimensions_);
    if (score < nearest.score) nearest = {candidate.list, score};
  }
  return nearest.list;
}

}  // namespace pomai
