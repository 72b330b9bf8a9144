#include "pomai/db.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <thread>

#include "test/unit/db/batch_history.h"
#include "test/unit/db/temporary_folder.h"
#include "test/unit/db/vectors.h"

namespace pomai {
namespace {

std::unique_ptr<DB> OpenDb(const std::string& path, Options options = {}) {
  if (options.dimensions == 0) options.dimensions = 4;
  options.checkpoint_log_bytes = 4 << 20;
  auto db = DB::Open(options, path);
  EXPECT_TRUE(db.ok()) << db.status().ToString();
  return db.ok() ? std::move(db).value() : nullptr;
}

#define ASSERT_OK(expr)                                  \
  do {                                                   \
    const Status ok_status = (expr);                     \
    ASSERT_TRUE(ok_status.ok()) << ok_status.ToString(); \
  } while (0)

TEST(Db, WhatWasPutIsFoundAgain) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  ASSERT_OK(db->Put(7, VectorOf(7, 4)));
  auto found = db->Get(7);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, VectorOf(7, 4));
  EXPECT_EQ(db->Get(8).status().code(), StatusCode::kNotFound);
  auto nearest = db->Search(VectorOf(7, 4), 10);
  ASSERT_TRUE(nearest.ok()) << nearest.status().ToString();
  ASSERT_EQ(nearest->size(), 1u);
  EXPECT_EQ((*nearest)[0].id, 7u);
  EXPECT_EQ((*nearest)[0].distance, 0);
  ASSERT_OK(db->Close());
}

TEST(Db, ReopeningFindsRowsOfLogsAndOfCheckpoints) {
  TemporaryFolder folder;
  for (int round = 0; round < 4; ++round) {
    auto db = OpenDb(folder.path() + "/db");
    for (uint64_t id = 0; id < 100; ++id) {
      EXPECT_EQ(*db->Exists(id), id < static_cast<uint64_t>(round) * 25);
    }
    for (uint64_t id = round * 25; id < (round + 1) * 25u; ++id) {
      ASSERT_OK(db->Put(id, VectorOf(id, 4)));
    }
    if (round % 2 == 0) ASSERT_OK(db->Checkpoint());
    ASSERT_OK(db->Close());
  }
}

TEST(Db, ANewVectorReplacesTheOldOne) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  ASSERT_OK(db->Put(1, VectorOf(1, 4)));
  auto before = db->GetSnapshot();
  ASSERT_OK(db->Put(1, VectorOf(2, 4)));
  EXPECT_EQ(*db->Get(1), VectorOf(2, 4));
  EXPECT_EQ(*db->Get(1, {.snapshot = *before}), VectorOf(1, 4));
  EXPECT_EQ(db->Search(VectorOf(1, 4), 10)->size(), 1u);
  ASSERT_OK(db->Delete(1));
  EXPECT_FALSE(*db->Exists(1));
  EXPECT_TRUE(*db->Exists(1, {.snapshot = *before}));
  EXPECT_EQ(db->Search(VectorOf(1, 4), 10)->size(), 0u);
  EXPECT_EQ(db->Search(VectorOf(1, 4), 10, {.snapshot = *before})->size(), 1u);
}

TEST(Db, AWrongDimensionRejectsTheWholeBatchBeforeItIsLogged) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  const auto membrane = db->OpenMembrane("default");
  WriteBatch batch;
  batch.Put(1, VectorOf(1, 4));
  batch.Put(2, VectorOf(2, 3));
  EXPECT_EQ(db->Write(batch).code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(*db->Exists(1));
  EXPECT_EQ((*membrane)->Stats().log_bytes, 0u);
  EXPECT_EQ((*membrane)->Stats().sequence, 0u);
}

TEST(Db, AHundredThousandOperationsAreOneBatch) {
  TemporaryFolder folder;
  Options options;
  options.shards = 3;
  auto db = OpenDb(folder.path() + "/db", options);
  WriteBatch batch;
  for (uint64_t i = 0; i < 100000; ++i) {
    if (i % 10 == 9) {
      batch.Delete((i - 9) % 50000);
    } else {
      batch.Put(i % 50000, VectorOf(i, 4));
    }
  }
  EXPECT_EQ(batch.Count(), 100000u);
  ASSERT_OK(db->Write(batch));
  EXPECT_EQ((*db->OpenMembrane("default"))->Stats().sequence, 1u);
  EXPECT_EQ(*db->Get(49998), VectorOf(99998, 4));
  EXPECT_FALSE(*db->Exists(49990));
  ASSERT_OK(db->Close());
  db = OpenDb(folder.path() + "/db");
  EXPECT_EQ(*db->Get(49998), VectorOf(99998, 4));
  EXPECT_FALSE(*db->Exists(49990));
  const auto problems = (*db->OpenMembrane("default"))->Check();
  ASSERT_TRUE(problems.ok());
  EXPECT_EQ(*problems, std::vector<std::string>());
}

TEST(Db, WhatIsAskedForWronglyIsRefused) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  ASSERT_OK(db->Put(1, VectorOf(1, 4)));
  const std::vector<float> wrong{1, 2, NAN, 4};
  const Status states[] = {
      db->Put(2, wrong),
      db->Put(2, VectorOf(1, 5)),
      db->Search(wrong, 1).status(),
      db->Search(VectorOf(1, 3), 1).status(),
      db->Search(VectorOf(1, 4), 1, {.snapshot = {}, .target_recall = 0})
          .status(),
      db->Search(VectorOf(1, 4), 1, {.snapshot = {}, .target_recall = NAN})
          .status(),
      DB::Open({.checkpoint_log_bytes = 0}, folder.path() + "/other").status(),
  };
  for (const Status& status : states) {
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument)
        << &status - states << status.ToString();
  }
  EXPECT_TRUE(db->Search(VectorOf(1, 4), 0)->empty());
  EXPECT_EQ(db->Search(VectorOf(1, 4), SIZE_MAX)->size(), 1u);
}

TEST(Db, AnEmptyBatchIsWrittenAndChangesNothing) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  const auto membrane = *db->OpenMembrane("default");
  ASSERT_OK(db->Write({}));
  ASSERT_OK(db->Write("default", {}));
  EXPECT_EQ(db->Write("none", {}).code(), StatusCode::kNotFound);
  EXPECT_EQ(membrane->Stats().sequence, 0u);
  EXPECT_EQ(membrane->Stats().log_bytes, 0u);
}

TEST(Db, ABatchIsUsedAgain) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  ASSERT_OK(db->CreateMembrane("other", {.dimensions = 4, .shards = 3}));
  WriteBatch batch;
  batch.Put(1, VectorOf(1, 4));
  batch.Delete(1);
  batch.Put(1, VectorOf(2, 4));
  batch.Put(2, VectorOf(3, 4));
  batch.Delete(2);
  // Two membranes, and one of them twice.
  for (const char* name : {"default", "other", "other"}) {
    ASSERT_OK(db->Write(name, batch));
    const auto membrane = *db->OpenMembrane(name);
    EXPECT_EQ(*membrane->Get(1), VectorOf(2, 4));
    EXPECT_FALSE(*membrane->Exists(2));
    EXPECT_EQ(membrane->Stats().rows, 1u);
  }
  EXPECT_EQ(batch.Count(), 5u);
  batch.Clear();
  batch.Delete(1);
  ASSERT_OK(db->Write(batch));
  EXPECT_FALSE(*db->Exists(1));
  EXPECT_TRUE(*(*db->OpenMembrane("other"))->Exists(1));
}

TEST(Db, MembranesAreCreatedListedDroppedAndSurvive) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  {
    auto db = OpenDb(path);
    ASSERT_OK(db->CreateMembrane("b", {.dimensions = 8, .shards = 2}));
    ASSERT_OK(db->CreateMembrane(
        "a-1", {.dimensions = 3, .metric = Metric::kCosine, .bits = 4}));
    EXPECT_EQ(db->CreateMembrane("b", {.dimensions = 8}).code(),
              StatusCode::kAlreadyExists);
    for (const char* name : {"", "-a", "a/b", ".a", "LOCK", "ä"}) {
      EXPECT_EQ(db->CreateMembrane(name, {.dimensions = 8}).code(),
                StatusCode::kInvalidArgument)
          << name;
    }
    EXPECT_EQ(db->CreateMembrane("c", {}).code(), StatusCode::kInvalidArgument);
    WriteBatch batch;
    batch.Put(1, VectorOf(1, 8));
    ASSERT_OK(db->Write("b", batch));
    EXPECT_EQ(db->Write("c", batch).code(), StatusCode::kNotFound);
    ASSERT_OK(db->CreateMembrane("gone", {.dimensions = 8}));
    const auto handle = *db->OpenMembrane("gone");
    ASSERT_OK(handle->Write(batch));
    ASSERT_OK(db->DropMembrane("gone"));
    EXPECT_EQ(db->DropMembrane("gone").code(), StatusCode::kNotFound);
    EXPECT_EQ(handle->Write(batch).code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(handle->Exists(1).status().code(),
              StatusCode::kFailedPrecondition);
  }
  auto db = OpenDb(path);
  EXPECT_EQ(db->ListMembranes(),
            (std::vector<std::string>{"a-1", "b", "default"}));
  const MembraneOptions options = (*db->OpenMembrane("a-1"))->Stats().options;
  EXPECT_EQ(options.dimensions, 3u);
  EXPECT_EQ(options.metric, Metric::kCosine);
  EXPECT_EQ(options.bits, 4u);
  EXPECT_EQ((*db->OpenMembrane("b"))->Stats().options.shards, 2u);
  EXPECT_TRUE(*(*db->OpenMembrane("b"))->Exists(1));
}

TEST(Db, ABackupIsWhatWasThereWhenItWasMade) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  for (uint64_t id = 0; id < 50; ++id) {
    ASSERT_OK(db->Put(id, VectorOf(id, 4)));
  }
  ASSERT_OK(db->Backup(folder.path() + "/backup"));
  for (uint64_t id = 0; id < 100; ++id) {
    ASSERT_OK(db->Put(id, VectorOf(id + 1000, 4)));
  }
  ASSERT_OK(db->Checkpoint());
  ASSERT_OK(
      DB::Restore(folder.path() + "/backup", folder.path() + "/restored"));
  auto restored = OpenDb(folder.path() + "/restored");
  for (uint64_t id = 0; id < 100; ++id) {
    EXPECT_EQ(*restored->Exists(id), id < 50);
  }
  EXPECT_EQ(*restored->Get(7), VectorOf(7, 4));
  EXPECT_EQ(*db->Get(7), VectorOf(1007, 4));
}

// Batches go on being written; each is in the backup as a whole, or not.
TEST(Db, ABackupIsConsistentWhileBatchesAreWritten) {
  TemporaryFolder folder;
  Options options;
  options.dimensions = BatchHistory::kDimensions;
  options.shards = 2;
  auto db = OpenDb(folder.path() + "/db", options);
  std::atomic<uint64_t> begun{0}, acknowledged{0};
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint64_t n = 1; !done; ++n) {
      begun = n;
      ASSERT_OK(db->Write(BatchHistory::Batch(n)));
      acknowledged = n;
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string backup = folder.path() + "/backup" + std::to_string(i);
    const uint64_t before = acknowledged;
    ASSERT_OK(db->Backup(backup));
    const uint64_t after = begun;
    ASSERT_OK(DB::Restore(backup, backup + "-restored"));
    auto restored = OpenDb(backup + "-restored", options);
    EXPECT_EQ(BatchHistory::Problem((*restored->OpenMembrane("default")).get(),
                                    before, after),
              "");
  }
  done = true;
  writer.join();
}

TEST(Db, ABackupIsThereAsAWholeOrNotAtAll) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  const std::string backup = folder.path() + "/backup";
  std::filesystem::create_directory(backup);
  EXPECT_EQ(db->Backup(backup).code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(DB::Restore(folder.path() + "/none", backup + "2").code(),
            StatusCode::kNotFound);
  EXPECT_EQ(DB::Restore(backup, backup + "2").code(), StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(backup + "2"));
  ASSERT_OK(db->Backup(backup + "3/"));
  // One that was broken off does not pass for one.
  std::filesystem::rename(backup + "3", backup + "4.part");
  EXPECT_EQ(db->Backup(backup + "4").code(), StatusCode::kAlreadyExists);
  EXPECT_FALSE(std::filesystem::exists(backup + "4"));
}

TEST(Db, ARestoreSeesDamagedBackups) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  ASSERT_OK(db->Put(1, VectorOf(1, 4)));
  ASSERT_OK(db->Backup(folder.path() + "/backup"));
  for (const auto& entry :
       std::filesystem::directory_iterator(folder.path() + "/backup/default")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("rows-")) FlipByte(entry.path(), 200);
  }
  EXPECT_EQ(DB::Restore(folder.path() + "/backup", folder.path() + "/restored")
                .code(),
            StatusCode::kCorruption);
}

}  // namespace
}  // namespace pomai
