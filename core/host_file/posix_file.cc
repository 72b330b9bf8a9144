#include "core/host_file/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>

namespace pomai {
namespace {

Status ToStatus(const CallOutcome& outcome, const std::string& path) {
  return outcome.ok() ? Status::Ok() : PosixError(outcome, path);
}

}  // namespace

PosixFile::~PosixFile() {
  writer_.reset();  // waits
  close(fd_);
}

Status PosixFile::Write(uint64_t offset, std::span<const uint8_t> bytes) {
  assert(!started_);
  return ToStatus(WriteFully(fd_, offset, bytes), path_);
}

Status PosixFile::Sync() {
  assert(!started_);
  return ToStatus(SyncFully(fd_), path_);
}

Status PosixFile::StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                             bool sync) {
  assert(!started_);
  if (writer_ == nullptr && async_ == AsyncWrites::kAny) {
    writer_ = MakeRingWriter();
  }
  if (writer_ == nullptr) writer_ = MakeThreadWriter();
  writer_->Start({fd_, offset, bytes, sync});
  started_ = true;
  return Status::Ok();
}

Status PosixFile::Wait() {
  if (!started_) return Status::Ok();
  started_ = false;
  return ToStatus(writer_->Wait(), path_);
}

Status PosixFile::Preallocate(uint64_t bytes) {
  POMAI_ASSIGN_OR_RETURN(const uint64_t size, Size());
  if (size >= bytes) return Status::Ok();
  const auto length = static_cast<off_t>(bytes);
  if (Uninterrupted([&] { return fallocate(fd_, 0, 0, length); }) == 0) {
    return Status::Ok();
  }
  if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) {
    return PosixError("preallocate", path_, errno);
  }
  return Truncate(bytes);
}

Status PosixFile::Truncate(uint64_t bytes) {
  assert(!started_);
  const auto length = static_cast<off_t>(bytes);
  if (Uninterrupted([&] { return ftruncate(fd_, length); }) == 0) {
    return Status::Ok();
  }
  return PosixError({errno, "truncate", bytes}, path_);
}

Status PosixFile::Read(uint64_t offset, std::span<uint8_t> out) {
  while (!out.empty()) {
    const auto got = Uninterrupted([&] {
      return pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    });
    if (got < 0) return PosixError({errno, "read", offset}, path_);
    if (got == 0) {
      return Status::Corruption(
          "read " + path_ + " at " + std::to_string(offset) + ": expected " +
          std::to_string(out.size()) + " more bytes, found the end");
    }
    offset += static_cast<uint64_t>(got);
    out = out.subspan(static_cast<size_t>(got));
  }
  return Status::Ok();
}

Result<uint64_t> PosixFile::Size() {
  struct stat found;
  if (fstat(fd_, &found) != 0) return PosixError("stat", path_, errno);
  return static_cast<uint64_t>(found.st_size);
}

}  // namespace pomai
