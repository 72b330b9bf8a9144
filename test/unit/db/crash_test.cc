// What is there after a crash of the machine at each step, and after each step
// that fails.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pomai/db.h"
#include "test/unit/db/batch_history.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

constexpr uint64_t kBatches = 12;

Options OptionsFor(FileSystem* files) {
  Options options;
  options.files = files;
  options.dimensions = BatchHistory::kDimensions;
  options.shards = 3;
  options.background_maintenance = false;
  options.checkpoint_log_bytes = 1 << 16;
  return options;
}

Status WriteTo(Membrane* membrane, RecordingFileSystem* files, uint64_t n) {
  POMAI_RETURN_IF_ERROR(membrane->Write(BatchHistory::Batch(n)));
  files->Mark(std::to_string(n));
  return Status::Ok();
}

// Stops at the first error. `begun`: batches that were begun.
Status RunHistory(RecordingFileSystem* files, uint64_t* begun) {
  POMAI_ASSIGN_OR_RETURN(auto db, DB::Open(OptionsFor(files), "/db"));
  POMAI_ASSIGN_OR_RETURN(auto membrane, db->OpenMembrane("default"));
  for (uint64_t n = 1; n <= kBatches; ++n) {
    *begun = n;
    POMAI_RETURN_IF_ERROR(WriteTo(membrane.get(), files, n));
    if (n == 4 || n == 9) POMAI_RETURN_IF_ERROR(membrane->Checkpoint());
    if (n == 5) POMAI_RETURN_IF_ERROR(membrane->Maintain());
    if (n == 6) {
      POMAI_RETURN_IF_ERROR(db->CreateMembrane("other", {.dimensions = 4}));
      files->Mark("created");
    }
    if (n == 10) {
      POMAI_RETURN_IF_ERROR(db->DropMembrane("other"));
      files->Mark("dropped");
    }
  }
  return db->Close();
}

struct Acknowledged {
  explicit Acknowledged(const std::vector<std::string>& marks) {
    for (const std::string& mark : marks) {
      if (mark == "created") {
        created = true;
      } else if (mark == "dropped") {
        dropped = true;
      } else {
        batches = std::stoull(mark);
      }
    }
  }
  uint64_t batches = 0;
  bool created = false;
  bool dropped = false;
};

// Opens what a crash left; what is wrong with it.
std::string Problem(RecordingFileSystem* files, const Acknowledged& known,
                    uint64_t begun) {
  auto db = DB::Open(OptionsFor(files), "/db");
  if (!db.ok()) return db.status().ToString();
  auto membrane = (*db)->OpenMembrane("default");
  if (!membrane.ok()) return membrane.status().ToString();
  const std::string problem =
      BatchHistory::Problem(membrane->get(), known.batches, begun);
  if (!problem.empty()) return problem;
  const bool other = (*db)->OpenMembrane("other").ok();
  if (known.dropped && other) return "a dropped membrane is there";
  if (known.created && !known.dropped && known.batches < 10 && !other) {
    return "a created membrane is gone";
  }
  const auto problems = (*membrane)->Check();
  if (!problems.ok()) return problems.status().ToString();
  if (!problems->empty()) return problems->front();
  // And life goes on.
  const Status status = (*membrane)->Write(BatchHistory::Batch(begun + 1));
  return status.ok() ? "" : status.ToString();
}

void CrashEverywhere(Unsynced unsynced, size_t stride) {
  RecordingFileSystem files;
  uint64_t begun = 0;
  const Status status = RunHistory(&files, &begun);
  ASSERT_TRUE(status.ok()) << status.ToString();
  for (size_t step = 0; step <= files.steps(); step += stride) {
    auto found = files.Crash(step, unsynced, step);
    const Acknowledged known(files.Marks(step));
    ASSERT_EQ(Problem(found.get(), known, kBatches), "")
        << "after step " << step << " of " << files.steps() << ": "
        << (step > 0 ? files.Describe(step - 1) : "");
  }
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreKept) {
  CrashEverywhere(Unsynced::kKept, 1);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreDropped) {
  CrashEverywhere(Unsynced::kDropped, 1);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreReordered) {
  CrashEverywhere(Unsynced::kSubset, 1);
}

TEST(Crash, NothingAcknowledgedIsLostWhereUnsyncedWritesAreTorn) {
  CrashEverywhere(Unsynced::kTorn, 1);
}

// One call fails, or all from some call on.
void FailEverywhere(RecordingFileSystem::Fault fault, bool forever) {
  uint64_t changes = 0;
  for (uint64_t n = 0; n == 0 || n <= changes; n += 1) {
    RecordingFileSystem files;
    if (n > 0) files.FailChange(n - 1, fault, forever);
    uint64_t begun = 0;
    const Status status = RunHistory(&files, &begun);
    if (n == 0) changes = files.changes();
    EXPECT_TRUE(status.ok() || !status.message().empty());
    files.FailNothing();
    const Acknowledged known(files.Marks(files.steps()));
    ASSERT_EQ(Problem(&files, known, begun), "") << "call " << n;
  }
}

TEST(Crash, NothingAcknowledgedIsLostWhereOneCallFails) {
  FailEverywhere(RecordingFileSystem::Fault::kIo, false);
}

TEST(Crash, NothingAcknowledgedIsLostWhenTheDiskIsFull) {
  FailEverywhere(RecordingFileSystem::Fault::kFull, true);
}

TEST(Crash, WhatAKilledProcessDidNotSyncIsSyncedBeforeNewLogs) {
  RecordingFileSystem files;
  Options options = OptionsFor(&files);
  options.shards = 1;
  options.fsync = FsyncPolicy::kNever;
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

TEST(Crash, AMembraneStaysReadableWhenItsDiskFails) {
  RecordingFileSystem files;
  auto db = DB::Open(OptionsFor(&files), "/db");
  ASSERT_TRUE(db.ok());
  const auto membrane = *(*db)->OpenMembrane("default");
  for (uint64_t n = 1; n <= 5; ++n) {
    ASSERT_TRUE(WriteTo(membrane.get(), &files, n).ok());
  }
  files.FailChange(0, RecordingFileSystem::Fault::kFull, true);
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
