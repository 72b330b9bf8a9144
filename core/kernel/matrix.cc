#include "core/kernel/matrix.h"

#include <algorithm>

#include "core/kernel/dispatch.h"

// Sums leave the registers wherever one of the lambdas below stays a call.
#undef POMAI_INLINE_LAMBDA
#if defined(__GNUC__)
#define POMAI_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))
#else
#define POMAI_INLINE_LAMBDA HWY_ATTR
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/matrix.cc"
#include <hwy/foreach_target.h>  // compiles this file once a target
// Behind foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kWidth = PanelMatrix::kPanelWidth;
// A whole panel is one vector, where the machine has such vectors.
using Whole = hn::CappedTag<float, kWidth>;
// At most half a panel: two vectors share each broadcast, or, where a panel is
// at most half full, the other half is left out.
using Half = hn::CappedTag<float, kWidth / 2>;
#if HWY_HAVE_SCALABLE
constexpr bool kHasWhole = false;
#else
constexpr bool kHasWhole = hn::MaxLanes(Whole()) == kWidth;
#endif

// Scores kRows vectors against the 2 N centroids of a panel from `column` on
// or, if kTall, 2 kRows vectors against N centroids. The sums stay in
// registers: twelve at most, so that two loads and a broadcast fit beside them
// in sixteen. Calls emit(row, column, N scores).
template <bool kTall, int kRows, class D, class Emit>
HWY_INLINE void ScoreTile(D d, const float* const* rows,
                          const PanelMatrix::Lanes* panel,
                          const PanelMatrix::Lanes& norms, uint32_t dimensions,
                          size_t column, const Emit& emit) {
  const size_t right = kTall ? 0 : hn::Lanes(d);
  constexpr size_t kBelow = kTall ? kRows : 0;
  auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0;
  auto b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0;
  for (uint32_t i = 0; i < dimensions; ++i) {
    const float* at = panel[i].lane + column;
    const auto left_lanes = hn::LoadU(d, at);
    const auto right_lanes = hn::LoadU(d, at + right);
    const auto step = [&](size_t row, auto& a, auto& b) POMAI_INLINE_LAMBDA {
      const auto value = hn::Set(d, rows[row][i]);
      a = hn::MulAdd(value, left_lanes, a);
      if constexpr (kTall) {
        b = hn::MulAdd(hn::Set(d, rows[row + kBelow][i]), left_lanes, b);
      } else {
        b = hn::MulAdd(value, right_lanes, b);
      }
    };
    step(0, a0, b0);
    step(1, a1, b1);
    step(2, a2, b2);
    if constexpr (kRows == 6) {
      step(3, a3, b3);
      step(4, a4, b4);
      step(5, a5, b5);
    }
  }
  const auto minus_two = hn::Set(d, -2.0f);
  const auto left_norms = hn::LoadU(d, norms.lane + column);
  const auto right_norms = hn::LoadU(d, norms.lane + column + right);
  const auto finish = [&](size_t row, auto a, auto b) POMAI_INLINE_LAMBDA {
    emit(row, column, hn::MulAdd(a, minus_two, left_norms));
    emit(row + kBelow, column + right, hn::MulAdd(b, minus_two, right_norms));
  };
  finish(0, a0, b0);
  finish(1, a1, b1);
  finish(2, a2, b2);
  if constexpr (kRows == 6) {
    finish(3, a3, b3);
    finish(4, a4, b4);
    finish(5, a5, b5);
  }
}

// Scores a tile's vectors, from position `first` of the selection on, against
// the first `columns` of a panel: sink(d, position, panel, column, scores).
template <bool kTall, int kRows, class D, class Sink>
HWY_INLINE void ScoreRows(D d, const VectorSelection& vectors, uint32_t first,
                          const PanelMatrix& matrix, uint32_t panel,
                          size_t columns, const Sink& sink) {
  constexpr uint32_t kTile = kTall ? 2 * kRows : kRows;
  const size_t step = kTall ? hn::Lanes(d) : 2 * hn::Lanes(d);
  const uint32_t count = std::min(vectors.count - first, kTile);
  const float* rows[kTile];
  for (uint32_t i = 0; i < kTile; ++i) {
    // A short tile computes its last vector several times.
    const uint32_t row = vectors.index[first + std::min(i, count - 1)];
    rows[i] = vectors.base + size_t{row} * matrix.dimensions();
  }
  for (size_t column = 0; column < columns; column += step) {
    ScoreTile<kTall, kRows>(
        d, rows, matrix.panel(panel), matrix.norms(panel), matrix.dimensions(),
        column, [&](size_t row, size_t at, auto scores) POMAI_INLINE_LAMBDA {
          if (row < count) {
            sink(d, first + static_cast<uint32_t>(row), panel, at, scores);
          }
        });
  }
}

template <class Sink>
HWY_INLINE void ScorePanel(const VectorSelection& vectors,
                           const PanelMatrix& matrix, uint32_t panel,
                           const Sink& sink) {
  const Half half;
  uint32_t first = 0;
  if constexpr (kHasWhole) {
    for (; first + 6 < vectors.count; first += 12) {
      ScoreRows<true, 6>(Whole(), vectors, first, matrix, panel, kWidth, sink);
    }
  }
  for (; first + 3 < vectors.count; first += 6) {
    ScoreRows<false, 6>(half, vectors, first, matrix, panel, kWidth, sink);
  }
  for (; first < vectors.count; first += 3) {
    ScoreRows<false, 3>(half, vectors, first, matrix, panel, kWidth, sink);
  }
}

template <class Sink>
HWY_INLINE void ScoreHalfPanel(const VectorSelection& vectors,
                               const PanelMatrix& matrix, uint32_t panel,
                               const Sink& sink) {
  const Half half;
  uint32_t first = 0;
  for (; first + 6 < vectors.count; first += 12) {
    ScoreRows<true, 6>(half, vectors, first, matrix, panel, kWidth / 2, sink);
  }
  for (; first < vectors.count; first += 6) {
    ScoreRows<true, 3>(half, vectors, first, matrix, panel, kWidth / 2, sink);
  }
}

}  // namespace

void LowerNearest(const VectorSelection& vectors, const PanelMatrix& matrix,
                  uint32_t group, Nearest* nearest) {
  const auto sink = [&](auto d, uint32_t position, uint32_t panel,
                        size_t column, auto scores) POMAI_INLINE_LAMBDA {
    Nearest& best = nearest[vectors.index[position]];
    const auto before = hn::Set(d, best.score);
    if (hn::AllFalse(d, hn::Lt(scores, before))) return;
    const auto least = hn::MinOfLanes(d, scores);
    const size_t lane = hn::FindKnownFirstTrue(d, hn::Eq(scores, least));
    best.score = hn::GetLane(least);
    best.row = matrix.first_row(panel) + static_cast<uint32_t>(column + lane);
  };
  const uint32_t last = matrix.first_panel(group + 1);
  for (uint32_t panel = matrix.first_panel(group); panel < last; ++panel) {
    if (matrix.rows_in(panel) > kWidth / 2) {
      ScorePanel(vectors, matrix, panel, sink);
    } else {
      ScoreHalfPanel(vectors, matrix, panel, sink);
    }
  }
}

void ScoreGroup(const VectorSelection& vectors, const PanelMatrix& matrix,
                uint32_t group, float* scores) {
  const uint32_t first = matrix.first_panel(group);
  const uint32_t last = matrix.first_panel(group + 1);
  const size_t stride = (last - first) * kWidth;
  const auto sink = [&](auto d, uint32_t position, uint32_t panel,
                        size_t column, auto values) POMAI_INLINE_LAMBDA {
    hn::StoreU(values, d,
               scores + position * stride + (panel - first) * kWidth + column);
  };
  for (uint32_t panel = first; panel < last; ++panel) {
    ScorePanel(vectors, matrix, panel, sink);
  }
}

void AddVector(const float* from, uint32_t dimensions, float* to) {
  const hn::ScalableTag<float> d;
  const size_t n = hn::Lanes(d);
  size_t i = 0;
  for (; i + n <= dimensions; i += n) {
    hn::StoreU(hn::Add(hn::LoadU(d, from + i), hn::LoadU(d, to + i)), d,
               to + i);
  }
  for (; i < dimensions; ++i) to[i] += from[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace pomai::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

namespace pomai::kernel {
POMAI_KERNEL(LowerNearest);
POMAI_KERNEL(ScoreGroup);
POMAI_KERNEL(AddVector);

void LowerNearest(const VectorSelection& vectors, const PanelMatrix& matrix,
                  uint32_t group, Nearest* nearest) {
  POMAI_DISPATCH(LowerNearest)(vectors, matrix, group, nearest);
}

void ScoreGroup(const VectorSelection& vectors, const PanelMatrix& matrix,
                uint32_t group, float* scores) {
  POMAI_DISPATCH(ScoreGroup)(vectors, matrix, group, scores);
}

void AddVector(const float* from, uint32_t dimensions, float* to) {
  POMAI_DISPATCH(AddVector)(from, dimensions, to);
}

void PanelMatrix::Clear() {
  rows_ = 0;
  lanes_.clear();
  norms_.clear();
  panel_first_row_.clear();
  group_first_panel_.clear();
}

void PanelMatrix::AddGroup(const float* centroids, uint32_t count,
                           CentroidRanking ranking) {
  group_first_panel_.push_back(panel_count());
  for (uint32_t first = 0; first < count; first += kPanelWidth) {
    AddPanel(centroids + size_t{first} * dimensions_,
             std::min(count - first, kPanelWidth), ranking);
  }
}

void PanelMatrix::AddPanel(const float* centroids, uint32_t count,
                           CentroidRanking ranking) {
  const size_t start = lanes_.size();
  lanes_.resize(start + dimensions_);
  Lanes norms;
  std::fill_n(norms.lane, kPanelWidth, std::numeric_limits<float>::infinity());
  for (uint32_t j = 0; j < count; ++j) {
    const float* centroid = centroids + size_t{j} * dimensions_;
    double norm = 0;
    for (uint32_t i = 0; i < dimensions_; ++i) {
      norm += double{centroid[i]} * centroid[i];
    }
    float scale = 1;
    if (ranking == CentroidRanking::kDirection) {
      scale = norm > 0 ? static_cast<float>(1 / std::sqrt(norm)) : 0.0f;
      norm = norm > 0 ? 1 : 0;
    }
    norms.lane[j] = static_cast<float>(norm);
    for (uint32_t i = 0; i < dimensions_; ++i) {
      lanes_[start + i].lane[j] = centroid[i] * scale;
    }
  }
  norms_.push_back(norms);
  panel_first_row_.push_back(rows_);
  rows_ += count;
}

namespace scalar {
namespace {

float Score(const VectorSelection& vectors, uint32_t position,
            const PanelMatrix& matrix, uint32_t panel, uint32_t lane) {
  const float* vector =
      vectors.base + size_t{vectors.index[position]} * matrix.dimensions();
  float product = 0;
  for (uint32_t i = 0; i < matrix.dimensions(); ++i) {
    product += vector[i] * matrix.panel(panel)[i].lane[lane];
  }
  return matrix.norms(panel).lane[lane] - 2 * product;
}

}  // namespace

void LowerNearest(const VectorSelection& vectors, const PanelMatrix& matrix,
                  uint32_t group, Nearest* nearest) {
  for (uint32_t v = 0; v < vectors.count; ++v) {
    Nearest& best = nearest[vectors.index[v]];
    for (uint32_t panel = matrix.first_panel(group);
         panel < matrix.first_panel(group + 1); ++panel) {
      for (uint32_t lane = 0; lane < PanelMatrix::kPanelWidth; ++lane) {
        const float score = Score(vectors, v, matrix, panel, lane);
        if (score < best.score) {
          best = {score, matrix.first_row(panel) + lane};
        }
      }
    }
  }
}

void ScoreGroup(const VectorSelection& vectors, const PanelMatrix& matrix,
                uint32_t group, float* scores) {
  const uint32_t first = matrix.first_panel(group);
  const uint32_t last = matrix.first_panel(group + 1);
  for (uint32_t v = 0; v < vectors.count; ++v) {
    for (uint32_t panel = first; panel < last; ++panel) {
      for (uint32_t lane = 0; lane < PanelMatrix::kPanelWidth; ++lane) {
        *scores++ = Score(vectors, v, matrix, panel, lane);
      }
    }
  }
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
