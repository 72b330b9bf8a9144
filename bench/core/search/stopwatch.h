// Stopwatch: seconds since it was made.
//
//   const Stopwatch watch;
//   Work();
//   std::printf("%.1f s\n", watch.seconds());
//
// Any thread.
#pragma once

#include <chrono>

namespace bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace bench
