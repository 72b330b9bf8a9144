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
// Rounds that end with a step of Kac's walk: those after which both windows
// have been transformed. Earlier it would leave single coordinates of a sparse
// vector standing.
constexpr bool EndsWithKacStep(uint32_t round) { return round % 2 == 1; }
// Each round has signs, each step of Kac's walk too.
constexpr uint32_t kSignSets = kRounds + kRounds / 2;

}  // namespace

Rotation::Rotation(uint32_t dimensions, uint64_t seed)
    : dimensions_(dimensions),
      padded_(PaddedDimensions(dimensions)),
      signs_(kSignSets * padded_ / 8) {
  Random random(seed);
  for (uint8_t& byte : signs_) byte = static_cast<uint8_t>(random.Next() >> 56);
}

void Rotation::Apply(const float* from, float* to) const {
  std::memcpy(to, from, dimensions_ * sizeof(float));
  std::memset(to + dimensions_, 0, (padded_ - dimensions_) * sizeof(float));
  const uint32_t window = std::bit_floor(padded_);
  const float window_scale = 1 / std::sqrt(static_cast<float>(window));
  const uint8_t* signs = signs_.data();
  for (uint32_t round = 0; round < kRounds; ++round) {
    kernel::FlipSigns(signs, to, padded_);
    signs += padded_ / 8;
    float* const start = round % 2 == 0 ? to : to + (padded_ - window);
    kernel::Hadamard(start, window);
    kernel::Scale(window_scale, start, window);
    // When the window is the whole vector there is nothing to bring together.
    if (window == padded_ || !EndsWithKacStep(round)) continue;
    kernel::FlipSigns(signs, to, padded_);
    signs += padded_ / 8;
    kernel::AddHalves(to, padded_);
    kernel::Scale(1 / std::numbers::sqrt2_v<float>, to, padded_);
  }
}

}  // namespace pomai
