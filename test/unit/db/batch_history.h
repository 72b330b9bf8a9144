// BatchHistory: batches by number, each of which shows whether it is there,
// whole or in part.
//
//   for (uint64_t n = 1; ...; ++n) membrane->Write(BatchHistory::Batch(n));
//   EXPECT_EQ(BatchHistory::Problem(membrane, acknowledged, begun), "");
//
// Batch n puts 24 ids of its own, and n into two ids that all batches share;
// every third one deletes an own id of its predecessor. So more than three
// quarters of a log are vectors that stay, and checkpoints leave them there.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "pomai/membrane.h"
#include "test/unit/db/vectors.h"

namespace pomai {

class BatchHistory {
 public:
  static constexpr uint32_t kDimensions = 40;
  static constexpr uint64_t kOwn = 24;
  static constexpr uint64_t kShared = 2;
  static constexpr uint64_t kFirstShared = 1u << 30;

  static uint64_t OwnId(uint64_t n, uint64_t i) { return n * kOwn + i; }

  static WriteBatch Batch(uint64_t n) {
    WriteBatch batch;
    for (uint64_t i = 0; i < kOwn; ++i) {
      batch.Put(OwnId(n, i), VectorOf(OwnId(n, i), kDimensions));
    }
    for (uint64_t i = 0; i < kShared; ++i) {
      batch.Put(kFirstShared + i, VectorOf(n, kDimensions));
    }
    if (n % 3 == 0) batch.Delete(OwnId(n - 1, 0));
    return batch;
  }

  // The last batch of 1 .. `begun` that is there; 0.
  static uint64_t Last(Membrane* membrane, uint64_t begun) {
    uint64_t last = 0;
    for (uint64_t n = 1; n <= begun; ++n) {
      if (membrane->Exists(OwnId(n, 1)).value()) last = n;
    }
    return last;
  }

  // What is wrong with a membrane into which batches 1 .. `begun` were written
  // in order, of which 1 .. `acknowledged` were acknowledged; empty: nothing.
  static std::string Problem(Membrane* membrane, uint64_t acknowledged,
                             uint64_t begun) {
    const uint64_t last = Last(membrane, begun);
    if (last < acknowledged) {
      return "batch " + std::to_string(acknowledged) + " is lost";
    }
    std::set<uint64_t> ids;
    for (uint64_t n = 1; n <= begun; ++n) {
      for (uint64_t i = 0; i < kOwn; ++i) {
        const bool deleted = i == 0 && (n + 1) % 3 == 0 && last > n;
        const bool expected = n <= last && !deleted;
        const uint64_t id = OwnId(n, i);
        const auto vector = membrane->Get(id);
        if (vector.ok() != expected ||
            (expected && *vector != VectorOf(id, kDimensions))) {
          return "batch " + std::to_string(n) + " is not whole: id " +
                 std::to_string(id);
        }
        if (expected) ids.insert(id);
      }
    }
    for (uint64_t i = 0; i < kShared && last > 0; ++i) {
      const auto vector = membrane->Get(kFirstShared + i);
      if (!vector.ok() || *vector != VectorOf(last, kDimensions)) {
        return "batch " + std::to_string(last) + " is not whole: shared id";
      }
      ids.insert(kFirstShared + i);
    }
    return SearchProblem(membrane, ids);
  }

 private:
  // An exact search of everything finds these ids, each once and with its own
  // distance, in order.
  static std::string SearchProblem(Membrane* membrane,
                                   const std::set<uint64_t>& ids) {
    const auto query = VectorOf(99, kDimensions);
    ReadOptions options;
    options.target_recall = 1;
    const auto found = membrane->Search(query, ids.size() + 10, options);
    if (!found.ok()) return found.status().ToString();
    std::set<uint64_t> found_ids;
    double before = 0;
    for (const Neighbour& row : *found) {
      found_ids.insert(row.id);
      if (row.distance < before) return "a search is out of order";
      before = row.distance;
    }
    if (found->size() != ids.size() || found_ids != ids) {
      return "a search found " + std::to_string(found->size()) + " rows, not " +
             std::to_string(ids.size());
    }
    return "";
  }
};

}  // namespace pomai
