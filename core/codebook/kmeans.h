// KMeans: the rounds of k-means that a training is made of. Each round reads
// the sample once, in order, in chunks.
//
//   KMeans kmeans(sample, options);
//   POMAI_RETURN_IF_ERROR(kmeans.TrainParents());
//   POMAI_RETURN_IF_ERROR(kmeans.TrainChildren());
//   POMAI_RETURN_IF_ERROR(kmeans.TrainFlat());
//   Centroids centroids = kmeans.Take();
//   POMAI_RETURN_IF_ERROR(kmeans.AddCentral(&centroids));
//
// Train's own; one thread. `sample` (not empty) and `options` must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/random.h"
#include "core/codebook/assigner.h"
#include "core/codebook/clusters.h"
#include "core/codebook/training.h"

namespace pomai {

class KMeans {
 public:
  KMeans(TrainingSample* sample, const TrainingOptions& options);

  // k-means of sqrt(lists) parents over a part of the sample.
  Status TrainParents();
  // Each parent's rows into its share of the lists, all parents side by side.
  Status TrainChildren();
  // Rounds over all lists, whatever their parent.
  Status TrainFlat();
  // The result, without lists and parents that no row chose.
  Centroids Take() const;
  // Adds the central list to the result: as long as was asked for, or shorter
  // by rows that are as far as the first one too many; none if those are all.
  Status AddCentral(Centroids* centroids);

 private:
  // Rows [first, first + count) of the sample.
  struct Chunk {
    uint64_t first;
    uint32_t count;
    const float* rows;
  };
  using Visitor = std::function<void(const Chunk&)>;

  // Visits the whole sample in order; polls, and reports `work` units a row.
  Status ForEachChunk(uint64_t work, const Visitor& visit);
  const float* Row(const Chunk& chunk, uint64_t row) const {
    return chunk.rows + (row - chunk.first) * dimensions_;
  }

  Status ChooseParents();
  Status ParentRound(Clusters* clusters);
  // Gives every row its parent: assigned_ and `sizes`.
  Status AssignParents(std::vector<uint32_t>* sizes);
  // Picks each parent's first children among its rows; assigned_ turns from
  // parents to lists.
  Status ChooseChildren(std::vector<uint32_t> sizes);
  Status ChildRound(Clusters* clusters);
  Status FlatRound(Clusters* clusters);
  // Moves each empty centroid onto a row of the largest cluster in the same
  // group; groups are [starts[g], starts[g + 1]). Only rows i with i % stride
  // = 0 count.
  Status FillEmpty(const Clusters& clusters,
                   const std::vector<uint32_t>& starts, uint64_t stride,
                   std::vector<float>* centroids);
  // Parents become the means of their lists' rows.
  void UpdateParents();
  // The mean of the rows of lists [first, end); `to` stays if they have none.
  void MeanOfLists(uint32_t first, uint32_t end, float* to) const;
  // What a flat round does for a row: see Assigner.
  uint64_t FlatWork() const {
    return parent_target_ +
           static_cast<uint64_t>(Assigner::kParentShare *
                                 static_cast<float>(list_target_));
  }

  TrainingSample* sample_;
  const TrainingOptions& options_;
  const uint32_t dimensions_;
  const uint64_t rows_;
  const uint32_t list_target_;
  const uint32_t parent_target_;
  const uint64_t stride_;  // of the rows that parents are trained on
  const uint32_t chunk_rows_;
  uint64_t work_done_ = 0;
  uint64_t work_total_ = 0;
  Random random_;
  Centroids centroids_;
  std::vector<uint32_t> assigned_;  // of each row: its parent, later its list
  std::vector<uint32_t> list_parent_;
  std::vector<uint32_t> sizes_;  // of the lists in the last round
};

}  // namespace pomai
