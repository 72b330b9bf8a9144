// Index: one of those whose searches are compared.
//
//   index.Search(query, 0.95, &rows);   // pomai: the target recall
//   index.Search(query, 80, &rows);     // hnswlib: ef
//
// One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bench {

// Neighbours that are asked for.
inline constexpr size_t kNeighbours = 10;

class Index {
 public:
  virtual ~Index() = default;
  // The rows found into `rows`. `effort`: what a sweep varies.
  virtual void Search(std::span<const float> query, double effort,
                      std::vector<int32_t>* rows) = 0;
};

}  // namespace bench
