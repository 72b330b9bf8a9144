// FileSystem: files as the stand-alone engine sees them. PosixFileSystem
// (posix_file_system.h) is the machine's own; tests have one that records what
// is done and replays every crash.
//
//   POMAI_ASSIGN_OR_RETURN(auto file, files->Create(folder + "/image-7"));
//   POMAI_RETURN_IF_ERROR(file->Write(0, bytes));
//   POMAI_RETURN_IF_ERROR(file->Sync());
//   POMAI_RETURN_IF_ERROR(files->SyncFolder(folder));
//
// Nothing is durable before it is synced: bytes and length by File::Sync, names
// by SyncFolder of the folder they are in. Until then a crash may keep any
// part.
//
// Errors are Io, or the code that says more: ResourceExhausted (disk full,
// quota, too many open files), NotFound, PermissionDenied, AlreadyExists. Their
// messages name operation, path, offset and the system's reason. After a failed
// Write or Sync nobody knows what is on disk: trying again proves nothing.
//
// A FileSystem may be used by many threads, a File by one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/status.h"

namespace pomai {

// A file that is open for reading and writing. Closed by the destructor, which
// waits for a write that was started and syncs nothing.
class File {
 public:
  virtual ~File() = default;

  // All of `bytes` at `offset`; makes the file longer if need be.
  virtual Status Write(uint64_t offset, std::span<const uint8_t> bytes) = 0;
  // What was written before, and the length, is durable when it returns Ok.
  virtual Status Sync() = 0;

  // Begins Write and, if `sync`, Sync after it. `bytes` must stay as they are
  // until Wait, and no other call comes in between. Returns what prevents the
  // beginning; then there is nothing to wait for.
  virtual Status StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                            bool sync) = 0;
  // Blocks until what was started is done, and returns what became of it. Ok
  // when nothing was started.
  virtual Status Wait() = 0;

  // Makes the file at least `bytes` long; what is new reads as zeros. Takes the
  // room on disk where the file system can.
  virtual Status Preallocate(uint64_t bytes) = 0;
  // Makes the file `bytes` long.
  virtual Status Truncate(uint64_t bytes) = 0;
  // Fills `out` from `offset`; Corruption when the file ends before.
  virtual Status Read(uint64_t offset, std::span<uint8_t> out) = 0;
  virtual Result<uint64_t> Size() = 0;
};

// The bytes of a file in memory, read-only, as long as this object lives, also
// when the file is removed meanwhile. Any thread.
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

  // A new, empty file. AlreadyExists when the name is taken.
  virtual Result<std::unique_ptr<File>> Create(const std::string& path) = 0;
  // NotFound when there is none.
  virtual Result<std::unique_ptr<File>> Open(const std::string& path) = 0;
  // The whole file; an empty one gives no bytes. Nobody may make it shorter
  // while its bytes are read. A disk that cannot read one of them then ends
  // the process (SIGBUS), which loses nothing that was acknowledged.
  virtual Result<std::unique_ptr<MappedFile>> Map(const std::string& path) = 0;

  // Of a file or a folder. A file called `to` is replaced at once: at every
  // moment the name is the old file's or the new one's.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  // A second name for a file. AlreadyExists when `to` is taken.
  virtual Status Link(const std::string& from, const std::string& to) = 0;
  // A file's name; its bytes go with the last name and the last File.
  virtual Status Remove(const std::string& path) = 0;

  // AlreadyExists when the name is taken.
  virtual Status CreateFolder(const std::string& path) = 0;
  // FailedPrecondition when it is not empty.
  virtual Status RemoveFolder(const std::string& path) = 0;
  // Names that came, changed or went in this folder are durable when it returns
  // Ok.
  virtual Status SyncFolder(const std::string& path) = 0;
  // Names in a folder, in no order, without "." and "..".
  virtual Result<std::vector<std::string>> List(const std::string& path) = 0;
  // Whether there is a file or folder of that name.
  virtual Result<bool> Exists(const std::string& path) = 0;

  // Creates the file if need be. FailedPrecondition when anybody holds it, in
  // this process or another. A crash lets it go.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

// The folder a path lies in: "a/b" and "a/b/" give "a", "b" gives ".".
std::string FolderOf(const std::string& path);

}  // namespace pomai
