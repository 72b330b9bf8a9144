#include "core/engine/check.h"

#include <gtest/gtest.h>

#include "core/memtable/shard_page.h"
#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 20;

std::vector<std::string> ProblemsOf(MemoryMembrane* membrane,
                                    const Snapshot& snapshot) {
  CheckReport report;
  const Status status =
      CheckMembrane(membrane->store(), PageLock::kPin, snapshot, &report);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return report.problems;
}

void AddSpare(MemoryMembrane* membrane, BlockNumber block) {
  uint8_t* page = membrane->store()->MutablePage(ShardBlock(0));
  auto root = ShardPage::Decode(page, ShardBlock(0), 0);
  ASSERT_TRUE(root.ok());
  root->spares.push_back(block);
  root->Encode(page, 0);
}

class CheckSpares : public testing::Test {
 protected:
  void SetUp() override {
    membrane_.Build(ClusteredVectors(2000, kDimensions, 20, 1));
    ASSERT_TRUE(membrane_.Insert(5000, Vector(kDimensions, 1.0f)).ok());
  }

  MemoryMembrane membrane_{{.dimensions = kDimensions}};
};

TEST_F(CheckSpares, APageOfASegmentThatIsSpareIsReported) {
  const Snapshot snapshot = membrane_.TakeSnapshot().value();
  ASSERT_TRUE(ProblemsOf(&membrane_, snapshot).empty());
  const BlockNumber block =
      snapshot.view->manifest.segments[0].extent.runs[0].first;
  AddSpare(&membrane_, block);
  const auto problems = ProblemsOf(&membrane_, snapshot);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0], "tail of shard 0 (spare page) shares block " +
                             std::to_string(block) + " with something else");
}

TEST_F(CheckSpares, ASparePageFarPastTheEndIsReported) {
  const Snapshot snapshot = membrane_.TakeSnapshot().value();
  AddSpare(&membrane_, 1000000);
  EXPECT_EQ(ProblemsOf(&membrane_, snapshot).size(), 1u);
  Status status;
  for (uint64_t id = 6000; status.ok() && id < 8000; ++id) {
    status = membrane_.Insert(id, Vector(kDimensions, 1.0f));
  }
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
}

// As on a standby, or after a power failure: the file was extended, and only
// what was written to it is known.
TEST_F(CheckSpares, SparePagesThatWereNeverWrittenMayBeMissing) {
  const BlockNumber end = membrane_.store()->PageCount().value();
  AddSpare(&membrane_, end + 7);
  AddSpare(&membrane_, end + 2);
  Snapshot snapshot = membrane_.TakeSnapshot().value();
  EXPECT_EQ(ProblemsOf(&membrane_, snapshot), std::vector<std::string>());
  for (uint64_t id = 6000; id < 8000; ++id) {
    ASSERT_TRUE(membrane_.Insert(id, Vector(kDimensions, 1.0f)).ok());
  }
  snapshot = membrane_.TakeSnapshot().value();
  EXPECT_EQ(ProblemsOf(&membrane_, snapshot), std::vector<std::string>());
  EXPECT_GT(membrane_.store()->PageCount().value(), end + 7);
}

// What an insert takes or adds after the snapshot is no problem.
TEST_F(CheckSpares, InsertsMeanwhileAreNoProblem) {
  AddSpare(&membrane_, membrane_.store()->Extend(1).value());
  const Snapshot snapshot = membrane_.TakeSnapshot().value();
  for (uint64_t id = 6000; id < 8000; ++id) {
    ASSERT_TRUE(membrane_.Insert(id, Vector(kDimensions, 1.0f)).ok());
  }
  EXPECT_TRUE(ProblemsOf(&membrane_, snapshot).empty());
}

}  // namespace
}  // namespace pomai
