// Truth: the exact neighbours of every query, as bench/prepare.sh writes them.
//
//   Truth truth("build/data/glove/truth", 10);
//   size_t hits = truth.Hits(query, found);   // of the 10 nearest
//
// A row counts as right when its distance is not above the k-th exact one, so
// that rows at equal distance are equally right. Any number of threads.
#ifndef BENCH_CLIENT_TRUTH_H_
#define BENCH_CLIENT_TRUTH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/client/vector_file.h"

namespace bench {

class Truth {
 public:
  // Reads `prefix`.ivecs and `prefix`.fvecs.
  Truth(const std::string& prefix, size_t k);

  // How many of the k nearest rows `found` holds.
  size_t Hits(size_t query, const std::vector<int32_t>& found) const;

 private:
  VectorFile<int32_t> rows_;
  VectorFile<float> distances_;
  size_t k_;
};

}  // namespace bench

#endif  // BENCH_CLIENT_TRUTH_H_
