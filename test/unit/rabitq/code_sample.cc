#include "test/unit/rabitq/code_sample.h"

#include <cmath>
#include <cstdio>
#include <memory>

#include "core/kernel/distance.h"
#include "core/rabitq/rotation.h"

namespace pomai {
namespace {

using Vectors = std::vector<std::vector<float>>;

constexpr char kPictures[] =
    "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
constexpr char kLabels[] =
    "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz";

float Gaussian(Random* random) {
  const double radius = std::sqrt(-2 * std::log(1 - random->Uniform()));
  return static_cast<float>(radius *
                            std::cos(6.283185307179586 * random->Uniform()));
}

std::vector<float> Around(const std::vector<float>& center, float spread,
                          Random* random) {
  std::vector<float> vector(center);
  for (float& value : vector) value += spread * Gaussian(random);
  return vector;
}

// Rotates (and normalises) everything and takes the mean.
Sample Rotated(std::string name, Vectors vectors, Vectors queries,
               Metric metric, uint64_t seed) {
  Sample sample;
  sample.name = std::move(name);
  if (vectors.empty()) return sample;
  const auto dimensions = static_cast<uint32_t>(vectors[0].size());
  const Rotation rotation(dimensions, seed);
  sample.dimensions = rotation.padded();
  sample.centroid.resize(rotation.padded());
  const auto rotate = [&](std::vector<float>& vector) {
    if (metric == Metric::kCosine) {
      kernel::Normalize(vector.data(), vector.data(), dimensions);
    }
    std::vector<float> rotated(rotation.padded());
    rotation.Apply(vector.data(), rotated.data());
    return rotated;
  };
  for (auto& vector : vectors) {
    sample.vectors.push_back(rotate(vector));
    for (uint32_t i = 0; i < rotation.padded(); ++i) {
      sample.centroid[i] +=
          sample.vectors.back()[i] / static_cast<float>(vectors.size());
    }
  }
  for (auto& query : queries) sample.queries.push_back(rotate(query));
  return sample;
}

// `size` bytes of a gzip file behind its first `skip`; empty if there are none.
std::vector<uint8_t> Unzip(const char* path, size_t skip, size_t size) {
  const std::string command = std::string("gzip -dc ") + path + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"),
                                                   pclose);
  std::vector<uint8_t> bytes(skip + size);
  if (!pipe ||
      fread(bytes.data(), 1, bytes.size(), pipe.get()) < bytes.size()) {
    return {};
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(skip));
  return bytes;
}

}  // namespace

Sample GaussianSample(uint32_t dimensions, uint32_t count, uint32_t queries,
                      Metric metric, uint64_t seed) {
  Random random(seed);
  const auto mean = Around(std::vector<float>(dimensions), 1, &random);
  Vectors vectors, others;
  for (uint32_t i = 0; i < count; ++i) {
    vectors.push_back(Around(mean, 1, &random));
  }
  for (uint32_t i = 0; i < queries; ++i) {
    others.push_back(Around(mean, 1, &random));
  }
  return Rotated("Gaussian", vectors, others, metric, seed);
}

Sample ClusteredSample(uint32_t dimensions, uint32_t count, uint32_t queries,
                       Metric metric, uint64_t seed) {
  Random random(seed);
  const std::vector<float> origin(dimensions);
  const auto center = Around(origin, 3, &random);
  Vectors vectors, others;
  for (uint32_t i = 0; i < count; ++i) {
    vectors.push_back(Around(center, 0.5f, &random));
  }
  for (uint32_t i = 0; i < queries; ++i) {
    others.push_back(Around(Around(origin, 3, &random), 0.5f, &random));
  }
  return Rotated("clustered", vectors, others, metric, seed);
}

Sample PictureSample(uint32_t count, uint32_t queries, Metric metric,
                     uint64_t seed) {
  constexpr uint32_t kPixels = 784;
  constexpr uint8_t kKind = 3;
  constexpr size_t kRead = 4000;
  const auto pixels = Unzip(kPictures, 16, kPixels * kRead);
  const auto labels = Unzip(kLabels, 8, kRead);
  if (pixels.empty() || labels.empty()) return {};
  Vectors vectors, others;
  for (size_t i = 0; i < labels.size(); ++i) {
    const uint8_t* const from = &pixels[kPixels * i];
    std::vector<float> picture(from, from + kPixels);
    if (labels[i] == kKind && vectors.size() < count) {
      vectors.push_back(std::move(picture));
    } else if (i % 10 == 0 && others.size() < queries) {
      others.push_back(std::move(picture));
    }
  }
  return Rotated("pictures", vectors, others, metric, seed);
}

double ExactScore(Metric metric, const std::vector<float>& vector,
                  const std::vector<float>& query) {
  const Metric kind = metric == Metric::kInnerProduct ? metric : Metric::kL2;
  const double distance =
      kernel::Distance(kind, vector.data(), query.data(), vector.size());
  return DistanceToScore(kind, distance);
}

}  // namespace pomai
