// Codebook: the stored centroids of a membrane, versioned. In memory it keeps
// int8 centroids to rank lists with, and the parents; exact floats of lists are
// read from its pages, for the few that a search probes.
//
//   POMAI_ASSIGN_OR_RETURN(auto codebook, Codebook::Load(store, extent, lock));
//   ListRanking ranking = codebook->Rank(rotated_query);
//   while (ranking.Next(&list)) ...
//
// Bytes (an extent of kind kCodebook; each section starts on a page border):
//   header    u32 magic, u32 dimensions, u32 lists, u32 parents, u32 metric,
//             f32 central_reach, u64 version
//   parents   (parents + 1) x u32 child_start, then parents x dimensions f32
//   centroids lists x dimensions f32
//   ranks     dimensions x f32 center, lists x f32 scale, lists x f32 norm,
//             then lists x dimensions i8
// center + scale * i8 stands for what the list is ranked by: its centroid or,
// under cosine, the centroid's direction. norm is the squared length of that
// vector less center, their mean.
//
// Immutable once loaded; any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/codebook/central_list.h"
#include "core/codebook/list_ranking.h"
#include "core/codebook/training.h"
#include "core/host/extent.h"
#include "core/kernel/matrix.h"

namespace pomai {

class Codebook {
 public:
  // Pages that Store will fill.
  static uint32_t PageCount(const Centroids& centroids);
  // Writes `centroids` into `extent` (PageCount pages). `version` > 0.
  static Status Store(PageStore* store, const Extent& extent, uint64_t version,
                      const Centroids& centroids);
  // Corruption when the bytes make no sense.
  static Result<std::shared_ptr<const Codebook>> Load(PageStore* store,
                                                      const Extent& extent,
                                                      PageLock lock);
  // Version 0: one list around the origin, stored nowhere.
  static std::shared_ptr<const Codebook> Untrained(uint32_t dimensions,
                                                   Metric metric);

  uint64_t version() const { return version_; }
  uint32_t dimensions() const { return dimensions_; }
  uint32_t list_count() const { return lists_; }
  Metric metric() const { return metric_; }

  // The list to scan before all others, which Rank leaves out.
  const CentralList& central() const { return central_; }

  // All lists but the central one. `query`: dimensions() floats, rotated
  // (normalised under cosine).
  ListRanking Rank(const float* query) const;
  // The exact centroid of `list` into `to`, dimensions() floats. `reader`
  // reads extent(); it is not touched where the codebook is untrained.
  Status ReadCentroid(ExtentReader* reader, uint32_t list, float* to) const;
  // A hint that ReadCentroid will be asked for it.
  void PrefetchCentroid(ExtentReader* reader, uint32_t list) const;
  const Extent& extent() const { return extent_; }
  // The list of one vector: the central one if that holds it, or else the
  // nearest among the children of the nearest eighth of the parents (Assigner),
  // by int8 ranking, exact among those of the best four that int8 cannot tell
  // apart.
  Result<uint32_t> Assign(PageStore* store, PageLock lock,
                          const float* vector) const;
  // Everything back in memory, for a build's Assigner.
  static Result<Centroids> LoadCentroids(PageStore* store, const Extent& extent,
                                         PageLock lock);

 private:
  Codebook() = default;

  // A query in int16, ready to be scored against ranks_: by minus the inner
  // product, or by squared L2 distance.
  struct RankQuery {
    std::vector<int16_t> integers;
    float factor;
    float offset;
    const float* norms;  // null for inner products
  };
  RankQuery QueryFor(const float* vector, bool inner_product) const;
  // Scores of the lists [first, first + count).
  void Score(const RankQuery& query, uint32_t first, uint32_t count,
             float* scores) const;
  uint32_t ChildCount(uint32_t parent) const {
    return child_start_[parent + 1] - child_start_[parent];
  }
  void PrefetchChildren(uint32_t parent) const;
  // Their numbers, ascending.
  std::vector<uint32_t> NearestParents(const float* vector) const;
  // The best few by int8 of those parents' children, as far as int8 leaves a
  // doubt which is the nearest.
  std::vector<RankedList> NearestChildren(const float* vector) const;

  uint64_t version_ = 0;
  uint32_t dimensions_ = 0;
  uint32_t lists_ = 0;
  Metric metric_ = Metric::kL2;
  Extent extent_;
  uint64_t centroids_offset_ = 0;
  std::vector<float> center_;
  std::vector<float> scales_;
  std::vector<float> norms_;
  std::vector<int8_t> ranks_;
  CentralList central_;
  std::vector<uint32_t> child_start_;  // of each parent, and their end
  kernel::PanelMatrix parents_{1};     // one group
};

}  // namespace pomai
