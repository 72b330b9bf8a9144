// Asks for every (or every n-th) row's own nearest row and prints how many
// find themselves, or a row of equal distance 0, first:
//
//   find_themselves --conninfo host=/tmp --base base.fvecs --metric l2
//     --sample 5000 --sql 'select id from t
//       order by v <-> (select v from t where id = $1) limit 1'
//
// With the metric ip a row need not be its own nearest; ask for another.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "bench/client/arguments.h"
#include "bench/client/connection.h"
#include "bench/client/vector_file.h"

namespace bench {
namespace {

using Row = std::span<const float>;

// Equal vectors, or under cosine parallel ones.
bool AtDistanceZero(Row a, Row b, bool cosine) {
  if (!cosine) return std::equal(a.begin(), a.end(), b.begin());
  double aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
    ab += static_cast<double>(a[i]) * b[i];
  }
  return 1 - ab / std::sqrt(aa * bb) < 1e-7;
}

int Main(const Arguments& arguments) {
  const VectorFile<float> base(arguments.Text("base"));
  const std::string metric = arguments.Text("metric");
  const size_t sample = std::min(
      base.rows(), static_cast<size_t>(arguments.Number("sample", 5000)));
  Connection connection(arguments.Text("conninfo"));
  for (const std::string& setting : arguments.All("set")) {
    connection.Execute("set " + setting);
  }
  connection.Prepare("nearest", arguments.Text("sql"));
  size_t found = 0;
  for (size_t i = 0; i < sample; ++i) {
    const size_t row = i * base.rows() / sample;
    const std::vector<int32_t> nearest =
        connection.Integers("nearest", {static_cast<int32_t>(row)});
    if (nearest.empty()) continue;
    const size_t first = static_cast<size_t>(nearest[0]);
    found += first == row ||
             AtDistanceZero(base.Row(row), base.Row(first), metric == "cosine");
  }
  std::printf("{\"asked\": %zu, \"found\": %zu, \"share\": %.6f}\n", sample,
              found, static_cast<double>(found) / static_cast<double>(sample));
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::Main(bench::Arguments(argc, argv));
}
