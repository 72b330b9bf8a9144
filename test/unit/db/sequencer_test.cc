#include "core/db/sequencer.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/db/mailbox.h"
#include "core/db/snapshot_list.h"

namespace pomai {
namespace {

uint64_t Issue(Sequencer* sequencer, uint32_t parts) {
  return sequencer->Issue(parts, [](uint64_t) {}).value();
}

TEST(Sequencer, PublishesInOrderWhenAllShardsAreDone) {
  Sequencer sequencer(10);
  EXPECT_EQ(Issue(&sequencer, 2), 11u);
  EXPECT_EQ(Issue(&sequencer, 1), 12u);
  sequencer.Complete(12);
  EXPECT_EQ(sequencer.visible(), 10u);
  sequencer.Complete(11);
  EXPECT_EQ(sequencer.visible(), 10u);
  sequencer.Complete(11);
  EXPECT_EQ(sequencer.visible(), 12u);
  EXPECT_TRUE(sequencer.Await(12).ok());
}

TEST(Sequencer, AFailureStopsEverythingBehindIt) {
  Sequencer sequencer(0);
  Issue(&sequencer, 1);
  Issue(&sequencer, 2);
  Issue(&sequencer, 1);
  sequencer.Fail(2, Status::Io("disk"));
  sequencer.Complete(2);
  sequencer.Complete(3);
  EXPECT_EQ(sequencer.Await(2).code(), StatusCode::kIo);
  EXPECT_EQ(sequencer.Await(3).code(), StatusCode::kIo);
  sequencer.Complete(1);
  EXPECT_TRUE(sequencer.Await(1).ok());
  EXPECT_EQ(sequencer.visible(), 1u);
  const auto refused = sequencer.Issue(1, [](uint64_t) { FAIL(); });
  EXPECT_EQ(refused.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.status().message().find("disk"), std::string::npos);
  EXPECT_FALSE(sequencer.Pause().ok());
}

TEST(Sequencer, APauseWaitsForWhatIsUnderWayAndKeepsOthersOut) {
  Sequencer sequencer(0);
  Issue(&sequencer, 1);
  std::thread worker([&] { sequencer.Complete(1); });
  auto pause = sequencer.Pause();
  worker.join();
  ASSERT_TRUE(pause.ok());
  EXPECT_EQ(sequencer.visible(), 1u);
  std::atomic<bool> issued{false};
  std::thread writer([&] {
    Issue(&sequencer, 1);
    issued = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(issued);
  pause->unlock();
  writer.join();
  EXPECT_TRUE(issued);
}

TEST(Sequencer, TheEndWaitsForWhatIsUnderWay) {
  Sequencer sequencer(0);
  Issue(&sequencer, 1);
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    sequencer.Close("the end");
    closed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(closed);
  sequencer.Complete(1);
  closer.join();
  const auto refused = sequencer.Issue(1, [](uint64_t) { FAIL(); });
  EXPECT_EQ(refused.status().message(), "the end");
}

// The one that came first counts, whichever is reported first.
TEST(Sequencer, ALaterFailureChangesNothingForThoseBehindTheFirst) {
  Sequencer sequencer(0);
  for (int i = 0; i < 3; ++i) Issue(&sequencer, 1);
  sequencer.Fail(1, Status::Io("first"));
  sequencer.Fail(3, Status::Io("second"));
  EXPECT_EQ(sequencer.Await(1).message(), "first");
  EXPECT_EQ(sequencer.Await(2).message(), "first");
  EXPECT_EQ(sequencer.Await(3).message(), "first");
}

TEST(Mailbox, KeepsTheOrderAndItsBound) {
  Mailbox mailbox(100);
  std::thread writer([&] {
    for (uint64_t n = 0; n < 1000; ++n) {
      mailbox.Push({n, 1, std::vector<uint8_t>(n % 150)});
    }
    mailbox.Close();
  });
  uint64_t next = 0;
  for (;;) {
    const auto commands =
        mailbox.Take(Mailbox::Clock::now() + std::chrono::hours(1));
    if (commands.empty()) break;
    size_t bytes = 0;
    for (const ShardCommand& command : commands) {
      EXPECT_EQ(command.sequence, next++);
      bytes += command.body.size();
    }
    EXPECT_LE(bytes, 150u);
  }
  writer.join();
  EXPECT_EQ(next, 1000u);
  EXPECT_TRUE(mailbox.closed());
}

TEST(SnapshotList, TheOldestIsWhatSomebodyHolds) {
  auto list = std::make_shared<SnapshotList>();
  Sequencer sequencer(3);
  auto held = SnapshotList::Take(list, sequencer);
  Issue(&sequencer, 1);
  sequencer.Complete(4);
  EXPECT_EQ(held->sequence(), 3u);
  EXPECT_EQ(list->Oldest(sequencer), 3u);
  const auto newer = SnapshotList::Take(list, sequencer);
  held.reset();
  EXPECT_EQ(list->Oldest(sequencer), 4u);
}

}  // namespace
}  // namespace pomai
