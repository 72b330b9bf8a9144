#include "bench/core/search/hnsw_index.h"

#include <hnswlib/hnswlib.h>

#include <cmath>
#include <filesystem>
#include <optional>

#include "bench/core/search/stopwatch.h"

namespace bench {
namespace {

constexpr size_t kM = 16;
constexpr size_t kConstruction = 200;

using Graph = hnswlib::HierarchicalNSW<float>;

class Hnsw : public HnswIndex {
 public:
  Hnsw(const VectorFile<float>& base, pomai::Metric metric,
       const std::string& file)
      : metric_(metric), scratch_(base.columns()) {
    if (metric == pomai::Metric::kL2) {
      space_ = std::make_unique<hnswlib::L2Space>(base.columns());
    } else {
      space_ = std::make_unique<hnswlib::InnerProductSpace>(base.columns());
    }
    if (std::filesystem::exists(file)) {
      graph_.emplace(space_.get(), file);
      return;
    }
    graph_.emplace(space_.get(), base.rows(), kM, kConstruction);
    const Stopwatch watch;
    for (size_t row = 0; row < base.rows(); ++row) {
      graph_->addPoint(Prepare(base.Row(row)), row);
    }
    fill_seconds_ = watch.seconds();
    if (!file.empty()) graph_->saveIndex(file);
  }

  double fill_seconds() const override { return fill_seconds_; }

  void Search(std::span<const float> query, double effort,
              std::vector<int32_t>* rows) override {
    graph_->setEf(static_cast<size_t>(effort));
    auto found = graph_->searchKnn(Prepare(query), kNeighbours);
    rows->clear();
    for (; !found.empty(); found.pop()) {
      rows->push_back(static_cast<int32_t>(found.top().second));
    }
  }

 private:
  const float* Prepare(std::span<const float> vector) {
    if (metric_ != pomai::Metric::kCosine) return vector.data();
    float squares = 0;
    for (const float x : vector) squares += x * x;
    const float scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (size_t i = 0; i < vector.size(); ++i) scratch_[i] = scale * vector[i];
    return scratch_.data();
  }

  pomai::Metric metric_;
  std::vector<float> scratch_;
  std::unique_ptr<hnswlib::SpaceInterface<float>> space_;
  std::optional<Graph> graph_;
  double fill_seconds_ = 0;
};

}  // namespace

std::unique_ptr<HnswIndex> HnswIndex::Make(const VectorFile<float>& base,
                                           pomai::Metric metric,
                                           const std::string& file) {
  return std::make_unique<Hnsw>(base, metric, file);
}

}  // namespace bench
