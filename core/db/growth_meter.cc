#include "core/db/growth_meter.h"

#include <algorithm>

namespace pomai {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBegins{100};
constexpr milliseconds kEnds{1000};
// Of the rows there are, that come in a second: a calibration is outgrown by
// 30 % more of them, and takes a second for a few hundred thousand.
constexpr double kFastShare = 0.1;
// Few rows are calibrated with sooner than they come.
constexpr double kFastRows = 20000;

}  // namespace

bool GrowthMeter::IsFast(uint64_t rows, Clock::time_point now) {
  if (now - since_ < (fast_ ? kEnds : kBegins)) return fast_;
  const double seconds = std::chrono::duration<double>(now - since_).count();
  const auto before = static_cast<double>(rows_);
  const double rate = (static_cast<double>(rows) - before) / seconds;
  fast_ = rate >= std::max(kFastRows, kFastShare * before);
  since_ = now;
  rows_ = rows;
  return fast_;
}

}  // namespace pomai
