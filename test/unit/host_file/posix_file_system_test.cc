#include "core/host_file/posix_file_system.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <thread>

namespace pomai {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes Pattern(size_t size, uint8_t first) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), first);
  return bytes;
}

class PosixFiles : public testing::TestWithParam<AsyncWrites> {
 protected:
  PosixFiles() {
    std::string name = testing::TempDir() + "/pomai-files.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~PosixFiles() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) { return folder_ + "/" + name; }
  std::unique_ptr<File> Create(const std::string& name) {
    auto file = files_->Create(Path(name));
    EXPECT_TRUE(file.ok()) << file.status().ToString();
    return std::move(file).value();
  }
  Bytes Content(const std::string& name) {
    const auto mapped = files_->Map(Path(name));
    EXPECT_TRUE(mapped.ok()) << mapped.status().ToString();
    const auto bytes = mapped.value()->bytes();
    return {bytes.begin(), bytes.end()};
  }

  FileSystem* files_ = PosixFileSystem(GetParam());
  std::string folder_;
};

INSTANTIATE_TEST_SUITE_P(Async, PosixFiles,
                         testing::Values(AsyncWrites::kAny,
                                         AsyncWrites::kThread));

TEST_P(PosixFiles, KeepWhatIsWritten) {
  auto file = Create("a");
  const Bytes bytes = Pattern(10000, 3);
  ASSERT_TRUE(file->Write(5, bytes).ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(file->Size().value(), 10005u);
  Bytes read(10000);
  ASSERT_TRUE(file->Read(5, read).ok());
  EXPECT_EQ(read, bytes);
  ASSERT_TRUE(file->Truncate(5).ok());
  EXPECT_EQ(Content("a"), Bytes(5, 0));
  const Status beyond = file->Read(3, std::span<uint8_t>(read).first(8));
  EXPECT_EQ(beyond.code(), StatusCode::kCorruption);
  EXPECT_NE(beyond.message().find("a at 5: expected 6 more bytes"),
            std::string::npos)
      << beyond.ToString();
}

TEST_P(PosixFiles, PreallocatedBytesAreZeros) {
  auto file = Create("a");
  ASSERT_TRUE(file->Write(0, Pattern(100, 1)).ok());
  ASSERT_TRUE(file->Preallocate(5000).ok());
  ASSERT_TRUE(file->Preallocate(50).ok());  // never shorter
  Bytes expected = Pattern(100, 1);
  expected.resize(5000);
  EXPECT_EQ(Content("a"), expected);
}

TEST_P(PosixFiles, StartedWritesArriveInOrder) {
  auto file = Create("a");
  EXPECT_TRUE(file->Wait().ok());  // nothing was started
  Bytes expected;
  for (int i = 0; i < 300; ++i) {
    const Bytes bytes = Pattern(1 + i * 7, static_cast<uint8_t>(i));
    ASSERT_TRUE(file->StartWrite(expected.size(), bytes, i % 3 == 0).ok());
    const Status status = file->Wait();
    ASSERT_TRUE(status.ok()) << status.ToString();
    expected.insert(expected.end(), bytes.begin(), bytes.end());
  }
  EXPECT_EQ(Content("a"), expected);
}

TEST_P(PosixFiles, DestroyingAFileWaitsForItsWrite) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = std::to_string(i);
    auto bytes = std::make_unique<Bytes>(Pattern(1 << 16, 7));
    auto file = Create(name);
    ASSERT_TRUE(file->StartWrite(0, *bytes, true).ok());
    file.reset();
    bytes.reset();
    EXPECT_EQ(Content(name), Pattern(1 << 16, 7));
  }
}

// No wake-up is lost when many files write at once, and starting and waiting
// may be done by different threads one after the other.
TEST_P(PosixFiles, StartedWritesOfManyThreadsAllEnd) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      auto file = Create("stress" + std::to_string(t));
      const Bytes bytes = Pattern(512, static_cast<uint8_t>(t));
      for (uint64_t i = 0; i < 2000; ++i) {
        ASSERT_TRUE(file->StartWrite(i % 64 * 512, bytes, i % 100 == 0).ok());
        if (i % 500 == 0) {
          std::thread([&] { ASSERT_TRUE(file->Wait().ok()); }).join();
        } else {
          ASSERT_TRUE(file->Wait().ok());
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(Content("stress" + std::to_string(t)).size(), 64u * 512);
  }
}

TEST_P(PosixFiles, AFullDiskIsResourceExhausted) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  auto file = files_->Open("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  const Bytes bytes(100);
  for (const bool started : {false, true}) {
    Status status;
    if (started) {
      ASSERT_TRUE((*file)->StartWrite(0, bytes, true).ok());
      status = (*file)->Wait();
    } else {
      status = (*file)->Write(0, bytes);
    }
    EXPECT_EQ(status.ToString(),
              "ResourceExhausted: write /dev/full at 0: No space left on "
              "device (errno 28)");
  }
}

// A write that the limit cuts short is gone on with, and only what is beyond
// the limit fails.
TEST_P(PosixFiles, AShortWriteIsGoneOnWith) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto file = Create("a");
  const rlimit limit{10000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const Bytes bytes = Pattern(20000, 9);
  ASSERT_TRUE(file->StartWrite(0, bytes, true).ok());
  const Status status = file->Wait();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(status.message().find("a at 10000: File too large"),
            std::string::npos)
      << status.ToString();
  EXPECT_EQ(file->Size().value(), 10000u);
}

TEST_P(PosixFiles, NamesComeAndGo) {
  ASSERT_TRUE(files_->CreateFolder(Path("f")).ok());
  EXPECT_EQ(files_->CreateFolder(Path("f")).code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(Create("f/a")->Write(0, Pattern(3, 1)).ok());
  ASSERT_TRUE(files_->Link(Path("f/a"), Path("f/b")).ok());
  EXPECT_EQ(files_->Link(Path("f/a"), Path("f/b")).code(),
            StatusCode::kAlreadyExists);
  ASSERT_TRUE(files_->Remove(Path("f/a")).ok());
  EXPECT_EQ(Content("f/b"), Pattern(3, 1));
  Create("f/c");
  ASSERT_TRUE(files_->Rename(Path("f/b"), Path("f/c")).ok());
  EXPECT_EQ(Content("f/c"), Pattern(3, 1));
  ASSERT_TRUE(files_->SyncFolder(Path("f")).ok());
  EXPECT_EQ(files_->List(Path("f")).value(), std::vector<std::string>{"c"});
  EXPECT_FALSE(files_->Exists(Path("f/b")).value());
  EXPECT_EQ(files_->RemoveFolder(Path("f")).code(),
            StatusCode::kFailedPrecondition);
  ASSERT_TRUE(files_->Remove(Path("f/c")).ok());
  ASSERT_TRUE(files_->Rename(Path("f"), Path("g")).ok());
  ASSERT_TRUE(files_->RemoveFolder(Path("g")).ok());
  EXPECT_FALSE(files_->Exists(Path("g")).value());
}

TEST_P(PosixFiles, ErrorsHaveCodesAndNameThePath) {
  const std::string none = Path("none");
  EXPECT_EQ(files_->Open(none).status().ToString(),
            "NotFound: open " + none + ": No such file or directory (errno 2)");
  EXPECT_EQ(files_->Map(none).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files_->Remove(none).code(), StatusCode::kNotFound);
  EXPECT_EQ(files_->List(none).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files_->SyncFolder(none).code(), StatusCode::kNotFound);
  EXPECT_EQ(files_->Rename(none, Path("b")).code(), StatusCode::kNotFound);
  Create("a");
  EXPECT_EQ(files_->Create(Path("a")).status().code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(files_->Map(folder_).status().code(), StatusCode::kIo);
}

TEST_P(PosixFiles, MappedBytesOutliveTheirName) {
  ASSERT_TRUE(Create("a")->Write(0, Pattern(9000, 2)).ok());
  const auto mapped = files_->Map(Path("a"));
  ASSERT_TRUE(mapped.ok());
  ASSERT_TRUE(files_->Remove(Path("a")).ok());
  const Bytes expected = Pattern(9000, 2);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                         mapped.value()->bytes().begin()));
  Create("b");
  EXPECT_TRUE(Content("b").empty());
}

TEST_P(PosixFiles, ALockIsHeldByOne) {
  auto lock = files_->Lock(Path("LOCK"));
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(files_->Lock(Path("LOCK")).status().code(),
            StatusCode::kFailedPrecondition);
  lock.value().reset();
  EXPECT_TRUE(files_->Lock(Path("LOCK")).ok());
}

TEST_P(PosixFiles, ALockGoesWithItsProcess) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = files_->Lock(Path("LOCK"));
    _exit(lock.ok() ? 0 : 1);  // without destructors
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(files_->Lock(Path("LOCK")).ok());
}

TEST(FolderOf, IsWhatComesBeforeTheLastSlash) {
  EXPECT_EQ(FolderOf("a/b/c"), "a/b");
  EXPECT_EQ(FolderOf("a/b/"), "a");
  EXPECT_EQ(FolderOf("a"), ".");
  EXPECT_EQ(FolderOf("a//"), ".");
  EXPECT_EQ(FolderOf("/a"), "/");
  EXPECT_EQ(FolderOf("/a/"), "/");
  EXPECT_EQ(FolderOf("/"), "/");
}

}  // namespace
}  // namespace pomai
