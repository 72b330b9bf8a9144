// What is there after a crash of the machine at each step.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/db/membrane_manifest.h"
#include "test/unit/db/crash_history.h"
#include "test/unit/sanitizer.h"

namespace pomai {
namespace {

constexpr uint64_t kBatches = CrashHistory::kBatches;

// Counts crashes, and says how many a minute there were.
class CrashCount {
 public:
  ~CrashCount() {
    const double minutes =
        std::chrono::duration<double>(Clock::now() - start_).count() / 60;
    std::printf("%llu crashes, %.0f a minute\n",
                static_cast<unsigned long long>(crashes_),
                static_cast<double>(crashes_) / minutes);
  }
  void Add() { ++crashes_; }

 private:
  using Clock = std::chrono::steady_clock;
  uint64_t crashes_ = 0;
  const Clock::time_point start_ = Clock::now();
};

std::string After(const RecordingFileSystem& files, size_t step) {
  return "after step " + std::to_string(step) + " of " +
         std::to_string(files.steps()) + ": " +
         (step > 0 ? files.Describe(step - 1) : "");
}

// With a sanitizer only some of the steps are taken.
constexpr size_t kStride = Stride(13, 9);

// Each mode gets others of them.
void CrashEverywhere(Unsynced unsynced, FsyncPolicy fsync, uint64_t seeds) {
  RecordingFileSystem files;
  CrashHistory history;
  const Status status = history.Run(&files, fsync);
  ASSERT_TRUE(status.ok()) << status.ToString();
  CrashCount count;
  for (size_t step = static_cast<size_t>(unsynced) % kStride;
       step <= files.steps(); step += kStride) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
      const auto found = files.Crash(step, unsynced, step * seeds + seed);
      count.Add();
      ASSERT_EQ(CrashHistory::Problem(found.get(), files.Marks(step), kBatches),
                "")
          << After(files, step) << ", seed " << seed;
    }
  }
}

// So the crashes meet logs that are kept for their vectors.
TEST(Crash, CheckpointsOfTheHistoryKeepLogs) {
  RecordingFileSystem files;
  ASSERT_TRUE(CrashHistory().Run(&files).ok());
  size_t links = 0;
  for (size_t step = 0; step < files.steps(); ++step) {
    const std::string call = files.Describe(step);
    links += call.starts_with("link ") &&
             call.find(" /db/default/vectors-") != std::string::npos;
  }
  EXPECT_GE(links, 4u);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreKept) {
  CrashEverywhere(Unsynced::kKept, FsyncPolicy::kAlways, 1);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreDropped) {
  CrashEverywhere(Unsynced::kDropped, FsyncPolicy::kAlways, 1);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreReordered) {
  CrashEverywhere(Unsynced::kSubset, FsyncPolicy::kAlways, 3);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreTorn) {
  CrashEverywhere(Unsynced::kTorn, FsyncPolicy::kAlways, 3);
}

// Batches may be lost, each as a whole, but none that a checkpoint has.
TEST(Crash, BatchesThatAreNotSyncedStayWholeAndCheckpointsKeepThem) {
  for (const auto fsync : {FsyncPolicy::kInterval, FsyncPolicy::kNever}) {
    for (const auto unsynced :
         {Unsynced::kDropped, Unsynced::kSubset, Unsynced::kTorn}) {
      CrashEverywhere(unsynced, fsync, 1);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// The machine stops, or a process is killed, a second time while the first
// crash is recovered from: at every `stride`-th step of that, each time others.
void CrashTwice(Unsynced first, size_t stride, std::vector<Unsynced> second) {
  RecordingFileSystem files;
  CrashHistory history;
  ASSERT_TRUE(history.Run(&files).ok());
  CrashCount count;
  for (size_t step = 0; step <= files.steps(); step += kStride) {
    const auto found = files.Crash(step, first, step);
    const Status status = CrashHistory::GoOn(found.get(), kBatches);
    ASSERT_TRUE(status.ok()) << After(files, step) << status.ToString();
    for (size_t next = step % stride; next <= found->steps(); next += stride) {
      const Unsynced unsynced = second[next % second.size()];
      const auto again = found->Crash(next, unsynced, step + next);
      auto marks = files.Marks(step);
      const auto later = found->Marks(next);
      marks.insert(marks.end(), later.begin(), later.end());
      count.Add();
      ASSERT_EQ(CrashHistory::Problem(again.get(), marks, kBatches + 1), "")
          << After(files, step) << "; and then " << After(*found, next);
    }
  }
}

TEST(Crash, ARecoveryOfAKilledProcessMayCrash) {
  CrashTwice(Unsynced::kKept, 7, {Unsynced::kDropped, Unsynced::kSubset});
}

TEST(Crash, ARecoveryOfAStoppedMachineMayCrash) {
  CrashTwice(Unsynced::kSubset, 11, {Unsynced::kTorn, Unsynced::kDropped});
}

// Batch `n` of writer `writer`: ids of its own.
constexpr uint64_t kWriters = 4, kOfWriter = 8, kIds = 5;
uint64_t IdOf(uint64_t writer, uint64_t n, uint64_t i) {
  return (writer * kOfWriter + n) * kIds + i;
}

void WriteAll(DB* db, RecordingFileSystem* files, uint64_t writer) {
  for (uint64_t n = 0; n < kOfWriter; ++n) {
    WriteBatch batch;
    for (uint64_t i = 0; i < kIds; ++i) {
      const uint64_t id = IdOf(writer, n, i);
      batch.Put(id, VectorOf(id, BatchHistory::kDimensions));
    }
    ASSERT_TRUE(db->Write(batch).ok());
    files->Mark(std::to_string(writer * kOfWriter + n));
  }
}

// Ids of each batch are all there or none; all where `acknowledged` says so.
std::string GroupProblem(FileSystem* files,
                         const std::vector<std::string>& acknowledged) {
  const auto db = DB::Open(CrashHistory::OptionsFor(files), "/db");
  if (!db.ok()) return db.status().ToString();
  std::vector<uint64_t> found(kWriters * kOfWriter);
  for (uint64_t id = 0; id < found.size() * kIds; ++id) {
    found[id / kIds] += (*db)->Exists(id).value() ? 1 : 0;
  }
  for (size_t batch = 0; batch < found.size(); ++batch) {
    if (found[batch] == 0 || found[batch] == kIds) continue;
    return "batch " + std::to_string(batch) + " is half there";
  }
  for (const std::string& batch : acknowledged) {
    if (found[std::stoul(batch)] == 0) return "batch " + batch + " is lost";
  }
  return "";
}

TEST(Crash, BatchesOfManyWritersAreThereAsAWholeOrNotAtAll) {
  RecordingFileSystem files;
  {
    auto db = DB::Open(CrashHistory::OptionsFor(&files), "/db");
    ASSERT_TRUE(db.ok());
    std::vector<std::thread> threads;
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back(WriteAll, db->get(), &files, writer);
    }
    // Logs are rotated and go meanwhile.
    for (int i = 0; i < 4; ++i) ASSERT_TRUE((*db)->Checkpoint().ok());
    for (std::thread& thread : threads) thread.join();
  }
  CrashCount count;
  for (size_t step = 0; step <= files.steps(); step += kStride) {
    for (const auto unsynced : {Unsynced::kKept, Unsynced::kDropped,
                                Unsynced::kSubset, Unsynced::kTorn}) {
      const auto found = files.Crash(step, unsynced, step);
      count.Add();
      ASSERT_EQ(GroupProblem(found.get(), files.Marks(step)), "")
          << After(files, step);
    }
  }
}

TEST(Crash, ARestoredDbIsThereAsAWholeOrNotAtAll) {
  RecordingFileSystem files;
  {
    auto db = DB::Open(CrashHistory::OptionsFor(&files), "/db");
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(
        (*db)
            ->CreateMembrane("other", {.dimensions = BatchHistory::kDimensions})
            .ok());
    ASSERT_TRUE((*db)->Write(BatchHistory::Batch(1)).ok());
    ASSERT_TRUE((*db)->Write("other", BatchHistory::Batch(1)).ok());
    ASSERT_TRUE((*db)->Backup("/backup").ok());
  }
  const size_t first = files.steps();
  ASSERT_TRUE(DB::Restore("/backup", "/copy", &files).ok());
  for (size_t step = first; step <= files.steps(); ++step) {
    for (const auto unsynced :
         {Unsynced::kDropped, Unsynced::kSubset, Unsynced::kTorn}) {
      const auto found = files.Crash(step, unsynced, step);
      const bool there = *found->Exists("/copy");
      ASSERT_TRUE(there || step < files.steps());
      if (!there) continue;
      auto db = DB::Open(CrashHistory::OptionsFor(found.get()), "/copy");
      ASSERT_TRUE(db.ok()) << After(files, step) << db.status().ToString();
      for (const char* name : {"default", "other"}) {
        const auto membrane = (*db)->OpenMembrane(name);
        ASSERT_TRUE(membrane.ok()) << After(files, step) << name;
        ASSERT_EQ(BatchHistory::Problem(membrane->get(), 1, 1), "");
        ASSERT_EQ(*(*membrane)->Check(), std::vector<std::string>());
      }
    }
  }
}

// A file of a membrane that neither its manifest names nor a recovery may need;
// empty: there is none. `logs`: the logs there may be.
std::string UnneededFile(FileSystem* files, const std::string& folder,
                         uint64_t logs) {
  const auto manifest = MembraneManifest::Load(files, folder);
  if (!manifest.ok()) return manifest.status().ToString();
  std::set<std::string> named{kManifestName};
  for (const StoredFile& file : manifest->files()) named.insert(file.name);
  const auto names = files->List(folder);
  for (const std::string& name : *names) {
    const bool log = name.ends_with(".log");
    if (log ? logs-- == 0 : !named.contains(name)) return folder + "/" + name;
  }
  return "";
}

std::string UnneededFile(FileSystem* files, DB* db, uint64_t logs) {
  const auto folders = files->List("/db");
  for (const std::string& name : *folders) {
    if (name.starts_with(".")) return "/db/" + name;
  }
  for (const std::string& name : db->ListMembranes()) {
    const std::string file = UnneededFile(files, "/db/" + name, logs);
    if (!file.empty()) return file;
  }
  return "";
}

TEST(Crash, WhatNobodyNeedsIsGoneOnceItIsOpened) {
  RecordingFileSystem files;
  CrashHistory history;
  ASSERT_TRUE(history.Run(&files).ok());
  for (size_t step = 0; step <= files.steps(); step += kStride) {
    const auto found = files.Crash(step, Unsynced::kSubset, step);
    const Options options = CrashHistory::OptionsFor(found.get());
    auto db = DB::Open(options, "/db");
    ASSERT_TRUE(db.ok()) << After(files, step) << db.status().ToString();
    // Logs of before the crash, and new ones.
    ASSERT_EQ(UnneededFile(found.get(), db->get(), 3 * options.shards), "")
        << After(files, step);
    ASSERT_TRUE((*db)->Write(BatchHistory::Batch(kBatches + 1)).ok());
    if ((*db)->OpenMembrane("other").ok()) {
      ASSERT_TRUE((*db)->Write("other", BatchHistory::Batch(1)).ok());
    }
    ASSERT_TRUE((*db)->Checkpoint().ok());
    ASSERT_EQ(UnneededFile(found.get(), db->get(), options.shards), "")
        << After(files, step);
  }
}

TEST(Crash, AnIntervalLaterAWriteIsDurable) {
  RecordingFileSystem files;
  auto db =
      DB::Open(CrashHistory::OptionsFor(&files, FsyncPolicy::kInterval), "/db");
  ASSERT_TRUE(db.ok());
  ASSERT_TRUE((*db)->Write(BatchHistory::Batch(1)).ok());
  for (int i = 0; i < 1000; ++i) {
    const auto found = files.Crash(files.steps(), Unsynced::kDropped);
    auto again = DB::Open(CrashHistory::OptionsFor(found.get()), "/db");
    ASSERT_TRUE(again.ok()) << again.status().ToString();
    if (*(*again)->Exists(BatchHistory::OwnId(1, 1))) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  FAIL() << "it was never synced";
}

TEST(Crash, WhatAKilledProcessDidNotSyncIsSyncedBeforeNewLogs) {
  RecordingFileSystem files;
  Options options = CrashHistory::OptionsFor(&files, FsyncPolicy::kNever);
  options.shards = 1;
  // More than a log takes from the disk at once: no zeros follow the record.
  WriteBatch large;
  for (uint64_t id = 0; id < 1000; ++id) {
    large.Put(id, std::vector<float>(BatchHistory::kDimensions, 1.0f));
  }
  {
    auto db = DB::Open(options, "/db");
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE((*db)->Write(large).ok());
    files.FailChange(0, RecordingFileSystem::Fault::kIo, true);
  }
  files.FailNothing();
  options.fsync = FsyncPolicy::kAlways;
  auto db = DB::Open(options, "/db");
  ASSERT_TRUE(db.ok()) << db.status().ToString();
  WriteBatch one;
  one.Put(5000, std::vector<float>(BatchHistory::kDimensions, 2.0f));
  ASSERT_TRUE((*db)->Write(one).ok());
  auto found = files.Crash(files.steps(), Unsynced::kDropped);
  options.files = found.get();
  auto again = DB::Open(options, "/db");
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_TRUE(*(*again)->Exists(5000));
  EXPECT_TRUE(*(*again)->Exists(999));
}

}  // namespace
}  // namespace pomai
