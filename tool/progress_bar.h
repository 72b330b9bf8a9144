// ProgressBar: how far long work is, on the terminal (stderr); silent
// elsewhere. A pomai::WorkProgress.
//
//   ProgressBar bar;
//   membrane->Check(bar.progress());
//   for (...) bar.Show("writing", done, total);
//
// Each word has a line of its own. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "pomai/work_progress.h"

namespace pomai::tool {

class ProgressBar {
 public:
  ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ~ProgressBar() { Finish(); }

  // Draws at most ten times a second.
  void Show(const char* what, uint64_t done, uint64_t total);
  // Must not be called when the bar has ended.
  WorkProgress progress() {
    return [this](const char* what, uint64_t done, uint64_t total) {
      Show(what, done, total);
    };
  }
  // Ends the line.
  void Finish();

 private:
  using Clock = std::chrono::steady_clock;

  void Draw();

  const bool visible_;
  std::string what_;  // empty: no line has begun
  uint64_t done_ = 0;
  uint64_t total_ = 0;
  Clock::time_point start_;
  Clock::time_point drawn_;
};

}  // namespace pomai::tool
