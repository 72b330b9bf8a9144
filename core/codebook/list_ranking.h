// ListRanking: the lists of a codebook by rising score, put in order only as
// far as they are asked for.
//
//   ListRanking ranking(std::move(scores));   // one score a list
//   RankedList list;
//   while (enough < wanted && ranking.Next(&list)) ...
//
// A tournament of two rounds: the lists compete in groups of about sqrt(lists),
// so the first list costs one pass over all scores and each further one about
// 2 sqrt(lists) comparisons. One search, one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace pomai {

struct RankedList {
  uint32_t list;
  float score;  // of the list's centroid, from int8: near, not exact
};

class ListRanking {
 public:
  // scores[i] is list i's. NaN ranks last.
  explicit ListRanking(std::vector<float> scores);
  // False when all lists have been returned. Of equals the first comes first.
  bool Next(RankedList* list);
  // Calls visit(score) for each list that has not been returned.
  template <class Visitor>
  void ForEachLeft(const Visitor& visit) const {
    for (const float score : scores_) {
      if (score <= std::numeric_limits<float>::max()) visit(score);
    }
  }

 private:
  void FindBest(uint32_t group);

  std::vector<float> scores_;       // infinite once returned
  std::vector<float> best_scores_;  // of each group
  std::vector<uint32_t> best_lists_;
  uint32_t group_size_;
  uint32_t left_;
};

}  // namespace pomai
