// PosixFile: a File of the machine.
//
//   return std::make_unique<PosixFile>(fd, path, AsyncWrites::kAny);
//
// As file_system.h says; made by PosixFileSystem.
#pragma once

#include <memory>
#include <string>

#include "core/host_file/async_writer.h"
#include "core/host_file/posix_file_system.h"

namespace pomai {

class PosixFile : public File {
 public:
  // Closes `fd` in the end.
  PosixFile(int fd, std::string path, AsyncWrites async)
      : fd_(fd), path_(std::move(path)), async_(async) {}
  ~PosixFile() override;

  Status Write(uint64_t offset, std::span<const uint8_t> bytes) override;
  Status Sync() override;
  Status StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                    bool sync) override;
  Status Wait() override;
  Status Preallocate(uint64_t bytes) override;
  Status Truncate(uint64_t bytes) override;
  Status Read(uint64_t offset, std::span<uint8_t> out) override;
  Result<uint64_t> Size() override;

 private:
  int fd_;
  std::string path_;
  AsyncWrites async_;
  std::unique_ptr<AsyncWriter> writer_;  // made by the first StartWrite
  bool started_ = false;
};

}  // namespace pomai
