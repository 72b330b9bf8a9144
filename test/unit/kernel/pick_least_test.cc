#include "core/kernel/pick_least.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Pick = void (*)(const float*, uint32_t, uint32_t, uint32_t*);

std::vector<uint32_t> Picked(Pick pick, std::vector<float> values,
                             uint32_t wanted) {
  const auto count = static_cast<uint32_t>(values.size());
  values.resize((count + kernel::kPickPadding - 1) / kernel::kPickPadding *
                    kernel::kPickPadding,
                kInfinity);
  std::vector<uint32_t> places(wanted + kernel::kPickPadding);
  pick(values.data(), count, wanted, places.data());
  places.resize(wanted);
  return places;
}

// By a stable sort, NaN as infinite.
std::vector<uint32_t> Expected(const std::vector<float>& values,
                               uint32_t wanted) {
  std::vector<uint32_t> places(values.size());
  std::iota(places.begin(), places.end(), 0u);
  const auto value = [&](uint32_t i) {
    return values[i] == values[i] ? values[i] : kInfinity;
  };
  std::stable_sort(places.begin(), places.end(),
                   [&](uint32_t a, uint32_t b) { return value(a) < value(b); });
  places.resize(wanted);
  std::sort(places.begin(), places.end());
  return places;
}

void ExpectRight(const std::vector<float>& values) {
  for (uint32_t wanted = 1; wanted <= values.size(); ++wanted) {
    const auto expected = Expected(values, wanted);
    EXPECT_EQ(Picked(kernel::scalar::PickLeast, values, wanted), expected);
    ForEveryTarget([&] {
      EXPECT_EQ(Picked(kernel::PickLeast, values, wanted), expected)
          << wanted << " of " << values.size();
    });
  }
}

TEST(PickLeast, OfRandomValues) {
  Random random(5);
  for (const uint32_t count : {1, 2, 15, 16, 17, 49, 100}) {
    ExpectRight(GaussianVector(&random, count));
  }
}

TEST(PickLeast, OfEqualsTheFirst) {
  ExpectRight(std::vector<float>(20, 7));
  std::vector<float> values(40);
  for (uint32_t i = 0; i < 40; ++i) values[i] = static_cast<float>(i * 7 % 3);
  ExpectRight(values);
}

TEST(PickLeast, InfinityAndNanAreLast) {
  ExpectRight({kNan, 3, kInfinity, 1, kNan, -kInfinity, 2});
  ExpectRight(std::vector<float>(18, kNan));
  const float most = std::numeric_limits<float>::max();
  ExpectRight({most, -most, 0, kInfinity, most / 2, -1e-30f, 1e-30f});
}

}  // namespace
}  // namespace pomai
