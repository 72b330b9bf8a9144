// The exact nearest neighbours of every query, by brute force:
//
//   exact_neighbours --base base.fvecs --query query.fvecs --metric l2
//                    --k 100 --out truth
//
// writes truth.ivecs (row numbers in the base, nearest first) and truth.fvecs
// (their distances). Metrics: l2, cosine (1 - cosine), ip (minus the inner
// product).
#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/client/arguments.h"
#include "bench/client/vector_file.h"

namespace bench {
namespace {

using Row = std::span<const float>;
using Metric = std::function<double(Row, Row)>;

// Single precision finds the candidates, double precision orders them.
constexpr size_t kSpare = 32;

float Dot(const float* a, const float* b, size_t count) {
  float sums[16] = {};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (size_t j = 0; j < 16; ++j) sums[j] += a[i + j] * b[i + j];
  }
  float sum = 0;
  for (; i < count; ++i) sum += a[i] * b[i];
  for (float part : sums) sum += part;
  return sum;
}

double ExactDot(Row a, Row b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * b[i];
  }
  return sum;
}

double ExactL2(Row a, Row b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

double ExactCosine(Row a, Row b) {
  const double norms = std::sqrt(ExactDot(a, a) * ExactDot(b, b));
  return norms == 0 ? 1 : 1 - ExactDot(a, b) / norms;
}

double ExactIp(Row a, Row b) { return -ExactDot(a, b); }

Metric MetricOf(const std::string& name) {
  if (name == "l2") return ExactL2;
  if (name == "cosine") return ExactCosine;
  if (name == "ip") return ExactIp;
  Die("unknown metric " + name);
}

// Every metric's order is that of offset[row] - scale[row] * dot(query, row),
// whatever the query.
struct Terms {
  Terms(const VectorFile<float>& base, const std::string& metric) {
    for (size_t row = 0; row < base.rows(); ++row) {
      const double square = ExactDot(base.Row(row), base.Row(row));
      const bool cosine = metric == "cosine";
      offset.push_back(metric == "l2" ? static_cast<float>(square / 2) : 0);
      scale.push_back(
          cosine && square > 0 ? static_cast<float>(1 / std::sqrt(square)) : 1);
    }
  }
  std::vector<float> offset;
  std::vector<float> scale;
};

using Candidates = std::vector<std::pair<float, int32_t>>;

// Keeps the `count` smallest of an unbounded stream, heap ordered.
void Offer(Candidates& heap, size_t count, float key, int32_t row) {
  if (heap.size() == count) {
    if (key >= heap.front().first) return;
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
  heap.emplace_back(key, row);
  std::push_heap(heap.begin(), heap.end());
}

struct Truth {
  std::vector<int32_t> rows;
  std::vector<float> distances;
};

// Queries [first, last): base rows are read once for the whole batch.
void Search(const VectorFile<float>& base, const VectorFile<float>& queries,
            const Terms& terms, const Metric& metric, size_t first, size_t last,
            size_t k, Truth& truth) {
  std::vector<Candidates> heaps(last - first);
  for (size_t row = 0; row < base.rows(); ++row) {
    const float* vector = base.Row(row).data();
    for (size_t query = first; query < last; ++query) {
      const float dot = Dot(queries.Row(query).data(), vector, base.columns());
      Offer(heaps[query - first], k + kSpare,
            terms.offset[row] - terms.scale[row] * dot,
            static_cast<int32_t>(row));
    }
  }
  for (size_t query = first; query < last; ++query) {
    std::vector<std::pair<double, int32_t>> exact;
    for (const auto& [key, row] : heaps[query - first]) {
      exact.emplace_back(metric(queries.Row(query), base.Row(row)), row);
    }
    std::sort(exact.begin(), exact.end());
    for (size_t i = 0; i < k; ++i) {
      truth.rows[query * k + i] = exact[i].second;
      truth.distances[query * k + i] = static_cast<float>(exact[i].first);
    }
  }
}

int Main(const Arguments& arguments) {
  constexpr size_t kBatch = 50;
  const VectorFile<float> base(arguments.Text("base"));
  const VectorFile<float> queries(arguments.Text("query"));
  const size_t k = static_cast<size_t>(arguments.Number("k", 100));
  if (base.columns() != queries.columns() || base.rows() < k) {
    Die("the base does not fit the queries");
  }
  const Metric metric = MetricOf(arguments.Text("metric"));
  const Terms terms(base, arguments.Text("metric"));
  Truth truth;
  truth.rows.resize(queries.rows() * k);
  truth.distances.resize(queries.rows() * k);

  std::atomic<size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    threads.emplace_back([&] {
      for (size_t at; (at = next.fetch_add(kBatch)) < queries.rows();) {
        const size_t end = std::min(at + kBatch, queries.rows());
        Search(base, queries, terms, metric, at, end, k, truth);
      }
    });
  }
  threads.clear();  // joins
  WriteVectors(arguments.Text("out") + ".ivecs", truth.rows, k);
  WriteVectors(arguments.Text("out") + ".fvecs", truth.distances, k);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::Main(bench::Arguments(argc, argv));
}
