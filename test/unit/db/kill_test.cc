// A process that writes is killed, a hundred times.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "pomai/db.h"
#include "test/unit/db/batch_history.h"
#include "test/unit/db/temporary_folder.h"
#include "test/unit/sanitizer.h"

namespace pomai {
namespace {

constexpr int kRounds = 100;
constexpr int kRoundsOfOne = 20;  // of one DB

Options OptionsFor(int round) {
  Options options;
  options.dimensions = BatchHistory::kDimensions;
  options.shards = 2;
  options.checkpoint_log_bytes = 1 << 17;
  // A killed process loses nothing under any policy.
  options.fsync = static_cast<FsyncPolicy>(round % 3);
  return options;
}

// The child: writes batches from `next` on and tells each one's number through
// `pipe` when it is acknowledged.
[[noreturn]] void WriteForEver(const std::string& path, uint64_t next,
                               int round, int pipe) {
  auto db = DB::Open(OptionsFor(round), path);
  if (!db.ok()) _exit(2);
  for (uint64_t n = next;; ++n) {
    if (!(*db)->Write(BatchHistory::Batch(n)).ok()) _exit(3);
    if (write(pipe, &n, sizeof(n)) != sizeof(n)) _exit(4);
  }
}

// The last number that came; `before` when none did.
uint64_t LastOf(int pipe, uint64_t before) {
  uint64_t n = before;
  for (uint64_t read_n = 0;
       read(pipe, &read_n, sizeof(read_n)) == sizeof(read_n);) {
    n = read_n;
  }
  return n;
}

TEST(Kill, NothingAcknowledgedIsLostInAHundredRounds) {
  TemporaryFolder folder;
  std::string path;
  uint64_t last = 0;
  for (int round = 0; round < kRounds; ++round) {
    // Each round ends with reading everything, so a DB does not grow for ever.
    if (round % kRoundsOfOne == 0) {
      EXPECT_TRUE(round == 0 || last > 0);
      path = folder.path() + "/db" + std::to_string(round);
      last = 0;
    }
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteForEver(path, last + 1, round, ends[1]);
    }
    close(ends[1]);
    std::this_thread::sleep_for(
        std::chrono::milliseconds((20 + round % 37) * Stride(10, 2)));
    kill(child, SIGKILL);
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how)) << "the child ended by itself: " << how;
    const uint64_t acknowledged = LastOf(ends[0], last);
    close(ends[0]);
    auto db = DB::Open(OptionsFor(round), path);
    ASSERT_TRUE(db.ok()) << db.status().ToString();
    const auto membrane = *(*db)->OpenMembrane("default");
    ASSERT_EQ(
        BatchHistory::Problem(membrane.get(), acknowledged, acknowledged + 1),
        "")
        << "round " << round;
    last = acknowledged;
    if (*membrane->Exists(BatchHistory::OwnId(last + 1, 1))) ++last;
  }
  EXPECT_GT(last, 0u);
}

}  // namespace
}  // namespace pomai
