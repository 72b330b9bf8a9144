// What is there when a call of the file system fails: EIO, ENOSPC, at each call
// that changes something and at each that reads.
#include <gtest/gtest.h>

#include <string>

#include "test/unit/db/crash_history.h"
#include "test/unit/sanitizer.h"

namespace pomai {
namespace {

using Fault = RecordingFileSystem::Fault;

// Which fault it was, in words that help: the file and the system's reason.
bool IsClear(const Status& status) {
  const std::string text(status.message());
  const bool code = status.code() == StatusCode::kIo ||
                    status.code() == StatusCode::kResourceExhausted ||
                    status.code() == StatusCode::kFailedPrecondition;
  return code && text.find(" /") != std::string::npos &&
         (text.find("Input/output error (errno 5)") != std::string::npos ||
          text.find("No space left on device (errno 28)") != std::string::npos);
}

// Whether the DB goes on without it: a backup copies what it cannot link, and a
// checkpoint writes vectors whose log it cannot read.
bool IsOptional(const std::string& call) {
  return call.starts_with("link ") ||
         (call.starts_with("map ") && call.ends_with(".log"));
}

// Runs a history with a fault that `fail(files, n)` arranges, for each n until
// the fault is not met any more.
template <typename Fail>
void FailEverywhere(Fail fail) {
  for (uint64_t n = 0;; n += Stride(13, 5)) {
    RecordingFileSystem files;
    fail(&files, n);
    CrashHistory history;
    const Status status = history.Run(&files);
    const std::string failure = files.failure();
    SCOPED_TRACE("call " + std::to_string(n) + ", " + failure + ": " +
                 status.ToString());
    if (failure.empty()) {
      EXPECT_TRUE(status.ok());
      EXPECT_GT(n, 20u);
      return;
    }
    ASSERT_TRUE(status.ok() ? IsOptional(failure) : IsClear(status));
    ASSERT_EQ(history.problem(), "");
    files.FailNothing();
    ASSERT_EQ(CrashHistory::Problem(&files, files.Marks(files.steps()),
                                    history.begun()),
              "");
  }
}

void FailChanges(Fault fault, bool forever) {
  FailEverywhere([=](RecordingFileSystem* files, uint64_t n) {
    files->FailChange(n, fault, forever);
  });
}

TEST(Fault, NothingAcknowledgedIsLostWhereOneCallFails) {
  FailChanges(Fault::kIo, false);
}

TEST(Fault, NothingAcknowledgedIsLostWhenTheDiskFailsForGood) {
  FailChanges(Fault::kIo, true);
}

TEST(Fault, NothingAcknowledgedIsLostWhenTheDiskIsFullForAMoment) {
  FailChanges(Fault::kFull, false);
}

TEST(Fault, NothingAcknowledgedIsLostWhenTheDiskIsFull) {
  FailChanges(Fault::kFull, true);
}

TEST(Fault, NothingAcknowledgedIsLostWhereOneReadFails) {
  FailEverywhere(
      [](RecordingFileSystem* files, uint64_t n) { files->FailRead(n); });
}

// Opening reads: whichever read fails, Open says so, and a later one finds
// everything.
TEST(Fault, AnOpeningThatCannotReadChangesNothing) {
  RecordingFileSystem lived;
  CrashHistory history;
  ASSERT_TRUE(history.Run(&lived).ok());
  // Logs that are to be replayed: before the last checkpoint.
  for (const size_t step : {lived.steps() * 3 / 5, lived.steps()}) {
    for (uint64_t n = 0;; n += Stride(5, 5)) {
      const auto files = lived.Crash(step, Unsynced::kKept);
      files->FailRead(n);
      auto db = DB::Open(CrashHistory::OptionsFor(files.get()), "/db");
      const Status status = db.status();
      if (files->failure().empty()) break;
      SCOPED_TRACE("read " + std::to_string(n) + ": " + status.ToString());
      ASSERT_EQ(status.code(), StatusCode::kIo);
      ASSERT_TRUE(IsClear(status));
      files->FailNothing();
      ASSERT_EQ(CrashHistory::Problem(files.get(), lived.Marks(step),
                                      CrashHistory::kBatches),
                "");
    }
  }
}

// What was made of it is the shard's last log for a recovery, so the one before
// may not go on: its end could be torn.
TEST(Fault, NothingIsWrittenOnceALogCouldNotBegin) {
  int logs = 0;
  for (uint64_t n = 0;; ++n) {
    RecordingFileSystem files;
    auto db = DB::Open(CrashHistory::OptionsFor(&files), "/db");
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE((*db)->Write(BatchHistory::Batch(1)).ok());
    files.FailChange(n, Fault::kFull);
    const Status failed = (*db)->Checkpoint();
    if (files.failure().empty()) break;
    // Other names of complete logs are given later.
    if (files.failure().find(".log") == std::string::npos ||
        files.failure().starts_with("remove ") ||
        files.failure().starts_with("link ")) {
      continue;
    }
    ++logs;
    EXPECT_EQ(failed.code(), StatusCode::kResourceExhausted);
    EXPECT_FALSE((*db)->Write(BatchHistory::Batch(2)).ok()) << files.failure();
  }
  EXPECT_GE(logs, 3 * 4);  // create, preallocate, write, sync; of each shard
}

TEST(Fault, AMembraneStaysReadableWhenItsDiskFails) {
  RecordingFileSystem files;
  auto db = DB::Open(CrashHistory::OptionsFor(&files), "/db");
  ASSERT_TRUE(db.ok());
  const auto membrane = *(*db)->OpenMembrane("default");
  for (uint64_t n = 1; n <= 5; ++n) {
    ASSERT_TRUE(membrane->Write(BatchHistory::Batch(n)).ok());
  }
  files.FailChange(0, Fault::kFull, true);
  const Status full = membrane->Write(BatchHistory::Batch(6));
  EXPECT_EQ(full.code(), StatusCode::kResourceExhausted) << full.ToString();
  const Status later = membrane->Write(BatchHistory::Batch(7));
  EXPECT_EQ(later.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(later.message().find(full.ToString()), std::string::npos)
      << later.ToString();
  EXPECT_EQ(BatchHistory::Problem(membrane.get(), 5, 5), "");
}

}  // namespace
}  // namespace pomai
