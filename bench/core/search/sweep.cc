#include "bench/core/search/sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/core/search/stopwatch.h"

namespace bench {
namespace {

constexpr double kEnoughRecall = 0.997;

}  // namespace

void Sweep::Measure(const std::string& name, Index* index,
                    const std::vector<double>& efforts) {
  for (const double effort : efforts) {
    Point point = MeasureOne(
        [&](std::span<const float> query, std::vector<int32_t>* rows) {
          index->Search(query, effort, rows);
        });
    point.effort = effort;
    std::printf("%-8s %7g  recall %.4f  %7.0f queries/s\n", name.c_str(),
                effort, point.recall, point.rate);
    std::fflush(stdout);
    points_[name].push_back(point);
    if (point.recall >= kEnoughRecall) return;
  }
}

Point Sweep::MeasureOne(const Search& search) const {
  Point point;
  std::vector<int32_t> rows;
  size_t hits = 0;
  for (size_t i = 0; i < queries_.rows(); ++i) {
    search(queries_.Row(i), &rows);
    hits += truth_.Hits(i, rows);
  }
  const auto asked = static_cast<double>(queries_.rows());
  point.recall = static_cast<double>(hits) / (asked * kNeighbours);
  std::vector<double> passes;
  const Stopwatch whole;
  do {
    const Stopwatch pass;
    for (size_t i = 0; i < queries_.rows(); ++i) search(queries_.Row(i), &rows);
    passes.push_back(pass.seconds());
  } while (whole.seconds() < seconds_);
  std::sort(passes.begin(), passes.end());
  point.rate = asked / passes[passes.size() / 2];
  return point;
}

double Sweep::RateAt(const std::string& name, double recall) const {
  const auto sweep = points_.find(name);
  if (sweep == points_.end()) return 0;
  const Point* above = nullptr;
  const Point* below = nullptr;
  for (const Point& point : sweep->second) {
    if (point.recall >= recall) {
      if (above == nullptr || point.rate > above->rate) above = &point;
    } else if (below == nullptr || point.recall > below->recall) {
      below = &point;
    }
  }
  if (above == nullptr) return 0;
  if (below == nullptr) return above->rate;
  const double part =
      (recall - below->recall) / (above->recall - below->recall);
  return below->rate * std::pow(above->rate / below->rate, part);
}

}  // namespace bench
