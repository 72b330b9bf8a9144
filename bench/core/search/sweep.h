// Sweep: queries/s and recall of an index, effort by effort.
//
//   Sweep sweep(queries, truth, 1.0);
//   sweep.Measure("pomai", &index, {0.9, 0.95, 0.99});
//   double rate = sweep.RateAt("pomai", 0.95);
//
// One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/client/truth.h"
#include "bench/core/search/index.h"

namespace bench {

struct Point {
  double effort = 0;
  double recall = 0;
  double rate = 0;  // queries/s
};

class Sweep {
 public:
  // One search; its rows into the vector.
  using Search =
      std::function<void(std::span<const float>, std::vector<int32_t>*)>;

  // All must outlive it. Passes over all queries are timed for `seconds` a
  // point; the median pass counts.
  Sweep(const VectorFile<float>& queries, const Truth& truth, double seconds)
      : queries_(queries), truth_(truth), seconds_(seconds) {}

  // Rising efforts, until one finds all but 0.3 % of the neighbours. Prints a
  // line a point.
  void Measure(const std::string& name, Index* index,
               const std::vector<double>& efforts);
  // One point, which belongs to no sweep.
  Point MeasureOne(const Search& search) const;
  // Queries/s at exactly this recall, on the line of log queries/s between the
  // fastest point that reaches it and the last that does not; that point's
  // where all reach it, 0 where none does.
  double RateAt(const std::string& name, double recall) const;

 private:
  const VectorFile<float>& queries_;
  const Truth& truth_;
  double seconds_;
  std::map<std::string, std::vector<Point>> points_;
};

}  // namespace bench
