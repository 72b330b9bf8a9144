// Readers, writers and maintenance of one membrane at the same time.
#include "core/db/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "core/host_file/posix_file_system.h"
#include "core/kernel/distance.h"
#include "test/unit/db/temporary_folder.h"
#include "test/unit/db/vectors.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 16;

std::shared_ptr<Engine> NewEngine(const std::string& folder,
                                  const MembraneOptions& shape) {
  Options options;
  options.files = PosixFileSystem();
  options.fsync = FsyncPolicy::kNever;
  options.checkpoint_log_bytes = 1 << 20;
  EXPECT_TRUE(Engine::Create(options.files, folder, shape).ok());
  auto engine = Engine::Open(options, folder);
  EXPECT_TRUE(engine.ok()) << engine.status().ToString();
  return *engine;
}

// All ids below ten hold the vector of one and the same batch.
std::string SnapshotProblem(Engine* engine) {
  const auto snapshot = *engine->GetSnapshot();
  const ReadOptions options{.snapshot = snapshot, .target_recall = 0.9};
  const auto first = engine->Get(0, options);
  if (!first.ok()) return "";
  const auto nearest = engine->Search(*first, 10, options);
  if (!nearest.ok()) return nearest.status().ToString();
  for (uint64_t id = 0; id < 10; ++id) {
    const auto vector = engine->Get(id, options);
    if (!vector.ok()) return vector.status().ToString();
    if (*vector != *first) return "half a batch is seen by Get";
  }
  uint64_t rows = 0;
  auto iterator = *engine->NewIterator(options);
  while (iterator->Next()) {
    ++rows;
    if (iterator->id() < 10 &&
        !std::ranges::equal(iterator->vector(), *first)) {
      return "half a batch is seen by an iterator";
    }
  }
  // Batch n is row 0 .. 9 and 50 others.
  if (rows != 10 + 50 * snapshot->sequence()) {
    return "expected " + std::to_string(10 + 50 * snapshot->sequence()) +
           " rows, found " + std::to_string(rows);
  }
  return engine->Get(0, options).value() == *first ? "" : "it has changed";
}

TEST(Engine, SnapshotsStayTheSameWhileRowsAreWrittenSealedAndMerged) {
  TemporaryFolder folder;
  auto engine =
      NewEngine(folder.path(), {.dimensions = kDimensions, .shards = 2});
  std::atomic<bool> done{false};
  std::string problems[2];
  std::vector<std::thread> readers;
  for (std::string& problem : problems) {
    readers.emplace_back([&] {
      while (!done && problem.empty()) problem = SnapshotProblem(engine.get());
    });
  }
  for (uint64_t n = 0; n < 150; ++n) {
    WriteBatch batch;
    for (uint64_t id = 0; id < 10; ++id) {
      batch.Put(id, VectorOf(n, kDimensions));
    }
    for (uint64_t i = 0; i < 50; ++i) {
      batch.Put(1000 + n * 50 + i, VectorOf(1000 + n * 50 + i, kDimensions));
    }
    ASSERT_TRUE(engine->Write(batch).ok());
    if (n % 40 == 39) {
      ASSERT_TRUE(engine->Checkpoint().ok());
    }
  }
  const Status maintained = engine->Maintain();
  EXPECT_TRUE(maintained.ok()) << maintained.ToString();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(problems[0], "");
  EXPECT_EQ(problems[1], "");
  EXPECT_EQ(engine->Stats().background_error, "");
  EXPECT_EQ(*engine->Check(), std::vector<std::string>());
  EXPECT_TRUE(engine->Close().ok());
}

TEST(Engine, RecallStaysNearTheTargetWhileRowsGrow) {
  for (const Metric metric :
       {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    TemporaryFolder folder;
    auto engine =
        NewEngine(folder.path(), {.dimensions = kDimensions, .metric = metric});
    constexpr uint64_t kRows = 12000;
    std::vector<std::vector<float>> rows;
    for (uint64_t id = 0; id < kRows; ++id) {
      rows.push_back(VectorOf(id, kDimensions));
    }
    for (uint64_t first = 0; first < kRows; first += 1000) {
      WriteBatch batch;
      for (uint64_t id = first; id < first + 1000; ++id) {
        batch.Put(id, rows[id]);
      }
      ASSERT_TRUE(engine->Write(batch).ok());
    }
    ASSERT_TRUE(engine->Maintain().ok());
    EXPECT_GT(engine->Stats().lists, 1u);
    ASSERT_TRUE(engine->Checkpoint().ok());
    int found = 0;
    for (uint64_t q = 0; q < 50; ++q) {
      const auto query = VectorOf(q + (1 << 20), kDimensions);
      std::vector<double> exact;
      for (const auto& row : rows) {
        exact.push_back(
            kernel::Distance(metric, query.data(), row.data(), kDimensions));
      }
      std::nth_element(exact.begin(), exact.begin() + 9, exact.end());
      const auto nearest = engine->Search(query, 10, {});
      ASSERT_TRUE(nearest.ok());
      for (const Neighbour& row : *nearest) {
        found += row.distance <= exact[9] ? 1 : 0;
      }
    }
    EXPECT_GE(found, 460) << "metric " << static_cast<int>(metric);
  }
}

TEST(Engine, OldVersionsStayAsLongAsASnapshotNeedsThemAndNoLonger) {
  constexpr uint64_t kRows = 3000;
  TemporaryFolder folder;
  auto engine = NewEngine(folder.path(), {.dimensions = kDimensions});
  const auto write = [&](uint64_t seed) {
    WriteBatch batch;
    for (uint64_t id = 0; id < kRows; ++id) {
      batch.Put(id, VectorOf(seed + id, kDimensions));
    }
    ASSERT_TRUE(engine->Write(batch).ok());
  };
  const auto keep = [&] {
    ASSERT_TRUE(engine->Maintain().ok());
    ASSERT_TRUE(engine->Checkpoint().ok());
  };
  // Bytes of the files whose names begin like that.
  const auto size = [&](const std::string& prefix) {
    uint64_t bytes = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(folder.path())) {
      const std::string name = file.path().filename();
      if (name.starts_with(prefix)) bytes += file.file_size();
    }
    return bytes;
  };
  const auto size_of_rows = [&] { return size("rows-") + size("vectors-"); };
  write(0);
  keep();
  const uint64_t rows_bytes = size_of_rows();
  const uint64_t entries_bytes = size("extent-");
  auto held = *engine->GetSnapshot();
  auto copy = held;
  write(10000);
  write(20000);
  keep();
  held.reset();  // the copy still holds it
  keep();
  EXPECT_GE(engine->Stats().versions, 2 * kRows);
  EXPECT_EQ(engine->Stats().rows, kRows);
  EXPECT_GE(size_of_rows(), 2 * rows_bytes - rows_bytes / 8);
  for (uint64_t id = 0; id < kRows; id += 100) {
    EXPECT_EQ(*engine->Get(id, {.snapshot = copy}), VectorOf(id, kDimensions));
    EXPECT_EQ(*engine->Get(id, {}), VectorOf(20000 + id, kDimensions));
  }
  EXPECT_EQ(engine->Search(VectorOf(7, kDimensions), 1, {.snapshot = copy})
                ->front()
                .distance,
            0);
  copy.reset();
  keep();
  EXPECT_EQ(engine->Stats().versions, kRows);
  EXPECT_LE(size_of_rows(), rows_bytes);
  EXPECT_LE(size("extent-"), entries_bytes + entries_bytes / 2);
  EXPECT_LE(engine->Stats().memory_bytes, 1u << 20);
  EXPECT_EQ(*engine->Check(), std::vector<std::string>());
}

// Also while a writer and checkpoints are at work: nothing waits for them.
TEST(Engine, ASnapshotTakesMicroseconds) {
  TemporaryFolder folder;
  auto engine = NewEngine(folder.path(), {.dimensions = kDimensions});
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint64_t n = 0; !done; ++n) {
      WriteBatch batch;
      for (uint64_t id = 0; id < 100; ++id) {
        batch.Put(id, VectorOf(n + id, kDimensions));
      }
      ASSERT_TRUE(engine->Write(batch).ok());
      if (n % 50 == 49) {
        ASSERT_TRUE(engine->Checkpoint().ok());
      }
    }
  });
  std::vector<std::chrono::nanoseconds> times;
  std::vector<std::shared_ptr<const DbSnapshot>> held;
  for (int i = 0; i < 5001; ++i) {
    const auto start = std::chrono::steady_clock::now();
    auto snapshot = engine->GetSnapshot();
    times.push_back(std::chrono::steady_clock::now() - start);
    if (i % 10 == 0) held.push_back(*snapshot);
  }
  done = true;
  writer.join();
  std::nth_element(times.begin(), times.begin() + 2500, times.end());
  EXPECT_LT(times[2500], std::chrono::microseconds(100));
}

TEST(Engine, ACheckpointEndsLogsAndTheirFilesGo) {
  TemporaryFolder folder;
  auto engine =
      NewEngine(folder.path(), {.dimensions = kDimensions, .shards = 2});
  const auto logs = [&] {
    std::set<std::string> names;
    for (const auto& file :
         std::filesystem::directory_iterator(folder.path())) {
      if (file.path().extension() == ".log") {
        names.insert(file.path().filename());
      }
    }
    return names;
  };
  const auto first = logs();
  EXPECT_EQ(first.size(), 2u);
  WriteBatch batch;
  for (uint64_t id = 0; id < 100; ++id)
    batch.Put(id, VectorOf(id, kDimensions));
  ASSERT_TRUE(engine->Write(batch).ok());
  EXPECT_GT(engine->Stats().log_bytes, 100u * kDimensions * sizeof(float));
  ASSERT_TRUE(engine->Checkpoint().ok());
  EXPECT_EQ(engine->Stats().log_bytes, 0u);
  const auto second = logs();
  EXPECT_EQ(second.size(), 2u);
  for (const std::string& name : first) EXPECT_FALSE(second.contains(name));
  // Without news there is nothing to do.
  ASSERT_TRUE(engine->Checkpoint().ok());
  EXPECT_EQ(logs(), second);
}

TEST(Engine, SnapshotsOfAnotherMembraneAreRefused) {
  TemporaryFolder one;
  TemporaryFolder two;
  auto first = NewEngine(one.path(), {.dimensions = kDimensions});
  auto second = NewEngine(two.path(), {.dimensions = kDimensions});
  EXPECT_EQ(
      second->Exists(1, {.snapshot = *first->GetSnapshot()}).status().code(),
      StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pomai
