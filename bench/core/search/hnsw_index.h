// HnswIndex: hnswlib's graph in memory, m 16, ef_construction 200.
//
//   HnswIndex index(base, pomai::Metric::kL2, "glove.hnsw");
//   index.Search(query, 80, &rows);   // ef 80
//
// Cosine is its inner product over normalised vectors, L2 its squared L2. Its
// source file alone is compiled for the machine it is compiled on. One thread.
#pragma once

#include <memory>
#include <string>

#include "bench/client/vector_file.h"
#include "bench/core/search/index.h"
#include "core/base/metric.h"

namespace bench {

class HnswIndex : public Index {
 public:
  // Null where there was no hnswlib to compile with. `file`: kept there, and
  // read from there if it exists; empty: not kept.
  static std::unique_ptr<HnswIndex> Make(const VectorFile<float>& base,
                                         pomai::Metric metric,
                                         const std::string& file);
  // 0 when it was read from a file.
  virtual double fill_seconds() const = 0;
};

}  // namespace bench
