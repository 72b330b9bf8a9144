// GrowthMeter: whether rows pour in: so fast that a codebook or a calibration
// made now would be outgrown soon after it is ready.
//
//   GrowthMeter growth;
//   if (growth.IsFast(rows, GrowthMeter::Clock::now())) ...
//
// One thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace pomai {

class GrowthMeter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit GrowthMeter(Clock::time_point now = Clock::now()) : since_(now) {}

  // `rows`: how many there are now. Of growth as it was a moment ago: a pause
  // of less than a second, as while a checkpoint begins, ends nothing.
  bool IsFast(uint64_t rows, Clock::time_point now);

 private:
  Clock::time_point since_;
  uint64_t rows_ = 0;  // then
  bool fast_ = false;
};

}  // namespace pomai
