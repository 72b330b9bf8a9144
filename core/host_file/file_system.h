// FileSystem: files as the stand-alone engine sees them. PosixFileSystem is the
// real one; tests record what is done and replay every crash.
//
//   POMAI_ASSIGN_OR_RETURN(auto file, files->Create(folder + "/image-7"));
//   POMAI_RETURN_IF_ERROR(file->Write(0, bytes));
//   POMAI_RETURN_IF_ERROR(file->Sync());
//   POMAI_RETURN_IF_ERROR(files->SyncFolder(folder));
//
// Errors are Io (ResourceExhausted for a full disk or quota, NotFound,
// PermissionDenied, AlreadyExists), their message names the operation, the
// path, the offset and errno. Any thread, but one file is written by one
// thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/status.h"

namespace pomai {

// A file that is open for reading and writing. Closed by the destructor.
class File {
 public:
  virtual ~File() = default;
  // All of `bytes` at `offset`.
  virtual Status Write(uint64_t offset, std::span<const uint8_t> bytes) = 0;
  // Durable when it returns: what was written, and the length (fdatasync).
  virtual Status Sync() = 0;
  // Begins Write and then Sync of them, for policies that want it; `bytes` must
  // stay until Wait. One at a time. Wait returns what became of it; without a
  // Start before it, Ok.
  virtual Status StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                            bool sync) = 0;
  virtual Status Wait() = 0;
  // Makes room for `bytes` from the start on; they read as zeros.
  virtual Status Preallocate(uint64_t bytes) = 0;
  virtual Status Truncate(uint64_t bytes) = 0;
  // Fills `out` from `offset`; Corruption when the file ends before.
  virtual Status Read(uint64_t offset, std::span<uint8_t> out) = 0;
  virtual Result<uint64_t> Size() = 0;
};

// The bytes of a file in memory, read-only. Unmapped by the destructor.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual std::span<const uint8_t> bytes() const = 0;
};

// Held while it lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // AlreadyExists when there is one.
  virtual Result<std::unique_ptr<File>> Create(const std::string& path) = 0;
  virtual Result<std::unique_ptr<File>> Open(const std::string& path) = 0;
  // The whole file; empty files give no bytes.
  virtual Result<std::unique_ptr<MappedFile>> Map(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Link(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Status CreateFolder(const std::string& path) = 0;
  // An empty one.
  virtual Status RemoveFolder(const std::string& path) = 0;
  // Makes creations, renames and removals in `path` durable.
  virtual Status SyncFolder(const std::string& path) = 0;
  // Names, without order and without "." and "..".
  virtual Result<std::vector<std::string>> List(const std::string& path) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  // FailedPrecondition when another process (or DB) holds it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

// The machine's own; lives for ever.
FileSystem* PosixFileSystem();

}  // namespace pomai
