// Preparation: from a user's vector to the space codes live in: normalised
// under cosine, then rotated and padded.
//
//   Preparation prepare(metric, rotation);
//   bool has_distance = prepare.Apply(vector, rotated);
//
// Immutable but for scratch space: one per thread.
#pragma once

#include <memory>
#include <vector>

#include "core/base/metric.h"
#include "core/rabitq/rotation.h"

namespace pomai {

class Preparation {
 public:
  Preparation(Metric metric, std::shared_ptr<const Rotation> rotation);

  uint32_t dimensions() const { return rotation_->dimensions(); }
  uint32_t padded() const { return rotation_->padded(); }

  // `from`: dimensions() floats, `to`: padded() floats. False when the vector
  // has no distance to anything (zero under cosine); `to` is undefined then.
  bool Apply(const float* from, float* to);

 private:
  Metric metric_;
  std::shared_ptr<const Rotation> rotation_;
  std::vector<float> normalised_;
};

}  // namespace pomai
