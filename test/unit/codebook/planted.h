// Samples for tests: vectors around planted centres, in memory or copied out
// in pieces as a spilled sample is.
//
//   Planted planted(50, 20, 16, seed);      // 50 centres, 20 rows each
//   VectorSample sample(planted.rows, 16);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/codebook/training.h"
#include "test/unit/kernel/every_target.h"

namespace pomai {

// Rows in random order; each centre has the same number.
struct Planted {
  Planted(uint32_t centre_count, uint32_t rows_each, uint32_t dimensions,
          uint64_t seed, float spread = 0.05f) {
    Random random(seed);
    centres = GaussianVector(&random, centre_count * dimensions);
    for (uint32_t i = 0; i < centre_count * rows_each; ++i) {
      centre_of.push_back(i % centre_count);
    }
    for (size_t i = centre_of.size(); i > 1; --i) {
      std::swap(centre_of[i - 1], centre_of[random.Below(i)]);
    }
    for (uint32_t centre : centre_of) {
      for (uint32_t i = 0; i < dimensions; ++i) {
        rows.push_back(centres[centre * dimensions + i] +
                       spread * Gaussian(&random));
      }
    }
  }

  std::vector<float> centres;
  std::vector<uint32_t> centre_of;
  std::vector<float> rows;
};

inline void NormalizeRows(uint32_t dimensions, std::vector<float>* rows) {
  for (size_t at = 0; at < rows->size(); at += dimensions) {
    double norm = 0;
    for (uint32_t i = 0; i < dimensions; ++i) {
      norm += double{(*rows)[at + i]} * (*rows)[at + i];
    }
    const auto share = static_cast<float>(1 / std::sqrt(norm));
    for (uint32_t i = 0; i < dimensions; ++i) (*rows)[at + i] *= share;
  }
}

class VectorSample : public TrainingSample {
 public:
  VectorSample(const std::vector<float>& rows, uint32_t dimensions)
      : rows_(rows), dimensions_(dimensions) {}
  uint64_t size() const override { return rows_.size() / dimensions_; }
  Result<const float*> Rows(uint64_t first, uint32_t) override {
    return rows_.data() + first * dimensions_;
  }

 protected:
  const std::vector<float>& rows_;
  const uint32_t dimensions_;
};

// Hands out copies that are valid until the next call only; can fail.
class SpilledSample : public VectorSample {
 public:
  using VectorSample::VectorSample;
  Result<const float*> Rows(uint64_t first, uint32_t count) override {
    if (reads++ == fail_at) return Status::Io("scratch file is gone");
    const auto from = rows_.begin() + first * dimensions_;
    buffer_ = std::vector<float>(from, from + uint64_t{count} * dimensions_);
    return buffer_.data();
  }

  uint64_t reads = 0;
  uint64_t fail_at = ~uint64_t{0};

 private:
  std::vector<float> buffer_;
};

}  // namespace pomai
