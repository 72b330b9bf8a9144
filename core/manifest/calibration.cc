// Calibration: bilinear interpolation in (log(1 - target), log k).

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/manifest/manifest.h"

namespace pomai {
namespace {

constexpr float kEveryList = std::numeric_limits<float>::infinity();

// a + weight (b - a), where a or b may be +infinity.
double Mix(double a, double b, double weight) {
  if (weight == 0) return a;
  if (weight == 1) return b;
  if (std::isinf(a) || std::isinf(b)) return kEveryList;
  return a + weight * (b - a);
}

// The value at `target` in one row of the grid. Below the smallest target: its
// value. Above the largest: the line through the last two, never less than the
// largest's.
double AtTarget(const std::vector<float>& targets, const float* values,
                double target) {
  const size_t last = targets.size() - 1;
  if (target <= targets[0]) return values[0];
  if (last == 0) return values[0];
  size_t upper = 1;
  while (upper < last && target > targets[upper]) ++upper;
  const double left = std::log1p(-static_cast<double>(targets[upper - 1]));
  const double right = std::log1p(-static_cast<double>(targets[upper]));
  const double weight = (std::log1p(-target) - left) / (right - left);
  const double value = Mix(values[upper - 1], values[upper], weight);
  return weight > 1 ? std::max<double>(value, values[last]) : value;
}

// `values`: one for each k and target of `grid`.
float Interpolate(const Calibration& grid, const std::vector<float>& values,
                  uint32_t k, double target) {
  const std::vector<uint32_t>& ks = grid.ks;
  const std::vector<float>& targets = grid.targets;
  // As the grid keeps it, so that 0.95 meets 0.95f.
  target = static_cast<float>(target);
  if (ks.empty() || targets.empty() || !(target < 1)) return kEveryList;
  const uint32_t within = std::clamp(k, ks.front(), ks.back());
  size_t upper = 0;
  while (within > ks[upper]) ++upper;
  const size_t lower = within == ks[upper] ? upper : upper - 1;
  const size_t width = targets.size();
  const double high = AtTarget(targets, &values[upper * width], target);
  if (lower == upper) return static_cast<float>(high);
  const double low = AtTarget(targets, &values[lower * width], target);
  const double weight = std::log(static_cast<double>(within) / ks[lower]) /
                        std::log(static_cast<double>(ks[upper]) / ks[lower]);
  return static_cast<float>(Mix(low, high, weight));
}

}  // namespace

float Calibration::Tau(uint32_t k, double target) const {
  return Interpolate(*this, taus, k, target);
}

float Calibration::Codes(uint32_t k, double target) const {
  return Interpolate(*this, codes, k, target);
}

}  // namespace pomai
