#include "pomai/write_batch.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/db/batch_parts.h"
#include "core/host_file/log_operation.h"
#include "test/unit/db/vectors.h"

namespace pomai {
namespace {

std::vector<std::string> Operations(const BatchPart& part) {
  LogOperationReader reader(part.body, 2);
  std::vector<std::string> all;
  LogOperation operation;
  while (reader.Next(&operation).value()) {
    const bool put = operation.kind == LogOperationKind::kPut;
    all.push_back(std::string(put ? "put " : "delete ") +
                  std::to_string(operation.id) +
                  (put ? " " + std::to_string(int(operation.vector[0])) : ""));
  }
  return all;
}

using Strings = std::vector<std::string>;

TEST(WriteBatch, CountsOperationsUntilItIsCleared) {
  WriteBatch batch;
  EXPECT_EQ(batch.Count(), 0u);
  batch.Put(1, VectorOf(1, 2));
  batch.Put(1, VectorOf(2, 2));
  batch.Delete(3);
  EXPECT_EQ(batch.Count(), 3u);
  batch.Clear();
  EXPECT_EQ(batch.Count(), 0u);
  EXPECT_TRUE(SplitBatch(batch, 4).empty());
  batch.Delete(4);
  EXPECT_EQ(batch.Count(), 1u);
}

TEST(WriteBatch, TheLastOperationOfAnIdWins) {
  WriteBatch batch;
  const std::vector<float> one{1, 0}, two{2, 0};
  batch.Put(5, one);
  batch.Put(6, one);
  batch.Delete(6);
  batch.Delete(7);
  batch.Put(5, two);
  batch.Put(7, two);
  const auto parts = SplitBatch(batch, 1);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(Operations(parts[0]), (Strings{"delete 6", "put 5 2", "put 7 2"}));
}

TEST(WriteBatch, IsSplitByShardWithoutEmptyParts) {
  WriteBatch batch;
  const std::vector<float> one{1, 0};
  batch.Put(4, one);
  batch.Put(6, one);
  batch.Put(8, one);
  const auto parts = SplitBatch(batch, 4);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].shard, 0u);
  EXPECT_EQ(Operations(parts[0]), (Strings{"put 4 1", "put 8 1"}));
  EXPECT_EQ(parts[1].shard, 2u);
}

TEST(WriteBatch, IsCheckedAsAWhole) {
  WriteBatch batch;
  batch.Put(1, VectorOf(1, 2));
  EXPECT_TRUE(CheckBatch(batch, 2).ok());
  EXPECT_EQ(CheckBatch(batch, 3).code(), StatusCode::kInvalidArgument);
  batch.Put(2, std::vector<float>{1, std::numeric_limits<float>::infinity()});
  const Status status = CheckBatch(batch, 2);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("id 2: element 1"), std::string::npos);
}

// A log record says in 32 bits how long it is.
TEST(WriteBatch, IsNoLargerThanALogRecord) {
  WriteBatch batch;
  batch.Put(1, VectorOf(1, 2));
  batch.Delete(2);
  const uint64_t bytes = SplitBatch(batch, 1)[0].body.size();
  EXPECT_TRUE(CheckBatch(batch, 2, bytes).ok());
  const Status status = CheckBatch(batch, 2, bytes - 1);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "a batch of 32 bytes: expected at most 31");
}

}  // namespace
}  // namespace pomai
