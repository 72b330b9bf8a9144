#include "core/rabitq/rotation.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>

#include "core/base/random.h"
#include "core/kernel/hadamard.h"

namespace pomai {
namespace {

constexpr uint32_t kRounds = 4;

// Each round has signs, each step of Kac's walk too.
uint32_t SignSets(bool has_kac_steps) {
  return kRounds + (has_kac_steps ? kRounds / 2 : 0);
}

}  // namespace

Rotation::Rotation(uint32_t dimensions, uint64_t seed)
    : dimensions_(dimensions),
      padded_(PaddedDimensions(dimensions)),
      window_(std::bit_floor(padded_)),
      factors_(size_t{SignSets(window_ != padded_)} * padded_) {
  Random random(seed);
  for (size_t i = 0; i < factors_.size(); i += 8) {
    const auto signs = static_cast<uint8_t>(random.Next() >> 56);
    for (size_t j = 0; j < 8; ++j) {
      factors_[i + j] = (signs >> j & 1) != 0 ? -1.0f : 1.0f;
    }
  }
  const float scale = 1 / std::sqrt(static_cast<float>(window_));
  float* factors = factors_.data();
  for (uint32_t round = 0; round < kRounds; ++round) {
    float* const window = factors + WindowStart(round);
    for (uint32_t i = 0; i < window_; ++i) window[i] *= scale;
    factors += padded_;
    if (HasKacStep(round)) factors += padded_;
  }
}

// After those rounds that have transformed both windows. Earlier it would leave
// single coordinates of a sparse vector standing. When the window is the whole
// vector there is nothing to bring together.
bool Rotation::HasKacStep(uint32_t round) const {
  return window_ != padded_ && round % 2 == 1;
}

void Rotation::Apply(const float* from, float* to) const {
  std::memcpy(to, from, dimensions_ * sizeof(float));
  std::memset(to + dimensions_, 0, (padded_ - dimensions_) * sizeof(float));
  const float* factors = factors_.data();
  for (uint32_t round = 0; round < kRounds; ++round) {
    const uint32_t start = WindowStart(round);
    const uint32_t rest = start == 0 ? window_ : 0;
    kernel::Multiply(factors + rest, to + rest, padded_ - window_);
    kernel::MultiplyHadamard(factors + start, to + start, window_);
    factors += padded_;
    if (!HasKacStep(round)) continue;
    kernel::MultiplyHalves(factors, 1 / std::numbers::sqrt2_v<float>, to,
                           padded_);
    factors += padded_;
  }
}

}  // namespace pomai
