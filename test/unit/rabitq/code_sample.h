// Vectors to test codes with: random ones, clustered ones and pictures, with a
// centroid and queries, already rotated.
#pragma once

#include <string>
#include <vector>

#include "core/base/metric.h"
#include "core/base/random.h"

namespace pomai {

struct Sample {
  std::string name;
  uint32_t dimensions = 0;                  // padded
  std::vector<std::vector<float>> vectors;  // rotated
  std::vector<std::vector<float>> queries;  // rotated
  std::vector<float> centroid;              // rotated mean of the vectors
};

// Around a mean that is as long as the vectors' spread.
Sample GaussianSample(uint32_t dimensions, uint32_t count, uint32_t queries,
                      Metric metric, uint64_t seed);
// The vectors of one tight cluster far from the origin; queries lie in other
// clusters.
Sample ClusteredSample(uint32_t dimensions, uint32_t count, uint32_t queries,
                       Metric metric, uint64_t seed);
// Pictures of one kind of clothing from Fashion-MNIST, queried with pictures
// of all kinds. No vectors when the data set is not installed.
Sample PictureSample(uint32_t count, uint32_t queries, Metric metric,
                     uint64_t seed);

// The exact score of two rotated vectors.
double ExactScore(Metric metric, const std::vector<float>& vector,
                  const std::vector<float>& query);

}  // namespace pomai
