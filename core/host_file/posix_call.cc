#include "core/host_file/posix_call.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace pomai {

Status PosixError(const CallOutcome& outcome, const std::string& path) {
  std::string message = std::string(outcome.operation) + " " + path;
  if (outcome.offset != kNoOffset) {
    message += " at " + std::to_string(outcome.offset);
  }
  message += ": " + std::generic_category().message(outcome.error) +
             " (errno " + std::to_string(outcome.error) + ")";
  switch (outcome.error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Status::ResourceExhausted(std::move(message));
    case ENOENT:
    case ENOTDIR:
      return Status::NotFound(std::move(message));
    case EACCES:
    case EPERM:
    case EROFS:
      return Status::PermissionDenied(std::move(message));
    case EEXIST:
      return Status::AlreadyExists(std::move(message));
    case ENOTEMPTY:
      return Status::FailedPrecondition(std::move(message));
    default:
      return Status::Io(std::move(message));
  }
}

Status PosixError(const char* operation, const std::string& path, int error) {
  return PosixError({error, operation, kNoOffset}, path);
}

CallOutcome WriteFully(int fd, uint64_t offset,
                       std::span<const uint8_t> bytes) {
  constexpr size_t kMost = size_t{1} << 30;  // what one call takes at most
  while (!bytes.empty()) {
    const auto written = Uninterrupted([&] {
      return pwrite(fd, bytes.data(), std::min(bytes.size(), kMost),
                    static_cast<off_t>(offset));
    });
    if (written < 0) return {errno, "write", offset};
    if (written == 0) return {EIO, "write", offset};
    offset += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

CallOutcome SyncFully(int fd) {
  if (Uninterrupted([&] { return fdatasync(fd); }) == 0) return {};
  return {errno, "sync", kNoOffset};
}

}  // namespace pomai
