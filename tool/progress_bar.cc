#include "tool/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pomai::tool {
namespace {

constexpr int kWidth = 30;
constexpr std::chrono::milliseconds kInterval{100};

// "4.2M": at most four characters.
std::string Short(double number) {
  const char* unit = " kMGT";
  for (; number >= 1000 && unit[1] != 0; ++unit) number /= 1000;
  char text[16];
  std::snprintf(text, sizeof(text), number < 10 ? "%.1f%.1s" : "%.0f%.1s",
                number, *unit == ' ' ? "" : unit);
  return text;
}

}  // namespace

ProgressBar::ProgressBar() : visible_(isatty(STDERR_FILENO) != 0) {}

void ProgressBar::Show(const char* what, uint64_t done, uint64_t total) {
  if (!visible_) return;
  if (what_ != what) {
    Finish();
    what_ = what;
    start_ = Clock::now();
    drawn_ = {};
  }
  done_ = done;
  total_ = total;
  if (Clock::now() - drawn_ >= kInterval) Draw();
}

void ProgressBar::Draw() {
  drawn_ = Clock::now();
  // Of work whose end is not known yet.
  if (total_ == 0) {
    std::fprintf(stderr, "\r%-16s %s  ", what_.c_str(),
                 Short(static_cast<double>(done_)).c_str());
    return;
  }
  const double share =
      std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  const double seconds = std::chrono::duration<double>(drawn_ - start_).count();
  const auto full = static_cast<size_t>(share * kWidth);
  std::string bar(full, '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "\r%-16s [%s] %3.0f %%  %s", what_.c_str(), bar.c_str(),
               100 * share, Short(static_cast<double>(done_)).c_str());
  if (seconds > 0.05) {
    std::fprintf(stderr, "  %s/s",
                 Short(static_cast<double>(done_) / seconds).c_str());
  }
  // The rest of a longer line that was there.
  std::fprintf(stderr, "      ");
}

void ProgressBar::Finish() {
  if (what_.empty()) return;
  Draw();
  std::fputc('\n', stderr);
  what_.clear();
}

}  // namespace pomai::tool
