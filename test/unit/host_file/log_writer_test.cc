#include "core/host_file/log_writer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/host_file/log_reader.h"
#include "test/unit/host_file/log_sample.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

std::unique_ptr<LogWriter> CreateLog(FileSystem* files,
                                     uint64_t preallocate = 0) {
  auto log = LogWriter::Create(files, "/log", preallocate);
  EXPECT_TRUE(log.ok()) << log.status().ToString();
  return std::move(log).value();
}

TEST(LogWriter, WritesWhatTheReaderReads) {
  RecordingFileSystem files;
  auto log = CreateLog(&files, 4096);
  std::vector<Bytes> bodies;
  for (uint64_t i = 0; i < 100; ++i) {
    bodies.push_back(Body(i, i * 3));
    log->Add({.sequence = i + 10, .shards = 3, .body = bodies.back()});
    if (i % 7 == 0) {
      ASSERT_TRUE(log->Start(i % 2 == 0).ok());
    }
  }
  ASSERT_TRUE(log->Start(true).ok());
  ASSERT_TRUE(log->Finish().ok());
  const LogContent found = ReadLog(&files, "/log", false);
  ASSERT_TRUE(found.status.ok()) << found.status.ToString();
  EXPECT_EQ(found.bodies, bodies);
  EXPECT_EQ(found.sequences.front(), 10u);
  EXPECT_EQ(found.sequences.back(), 109u);
  EXPECT_EQ(found.end, log->size());
  EXPECT_EQ(files.Bytes("/log").size(), log->size());
}

TEST(LogWriter, TakesRecordsWhileAGroupIsOnItsWay) {
  RecordingFileSystem files;
  auto log = CreateLog(&files);
  log->Add({.sequence = 1, .shards = 1, .body = Body(1, 100)});
  ASSERT_TRUE(log->Start(true).ok());
  log->Add({.sequence = 2, .shards = 1, .body = Body(2, 100)});
  EXPECT_EQ(log->pending(), LogRecordSize(100));
  EXPECT_EQ(log->durable(), kLogHeaderSize);
  ASSERT_TRUE(log->Wait().ok());
  EXPECT_EQ(log->durable(), log->size());
  EXPECT_EQ(ReadLog(&files, "/log", true).sequences,
            std::vector<uint64_t>({1}));
  ASSERT_TRUE(log->Start(true).ok());
  ASSERT_TRUE(log->Wait().ok());
  EXPECT_EQ(ReadLog(&files, "/log", true).sequences,
            std::vector<uint64_t>({1, 2}));
}

TEST(LogWriter, OneSyncMakesAWholeGroupDurable) {
  RecordingFileSystem files;
  auto log = CreateLog(&files);
  const uint64_t before = files.changes();
  for (uint64_t i = 1; i <= 1000; ++i) {
    log->Add({.sequence = i, .shards = 1, .body = Body(i, 10)});
  }
  ASSERT_TRUE(log->Start(true).ok());
  ASSERT_TRUE(log->Wait().ok());
  EXPECT_EQ(files.changes(), before + 2);
  ASSERT_TRUE(log->Sync().ok());  // nothing to do
  EXPECT_EQ(files.changes(), before + 2);
}

TEST(LogWriter, ItsFirstErrorIsFinal) {
  for (uint64_t n = 0; n < 2; ++n) {  // the write, the sync
    RecordingFileSystem files;
    auto log = CreateLog(&files);
    files.FailChange(n, RecordingFileSystem::Fault::kFull);
    log->Add({.sequence = 1, .shards = 1, .body = Body(1, 100)});
    ASSERT_TRUE(log->Start(true).ok());
    const Status first = log->Wait();
    EXPECT_EQ(first.code(), StatusCode::kResourceExhausted);
    EXPECT_NE(first.message().find("/log"), std::string::npos);
    log->Add({.sequence = 2, .shards = 1, .body = Body(2, 100)});
    EXPECT_EQ(log->Start(true).message(), first.message());
    EXPECT_EQ(log->Wait().message(), first.message());
    EXPECT_EQ(log->Sync().message(), first.message());
    EXPECT_EQ(log->Finish().message(), first.message());
    EXPECT_EQ(log->durable(), kLogHeaderSize);
  }
}

TEST(LogWriter, CreateReportsEachFailure) {
  for (uint64_t n = 0; n < 5; ++n) {
    RecordingFileSystem files;
    files.FailChange(n, RecordingFileSystem::Fault::kIo);
    EXPECT_EQ(LogWriter::Create(&files, "/log", 4096).status().code(),
              StatusCode::kIo)
        << n;
  }
}

struct CrashRun {
  RecordingFileSystem files;
  std::vector<Bytes> bodies;
};

// Groups of 1, 2 and 3 records, every third one without a sync, each marked
// with the number of records that are acknowledged as durable.
void RunGroups(CrashRun* run) {
  auto log = CreateLog(&run->files, 2048);
  run->files.Mark("0");
  for (uint64_t group = 0; group < 24; ++group) {
    for (uint64_t i = 0; i < 1 + group % 3; ++i) {
      const uint64_t sequence = run->bodies.size() + 1;
      run->bodies.push_back(Body(sequence, sequence * 37 % 900));
      log->Add({.sequence = sequence, .shards = 1, .body = run->bodies.back()});
    }
    const bool sync = group % 3 != 2;
    ASSERT_TRUE(log->Start(sync).ok());
    ASSERT_TRUE(log->Wait().ok());
    if (sync) run->files.Mark(std::to_string(run->bodies.size()));
  }
  ASSERT_TRUE(log->Finish().ok());
  run->files.Mark(std::to_string(run->bodies.size()));
}

// After a crash at every step, whatever it did to what was not synced: the log
// opens, holds a prefix of what was added, and all that was acknowledged; cut,
// it is a sound log for ever.
TEST(LogWriter, ACrashAtEveryStepLosesNothingAcknowledged) {
  CrashRun run;
  RunGroups(&run);
  for (size_t step = 0; step <= run.files.steps(); ++step) {
    const auto marks = run.files.Marks(step);
    for (uint64_t seed = 0; seed < 40; ++seed) {
      const auto policy = static_cast<Unsynced>(seed % 4);
      const auto found = run.files.Crash(step, policy, seed);
      SCOPED_TRACE("step " + std::to_string(step) + ", seed " +
                   std::to_string(seed));
      if (marks.empty() && !found->Exists("/log").value()) continue;
      const LogContent log = ReadLog(found.get(), "/log", true, true);
      ASSERT_TRUE(log.status.ok()) << log.status.ToString();
      ASSERT_LE(log.bodies.size(), run.bodies.size());
      ASSERT_TRUE(
          std::equal(log.bodies.begin(), log.bodies.end(), run.bodies.begin()));
      if (!marks.empty()) {
        ASSERT_GE(log.bodies.size(), std::stoul(marks.back()));
      }
      const auto again = found->Crash(found->steps(), Unsynced::kDropped, seed);
      if (!again->Exists("/log").value()) continue;  // its name was not synced
      const LogContent cut = ReadLog(again.get(), "/log", false);
      ASSERT_TRUE(cut.status.ok()) << cut.status.ToString();
      ASSERT_EQ(cut.bodies, log.bodies);
    }
  }
}

}  // namespace
}  // namespace pomai
