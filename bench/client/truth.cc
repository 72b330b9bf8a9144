#include "bench/client/truth.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/client/arguments.h"

namespace bench {

Truth::Truth(const std::string& prefix, size_t k)
    : rows_(prefix + ".ivecs"), distances_(prefix + ".fvecs"), k_(k) {
  if (k == 0 || k > rows_.columns()) Die("no exact answer for this k");
}

size_t Truth::Hits(size_t query, const std::vector<int32_t>& found) const {
  constexpr float kRounding = 1e-6f;
  const auto distances = distances_.Row(query);
  const float last = distances[k_ - 1];
  const float limit = last + kRounding * std::abs(last);
  std::set<int32_t> near;
  for (size_t i = 0; i < distances.size() && distances[i] <= limit; ++i) {
    near.insert(rows_.Row(query)[i]);
  }
  size_t hits = 0;
  for (const int32_t row : found) hits += near.erase(row);
  return std::min(hits, k_);
}

}  // namespace bench
