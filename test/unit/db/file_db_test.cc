// A DB's folder: who may open it, what it is taken for, and membranes that go
// while they are used.
#include "core/db/file_db.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "test/unit/db/temporary_folder.h"
#include "test/unit/db/vectors.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 4;

Options OptionsFor() {
  Options options;
  options.dimensions = kDimensions;
  return options;
}

std::unique_ptr<DB> OpenDb(const std::string& path) {
  auto db = DB::Open(OptionsFor(), path);
  EXPECT_TRUE(db.ok()) << db.status().ToString();
  return db.ok() ? std::move(db).value() : nullptr;
}

WriteBatch Rows(uint64_t first, uint64_t end) {
  WriteBatch batch;
  for (uint64_t id = first; id < end; ++id) {
    batch.Put(id, VectorOf(id, kDimensions));
  }
  return batch;
}

// The code of what `call` returns in a process of its own.
StatusCode InAnotherProcess(const std::function<Status()>& call) {
  const pid_t child = fork();
  if (child == 0) _exit(static_cast<int>(call().code()));
  int how = 0;
  EXPECT_EQ(waitpid(child, &how, 0), child);
  EXPECT_TRUE(WIFEXITED(how));
  return static_cast<StatusCode>(WEXITSTATUS(how));
}

// The superuser may do everything, so somebody else tries.
StatusCode AsNobody(const std::function<Status()>& call) {
  return InAnotherProcess([&] {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
      return Status::Internal("cannot be nobody");
    }
    return call();
  });
}

TEST(FileDb, OneProcessHasAFolder) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  const auto open = [&] { return DB::Open(OptionsFor(), path).status(); };
  auto db = OpenDb(path);
  EXPECT_EQ(InAnotherProcess(open), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(db->Put(1, VectorOf(1, kDimensions)).ok());
  ASSERT_TRUE(db->Close().ok());
  EXPECT_EQ(InAnotherProcess(open), StatusCode::kOk);
  EXPECT_TRUE(OpenDb(path)->Exists(1).value());
}

TEST(FileDb, WhatMayNotBeReadIsPermissionDenied) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  ASSERT_TRUE(OpenDb(path)->Put(1, VectorOf(1, kDimensions)).ok());
  const auto open = [&] { return DB::Open(OptionsFor(), path).status(); };
  const auto allow = [](const std::string& name, mode_t mode) {
    ASSERT_EQ(chmod(name.c_str(), mode), 0) << name;
  };
  allow(folder.path(), 0777);
  allow(path, 0777);
  allow(path + "/default", 0777);
  allow(path + "/LOCK", 0666);
  const auto allow_all = [&] {
    std::string image;
    for (const auto& file :
         std::filesystem::directory_iterator(path + "/default")) {
      allow(file.path(), 0666);
      if (file.path().filename().string().starts_with("image-")) {
        image = file.path();
      }
    }
    return image;
  };
  allow_all();
  EXPECT_EQ(AsNobody(open), StatusCode::kOk);
  const std::string image = allow_all();
  for (const std::string& name :
       {path + "/LOCK", path + "/default/MANIFEST", image}) {
    allow(name, 0);
    EXPECT_EQ(AsNobody(open), StatusCode::kPermissionDenied) << name;
    allow(name, 0666);
  }
  // Nothing may be written: the lock, a log.
  allow(path + "/LOCK", 0444);
  EXPECT_EQ(AsNobody(open), StatusCode::kPermissionDenied);
  allow(path + "/LOCK", 0666);
  allow(path + "/default", 0555);
  EXPECT_EQ(AsNobody(open), StatusCode::kPermissionDenied);
  allow(path + "/default", 0777);
  EXPECT_EQ(AsNobody(open), StatusCode::kOk);
  EXPECT_TRUE(OpenDb(path)->Exists(1).value());
}

TEST(FileDb, AFolderOfOthersIsNoDb) {
  TemporaryFolder folder;
  Options options;
  options.create_if_missing = false;
  for (const std::string name : {"/none", ""}) {
    const Status status = DB::Open(options, folder.path() + name).status();
    EXPECT_EQ(status.code(), StatusCode::kNotFound) << status.ToString();
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  ASSERT_TRUE(OpenDb(folder.path() + "/db")->Close().ok());
  EXPECT_TRUE(DB::Open(options, folder.path() + "/db").ok());
}

TEST(FileDb, AMembraneWithoutItsManifestIsMissed) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  ASSERT_TRUE(OpenDb(path)->Put(1, VectorOf(1, kDimensions)).ok());
  std::filesystem::create_directory(path + "/notes");  // somebody's
  std::ofstream(path + "/a-file") << "text";
  EXPECT_TRUE(OpenDb(path)->Exists(1).value());
  std::filesystem::remove(path + "/default/MANIFEST");
  const Status status = DB::Open({}, path).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
  EXPECT_NE(status.message().find(path + "/default/MANIFEST"),
            std::string::npos)
      << status.ToString();
}

TEST(FileDb, NothingIsDoneOnceItIsClosed) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  const auto membrane = *db->OpenMembrane("default");
  const auto snapshot = *db->GetSnapshot();
  ASSERT_TRUE(db->Close().ok());
  EXPECT_TRUE(db->Close().ok());
  const Status states[] = {
      db->Write(Rows(0, 1)),
      db->Get(0).status(),
      db->Search(VectorOf(1, kDimensions), 1).status(),
      db->GetSnapshot().status(),
      db->NewIterator().status(),
      db->Checkpoint(),
      db->Backup(folder.path() + "/backup"),
      db->CreateMembrane("other", {.dimensions = 3}),
      db->DropMembrane("default"),
      membrane->Write(Rows(0, 1)),
      membrane->Write({}),
      membrane->Exists(0, {.snapshot = snapshot}).status(),
      membrane->Checkpoint(),
      membrane->Maintain(),
      membrane->Check().status(),
  };
  for (const Status& status : states) {
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition)
        << &status - states << status.ToString();
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/backup"));
  EXPECT_EQ(membrane->Stats().rows, 0u);
}

TEST(FileDb, AnIteratorOutlivesItsMembrane) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  ASSERT_TRUE(db->CreateMembrane("gone", {.dimensions = kDimensions}).ok());
  ASSERT_TRUE(db->Write("gone", Rows(0, 1000)).ok());
  ASSERT_TRUE(db->Checkpoint().ok());  // some of it in mapped files
  ASSERT_TRUE(db->Write("gone", Rows(1000, 2000)).ok());
  auto rows = *(*db->OpenMembrane("gone"))->NewIterator();
  auto snapshot = *db->GetSnapshot("gone");
  ASSERT_TRUE(rows->Next());
  ASSERT_TRUE(db->DropMembrane("gone").ok());
  uint64_t count = 1;
  for (; rows->Next(); ++count) {
    ASSERT_TRUE(
        std::ranges::equal(rows->vector(), VectorOf(rows->id(), kDimensions)));
  }
  EXPECT_EQ(count, 2000u);
  EXPECT_TRUE(rows->status().ok());
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/db/gone"));
  ASSERT_TRUE(db->CreateMembrane("gone", {.dimensions = kDimensions}).ok());
  EXPECT_EQ((*db->OpenMembrane("gone"))
                ->Exists(1, {.snapshot = snapshot})
                .status()
                .code(),
            StatusCode::kInvalidArgument);
}

TEST(FileDb, AMembraneGoesWhileItIsReadAndWritten) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(
        db->CreateMembrane("gone", {.dimensions = kDimensions, .shards = 2})
            .ok());
    std::atomic<int> at_work{0};
    const auto membrane = *db->OpenMembrane("gone");
    const auto use = [&](auto call) {
      for (Status status; status.ok(); at_work += status.ok() ? 1 : 0) {
        status = call(membrane.get());
        ASSERT_TRUE(status.ok() ||
                    status.code() == StatusCode::kFailedPrecondition ||
                    status.code() == StatusCode::kAborted)
            << status.ToString();
      }
    };
    std::thread writer(
        use, [](Membrane* membrane) { return membrane->Write(Rows(0, 100)); });
    std::thread reader(use, [](Membrane* membrane) {
      return membrane->Search(VectorOf(3, kDimensions), 5).status();
    });
    std::thread keeper(
        use, [](Membrane* membrane) { return membrane->Checkpoint(); });
    while (at_work < 30) std::this_thread::yield();
    EXPECT_TRUE(db->DropMembrane("gone").ok());
    writer.join();
    reader.join();
    keeper.join();
    EXPECT_EQ(db->OpenMembrane("gone").status().code(), StatusCode::kNotFound);
  }
  EXPECT_EQ(db->ListMembranes(), std::vector<std::string>{"default"});
}

TEST(FileDb, NamesAreChecked) {
  TemporaryFolder folder;
  auto db = OpenDb(folder.path() + "/db");
  const std::string longest(63, 'x');
  for (const std::string& name :
       {std::string(""), std::string("-a"), std::string("a/b"),
        std::string(".."), std::string(".new-a"), std::string("LOCK"),
        std::string("a b"), std::string("a\0b", 3), longest + "x"}) {
    const Status status = db->CreateMembrane(name, {.dimensions = 3});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(db->OpenMembrane(name).status().code(), StatusCode::kNotFound);
    EXPECT_EQ(db->DropMembrane(name).code(), StatusCode::kNotFound);
  }
  for (const std::string& name :
       {std::string("0"), std::string("_a-Z9"), longest}) {
    EXPECT_TRUE(db->CreateMembrane(name, {.dimensions = 3}).ok()) << name;
  }
  const MembraneOptions wrong[] = {
      {.dimensions = 0},
      {.dimensions = 16001},
      {.dimensions = 3, .bits = 10},
      {.dimensions = 3, .shards = 0},
      {.dimensions = 3, .shards = 129},
      {.dimensions = 3, .lists = (1u << 20) + 1},
      {.dimensions = 3, .metric = static_cast<Metric>(9)},
  };
  for (const MembraneOptions& options : wrong) {
    EXPECT_EQ(db->CreateMembrane("wrong", options).code(),
              StatusCode::kInvalidArgument)
        << &options - wrong;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/db/wrong"));
}

}  // namespace
}  // namespace pomai
