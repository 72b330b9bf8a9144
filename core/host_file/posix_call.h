// Calls of the system, repeated until all is done, and what their errors mean.
//
//   const CallOutcome outcome = WriteFully(fd, 4096, bytes);
//   if (!outcome.ok()) return PosixError(outcome, path);
//
// Any thread.
#pragma once

#include <cerrno>
#include <cstdint>
#include <span>
#include <string>

#include "core/base/status.h"

namespace pomai {

inline constexpr uint64_t kNoOffset = UINT64_MAX;

// What became of a call. `error`: errno, 0 when it went well.
struct CallOutcome {
  bool ok() const { return error == 0; }

  int error = 0;
  const char* operation = "";
  uint64_t offset = kNoOffset;
};

// "write /a/b at 4096: No space left on device (errno 28)", with the code that
// file_system.h promises.
Status PosixError(const CallOutcome& outcome, const std::string& path);
Status PosixError(const char* operation, const std::string& path, int error);

// All of `bytes`, whatever part a call writes.
CallOutcome WriteFully(int fd, uint64_t offset, std::span<const uint8_t> bytes);
CallOutcome SyncFully(int fd);

// Repeats a call that a signal interrupts. Returns its last result.
template <typename F>
auto Uninterrupted(F call) -> decltype(call()) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace pomai
