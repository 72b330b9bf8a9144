#include "core/codebook/codebook.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "core/codebook/assigner.h"
#include "core/host/memory_store.h"
#include "core/kernel/distance.h"
#include "test/unit/codebook/planted.h"

namespace pomai {
namespace {

Centroids Trained(const std::vector<float>& rows, uint32_t dimensions,
                  uint32_t lists, Metric metric = Metric::kL2,
                  double central_share = 0) {
  VectorSample sample(rows, dimensions);
  TrainingOptions options;
  options.dimensions = dimensions;
  options.lists = lists;
  options.metric = metric;
  options.central_share = central_share;
  return Train(&sample, options).value();
}

// A store that holds one codebook, behind a few other pages.
struct Stored {
  explicit Stored(const Centroids& centroids) {
    extent.id = 12;
    extent.kind = PageKind::kCodebook;
    EXPECT_TRUE(store.Extend(3).ok());
    const uint32_t pages = Codebook::PageCount(centroids);
    extent.runs = {{store.Extend(pages).value(), pages}};
    EXPECT_TRUE(Codebook::Store(&store, extent, 5, centroids).ok());
  }
  Result<std::shared_ptr<const Codebook>> Load() {
    return Codebook::Load(&store, extent, PageLock::kPin);
  }
  Result<Centroids> LoadCentroids() {
    return Codebook::LoadCentroids(&store, extent, PageLock::kPin);
  }
  uint8_t* Body(uint32_t page) {
    return PageBody(store.MutablePage(extent.runs[0].first + page));
  }

  MemoryStore store;
  Extent extent;
};

std::vector<RankedList> All(ListRanking ranking) {
  std::vector<RankedList> lists;
  RankedList list;
  while (ranking.Next(&list)) lists.push_back(list);
  return lists;
}

// Scores of the exact centroids, as core/base/metric.h defines them.
std::vector<RankedList> ExactRanking(const Centroids& centroids,
                                     const float* query) {
  const uint32_t dimensions = centroids.dimensions;
  std::vector<RankedList> exact;
  for (uint32_t list = 0; list < centroids.list_count(); ++list) {
    const float* centroid = &centroids.lists[list * dimensions];
    const float product = kernel::InnerProduct(query, centroid, dimensions);
    float score = kernel::SquaredL2(query, centroid, dimensions);
    if (centroids.metric == Metric::kInnerProduct) score = -product;
    if (centroids.metric == Metric::kCosine) {
      score = static_cast<float>(2 - 2 * product /
                                         kernel::Norm(centroid, dimensions));
    }
    exact.push_back({list, score});
  }
  std::stable_sort(exact.begin(), exact.end(),
                   [](auto a, auto b) { return a.score < b.score; });
  return exact;
}

TEST(Codebook, LoadsWhatWasStored) {
  const Planted planted(50, 30, 112, 1);
  const Centroids centroids = Trained(planted.rows, 112, 150);
  Stored stored(centroids);
  auto loaded = stored.LoadCentroids();
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->lists, centroids.lists);
  EXPECT_EQ(loaded->parents, centroids.parents);
  EXPECT_EQ(loaded->child_start, centroids.child_start);
  auto codebook = stored.Load();
  ASSERT_TRUE(codebook.ok()) << codebook.status().ToString();
  EXPECT_EQ((*codebook)->version(), 5u);
  EXPECT_EQ((*codebook)->dimensions(), 112u);
  EXPECT_EQ((*codebook)->list_count(), 150u);
  ExtentReader reader(&stored.store, &(*codebook)->extent(), PageLock::kPin);
  std::vector<float> centroid(112);
  for (uint32_t list = 0; list < 150; ++list) {
    ASSERT_TRUE((*codebook)->ReadCentroid(&reader, list, centroid.data()).ok());
    EXPECT_EQ(std::memcmp(centroid.data(), &centroids.lists[list * 112], 448),
              0);
  }
  EXPECT_EQ((*codebook)->ReadCentroid(&reader, 150, centroid.data()).code(),
            StatusCode::kCorruption);
}

TEST(Codebook, RanksAsTheExactCentroidsDo) {
  for (Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    Planted planted(60, 60, 112, 2, 0.7f);
    if (metric == Metric::kCosine) NormalizeRows(112, &planted.rows);
    const Centroids centroids = Trained(planted.rows, 112, 600, metric);
    Stored stored(centroids);
    auto codebook = stored.Load();
    ASSERT_TRUE(codebook.ok());
    uint32_t overlap = 0;
    for (uint32_t query = 0; query < 50; ++query) {
      const float* vector = &planted.rows[query * 112];
      const auto exact = ExactRanking(centroids, vector);
      const auto found = All((*codebook)->Rank(vector));
      ASSERT_EQ(found.size(), exact.size());
      std::set<uint32_t> best;
      for (uint32_t i = 0; i < 50; ++i) best.insert(exact[i].list);
      for (uint32_t i = 0; i < 50; ++i) overlap += best.count(found[i].list);
      const float size = kernel::InnerProduct(vector, vector, 112);
      for (uint32_t i = 0; i < found.size(); i += 37) {
        EXPECT_NEAR(found[i].score, exact[i].score, 0.02f * size);
      }
    }
    EXPECT_GE(overlap, 50 * 50 * 0.95);
  }
}

TEST(Codebook, AssignFindsTheExactNearestList) {
  for (Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    Planted planted(60, 30, 48, 3, 0.5f);
    if (metric == Metric::kCosine) NormalizeRows(48, &planted.rows);
    const Centroids centroids = Trained(planted.rows, 48, 200, metric);
    Stored stored(centroids);
    auto codebook = stored.Load();
    ASSERT_TRUE(codebook.ok());
    std::vector<uint32_t> lists(500);
    Assigner(&centroids, 1.0f).Assign(planted.rows.data(), 500, lists.data());
    uint32_t same = 0;
    for (uint32_t i = 0; i < 500; ++i) {
      auto list = (*codebook)->Assign(&stored.store, PageLock::kPin,
                                      &planted.rows[i * 48]);
      ASSERT_TRUE(list.ok());
      same += *list == lists[i];
    }
    EXPECT_GE(same, 495u);
    EXPECT_EQ(stored.store.guards(), 0);
  }
}

TEST(Codebook, TheCentralListIsAssignedToButNotRanked) {
  for (Metric metric : {Metric::kL2, Metric::kCosine}) {
    Planted planted(60, 30, 48, 3, 0.5f);
    if (metric == Metric::kCosine) NormalizeRows(48, &planted.rows);
    const Centroids centroids =
        Trained(planted.rows, 48, 200, metric, 1.0 / 60);
    Stored stored(centroids);
    const auto codebook = stored.Load().value();
    EXPECT_EQ(codebook->list_count(), 201u);
    ASSERT_TRUE(codebook->central().exists());
    EXPECT_EQ(codebook->central().number(), 200u);
    EXPECT_EQ(stored.LoadCentroids()->central_reach, centroids.central_reach);
    uint32_t members = 0;
    for (uint32_t i = 0; i < 1800; ++i) {
      const float* row = &planted.rows[i * 48];
      const auto list =
          codebook->Assign(&stored.store, PageLock::kPin, row).value();
      EXPECT_EQ(list == 200, CentralList(centroids).Holds(row)) << i;
      members += list == 200;
    }
    EXPECT_EQ(members, 30u);
    const auto ranked = All(codebook->Rank(planted.rows.data()));
    EXPECT_EQ(ranked.size(), 200u);
    for (const RankedList& list : ranked) EXPECT_LT(list.list, 200u);
  }
}

TEST(Codebook, UntrainedHasOneListAroundTheOrigin) {
  const auto codebook = Codebook::Untrained(16, Metric::kL2);
  EXPECT_EQ(codebook->version(), 0u);
  EXPECT_EQ(codebook->list_count(), 1u);
  const std::vector<float> query(16, 2.0f);
  const auto lists = All(codebook->Rank(query.data()));
  ASSERT_EQ(lists.size(), 1u);
  EXPECT_EQ(lists[0].list, 0u);
  EXPECT_FLOAT_EQ(lists[0].score, 64);
  std::vector<float> centroid(16, 1.0f);
  EXPECT_TRUE(codebook->ReadCentroid(nullptr, 0, centroid.data()).ok());
  EXPECT_EQ(centroid, std::vector<float>(16, 0.0f));
  auto list = codebook->Assign(nullptr, PageLock::kPin, query.data());
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(*list, 0u);
}

TEST(Codebook, SixteenThousandDimensions) {
  const Planted planted(4, 5, 16000, 4);
  const Centroids centroids = Trained(planted.rows, 16000, 6);
  Stored stored(centroids);
  auto codebook = stored.Load();
  ASSERT_TRUE(codebook.ok());
  const auto found = All((*codebook)->Rank(planted.rows.data()));
  const auto exact = ExactRanking(centroids, planted.rows.data());
  EXPECT_EQ(found[0].list, exact[0].list);
  auto list =
      (*codebook)->Assign(&stored.store, PageLock::kPin, planted.rows.data());
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(*list, exact[0].list);
}

TEST(Codebook, EveryBrokenHeaderByteIsCorruption) {
  const Planted planted(20, 20, 32, 5);
  Stored stored(Trained(planted.rows, 32, 30));
  for (uint32_t byte = 0; byte < 24; ++byte) {
    for (uint8_t flip : {0x01, 0x10, 0x80}) {
      stored.Body(0)[byte] ^= flip;
      const auto codebook = stored.Load();
      // Another metric is as good as any: nothing tells it from the right one.
      const uint8_t metric = stored.Body(0)[16];
      const bool legal = byte == 16 && metric >= 1 && metric <= 3;
      // As many pages may hold another number of lists or dimensions.
      if (!codebook.ok()) {
        EXPECT_EQ(codebook.status().code(), StatusCode::kCorruption);
        EXPECT_NE(codebook.status().message().find("expected"),
                  std::string_view::npos);
      } else {
        EXPECT_TRUE(legal || (byte >= 4 && byte < 16)) << byte;
      }
      stored.Body(0)[byte] ^= flip;
    }
  }
  EXPECT_TRUE(stored.Load().ok());
}

TEST(Codebook, BrokenChildStartsAreCorruption) {
  const Planted planted(20, 20, 32, 6);
  Stored stored(Trained(planted.rows, 32, 30));
  for (uint32_t at : {0, 4, 8, 12, 16, 20}) {
    for (uint8_t flip : {0x40, 0x80}) {
      stored.Body(1)[at] ^= flip;
      EXPECT_EQ(stored.LoadCentroids().status().code(),
                StatusCode::kCorruption);
      stored.Body(1)[at] ^= flip;
    }
  }
  EXPECT_TRUE(stored.LoadCentroids().ok());
}

TEST(Codebook, MissingPagesAreCorruption) {
  const Planted planted(20, 20, 112, 7);
  Stored stored(Trained(planted.rows, 112, 100));
  const uint32_t pages = stored.extent.page_count();
  ASSERT_GT(pages, 3u);
  for (uint32_t left = 0; left < pages; ++left) {
    stored.extent.runs[0].count = left;
    EXPECT_EQ(stored.Load().status().code(), StatusCode::kCorruption);
    EXPECT_EQ(stored.LoadCentroids().status().code(), StatusCode::kCorruption);
  }
}

TEST(Codebook, FailedReadsComeBack) {
  const Planted planted(20, 20, 112, 8);
  Stored stored(Trained(planted.rows, 112, 100));
  stored.store.FailRead(0);
  EXPECT_EQ(stored.Load().status().code(), StatusCode::kIo);
  stored.store.FailRead(2);
  EXPECT_EQ(stored.Load().status().code(), StatusCode::kIo);
  stored.store.FailRead(3);
  EXPECT_EQ(stored.LoadCentroids().status().code(), StatusCode::kIo);
  EXPECT_TRUE(stored.Load().ok());
}

}  // namespace
}  // namespace pomai
