// Codes a second: scanning, refining and encoding, and what a query costs
// before its first list. Arguments: dimensions / bits.
//
//   build/bench/code_bench --benchmark_filter=Scan
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "core/base/random.h"
#include "core/rabitq/code.h"
#include "core/rabitq/estimator.h"
#include "core/rabitq/rotation.h"

namespace pomai {
namespace {

std::vector<float> RandomVector(Random* random, size_t n) {
  std::vector<float> values(n);
  for (float& value : values) {
    value = static_cast<float>(random->Uniform() + random->Uniform() - 1);
  }
  return values;
}

// Blocks and refine rows that fit into the second-level cache.
struct Codes {
  explicit Codes(const CodeShape& code_shape) : shape(code_shape) {
    Random random(1);
    query = RandomVector(&random, shape.dimensions);
    centroid = RandomVector(&random, shape.dimensions);
    Encoder encoder(shape);
    std::vector<uint8_t> records(kBlockCodes * shape.record_size());
    blocks.resize(kBlocks * shape.block_size());
    rows.resize(kBlocks * kBlockCodes * shape.refine_size() + 1);
    for (uint32_t b = 0; b < kBlocks; ++b) {
      const uint8_t* pointers[kBlockCodes];
      for (uint32_t j = 0; j < kBlockCodes; ++j) {
        uint8_t* const record = &records[j * shape.record_size()];
        pointers[j] = record;
        encoder.Encode(RandomVector(&random, shape.dimensions).data(),
                       centroid.data(), record);
        CopyRefineRow(shape, record,
                      &rows[(b * kBlockCodes + j) * shape.refine_size()]);
      }
      PackBlock(shape, pointers, kBlockCodes, &blocks[b * shape.block_size()]);
    }
  }

  static constexpr uint32_t kBlocks = 16;
  CodeShape shape;
  std::vector<float> query, centroid;
  std::vector<uint8_t> blocks, rows;
};

CodeShape ShapeOf(const benchmark::State& state) {
  return {PaddedDimensions(static_cast<uint32_t>(state.range(0))),
          static_cast<uint32_t>(state.range(1)), Metric::kL2};
}

void Scan(benchmark::State& state) {
  const Codes codes(ShapeOf(state));
  const Estimator estimator(codes.shape, codes.query.data());
  const ListTerms terms = estimator.TermsFor(codes.centroid.data());
  float lower[kBlockCodes];
  for (auto _ : state) {
    for (uint32_t b = 0; b < Codes::kBlocks; ++b) {
      const uint8_t* block = &codes.blocks[b * codes.shape.block_size()];
      benchmark::DoNotOptimize(estimator.ScanBlock(block, terms, 1, lower));
    }
  }
  state.SetItemsProcessed(state.iterations() * Codes::kBlocks * kBlockCodes);
}
BENCHMARK(Scan)->Args({100, 6})->Args({784, 4})->Args({1536, 4});

void Refine(benchmark::State& state) {
  const Codes codes(ShapeOf(state));
  const Estimator estimator(codes.shape, codes.query.data());
  const ListTerms terms = estimator.TermsFor(codes.centroid.data());
  const uint32_t row_size = codes.shape.refine_size();
  for (auto _ : state) {
    for (uint32_t b = 0; b < Codes::kBlocks; ++b) {
      const uint8_t* block = &codes.blocks[b * codes.shape.block_size()];
      for (uint32_t j = 0; j < kBlockCodes; ++j) {
        const uint8_t* row = &codes.rows[(b * kBlockCodes + j) * row_size];
        benchmark::DoNotOptimize(estimator.Refine(block, j, row, terms));
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * Codes::kBlocks * kBlockCodes);
}
BENCHMARK(Refine)
    ->Args({100, 5})
    ->Args({100, 6})
    ->Args({784, 4})
    ->Args({784, 5})
    ->Args({784, 8});

void Encode(benchmark::State& state) {
  const CodeShape shape = ShapeOf(state);
  Random random(1);
  const auto vectors = RandomVector(&random, 64 * shape.dimensions);
  const auto centroid = RandomVector(&random, shape.dimensions);
  Encoder encoder(shape);
  std::vector<uint8_t> record(shape.record_size());
  size_t next = 0;
  for (auto _ : state) {
    encoder.Encode(&vectors[next++ % 64 * shape.dimensions], centroid.data(),
                   record.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Encode)
    ->Args({100, 1})
    ->Args({100, 5})
    ->Args({100, 6})
    ->Args({784, 4})
    ->Args({784, 5});

void Prepare(benchmark::State& state) {
  const CodeShape shape = ShapeOf(state);
  Random random(1);
  const auto query = RandomVector(&random, shape.dimensions);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Estimator(shape, query.data()));
  }
}
BENCHMARK(Prepare)->Args({100, 6})->Args({784, 4});

void Rotate(benchmark::State& state) {
  const Rotation rotation(static_cast<uint32_t>(state.range(0)), 1);
  Random random(1);
  const auto vector = RandomVector(&random, rotation.dimensions());
  std::vector<float> rotated(rotation.padded());
  for (auto _ : state) {
    rotation.Apply(vector.data(), rotated.data());
    benchmark::DoNotOptimize(rotated.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Rotate)->Arg(100)->Arg(784)->Arg(1024);

}  // namespace
}  // namespace pomai
