// Runs a test once for each instruction set that this machine has and the
// kernels are compiled for.
//
//   ForEveryTarget([] { EXPECT_EQ(...); });
//
// Changes what kernels of the whole process run: one thread.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "core/base/random.h"
#include "core/kernel/dispatch.h"

namespace pomai {

template <class Check>
void ForEveryTarget(const Check& check) {
  const kernel::InstructionSet best = kernel::instruction_set;
  for (const auto set : kernel::AvailableInstructionSets()) {
    SCOPED_TRACE(kernel::InstructionSetName(set));
    kernel::instruction_set = set;
    check();
  }
  kernel::instruction_set = best;
}

// A standard normal number (Box and Muller).
inline float Gaussian(Random* random) {
  const double radius = std::sqrt(-2 * std::log(1 - random->Uniform()));
  return static_cast<float>(radius *
                            std::cos(6.283185307179586 * random->Uniform()));
}

inline std::vector<float> GaussianVector(Random* random, size_t n) {
  std::vector<float> values(n);
  for (float& value : values) value = Gaussian(random);
  return values;
}

}  // namespace pomai
