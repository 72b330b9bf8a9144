// The library over files: writing and reopening. The folder is
// POMAI_BENCH_DIR, or the system's for temporary files.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/base/random.h"
#include "pomai/db.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 128;

std::string BenchFolder() {
  const char* folder = std::getenv("POMAI_BENCH_DIR");
  return std::string(folder != nullptr
                         ? folder
                         : std::filesystem::temp_directory_path().string()) +
         "/pomai-db-bench";
}

std::vector<float> RandomVector(uint64_t seed) {
  Random random(seed);
  std::vector<float> vector(kDimensions);
  for (float& x : vector) x = static_cast<float>(random.Uniform());
  return vector;
}

std::unique_ptr<DB> OpenDb(bool anew) {
  if (anew) std::filesystem::remove_all(BenchFolder());
  Options options;
  options.dimensions = kDimensions;
  return DB::Open(options, BenchFolder()).value();
}

// Batches of state.range(0) rows, synced each.
void Write(benchmark::State& state) {
  auto db = OpenDb(true);
  std::vector<std::vector<float>> vectors;
  for (uint64_t i = 0; i < 1000; ++i) vectors.push_back(RandomVector(i));
  uint64_t id = 0;
  WriteBatch batch;
  for (auto _ : state) {
    batch.Clear();
    for (int64_t i = 0; i < state.range(0); ++i, ++id) {
      batch.Put(id, vectors[id % vectors.size()]);
    }
    if (!db->Write(batch).ok()) state.SkipWithError("a write failed");
  }
  state.SetItemsProcessed(static_cast<int64_t>(id));
}
BENCHMARK(Write)->Arg(1)->Arg(1000)->UseRealTime()->MinTime(3);

// Single puts of state.range(0) threads: group commit.
void PutFromThreads(benchmark::State& state) {
  constexpr uint64_t kPuts = 200;
  auto db = OpenDb(true);
  const auto vector = RandomVector(7);
  std::atomic<uint64_t> id = 0;
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < state.range(0); ++i) {
      threads.emplace_back([&] {
        for (uint64_t n = 0; n < kPuts; ++n) {
          if (!db->Put(id++, vector).ok()) std::abort();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  state.SetItemsProcessed(static_cast<int64_t>(id));
}
BENCHMARK(PutFromThreads)->Arg(1)->Arg(4)->UseRealTime()->MinTime(2);

void TakeSnapshot(benchmark::State& state) {
  auto db = OpenDb(true);
  if (!db->Put(1, RandomVector(1)).ok()) state.SkipWithError("a put failed");
  for (auto _ : state) benchmark::DoNotOptimize(db->GetSnapshot().value());
}
BENCHMARK(TakeSnapshot);

// From Open to the first answer; state.range(0) rows, checkpointed.
void Reopen(benchmark::State& state) {
  {
    auto db = OpenDb(true);
    WriteBatch batch;
    for (uint64_t id = 0; id < static_cast<uint64_t>(state.range(0));) {
      batch.Clear();
      for (int i = 0; i < 10000; ++i, ++id) batch.Put(id, RandomVector(id));
      if (!db->Write(batch).ok()) state.SkipWithError("a write failed");
    }
    if (!(*db->OpenMembrane("default"))->Maintain().ok() || !db->Close().ok()) {
      state.SkipWithError("filling failed");
    }
  }
  const auto query = RandomVector(3);
  for (auto _ : state) {
    auto db = OpenDb(false);
    benchmark::DoNotOptimize(db->Search(query, 10).value());
    state.PauseTiming();
    db.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(Reopen)
    ->Arg(1000000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(10);

}  // namespace
}  // namespace pomai
