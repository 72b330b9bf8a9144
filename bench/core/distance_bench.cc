// Exact distances and the steps around them. Argument: dimensions.
//
//   build/bench/distance_bench --benchmark_filter=Distance
#include "core/kernel/distance.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "core/base/random.h"
#include "core/kernel/float16.h"
#include "core/kernel/hadamard.h"

namespace pomai {
namespace {

std::vector<float> Numbers(const benchmark::State& state, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(state.range(0)));
  for (float& value : values) value = static_cast<float>(random.Uniform());
  return values;
}

void SquaredL2(benchmark::State& state) {
  const auto a = Numbers(state, 1), b = Numbers(state, 2);
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernel::SquaredL2(a.data(), b.data(), a.size()));
  }
}
BENCHMARK(SquaredL2)->Arg(100)->Arg(784);

template <Metric kMetric>
void Distance(benchmark::State& state) {
  const auto a = Numbers(state, 1), b = Numbers(state, 2);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        kernel::Distance(kMetric, a.data(), b.data(), a.size()));
  }
}
BENCHMARK(Distance<Metric::kL2>)->Arg(100)->Arg(784);
BENCHMARK(Distance<Metric::kInnerProduct>)->Arg(100)->Arg(784);
BENCHMARK(Distance<Metric::kCosine>)->Arg(100)->Arg(784);

void MultiplyHadamard(benchmark::State& state) {
  auto a = Numbers(state, 1);
  const std::vector<float> factors(a.size(),
                                   1 / std::sqrt(static_cast<float>(a.size())));
  for (auto _ : state) {
    kernel::MultiplyHadamard(factors.data(), a.data(), a.size());
    benchmark::DoNotOptimize(a.data());
  }
}
BENCHMARK(MultiplyHadamard)->Arg(64)->Arg(128)->Arg(512)->Arg(8192);

void Float16ToFloat(benchmark::State& state) {
  const std::vector<uint16_t> halves(static_cast<size_t>(state.range(0)),
                                     0x3C00);
  auto to = Numbers(state, 1);
  for (auto _ : state) {
    kernel::Float16ToFloat(halves.data(), to.data(), to.size());
    benchmark::DoNotOptimize(to.data());
  }
}
BENCHMARK(Float16ToFloat)->Arg(784);

}  // namespace
}  // namespace pomai
