#include "core/kernel/float16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

// sign, 5 bits of exponent, 10 of mantissa (IEEE 754, binary16).
double ByDefinition(uint32_t bits) {
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const int mantissa = static_cast<int>(bits & 1023);
  const double magnitude = exponent == 0
                               ? std::ldexp(mantissa, -24)
                               : std::ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

TEST(Float16, EveryFiniteHalfIsExactOnEveryTarget) {
  std::vector<uint16_t> halves;
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    if ((bits >> 10 & 31) != 31) halves.push_back(static_cast<uint16_t>(bits));
  }
  ForEveryTarget([&] {
    std::vector<float> floats(halves.size());
    kernel::Float16ToFloat(halves.data(), floats.data(), halves.size());
    for (size_t i = 0; i < halves.size(); ++i) {
      ASSERT_EQ(floats[i], ByDefinition(halves[i])) << halves[i];
      ASSERT_EQ(std::signbit(floats[i]), halves[i] >= 0x8000) << halves[i];
    }
  });
}

TEST(Float16, EveryLengthAndAlignmentWorks) {
  std::vector<uint16_t> halves(70, 0x3C00);
  ForEveryTarget([&] {
    for (size_t n = 0; n < 67; ++n) {
      std::vector<float> floats(n + 1, 7);
      kernel::Float16ToFloat(halves.data() + n % 3, floats.data(), n);
      for (size_t i = 0; i < n; ++i) EXPECT_EQ(floats[i], 1);
      EXPECT_EQ(floats[n], 7);
    }
  });
}

}  // namespace
}  // namespace pomai
