#include "tool/progress_bar.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace pomai::tool {
namespace {

constexpr int kWidth = 30;
constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

ProgressBar::ProgressBar(std::string what, uint64_t total)
    : what_(std::move(what)), total_(total), visible_(isatty(2) != 0) {}

void ProgressBar::Show(uint64_t done) {
  done_ = done;
  if (!visible_ || Clock::now() - drawn_ < kInterval) return;
  Draw(done);
}

void ProgressBar::Draw(uint64_t done) {
  drawn_ = Clock::now();
  const double share =
      total_ == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total_);
  const double seconds = std::chrono::duration<double>(drawn_ - start_).count();
  const int full = static_cast<int>(share * kWidth);
  std::fprintf(stderr, "\r%s [%s%s] %3.0f %%  %.0f/s  ", what_.c_str(),
               std::string(static_cast<size_t>(full), '#').c_str(),
               std::string(static_cast<size_t>(kWidth - full), '.').c_str(),
               100 * share,
               seconds > 0 ? static_cast<double>(done) / seconds : 0);
}

void ProgressBar::Finish() {
  if (!visible_) return;
  Draw(done_);
  std::fputc('\n', stderr);
  visible_ = false;
}

}  // namespace pomai::tool
