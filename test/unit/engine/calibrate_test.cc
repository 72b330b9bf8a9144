#include "core/engine/calibrate.h"

#include <gtest/gtest.h>

#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

TEST(Calibrate, HeldOutQueriesReachTheTarget) {
  constexpr uint32_t kDimensions = 64;
  for (const Metric metric :
       {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    MemoryMembrane membrane({.dimensions = kDimensions, .metric = metric});
    membrane.Build(ClusteredVectors(6000, kDimensions, 100, 1));
    const auto queries = ClusteredVectors(100, kDimensions, 100, 77);
    for (const double target : {0.9, 0.95, 0.99}) {
      for (const size_t k : {1, 10, 100}) {
        const double recall =
            membrane.Recall(queries, k, {.target_recall = target});
        EXPECT_GE(recall, target - 0.03)
            << "metric " << static_cast<int>(metric) << ", k " << k
            << ", target " << target;
      }
    }
  }
}

TEST(Calibrate, AHigherTargetNeverStopsEarlier) {
  MemoryMembrane membrane({.dimensions = 32});
  membrane.Build(ClusteredVectors(5000, 32, 60, 1));
  const auto snapshot = membrane.TakeSnapshot();
  ASSERT_TRUE(snapshot.ok());
  const Calibration& calibration = snapshot.value().view->manifest.calibration;
  for (const uint32_t k : {1, 10, 33, 100, 5000}) {
    float last = calibration.Tau(k, 0.3);
    for (double target = 0.31; target < 1; target += 0.01) {
      const float tau = calibration.Tau(k, target);
      EXPECT_GE(tau, last) << "k " << k << ", target " << target;
      last = tau;
    }
  }
}

}  // namespace
}  // namespace pomai
