#include "core/engine/insert_batch.h"

#include <gtest/gtest.h>

#include <new>
#include <set>

#include "core/engine/defaults.h"
#include "core/engine/maintenance_plan.h"
#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 20;

TEST(Insert, EachRowFindsItself) {
  MemoryMembrane membrane({.dimensions = kDimensions, .shards = 4});
  membrane.Build(ClusteredVectors(2000, kDimensions, 20, 1));
  for (uint64_t id = 2001; id <= 2400; ++id) {
    const auto vector = ClusteredVectors(1, kDimensions, 20, id)[0];
    ASSERT_TRUE(membrane.Insert(id, vector).ok());
    const auto hits = membrane.Search(vector, 1);
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(hits[0].id, id);
  }
}

TEST(Insert, TheFirstVectorSettlesTheDimensions) {
  MemoryMembrane membrane({.dimensions = 0, .bits = 0});
  ASSERT_TRUE(membrane.Insert(1, {}).ok());
  ASSERT_TRUE(membrane.Insert(2, Vector(kDimensions, 1.0f)).ok());
  ASSERT_TRUE(membrane.Insert(3, {}).ok());
  const Status status = membrane.Insert(4, Vector(3, 1.0f));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "expected 20 dimensions, not 3");
  const auto hits = membrane.Search(Vector(kDimensions, 1.0f), 10);
  ASSERT_EQ(hits.size(), 3u);
  EXPECT_EQ(hits[0].id, 2u);
  EXPECT_TRUE(hits[0].has_distance);
  EXPECT_FALSE(hits[1].has_distance);
}

TEST(Insert, AWrongLengthRejectsTheWholeBatch) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  const Vector right(kDimensions, 1.0f);
  const Vector wrong(7, 1.0f);
  InsertBatch batch;
  batch.Add(1, right);
  batch.Add(2, wrong);
  EXPECT_EQ(membrane.Apply(&batch).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(batch.size(), 2u);
  EXPECT_TRUE(membrane.Search({}, 10).empty());
}

// Applies, and after a failure at operation `step` applies again. Whether there
// was one.
bool ApplyTwice(uint64_t step, MemoryStore::Fault fault) {
  const auto vectors = ClusteredVectors(1500, kDimensions, 5, 3);
  MemoryMembrane membrane({.dimensions = kDimensions, .shards = 2});
  InsertBatch batch;
  for (uint64_t id = 1; id <= vectors.size(); ++id) {
    batch.Add(id, vectors[id - 1]);
    membrane.rows()[id] = vectors[id - 1];
  }
  membrane.store()->FailOperation(step, fault);
  try {
    if (membrane.Apply(&batch).ok()) return false;
  } catch (const std::bad_alloc&) {
  }
  EXPECT_EQ(membrane.store()->guards(), 0);
  EXPECT_FALSE(batch.empty());
  EXPECT_TRUE(membrane.Apply(&batch).ok());
  EXPECT_TRUE(batch.empty());
  std::set<uint64_t> found;
  for (const auto& hit : membrane.Search(Vector(kDimensions, 0.1f), 5000)) {
    EXPECT_TRUE(found.insert(hit.id).second) << "twice: " << hit.id;
  }
  EXPECT_EQ(found.size(), vectors.size()) << "step " << step;
  return true;
}

// Applied again after a failure at any operation, a batch is in the index once.
TEST(Insert, AFailedApplyCanBeRepeated) {
  uint64_t step = 0;
  while (ApplyTwice(step, MemoryStore::Fault::kError)) {
    step += step < 10 ? 1 : 7;
  }
  EXPECT_GT(step, 10u);
}

// Between a commit and the next one, and between the shards.
TEST(Insert, AnApplyThatRanOutOfMemoryCanBeRepeated) {
  uint64_t step = 0;
  while (ApplyTwice(step, MemoryStore::Fault::kNoMemory)) ++step;
  EXPECT_GT(step, 10u);
}

// A large batch can be cancelled while it is assigned and encoded, too.
TEST(Insert, ACancelledApplyCanBeRepeated) {
  constexpr uint32_t kRows = 4096;
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(1500, kDimensions, 20, 1));
  const auto vectors = ClusteredVectors(kRows, kDimensions, 20, 2);
  InsertBatch batch;
  for (uint64_t i = 0; i < kRows; ++i) {
    batch.Add(10001 + i, vectors[i]);
    membrane.rows()[10001 + i] = vectors[i];
  }
  const uint64_t before = membrane.store()->polls();
  membrane.store()->FailPoll(2 * kRows / RowsPerPoll(kDimensions));
  EXPECT_EQ(membrane.Apply(&batch).code(), StatusCode::kAborted);
  EXPECT_EQ(batch.size(), kRows) << "not before it was encoded";
  ASSERT_TRUE(membrane.Apply(&batch).ok());
  EXPECT_GE(membrane.store()->polls() - before, 5 * kRows / 512);
  EXPECT_EQ(membrane.Search({}, 100000).size(), membrane.rows().size());
}

// What a statement of many partitions may keep is judged by bytes().
TEST(Insert, ABatchCountsTheMemoryItHoldsAndHoldsNoneWhenItIsEmpty) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  InsertBatch batch;
  EXPECT_EQ(batch.bytes(), 0u);
  for (uint64_t id = 1; id <= 1025; ++id) {
    batch.Add(id, Vector(kDimensions, 1.0f));
  }
  // A vector that has just grown holds nearly twice what is in it.
  EXPECT_GT(batch.bytes(), 1500 * kDimensions * sizeof(float));
  ASSERT_TRUE(membrane.Apply(&batch).ok());
  EXPECT_EQ(batch.bytes(), 0u);
}

TEST(Insert, ABorrowedVectorIsReadWhereItIs) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  Vector vector(kDimensions, 1.0f);
  InsertBatch batch;
  batch.Add(1, vector);
  const size_t bytes = batch.bytes();
  batch.Borrow(2, vector);
  EXPECT_LT(batch.bytes(), bytes + kDimensions * sizeof(float));
  vector.assign(kDimensions, 2.0f);
  membrane.rows()[1] = Vector(kDimensions, 1.0f);
  membrane.rows()[2] = vector;
  ASSERT_TRUE(membrane.Apply(&batch).ok());
  EXPECT_EQ(membrane.Search(vector, 1)[0].id, 2u);
  EXPECT_EQ(membrane.Search(Vector(kDimensions, 1.0f), 1)[0].id, 1u);
}

TEST(Insert, TheOutcomeSaysHowFarTheTailIsPastItsLimit) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(2000, kDimensions, 20, 1));
  const uint64_t limit = TailLimit(*membrane.TakeSnapshot()->view);
  uint64_t id = 10000;
  const auto apply = [&](uint64_t rows) {
    InsertBatch batch;
    for (uint64_t i = 0; i < rows; ++i) {
      batch.Add(++id, Vector(kDimensions, 1.0f));
    }
    InsertOutcome outcome;
    EXPECT_TRUE(batch
                    .Apply(membrane.store(), PageLock::kPin, membrane.cache(),
                           1, &outcome)
                    .ok());
    return outcome.tail_load;
  };
  EXPECT_EQ(apply(1), 0u);
  // Extents count as full: at most one too much.
  EXPECT_EQ(apply(limit / 2), 0u);
  EXPECT_EQ(apply(limit), 1u);
  EXPECT_EQ(apply(2 * limit), 3u);
}

// Many rows go through the assigner, few through the int8 ranking: nearly
// always to the same list, and found all the same.
TEST(Insert, ABatchFindsItsRowsAsSingleRowsDo) {
  const auto vectors = ClusteredVectors(5000, kDimensions, 30, 1);
  const auto more = ClusteredVectors(600, kDimensions, 30, 2);
  MemoryMembrane one({.dimensions = kDimensions});
  MemoryMembrane many({.dimensions = kDimensions});
  one.Build(vectors);
  many.Build(vectors);
  InsertBatch batch;
  for (size_t i = 0; i < more.size(); ++i) {
    ASSERT_TRUE(one.Insert(10001 + i, more[i]).ok());
    batch.Add(10001 + i, more[i]);
    many.rows()[10001 + i] = more[i];
  }
  ASSERT_TRUE(many.Apply(&batch).ok());
  size_t found = 0;
  for (size_t i = 0; i < more.size(); ++i) {
    found += many.Search(more[i], 1)[0].id == 10001 + i ? 1 : 0;
    EXPECT_EQ(one.Search(more[i], 1)[0].id, 10001 + i);
  }
  EXPECT_GE(found, more.size() * 99 / 100);
}

TEST(Insert, SixteenThousandDimensionsWork) {
  MemoryMembrane membrane({.dimensions = kMaxDimensions, .bits = 9});
  for (uint64_t id = 1; id <= 5; ++id) {
    ASSERT_TRUE(
        membrane.Insert(id, ClusteredVectors(1, kMaxDimensions, 2, id)[0])
            .ok());
  }
  const auto hits =
      membrane.Search(ClusteredVectors(1, kMaxDimensions, 2, 3)[0], 5);
  ASSERT_EQ(hits.size(), 5u);
  EXPECT_EQ(hits[0].id, 3u);
  EXPECT_EQ(membrane.Insert(9, Vector(kMaxDimensions + 1, 1.0f)).code(),
            StatusCode::kInvalidArgument);
}

// After a failure at any step, every row reported in is there once, and no row
// is half there.
TEST(Insert, AFailureAtAnyStepLosesNothing) {
  for (uint64_t step = 0; step < 200; ++step) {
    MemoryMembrane membrane({.dimensions = kDimensions, .shards = 2});
    std::set<uint64_t> inserted;
    membrane.store()->FailOperation(step, MemoryStore::Fault::kCrash);
    uint64_t id = 1;
    for (; id <= 150; ++id) {
      const auto vector = ClusteredVectors(1, kDimensions, 5, id)[0];
      if (!membrane.Insert(id, vector).ok()) break;
      inserted.insert(id);
    }
    const uint64_t failed = id;
    membrane.rows()[failed] = ClusteredVectors(1, kDimensions, 5, failed)[0];
    membrane.ReplaceStore(membrane.store()->CrashCopy());
    std::set<uint64_t> found;
    for (const auto& hit : membrane.Search(Vector(kDimensions, 0.1f), 1000)) {
      EXPECT_TRUE(found.insert(hit.id).second) << "twice: " << hit.id;
    }
    found.erase(failed);
    EXPECT_EQ(found, inserted) << "step " << step;
    if (failed > 150) break;
  }
}

}  // namespace
}  // namespace pomai
