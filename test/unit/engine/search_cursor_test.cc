#include "core/engine/search_cursor.h"

#include <gtest/gtest.h>

#include <set>

#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 48;

std::vector<Vector> Queries() {
  return ClusteredVectors(60, kDimensions, 40, 4242);
}

class SearchCursorMetrics : public testing::TestWithParam<Metric> {};

TEST_P(SearchCursorMetrics, ReturnsTheNearestRowsInExactOrder) {
  MemoryMembrane membrane({.dimensions = kDimensions, .metric = GetParam()});
  membrane.Build(ClusteredVectors(6000, kDimensions, 40, 1));
  for (const Vector& query : Queries()) {
    const auto hits = membrane.Search(query, 10);
    ASSERT_EQ(hits.size(), 10u);
    for (size_t i = 1; i < hits.size(); ++i) {
      EXPECT_LE(hits[i - 1].distance, hits[i].distance);
    }
    for (const auto& hit : hits) {
      EXPECT_TRUE(hit.has_distance);
      const Vector& row = membrane.rows()[hit.id];
      EXPECT_EQ(hit.distance, kernel::Distance(GetParam(), query.data(),
                                               row.data(), kDimensions));
    }
  }
  EXPECT_GE(membrane.Recall(Queries(), 10, {}), 0.93);
}

TEST_P(SearchCursorMetrics, TargetOneIsExact) {
  MemoryMembrane membrane({.dimensions = kDimensions, .metric = GetParam()});
  membrane.Build(ClusteredVectors(3000, kDimensions, 40, 1));
  EXPECT_EQ(membrane.Recall(Queries(), 10, {.target_recall = 1}), 1);
}

TEST_P(SearchCursorMetrics, WithoutLimitEveryRowComesOnce) {
  MemoryMembrane membrane(
      {.dimensions = kDimensions, .metric = GetParam(), .shards = 3});
  membrane.Build(ClusteredVectors(4000, kDimensions, 40, 1));
  for (uint64_t id = 5001; id <= 5300; ++id) {
    const auto vector = ClusteredVectors(1, kDimensions, 40, id)[0];
    ASSERT_TRUE(membrane.Insert(id, vector).ok());
  }
  const auto hits = membrane.Search(Queries()[0], 100000);
  std::set<uint64_t> ids;
  for (const auto& hit : hits) ids.insert(hit.id);
  EXPECT_EQ(hits.size(), 4300u);
  EXPECT_EQ(ids.size(), 4300u);
}

INSTANTIATE_TEST_SUITE_P(All, SearchCursorMetrics,
                         testing::Values(Metric::kL2, Metric::kInnerProduct,
                                         Metric::kCosine));

TEST(SearchCursor, MeasuresFewMoreRowsThanItReturns) {
  MemoryMembrane membrane({.dimensions = kDimensions, .bits = 6});
  membrane.Build(ClusteredVectors(6000, kDimensions, 40, 1));
  uint64_t measured = 0;
  for (const Vector& query : Queries()) {
    membrane.Search(query, 10);
    measured += membrane.stats().rows_measured;
  }
  EXPECT_LE(measured, 16 * Queries().size());
}

TEST(SearchCursor, ScansAFractionOfTheCodes) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(20000, kDimensions, 40, 1));
  uint64_t scanned = 0;
  for (const Vector& query : Queries()) {
    membrane.Search(query, 10);
    scanned += membrane.stats().codes_scanned;
  }
  EXPECT_LE(scanned, 20000 * Queries().size() / 4);
}

TEST(SearchCursor, RowsWithoutDistanceComeLast) {
  MemoryMembrane membrane(
      {.dimensions = kDimensions, .metric = Metric::kCosine});
  auto vectors = ClusteredVectors(2000, kDimensions, 40, 1);
  vectors[7].clear();                // NULL
  vectors[9] = Vector(kDimensions);  // no direction
  membrane.Build(vectors);
  ASSERT_TRUE(membrane.Insert(3001, {}).ok());
  ASSERT_TRUE(membrane.Insert(3002, Vector(kDimensions)).ok());
  const auto hits = membrane.Search(Queries()[0], 100000);
  ASSERT_EQ(hits.size(), 2002u);
  std::set<uint64_t> last;
  for (size_t i = 1998; i < 2002; ++i) {
    EXPECT_FALSE(hits[i].has_distance);
    last.insert(hits[i].id);
  }
  EXPECT_EQ(last, (std::set<uint64_t>{8, 10, 3001, 3002}));
}

TEST(SearchCursor, AQueryWithoutDistanceReturnsEveryRow) {
  MemoryMembrane membrane(
      {.dimensions = kDimensions, .metric = Metric::kCosine});
  membrane.Build(ClusteredVectors(2000, kDimensions, 40, 1));
  ASSERT_TRUE(membrane.Insert(3001, Queries()[0]).ok());
  EXPECT_EQ(membrane.Search({}, 100000).size(), 2001u);
  EXPECT_EQ(membrane.Search(Vector(kDimensions), 100000).size(), 2001u);
}

TEST(SearchCursor, RowsThatAreGoneAreReplacedByOthers) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(4000, kDimensions, 40, 1));
  const Vector query = Queries()[0];
  for (const uint64_t id : membrane.Exact(query, 500)) {
    membrane.rows().erase(id);
  }
  const auto truth = membrane.Exact(query, 10);
  const auto hits = membrane.Search(query, 10, {.target_recall = 1});
  ASSERT_EQ(hits.size(), 10u);
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(hits[i].id, truth[i]);
}

// The tail's rows alone are enough for a batch, and none of them is near.
TEST(SearchCursor, ATailOfFarRowsHidesNoneOfASegment) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(200, kDimensions, 40, 1));
  for (uint64_t id = 1000; id < 1020; ++id) {
    ASSERT_TRUE(
        membrane.Insert(id, Vector(kDimensions, static_cast<float>(id))).ok());
  }
  for (const Vector& query : Queries()) {
    const auto truth = membrane.Exact(query, 10);
    const auto hits = membrane.Search(query, 10, {.target_recall = 1});
    ASSERT_EQ(hits.size(), 10u);
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(hits[i].id, truth[i]);
  }
}

TEST(SearchCursor, ProbesFixTheNumberOfLists) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(6000, kDimensions, 40, 1));
  membrane.Search(Queries()[0], 10, {.probes = 3});
  EXPECT_EQ(membrane.stats().lists_probed, 3u);
  EXPECT_EQ(membrane.Search(Queries()[0], 100000, {.probes = 3}).size(), 6000u);
}

TEST(SearchCursor, TheCentralListIsNoneOfTheProbes) {
  MemoryMembrane membrane({.dimensions = kDimensions, .lists = 150});
  membrane.Build(ClusteredVectors(6000, kDimensions, 40, 1));
  membrane.Search(Queries()[0], 10, {.probes = 3});
  EXPECT_EQ(membrane.stats().lists_probed, 4u);
}

// Its rows are far from most queries: nothing may be let through for them.
TEST(SearchCursor, TheCentralListDoesNotHaveTheNextListRefinedWhole) {
  MemoryMembrane membrane({.dimensions = kDimensions, .lists = 150});
  membrane.Build(ClusteredVectors(6000, kDimensions, 40, 1));
  uint64_t refined = 0;
  for (const Vector& query : Queries()) {
    membrane.Search(query, 10, {.probes = 2});
    refined += membrane.stats().codes_refined;
  }
  // 95 a query; 219 where its rows are refined before the next list's.
  EXPECT_LE(refined, 150 * Queries().size());
}

// The nearest rows to queries from everywhere: each is alone in its direction,
// which is seldom that of the query.
TEST(SearchCursor, RowsAboutTheMeanAreFoundWhereverAQueryIs) {
  for (const Metric metric : {Metric::kL2, Metric::kCosine}) {
    MemoryMembrane membrane(
        {.dimensions = kDimensions, .metric = metric, .lists = 150});
    auto vectors = ClusteredVectors(6000, kDimensions, 6000, 1);
    constexpr size_t kInner = 30;
    for (size_t i = 0; i < kInner; ++i) {
      for (float& x : vectors[i]) x *= 0.3f;
    }
    for (Vector& vector : vectors) vector[0] += 6;
    membrane.Build(vectors);
    auto queries = ClusteredVectors(40, kDimensions, 6000, 4242);
    uint32_t inner = 0;
    for (Vector& query : queries) {
      query[0] += 6;
      const auto hits = membrane.Search(query, 10, {.probes = 1});
      std::set<uint64_t> found;
      for (const auto& hit : hits) found.insert(hit.id);
      for (const uint64_t id : membrane.Exact(query, 10)) {
        if (id > kInner) continue;
        ++inner;
        EXPECT_TRUE(found.count(id)) << id;
      }
    }
    EXPECT_GE(inner, 50u);
  }
}

TEST(SearchCursor, SmallTablesAreSearchedExactly) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(200, kDimensions, 40, 1));
  EXPECT_EQ(membrane.Recall(Queries(), 10, {.target_recall = 1}), 1);
  EXPECT_GE(membrane.Recall(Queries(), 10, {}), 0.97);
}

// Calibration knows rows like the table's own only.
TEST(SearchCursor, SmallTablesAreSearchedWholeForQueriesUnlikeTheirRows) {
  MemoryMembrane membrane({.dimensions = 32});
  membrane.Build(ClusteredVectors(4000, 32, 40, 1));
  std::vector<Vector> queries = ClusteredVectors(50, 32, 50, 99);
  for (Vector& query : queries) {
    for (float& x : query) x = 0.3f * x;
  }
  EXPECT_GE(membrane.Recall(queries, 10, {}), 0.99);
}

TEST(SearchCursor, AnEmptyMembraneReturnsNothing) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  EXPECT_TRUE(membrane.Search(Queries()[0], 10).empty());
  MemoryMembrane unsettled({.dimensions = 0, .bits = 0});
  EXPECT_TRUE(unsettled.Search(Queries()[0], 10).empty());
}

TEST(SearchCursor, RejectsAQueryOfAnotherLength) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  const auto hits = membrane.TrySearch(Vector(3, 1.0f), 10, {});
  ASSERT_FALSE(hits.ok());
  EXPECT_EQ(hits.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(hits.status().message(), "expected 48 dimensions, not 3");
}

TEST(SearchCursor, EqualRowsAreAllFound) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(std::vector<Vector>(3000, Vector(kDimensions, 0.5f)));
  EXPECT_EQ(membrane.Search(Vector(kDimensions, 0.5f), 50).size(), 50u);
  EXPECT_EQ(membrane.Search(Vector(kDimensions, 0.5f), 9999).size(), 3000u);
}

}  // namespace
}  // namespace pomai
