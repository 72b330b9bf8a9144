#include "core/codebook/training.h"

#include <algorithm>
#include <cmath>

#include "core/codebook/kmeans.h"

namespace pomai {

uint32_t AutomaticLists(uint64_t rows) {
  if (rows < kMinTrainingRows) return 1;
  const double factor = rows < 100000 ? 1 : 4;
  const double lists = std::round(factor * std::sqrt(rows));
  return static_cast<uint32_t>(std::min<double>(lists, kMaxLists));
}

Result<Centroids> Train(TrainingSample* sample,
                        const TrainingOptions& options) {
  if (sample->size() == 0) {
    return Status::InvalidArgument("training needs at least one row");
  }
  if (options.dimensions == 0) {
    return Status::InvalidArgument("training needs at least one dimension");
  }
  KMeans kmeans(sample, options);
  POMAI_RETURN_IF_ERROR(kmeans.TrainParents());
  POMAI_RETURN_IF_ERROR(kmeans.TrainChildren());
  POMAI_RETURN_IF_ERROR(kmeans.TrainFlat());
  Centroids centroids = kmeans.Take();
  POMAI_RETURN_IF_ERROR(kmeans.AddCentral(&centroids));
  return centroids;
}

Centroids UntrainedCentroids(uint32_t dimensions, Metric metric) {
  Centroids centroids;
  centroids.dimensions = dimensions;
  centroids.metric = metric;
  centroids.lists.assign(dimensions, 0.0f);
  centroids.parents.assign(dimensions, 0.0f);
  centroids.child_start = {0, 1};
  return centroids;
}

}  // namespace pomai
