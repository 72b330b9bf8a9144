// AsyncWriter: writes bytes to a file, and syncs it, while its caller does
// something else.
//
//   std::unique_ptr<AsyncWriter> writer = MakeRingWriter();  // or:
//   if (writer == nullptr) writer = MakeThreadWriter();
//   writer->Start({fd, offset, bytes, true});
//   ...
//   CallOutcome outcome = writer->Wait();
//
// One job at a time, one thread. The destructor waits for the job.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/host_file/posix_call.h"

namespace pomai {

struct WriteJob {
  int fd = -1;
  uint64_t offset = 0;
  std::span<const uint8_t> bytes;  // stay as they are until Wait returns
  bool sync = false;               // when they are written
};

class AsyncWriter {
 public:
  virtual ~AsyncWriter() = default;
  virtual void Start(const WriteJob& job) = 0;
  // Blocks until the job is done. Once after each Start.
  virtual CallOutcome Wait() = 0;
};

// By io_uring. nullptr when the kernel has none, or forbids it.
std::unique_ptr<AsyncWriter> MakeRingWriter();
// By a thread of its own.
std::unique_ptr<AsyncWriter> MakeThreadWriter();

}  // namespace pomai
