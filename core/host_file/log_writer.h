// LogWriter: writes one file of a shard's log, a group of records at a time.
//
//   POMAI_ASSIGN_OR_RETURN(auto log, LogWriter::Create(files, path, 64 << 20));
//   for (...) log->Add(record);                 // the group
//   POMAI_RETURN_IF_ERROR(log->Start(true));    // on its way
//   ... work that needs no disk ...
//   POMAI_RETURN_IF_ERROR(log->Wait());         // durable
//   POMAI_RETURN_IF_ERROR(log->Finish());       // before the next file
//
// One thread: the shard's. The first error is final: from then on every call
// returns it, since nobody knows what is on disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/host_file/file_system.h"
#include "core/host_file/log_record.h"

namespace pomai {

class LogWriter {
 public:
  // A new file, durable with its name when it returns. `preallocate`: bytes to
  // take from the disk now; a log may become longer.
  static Result<std::unique_ptr<LogWriter>> Create(FileSystem* files,
                                                   const std::string& path,
                                                   uint64_t preallocate);

  // Copies the record into the group that is being put together; returns where
  // in the file its body will begin. Also while another group is on its way.
  // Sequences must rise.
  uint64_t Add(const LogRecord& record);
  // Begins to write the group (and to sync it). Waits for the group before it,
  // if nobody did. An empty group is fine.
  Status Start(bool sync);
  // The started group is written (and synced).
  Status Wait();
  // Everything that was written is durable. Waits for a started group.
  Status Sync();
  // Sync, and gives room that was not used back. The file is complete; only
  // then may the shard's next one be created, because a torn end is legal in
  // the last file only.
  Status Finish();

  // Bytes of the file that were written or are on their way, with the header.
  uint64_t size() const { return size_; }
  // Bytes of the group that is being put together.
  uint64_t pending() const { return group_.size(); }
  // Bytes of the file that are known to be durable.
  uint64_t durable() const { return durable_; }
  const std::string& path() const { return path_; }

 private:
  LogWriter(std::unique_ptr<File> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  // Fills in what is known only now: promises, checksums.
  void Seal(uint64_t offset);

  std::unique_ptr<File> file_;
  std::string path_;
  std::vector<uint8_t> group_;    // being put together
  std::vector<uint8_t> started_;  // on its way
  bool waiting_ = false;          // a group was started and not waited for
  bool syncing_ = false;          // and it will be synced
  uint64_t size_ = 0;
  uint64_t durable_ = 0;
  Status failed_;
};

}  // namespace pomai
