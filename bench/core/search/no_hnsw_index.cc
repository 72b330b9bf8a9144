// What stands in for hnsw_index.cc where there is no hnswlib.
#include "bench/core/search/hnsw_index.h"

namespace bench {

std::unique_ptr<HnswIndex> HnswIndex::Make(const VectorFile<float>&,
                                           pomai::Metric, const std::string&) {
  return nullptr;
}

}  // namespace bench
