#include "core/host_file/file_store.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <thread>

#include "test/unit/host_file/file_membrane.h"

namespace pomai {
namespace {

std::vector<uint8_t> PageOf(PageKind kind, uint64_t id, uint8_t fill) {
  std::vector<uint8_t> page(kPageSize, fill);
  PutPageHeader(page.data(), {id, 0, kind});
  return page;
}

void ExpectSound(FileMembrane* membrane, uint64_t first, uint64_t end) {
  const auto report = membrane->Check();
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  for (const std::string& problem : report.value().problems) {
    ADD_FAILURE() << problem;
  }
  const std::vector<uint64_t>& live = report.value().live_ids;
  const std::set<uint64_t> ids(live.begin(), live.end());
  EXPECT_EQ(ids.size(), live.size());
  ASSERT_EQ(ids.size(), end - first);
  EXPECT_EQ(*ids.begin(), first);
  EXPECT_EQ(*ids.rbegin(), end - 1);
}

TEST(FileStore, AGuardKeepsItsVersion) {
  auto store = FileStore::New();
  ASSERT_EQ(store->Extend(2).value(), 0u);
  const auto old_page = PageOf(PageKind::kTailPayload, 9, 1);
  ASSERT_TRUE(store->WriteNew(0, old_page.data()).ok());
  PageGuard before = std::move(store->Read(0, PageLock::kPin)).value();
  {
    auto change = std::move(store->BeginChange()).value();
    uint8_t* copy = change->Edit(0).value();
    PageBody(copy)[0] = 2;
    ASSERT_TRUE(change->Commit().ok());
  }
  PageGuard after = std::move(store->Read(0, PageLock::kPin)).value();
  EXPECT_EQ(PageBody(before.data())[0], 1);
  EXPECT_EQ(PageBody(after.data())[0], 2);
  EXPECT_EQ(store->Read(2, PageLock::kPin).status().code(),
            StatusCode::kCorruption);
  PageGuard empty = std::move(store->Read(1, PageLock::kPin)).value();
  EXPECT_EQ(empty.data()[0], 0);
}

// Many side by side: the memory of a few that were let go would be too short
// for new ones.
TEST(FileStore, SealedPagesStayForTheirReaders) {
  constexpr BlockNumber kBlocks = 16;
  auto store = FileStore::New();
  ASSERT_TRUE(store->Extend(kBlocks).ok());
  const auto fill_all = [&](uint8_t fill) {
    const auto page = PageOf(PageKind::kSegment, 10 + fill, fill);
    for (BlockNumber block = 0; block < kBlocks; ++block) {
      ASSERT_TRUE(store->WriteNew(block, page.data()).ok());
    }
  };
  fill_all(1);
  const FileStore::Reader reader = store->Register();
  std::vector<PageGuard> before;
  for (BlockNumber block = 0; block < kBlocks; ++block) {
    before.push_back(std::move(store->Read(block, PageLock::kPin)).value());
  }
  for (uint8_t fill = 2; fill < 9; ++fill) {
    fill_all(fill);
    for (const PageGuard& page : before) {
      ASSERT_EQ(PageBody(page.data())[0], 1);
    }
  }
}

TEST(FileStore, AForgottenChangeChangesNothing) {
  auto store = FileStore::New();
  ASSERT_TRUE(store->Extend(1).ok());
  {
    auto change = std::move(store->BeginChange()).value();
    std::memset(change->Init(0).value(), 7, kPageSize);
  }
  PageGuard page = std::move(store->Read(0, PageLock::kShare)).value();
  EXPECT_EQ(page.data()[0], 0);
}

TEST(FileStore, APageThatBeginsAnewIsZero) {
  auto store = FileStore::New();
  ASSERT_TRUE(store->Extend(1).ok());
  auto change = std::move(store->BeginChange()).value();
  std::memset(change->Edit(0).value(), 7, kPageSize);
  const uint8_t* page = change->Init(0).value();
  EXPECT_EQ(std::count(page, page + kPageSize, 0), kPageSize);
}

// Those of before are named by the manifest, and are to pass soon.
TEST(FileStore, HorizonsGoOnWhereTheyWereWhenItIsOpened) {
  FileFolder folder;
  FileMembrane membrane(&folder, 1);
  ASSERT_TRUE(membrane.Insert(0, 1200, 1).ok());
  ASSERT_TRUE(membrane.Maintain(MaintenanceGoal::kAll).ok());
  const uint64_t before = membrane.store()->Horizon().value();
  ASSERT_TRUE(membrane.Checkpoint().ok());
  ASSERT_TRUE(membrane.Reopen().ok());
  EXPECT_TRUE(membrane.store()->HorizonPassed(before).value());
  const FileStore::Reader reader = membrane.store()->Register();
  EXPECT_TRUE(membrane.store()->HorizonPassed(before).value());
}

TEST(FileStore, HorizonsPassWhenTheirReadersHaveGone) {
  auto store = FileStore::New();
  auto first = std::make_unique<FileStore::Reader>(store->Register());
  const uint64_t horizon = store->Horizon().value();
  auto second = std::make_unique<FileStore::Reader>(store->Register());
  EXPECT_FALSE(store->HorizonPassed(horizon).value());
  first.reset();
  EXPECT_TRUE(store->HorizonPassed(horizon).value());
  EXPECT_FALSE(store->HorizonPassed(store->Horizon().value()).value());
}

TEST(FileStore, PagesThatSomebodyHasTakenMeanwhileAreNotGivenBack) {
  auto store = FileStore::New();
  ASSERT_TRUE(store->Extend(4).ok());
  // Planned when there were three.
  EXPECT_FALSE(store->Truncate(2, 3).value());
  EXPECT_EQ(store->PageCount().value(), 4u);
  EXPECT_TRUE(store->Truncate(2, 4).value());
  EXPECT_EQ(store->PageCount().value(), 2u);
}

TEST(FileStore, StopEndsPolls) {
  auto store = FileStore::New();
  EXPECT_TRUE(store->Poll().ok());
  store->Stop();
  EXPECT_EQ(store->Poll().code(), StatusCode::kAborted);
}

// Two pages that are always changed together.
TEST(FileStore, ReadersThatShareLatchesSeeWholeChanges) {
  auto store = FileStore::New();
  ASSERT_TRUE(store->Extend(2).ok());
  for (BlockNumber block = 0; block < 2; ++block) {
    const auto page = PageOf(PageKind::kShard, 0, 0);
    ASSERT_TRUE(store->WriteNew(block, page.data()).ok());
  }
  constexpr uint64_t kChanges = 2000;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&] {
      for (uint64_t i = 0; i < kChanges; ++i) {
        auto change = std::move(store->BeginChange()).value();
        for (BlockNumber block = 0; block < 2; ++block) {
          uint8_t* body = PageBody(change->Edit(block).value());
          PutFixed<uint64_t>(body, GetFixed<uint64_t>(body) + 1);
        }
        ASSERT_TRUE(change->Commit().ok());
      }
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      for (uint64_t seen = 0; seen < 2 * kChanges;) {
        const auto lock = reader == 0 ? PageLock::kShare : PageLock::kPin;
        PageGuard first = std::move(store->Read(0, lock)).value();
        PageGuard second = std::move(store->Read(1, lock)).value();
        const auto a = GetFixed<uint64_t>(PageBody(first.data()));
        const auto b = GetFixed<uint64_t>(PageBody(second.data()));
        ASSERT_GE(a, seen);
        if (lock == PageLock::kShare) {
          ASSERT_EQ(a, b);
        }
        seen = a;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(FileStore, ACheckpointIsTheStoreAsOfItsImage) {
  FileFolder folder;
  FileMembrane membrane(&folder, 2);
  ASSERT_TRUE(membrane.Insert(0, 5000, 1).ok());
  ASSERT_TRUE(membrane.Maintain(MaintenanceGoal::kAll).ok());
  const Status status = membrane.Checkpoint([&] {
    // What comes after the image is not in it.
    EXPECT_TRUE(membrane.Insert(5000, 3000, 1).ok());
    EXPECT_TRUE(membrane.Maintain(MaintenanceGoal::kForceSeal).ok());
    membrane.KillBelow(700);
    EXPECT_TRUE(membrane.Vacuum().ok());
  });
  ASSERT_TRUE(status.ok()) << status.ToString();
  ExpectSound(&membrane, 700, 8000);
  membrane.KillBelow(0);
  ASSERT_TRUE(membrane.Reopen().ok());
  ExpectSound(&membrane, 0, 5000);
}

TEST(FileStore, DeadMarksInMappedPagesOutliveACheckpoint) {
  FileFolder folder;
  FileMembrane membrane(&folder, 2);
  ASSERT_TRUE(membrane.Insert(0, 5000, 1).ok());
  ASSERT_TRUE(membrane.Maintain(MaintenanceGoal::kAll).ok());
  ASSERT_TRUE(membrane.Checkpoint().ok());
  const auto first = membrane.stored().extents;
  EXPECT_GE(first.size(), 2u);
  membrane.KillBelow(400);
  ASSERT_TRUE(membrane.Vacuum().ok());
  ASSERT_TRUE(membrane.Checkpoint().ok());
  EXPECT_EQ(membrane.stored().extents, first);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(membrane.Reopen().ok());
    ExpectSound(&membrane, 400, 5000);
    ASSERT_TRUE(membrane.Checkpoint().ok());
  }
}

// Or the memory of a membrane would grow with each seal.
TEST(FileStore, PagesThatNothingNeedsAnyMoreAreForgotten) {
  FileFolder folder;
  FileMembrane membrane(&folder, 1);
  ASSERT_TRUE(membrane.Insert(0, 1200, 1).ok());
  ASSERT_TRUE(membrane.Maintain(MaintenanceGoal::kAll).ok());
  ASSERT_FALSE(membrane.UnusedPages().empty());  // the tail's
  {
    const FileStore::Reader reader = membrane.store()->Register();
    ASSERT_TRUE(membrane.Checkpoint().ok());
    EXPECT_FALSE(membrane.UnusedPages().empty());
  }
  ASSERT_TRUE(membrane.Checkpoint().ok());
  EXPECT_EQ(membrane.UnusedPages(), std::vector<BlockNumber>());
}

TEST(FileStore, WhatTheManifestDoesNotNameMayGo) {
  FileFolder folder;
  FileMembrane membrane(&folder, 2);
  uint64_t next = 0;
  for (int round = 0; round < 6; ++round) {
    ASSERT_TRUE(membrane.Insert(next, 3000, 1).ok());
    next += 3000;
    membrane.KillBelow(next / 2);
    ASSERT_TRUE(membrane.Vacuum().ok());
    ASSERT_TRUE(membrane.Maintain(MaintenanceGoal::kAll).ok());
    ASSERT_TRUE(membrane.Checkpoint().ok());
    std::set<std::string> named = {membrane.stored().image.name};
    for (const auto& file : membrane.stored().extents) named.insert(file.name);
    for (const auto& file :
         std::filesystem::directory_iterator(folder.path())) {
      if (!named.contains(file.path().filename())) {
        std::filesystem::remove(file.path());
      }
    }
    ExpectSound(&membrane, next / 2, next);
    // Free blocks have no part of a file that is gone.
    for (BlockNumber block = 0; block < membrane.store()->PageCount().value();
         ++block) {
      auto page = membrane.store()->Read(block, PageLock::kPin);
      ASSERT_LE(page.value().data()[kPageHeaderOffset + 14],
                static_cast<uint8_t>(PageKind::kTailPayload));
    }
    if (round % 2 == 1) {
      ASSERT_TRUE(membrane.Reopen().ok());
      ExpectSound(&membrane, next / 2, next);
    }
  }
}

TEST(FileStore, NamesFileAndOffsetOfWrongBytes) {
  FileFolder folder;
  FileMembrane membrane(&folder, 1);
  ASSERT_TRUE(membrane.Insert(0, 1200, 1).ok());
  ASSERT_TRUE(membrane.Maintain(MaintenanceGoal::kAll).ok());
  ASSERT_TRUE(membrane.Checkpoint().ok());
  const StoredFile image = membrane.stored().image;
  for (uint64_t offset = 0; offset < image.bytes; offset += 101) {
    folder.Flip(image.name, offset);
    const Status status = membrane.Reopen();
    EXPECT_EQ(status.code(), StatusCode::kCorruption);
    const std::string message(status.message());
    EXPECT_NE(message.find(image.name + ": offset "), std::string::npos);
    EXPECT_NE(message.find("expected "), std::string::npos);
    folder.Flip(image.name, offset);
  }
  const StoredFile extent = membrane.stored().extents[0];
  const auto path = folder.path() + "/" + extent.name;
  std::filesystem::resize_file(path, extent.bytes - 1);
  const Status status = membrane.Reopen();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_NE(std::string(status.message()).find(extent.name), std::string::npos);
}

// Two writers, two searchers, and one that maintains, vacuums and makes
// checkpoints. Then the store, and the store opened again, hold what they
// should.
TEST(FileStore, ServesWritersSearchersAndMaintenanceAtOnce) {
  constexpr uint64_t kShards = 2;
  constexpr uint64_t kBatches = 40;
  constexpr uint64_t kRows = 100;
  FileFolder folder;
  FileMembrane membrane(&folder, kShards);
  std::atomic<uint64_t> inserted[kShards] = {};
  std::atomic<int> writing{kShards};
  std::atomic<uint64_t> searches{0};
  std::atomic<uint64_t> rounds{0};
  std::vector<std::thread> threads;
  for (uint64_t shard = 0; shard < kShards; ++shard) {
    threads.emplace_back([&, shard] {
      const std::shared_ptr<void> end(nullptr, [&](void*) { --writing; });
      for (uint64_t batch = 0; batch < kBatches; ++batch) {
        // Or it would be over before the others have begun.
        while (searches < batch || rounds < batch / 8) {
          ASSERT_FALSE(::testing::Test::HasFailure());
          std::this_thread::yield();
        }
        const Status status =
            membrane.Insert(batch * kRows * kShards + shard, kRows, kShards);
        ASSERT_TRUE(status.ok()) << status.ToString();
        inserted[shard] = (batch + 1) * kRows;
      }
    });
  }
  for (uint64_t searcher = 0; searcher < 2; ++searcher) {
    threads.emplace_back([&, searcher] {
      Random random(searcher);
      while (writing > 0) {
        const uint64_t shard = random.Below(kShards);
        const uint64_t rows = inserted[shard];
        if (rows == 0) continue;
        // Not among those that die.
        const uint64_t row = rows - 1 - random.Below(std::min(rows, kRows));
        const uint64_t id = row * kShards + shard;
        const auto found = membrane.Search(id, 3);
        ASSERT_TRUE(found.ok()) << found.status().ToString();
        ASSERT_FALSE(found.value().empty());
        if (found.value()[0] != id) {
          ADD_FAILURE() << "row " << id << " does not find itself";
        }
        ++searches;
      }
    });
  }
  while (writing > 0) {
    const uint64_t rows = std::min<uint64_t>(inserted[0], inserted[1]);
    if (rows > 4 * kRows) membrane.KillBelow((rows - 4 * kRows) * kShards / 2);
    Status status = membrane.Maintain(MaintenanceGoal::kForceSeal);
    ASSERT_TRUE(status.ok()) << status.ToString();
    status = membrane.Vacuum();
    ASSERT_TRUE(status.ok()) << status.ToString();
    status = membrane.Maintain(MaintenanceGoal::kAll);
    ASSERT_TRUE(status.ok()) << status.ToString();
    status = membrane.Checkpoint();
    ASSERT_TRUE(status.ok()) << status.ToString();
    ++rounds;
  }
  for (std::thread& thread : threads) thread.join();
  const uint64_t end = kBatches * kRows * kShards;
  // No fewer than died already.
  membrane.KillBelow(end / 2);
  ASSERT_TRUE(membrane.Vacuum().ok());
  ExpectSound(&membrane, end / 2, end);
  ASSERT_TRUE(membrane.Checkpoint().ok());
  ASSERT_TRUE(membrane.Reopen().ok());
  ExpectSound(&membrane, end / 2, end);
}

}  // namespace
}  // namespace pomai
