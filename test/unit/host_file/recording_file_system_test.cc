#include "test/unit/host_file/recording_file_system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace pomai {
namespace {

using Bytes = std::vector<uint8_t>;

std::unique_ptr<File> Create(RecordingFileSystem* files,
                             const std::string& path) {
  auto file = files->Create(path);
  EXPECT_TRUE(file.ok()) << file.status().ToString();
  return std::move(file).value();
}

std::set<std::string> Names(RecordingFileSystem* files,
                            const std::string& folder = "/") {
  const auto names = files->List(folder);
  EXPECT_TRUE(names.ok()) << names.status().ToString();
  return {names.value().begin(), names.value().end()};
}

using NameSet = std::set<std::string>;

TEST(RecordingFileSystem, KeepsBytesAsAFileSystemDoes) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(file->Write(4090, Bytes(10, 7)).ok());
  Bytes expected(4090, 0);
  expected.resize(4100, 7);
  EXPECT_EQ(files.Bytes("/a"), expected);
  Bytes read(6);
  ASSERT_TRUE(file->Read(4088, read).ok());
  EXPECT_EQ(read, Bytes({0, 0, 7, 7, 7, 7}));
  EXPECT_EQ(file->Read(4095, read).code(), StatusCode::kCorruption);
  ASSERT_TRUE(file->Truncate(4092).ok());
  ASSERT_TRUE(file->Preallocate(9000).ok());
  ASSERT_TRUE(file->Preallocate(10).ok());
  expected.resize(4092);
  expected.resize(9000, 0);
  EXPECT_EQ(files.Bytes("/a"), expected);
  EXPECT_EQ(file->Size().value(), 9000u);
}

TEST(RecordingFileSystem, KnowsTheErrorsOfNames) {
  RecordingFileSystem files;
  ASSERT_TRUE(files.CreateFolder("/f").ok());
  Create(&files, "/f/a");
  EXPECT_EQ(files.Create("/f/a").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(files.Create("/g/a").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files.Open("/f/b").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files.Map("/f/b").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files.CreateFolder("/f").code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(files.RemoveFolder("/f").code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(files.Rename("/f/b", "/f/c").code(), StatusCode::kNotFound);
  ASSERT_TRUE(files.Link("/f/a", "/f/b").ok());
  EXPECT_EQ(files.Link("/f/a", "/f/b").code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(files.Remove("/f/a").ok());
  ASSERT_TRUE(files.Rename("/f/b", "/f/a").ok());
  EXPECT_EQ(Names(&files, "/f"), NameSet({"a"}));
  ASSERT_TRUE(files.Rename("/f", "/g").ok());
  EXPECT_TRUE(files.Exists("/g/a").value());
  EXPECT_FALSE(files.Exists("/f/a").value());
}

TEST(RecordingFileSystem, ACrashDropsWhatWasNotSynced) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(file->Write(0, Bytes(10, 1)).ok());
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(file->Write(5, Bytes(10, 2)).ok());
  const size_t end = files.steps();
  EXPECT_EQ(files.Crash(end, Unsynced::kDropped)->Bytes("/a"), Bytes(10, 1));
  Bytes both(5, 1);
  both.resize(15, 2);
  EXPECT_EQ(files.Crash(end, Unsynced::kKept)->Bytes("/a"), both);
  // The write is there, the sync is not.
  EXPECT_EQ(files.Crash(3, Unsynced::kDropped)->Bytes("/a"), Bytes());
  EXPECT_EQ(files.Crash(2, Unsynced::kDropped)->Bytes("/a"), Bytes());
  EXPECT_EQ(Names(files.Crash(1, Unsynced::kDropped).get()), NameSet());
  EXPECT_EQ(Names(files.Crash(1, Unsynced::kKept).get()), NameSet({"a"}));
  EXPECT_EQ(files.Bytes("/a"), both);  // crashes change nothing here
}

TEST(RecordingFileSystem, WhatAKilledProcessWroteIsStillNotDurable) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(file->Write(0, Bytes(10, 1)).ok());
  const auto killed = files.Crash(files.steps(), Unsynced::kKept);
  EXPECT_EQ(killed->Bytes("/a"), Bytes(10, 1));
  EXPECT_EQ(killed->steps(), 0u);
  EXPECT_EQ(killed->Crash(0, Unsynced::kDropped)->Bytes("/a"), Bytes());
  ASSERT_TRUE(killed->Open("/a").value()->Sync().ok());
  EXPECT_EQ(killed->Crash(1, Unsynced::kDropped)->Bytes("/a"), Bytes(10, 1));
}

TEST(RecordingFileSystem, SubsetsAreWholeWritesInAnyOrder) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(file->Write(0, Bytes(2000, 1)).ok());
  ASSERT_TRUE(file->Write(2000, Bytes(2000, 2)).ok());
  std::set<Bytes> found;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    found.insert(
        files.Crash(files.steps(), Unsynced::kSubset, seed)->Bytes("/a"));
  }
  Bytes second(2000, 0);
  second.resize(4000, 2);
  Bytes both(2000, 1);
  both.resize(4000, 2);
  EXPECT_EQ(found, std::set<Bytes>({Bytes(), Bytes(2000, 1), second, both}));
}

TEST(RecordingFileSystem, TornWritesEndAtSectors) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(file->Write(100, Bytes(1000, 1)).ok());
  std::set<Bytes> found;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    auto bytes = files.Crash(files.steps(), Unsynced::kTorn, seed)->Bytes("/a");
    found.insert(bytes);
    bytes.resize(1100);
    for (const auto& [begin, end] :
         {std::pair(100, 512), {512, 1024}, {1024, 1100}}) {
      const auto first = bytes.begin() + begin, last = bytes.begin() + end;
      EXPECT_EQ(std::count(first, last, *first), end - begin) << begin;
    }
  }
  EXPECT_EQ(found.size(), 8u);
}

TEST(RecordingFileSystem, NamesOfAFolderAreKeptOrDroppedOneByOne) {
  RecordingFileSystem files;
  Create(&files, "/old");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  Create(&files, "/new");
  ASSERT_TRUE(files.Rename("/new", "/named").ok());
  ASSERT_TRUE(files.Remove("/old").ok());
  std::set<NameSet> found;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    found.insert(
        Names(files.Crash(files.steps(), Unsynced::kSubset, seed).get()));
  }
  EXPECT_EQ(
      found,
      std::set<NameSet>(
          {{"old"}, {"old", "new"}, {"old", "named"}, {}, {"new"}, {"named"}}));
  ASSERT_TRUE(files.SyncFolder("/").ok());
  EXPECT_EQ(Names(files.Crash(files.steps(), Unsynced::kDropped).get()),
            NameSet({"named"}));
}

TEST(RecordingFileSystem, ARenameReplacesAtOnce) {
  RecordingFileSystem files;
  for (const std::string name : {"/m", "/m.new"}) {
    auto file = Create(&files, name);
    ASSERT_TRUE(file->Write(0, Bytes(3, name == "/m" ? 1 : 2)).ok());
    ASSERT_TRUE(file->Sync().ok());
  }
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(files.Rename("/m.new", "/m").ok());
  std::set<Bytes> found;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    found.insert(
        files.Crash(files.steps(), Unsynced::kSubset, seed)->Bytes("/m"));
  }
  EXPECT_EQ(found, std::set<Bytes>({Bytes(3, 1), Bytes(3, 2)}));
}

TEST(RecordingFileSystem, AFolderThatWasNotSyncedTakesItsFilesAlong) {
  RecordingFileSystem files;
  ASSERT_TRUE(files.CreateFolder("/f").ok());
  auto file = Create(&files, "/f/a");
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(files.SyncFolder("/f").ok());
  EXPECT_EQ(Names(files.Crash(files.steps(), Unsynced::kDropped).get()),
            NameSet());
  ASSERT_TRUE(files.SyncFolder("/").ok());
  EXPECT_EQ(Names(files.Crash(files.steps(), Unsynced::kDropped).get(), "/f"),
            NameSet({"a"}));
}

TEST(RecordingFileSystem, AStartedWriteIsDurableOnceItWasWaitedFor) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  const Bytes bytes(10, 1);
  ASSERT_TRUE(file->StartWrite(0, bytes, true).ok());
  const size_t started = files.steps();
  EXPECT_EQ(files.Crash(started, Unsynced::kDropped)->Bytes("/a"), Bytes());
  EXPECT_EQ(files.Crash(started, Unsynced::kKept)->Bytes("/a"), bytes);
  ASSERT_TRUE(file->Wait().ok());
  EXPECT_EQ(files.steps(), started + 1);
  EXPECT_EQ(files.Crash(started + 1, Unsynced::kDropped)->Bytes("/a"), bytes);
}

TEST(RecordingFileSystemDeathTest, StartedWritesHaveRules) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  Bytes bytes(10, 1);
  EXPECT_DEATH(
      {
        (void)file->StartWrite(0, bytes, true).ok();
        bytes[3] = 2;
        (void)file->Wait().ok();
      },
      "changed: /a");
  EXPECT_DEATH(
      {
        (void)file->StartWrite(0, bytes, true).ok();
        (void)file->Sync().ok();
      },
      "before Wait: /a");
}

TEST(RecordingFileSystem, MarksBelongToTheStepsBeforeThem) {
  RecordingFileSystem files;
  files.Mark("zero");
  Create(&files, "/a");
  files.Mark("one");
  files.Mark("one again");
  Create(&files, "/b");
  EXPECT_EQ(files.Marks(0), std::vector<std::string>({"zero"}));
  EXPECT_EQ(files.Marks(2),
            std::vector<std::string>({"zero", "one", "one again"}));
  EXPECT_EQ(files.Describe(1), "create /b");
}

TEST(RecordingFileSystem, FailsTheNthChangeOnceOrForEver) {
  for (const bool forever : {false, true}) {
    RecordingFileSystem files;
    auto file = Create(&files, "/a");
    files.FailChange(1, RecordingFileSystem::Fault::kFull, forever);
    EXPECT_TRUE(file->Sync().ok());
    const Status status = file->Write(0, Bytes(10, 1));
    EXPECT_EQ(status.ToString(),
              "ResourceExhausted: write /a at 0, 10 bytes: No space left on "
              "device (errno 28)");
    EXPECT_EQ(files.Bytes("/a"), Bytes(5, 1));  // half of it
    EXPECT_EQ(files.Create("/b").ok(), !forever);
    EXPECT_EQ(files.changes(), 4u);
    EXPECT_EQ(files.failure(), "write /a at 0, 10 bytes");
    files.FailNothing();
    EXPECT_TRUE(files.Create("/c").ok());
  }
}

TEST(RecordingFileSystem, FailsStartedWritesWhenTheyAreWaitedFor) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  const Bytes bytes(10, 1);
  for (const uint64_t n : {0, 1}) {  // the write, the sync
    files.FailChange(n, RecordingFileSystem::Fault::kIo);
    ASSERT_TRUE(file->StartWrite(0, bytes, true).ok());
    EXPECT_EQ(file->Wait().code(), StatusCode::kIo);
    EXPECT_TRUE(file->Wait().ok());
  }
}

TEST(RecordingFileSystem, NoLaterSyncCoversWhatAFailedOneShouldHave) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(file->Write(0, Bytes(10, 1)).ok());
  files.FailChange(0, RecordingFileSystem::Fault::kIo);
  EXPECT_FALSE(file->Sync().ok());
  ASSERT_TRUE(file->Write(10, Bytes(10, 2)).ok());
  ASSERT_TRUE(file->Sync().ok());
  Bytes expected(10, 0);
  expected.resize(20, 2);
  EXPECT_EQ(files.Crash(files.steps(), Unsynced::kDropped)->Bytes("/a"),
            expected);
}

TEST(RecordingFileSystem, FailsReads) {
  RecordingFileSystem files;
  Create(&files, "/a");
  files.FailRead(1);
  EXPECT_TRUE(files.Open("/a").ok());
  EXPECT_EQ(files.Map("/a").status().code(), StatusCode::kIo);
  EXPECT_TRUE(files.Map("/a").ok());
}

TEST(RecordingFileSystem, LocksAreHeldByOneAndGoWithACrash) {
  RecordingFileSystem files;
  auto lock = files.Lock("/LOCK");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(files.Lock("/LOCK").status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_TRUE(files.Crash(1, Unsynced::kKept)->Lock("/LOCK").ok());
  lock.value().reset();
  EXPECT_TRUE(files.Lock("/LOCK").ok());
}

TEST(RecordingFileSystem, TakesCallsOfManyThreads) {
  RecordingFileSystem files;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&files, t] {
      const auto name = "/" + std::to_string(t);
      auto file = Create(&files, name);
      for (uint64_t i = 0; i < 500; ++i) {
        const Bytes bytes(100, static_cast<uint8_t>(t));
        ASSERT_TRUE(file->StartWrite(i * 100, bytes, i % 7 == 0).ok());
        ASSERT_TRUE(file->Wait().ok());
        files.Mark(name);
        if (i % 100 == 0) (void)files.Crash(files.steps(), Unsynced::kTorn, i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(files.Bytes("/" + std::to_string(t)),
              Bytes(50000, static_cast<uint8_t>(t)));
  }
}

// Ten thousand crashes of a run with a thousand steps are a matter of seconds.
TEST(RecordingFileSystem, CrashesAreCheap) {
  RecordingFileSystem files;
  auto file = Create(&files, "/a");
  ASSERT_TRUE(files.SyncFolder("/").ok());
  for (uint64_t i = 0; i < 500; ++i) {
    ASSERT_TRUE(file->Write(i * 1000, Bytes(1000, 1)).ok());
    ASSERT_TRUE(file->Sync().ok());
  }
  for (size_t step = 2; step <= files.steps(); ++step) {
    for (uint64_t seed = 0; seed < 10; ++seed) {
      const auto found = files.Crash(step, Unsynced::kTorn, seed);
      auto opened = found->Open("/a");
      ASSERT_TRUE(opened.ok());
      ASSERT_GE(opened.value()->Size().value(), (step - 2) / 2 * 1000);
    }
  }
}

}  // namespace
}  // namespace pomai
