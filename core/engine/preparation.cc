#include "core/engine/preparation.h"

#include <utility>

#include "core/kernel/distance.h"

namespace pomai {

Preparation::Preparation(Metric metric,
                         std::shared_ptr<const Rotation> rotation)
    : metric_(metric), rotation_(std::move(rotation)) {
  if (metric_ == Metric::kCosine) normalised_.resize(rotation_->dimensions());
}

bool Preparation::Apply(const float* from, float* to) {
  if (metric_ == Metric::kCosine) {
    if (!kernel::Normalize(from, normalised_.data(), normalised_.size())) {
      return false;
    }
    from = normalised_.data();
  }
  rotation_->Apply(from, to);
  return true;
}

}  // namespace pomai
