#include "core/codebook/list_ranking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/random.h"

namespace pomai {
namespace {

std::vector<uint32_t> Order(const std::vector<float>& scores) {
  ListRanking ranking(scores);
  std::vector<uint32_t> order;
  RankedList list;
  while (ranking.Next(&list)) order.push_back(list.list);
  return order;
}

TEST(ListRanking, IsTheStableOrderOfTheScores) {
  for (uint32_t count : {0, 1, 2, 15, 16, 17, 300, 2336}) {
    Random random(count);
    std::vector<float> scores(count);
    for (float& score : scores) {
      score = static_cast<float>(random.Below(count)) - 10;
    }
    std::vector<uint32_t> expected(count);
    std::iota(expected.begin(), expected.end(), 0u);
    std::stable_sort(
        expected.begin(), expected.end(),
        [&](uint32_t a, uint32_t b) { return scores[a] < scores[b]; });
    EXPECT_EQ(Order(scores), expected) << count;
  }
}

TEST(ListRanking, ThoseLeftAreVisitedOnceEach) {
  const std::vector<float> scores = {5, 1, 4, 2, 3};
  ListRanking ranking(scores);
  std::vector<float> left = {1, 2, 3, 4, 5};
  for (RankedList list; !left.empty(); left.erase(left.begin())) {
    std::vector<float> visited;
    ranking.ForEachLeft([&](float score) { visited.push_back(score); });
    std::sort(visited.begin(), visited.end());
    EXPECT_EQ(visited, left);
    ASSERT_TRUE(ranking.Next(&list));
  }
}

TEST(ListRanking, ScoresThatAreNoNumbersComeLastOnceEach) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Order({nan, 3, infinity, -infinity, nan, 1}),
            (std::vector<uint32_t>{3, 5, 1, 0, 2, 4}));
}

}  // namespace
}  // namespace pomai
