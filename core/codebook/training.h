// Training: k-means over a sample of rotated vectors.
//
//   TrainingOptions options{.dimensions = 112, .lists = 2336, ...};
//   POMAI_ASSIGN_OR_RETURN(Centroids centroids, Train(&sample, options));
//
// Hierarchical: sqrt(lists) parents by k-means, then the children of each
// parent, 10 rounds each, then 3 rounds over all lists; clusters that run empty
// are seeded anew from the largest. Last comes the central list, if one is
// asked for: the rows nearest to the mean of all. Deterministic for a seed and
// sample. One thread; memory: the centroids four times, 8 bytes a sample row,
// and chunks of 2 MB (32 rows at least); the sample itself is the caller's.
// Every round reads the sample once, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/metric.h"
#include "core/base/status.h"

namespace pomai {

// A sample that can be read any number of times, in memory or spilled.
class TrainingSample {
 public:
  virtual ~TrainingSample() = default;
  virtual uint64_t size() const = 0;
  // Rows [first, first + count) into `to`, count x dimensions floats; or a
  // pointer to them where they lie in memory already.
  virtual Result<const float*> Rows(uint64_t first, uint32_t count) = 0;
};

struct TrainingOptions {
  uint32_t dimensions = 0;  // padded
  uint32_t lists = 1;
  Metric metric = Metric::kL2;
  uint64_t seed = 0;
  // Part of the rows that the central list is to hold, in addition to `lists`;
  // 0: no such list.
  double central_share = 0;
  // Called every few milliseconds of work; a Status that is not ok ends the
  // training with it. May be empty.
  std::function<Status()> poll;
  // Called with (done, total) work units. May be empty.
  std::function<void(uint64_t, uint64_t)> progress;
};

// What training makes and assignment uses. Children of parent p are the lists
// [child_start[p], child_start[p + 1]); the central list comes last and has no
// parent.
struct Centroids {
  uint32_t dimensions = 0;
  Metric metric = Metric::kL2;
  std::vector<float> lists;    // lists x dimensions: the mean of each list
  std::vector<float> parents;  // parents x dimensions
  std::vector<uint32_t> child_start;
  // The squared distance from the central list's centroid up to which rows are
  // in that list (central_list.h); 0: there is none.
  float central_reach = 0;

  uint32_t list_count() const {
    // Before the dimensions are known there is the one untrained list.
    if (dimensions == 0) return 1;
    return static_cast<uint32_t>(lists.size() / dimensions);
  }
  uint32_t parent_count() const {
    return static_cast<uint32_t>(parents.size() / dimensions);
  }
};

// Lists for `rows` rows when the user gives none: 4 sqrt(rows), sqrt(rows)
// below 100,000; 1 (no training) below kMinTrainingRows.
uint32_t AutomaticLists(uint64_t rows);
inline constexpr uint64_t kMinTrainingRows = 1000;
// Rows of the sample for each list. Long vectors cost more to train on, and
// half as many do nearly as well (docs/tuning.md).
inline uint32_t SampleRowsPerList(uint32_t dimensions) {
  return dimensions < 512 ? 64 : 32;
}

// InvalidArgument when the sample is empty; fewer rows than lists is legal
// (fewer lists come out).
Result<Centroids> Train(TrainingSample* sample, const TrainingOptions& options);

// The centroid of one list around the origin: what there is before training.
Centroids UntrainedCentroids(uint32_t dimensions, Metric metric);

}  // namespace pomai
