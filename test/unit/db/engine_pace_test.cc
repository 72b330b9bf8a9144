// How one membrane's writes, maintenance and end keep pace with each other.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/codebook/training.h"
#include "core/db/engine.h"
#include "test/unit/db/gated_file_system.h"
#include "test/unit/db/temporary_folder.h"
#include "test/unit/db/vectors.h"
#include "test/unit/sanitizer.h"

namespace pomai {
namespace {

using std::chrono::milliseconds;

constexpr uint32_t kDimensions = 16;
constexpr uint64_t kLogBytes = 1 << 18;

Options OptionsWith(FileSystem* files) {
  Options options;
  options.files = files;
  options.fsync = FsyncPolicy::kNever;
  options.checkpoint_log_bytes = kLogBytes;
  return options;
}

Status WriteRows(Engine* engine, uint64_t first, uint64_t count) {
  WriteBatch batch;
  for (uint64_t id = first; id < first + count; ++id) {
    batch.Put(id, VectorOf(id, kDimensions));
  }
  return engine->Write(batch);
}

// Until the membrane's sequence stands still.
uint64_t AwaitStandstill(Engine* engine) {
  uint64_t before = 0;
  uint64_t now = engine->Stats().sequence;
  do {
    before = now;
    std::this_thread::sleep_for(milliseconds(300));
    now = engine->Stats().sequence;
  } while (now != before || now == 0);
  return now;
}

// A disk that takes its time to sync.
class SlowFile : public File {
 public:
  explicit SlowFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  Status Write(uint64_t offset, std::span<const uint8_t> bytes) override {
    return file_->Write(offset, bytes);
  }
  Status Sync() override { return file_->Sync(); }
  Status StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                    bool sync) override {
    return file_->StartWrite(offset, bytes, sync);
  }
  Status Wait() override {
    std::this_thread::sleep_for(milliseconds(4));
    return file_->Wait();
  }
  Status Preallocate(uint64_t bytes) override {
    return file_->Preallocate(bytes);
  }
  Status Truncate(uint64_t bytes) override { return file_->Truncate(bytes); }
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    return file_->Read(offset, out);
  }
  Result<uint64_t> Size() override { return file_->Size(); }

 private:
  std::unique_ptr<File> file_;
};

class SlowFileSystem : public GatedFileSystem {
 public:
  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    POMAI_ASSIGN_OR_RETURN(auto file, GatedFileSystem::Create(path));
    return std::unique_ptr<File>(std::make_unique<SlowFile>(std::move(file)));
  }
};

TEST(EnginePace, WritersThatComeTogetherShareASync) {
  constexpr uint64_t kWriters = 8;
  constexpr uint64_t kPuts = 20;
  TemporaryFolder folder;
  SlowFileSystem files;
  Options options = OptionsWith(&files);
  options.fsync = FsyncPolicy::kAlways;
  ASSERT_TRUE(
      Engine::Create(&files, folder.path(), {.dimensions = kDimensions}).ok());
  auto engine = *Engine::Open(options, folder.path());
  const uint64_t before = engine->Stats().log_syncs;
  std::vector<std::thread> writers;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (uint64_t n = 0; n < kPuts; ++n) {
        EXPECT_TRUE(WriteRows(engine.get(), writer * kPuts + n, 1).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const uint64_t syncs = engine->Stats().log_syncs - before;
  EXPECT_GE(syncs, kPuts);
  EXPECT_LE(syncs, kWriters * kPuts / 2);
}

TEST(EnginePace, WritersWaitWhenCheckpointsLagFarBehind) {
  TemporaryFolder folder;
  GatedFileSystem files;
  const Options options = OptionsWith(&files);
  ASSERT_TRUE(
      Engine::Create(&files, folder.path(), {.dimensions = kDimensions}).ok());
  auto engine = *Engine::Open(options, folder.path());
  files.Shut();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint64_t n = 0; !done; ++n) {
      EXPECT_TRUE(WriteRows(engine.get(), n * 100, 100).ok());
    }
  });
  const uint64_t stopped = AwaitStandstill(engine.get());
  EXPECT_GT(engine->Stats().log_bytes, 3 * kLogBytes);
  EXPECT_LT(engine->Stats().log_bytes, 5 * kLogBytes);
  files.OpenGate();
  while (engine->Stats().sequence < stopped + 100) std::this_thread::yield();
  done = true;
  writer.join();
  EXPECT_TRUE(engine->Close().ok());
}

TEST(EnginePace, WhatIsWrittenBesideACheckpointIsLogForTheNext) {
  TemporaryFolder folder;
  GatedFileSystem files;
  ASSERT_TRUE(
      Engine::Create(&files, folder.path(), {.dimensions = kDimensions}).ok());
  auto engine = *Engine::Open(OptionsWith(&files), folder.path());
  ASSERT_TRUE(WriteRows(engine.get(), 0, 100).ok());
  const uint64_t bytes = engine->Stats().log_bytes;
  files.Shut();
  std::thread checkpointer([&] { EXPECT_TRUE(engine->Checkpoint().ok()); });
  files.AwaitOne();
  ASSERT_TRUE(WriteRows(engine.get(), 100, 100).ok());
  files.OpenGate();
  checkpointer.join();
  EXPECT_EQ(engine->Stats().log_bytes, bytes);
}

// Or a full disk would keep the thread that maintains busy for ever.
TEST(EnginePace, ACheckpointThatFailedIsTriedAgainAfterSoMuchMoreLog) {
  TemporaryFolder folder;
  GatedFileSystem files;
  ASSERT_TRUE(
      Engine::Create(&files, folder.path(), {.dimensions = kDimensions}).ok());
  Options options = OptionsWith(&files);
  options.background_maintenance = false;
  auto engine = *Engine::Open(options, folder.path());
  files.Fill();
  const uint64_t before = files.images();
  uint64_t next = 0;
  const auto write_until = [&](auto done) {
    while (!done()) {
      ASSERT_TRUE(WriteRows(engine.get(), next, 100).ok());
      next += 100;
    }
  };
  write_until([&] { return files.images() > before; });
  while (engine->Stats().background_error.empty()) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  const uint64_t failed = files.images();
  // Longer than the background's pause: its rounds that are well meanwhile do
  // not hide the error.
  std::this_thread::sleep_for(milliseconds(1300));
  EXPECT_EQ(files.images(), failed);
  EXPECT_FALSE(engine->Stats().background_error.empty());
  files.OpenGate();
  write_until([&] { return engine->Stats().checkpoint > 0; });
  while (!engine->Stats().background_error.empty()) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(engine->Close().ok());
}

TEST(EnginePace, WhoWaitsForACheckpointIsToldOfTheEnd) {
  TemporaryFolder folder;
  GatedFileSystem files;
  ASSERT_TRUE(
      Engine::Create(&files, folder.path(), {.dimensions = kDimensions}).ok());
  auto engine = *Engine::Open(OptionsWith(&files), folder.path());
  files.Shut();
  Status last;
  std::thread writer([&] {
    for (uint64_t n = 0; last.ok(); ++n) {
      last = WriteRows(engine.get(), n * 100, 100);
    }
  });
  AwaitStandstill(engine.get());
  std::thread closer([&] { EXPECT_TRUE(engine->Close().ok()); });
  writer.join();
  EXPECT_EQ(last.code(), StatusCode::kFailedPrecondition);
  files.OpenGate();
  closer.join();
}

TEST(EnginePace, CloseEndsATrainingThatIsUnderWay) {
  TemporaryFolder folder;
  Options options = OptionsWith(PosixFileSystem());
  options.background_maintenance = false;
  // As many lists as rows: training takes seconds.
  ASSERT_TRUE(Engine::Create(options.files, folder.path(),
                             {.dimensions = kDimensions, .lists = 40000})
                  .ok());
  auto engine = *Engine::Open(options, folder.path());
  ASSERT_TRUE(WriteRows(engine.get(), 0, 40000).ok());
  Status maintained;
  std::atomic<bool> training{false};
  std::thread maintainer([&] {
    maintained = engine->Maintain([&](std::string_view what, auto...) {
      if (what == "training") training = true;
    });
  });
  while (!training) std::this_thread::yield();
  EXPECT_TRUE(engine->Close().ok());
  maintainer.join();
  EXPECT_EQ(maintained.code(), StatusCode::kAborted) << maintained.ToString();
  engine = *Engine::Open(options, folder.path());
  EXPECT_EQ(engine->Stats().rows, 40000u);
  EXPECT_EQ(*engine->Check(), std::vector<std::string>());
}

// However many came while it trained for the first; but not a codebook for each
// few more of them.
TEST(EnginePace, RowsThatPouredInGetTheirListsSoonAndOnce) {
  using Clock = std::chrono::steady_clock;
  TemporaryFolder folder;
  const Options options = OptionsWith(PosixFileSystem());
  ASSERT_TRUE(
      Engine::Create(options.files, folder.path(), {.dimensions = kDimensions})
          .ok());
  const auto start = Clock::now();
  auto engine = *Engine::Open(options, folder.path());
  constexpr uint64_t kRows = 60000 / Stride(6, 1);
  uint64_t lists = 0;
  for (uint64_t first = 0; first < kRows; first += 1000) {
    ASSERT_TRUE(WriteRows(engine.get(), first, 1000).ok());
    if (lists <= 1) lists = engine->Stats().lists;
  }
  const uint64_t now = engine->Stats().lists;
  if (lists > 1 && Clock::now() - start < std::chrono::seconds(1)) {
    EXPECT_EQ(now, lists);
  }
  const uint64_t enough = AutomaticLists(kRows) / 2;
  const auto end = Clock::now() + std::chrono::minutes(5);
  while (engine->Stats().lists < enough && Clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_GE(engine->Stats().lists, enough);
  EXPECT_EQ(engine->Stats().background_error, "");
  EXPECT_TRUE(engine->Close().ok());
}

TEST(EnginePace, WhatIsOpenedAndNotWrittenToNeedsNoCheckpoint) {
  TemporaryFolder folder;
  const Options options = OptionsWith(PosixFileSystem());
  ASSERT_TRUE(Engine::Create(options.files, folder.path(),
                             {.dimensions = kDimensions, .shards = 2})
                  .ok());
  auto engine = *Engine::Open(options, folder.path());
  ASSERT_TRUE(WriteRows(engine.get(), 0, 100).ok());
  ASSERT_TRUE(engine->Close().ok());
  const auto manifest = [&] {
    std::ifstream file(folder.path() + "/MANIFEST", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto logs = [&] {
    int count = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(folder.path())) {
      count += file.path().extension() == ".log" ? 1 : 0;
    }
    return count;
  };
  const std::string before = manifest();
  for (int i = 0; i < 3; ++i) {
    engine = *Engine::Open(options, folder.path());
    EXPECT_EQ(engine->Stats().rows, 100u);
    ASSERT_TRUE(engine->Close().ok());
    EXPECT_EQ(manifest(), before);
    EXPECT_EQ(logs(), 2);
  }
}

}  // namespace
}  // namespace pomai
