// ProgressBar: how far long work is, on the terminal (stderr); silent
// elsewhere.
//
//   ProgressBar bar("importing", total);
//   for (...) bar.Show(done);
//   bar.Finish();
//
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pomai::tool {

class ProgressBar {
 public:
  ProgressBar(std::string what, uint64_t total);
  ~ProgressBar() { Finish(); }

  // Draws at most ten times a second.
  void Show(uint64_t done);
  void Finish();

 private:
  using Clock = std::chrono::steady_clock;

  void Draw(uint64_t done);

  std::string what_;
  uint64_t total_;
  uint64_t done_ = 0;
  bool visible_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_;
};

}  // namespace pomai::tool
