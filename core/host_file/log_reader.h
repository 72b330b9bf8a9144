// LogReader: reads one file of a shard's log, and finds where it ends.
//
//   POMAI_ASSIGN_OR_RETURN(auto log, LogReader::Open(files, path, last));
//   LogRecord record;
//   for (;;) {
//     POMAI_ASSIGN_OR_RETURN(const bool more, log->Next(&record));
//     if (!more) break;
//     ...
//   }
//   if (last) POMAI_RETURN_IF_ERROR(log->Cut());
//
// One thread. log_record.h says which end is torn and which is damage.
#pragma once

#include <memory>
#include <string>

#include "core/host_file/file_system.h"
#include "core/host_file/log_record.h"

namespace pomai {

class LogReader {
 public:
  // `last`: the shard's newest file, which alone may have a torn end or room
  // that was not used. FailedPrecondition when another pomai wrote the
  // file, and records in it.
  static Result<std::unique_ptr<LogReader>> Open(FileSystem* files,
                                                 const std::string& path,
                                                 bool last);

  // The next record; its body is valid while the reader lives. False at the
  // end. Corruption names file, offset, what was expected and what was found.
  Result<bool> Next(LogRecord* record);

  const std::string& path() const { return path_; }
  // The whole file.
  std::span<const uint8_t> bytes() const { return mapped_->bytes(); }
  // Where the sound part ends, once Next has returned false; so far, before.
  uint64_t end() const { return end_; }
  // After Next returned false: bytes follow the end (a torn record, or room
  // that was not used).
  bool torn() const { return end_ != bytes().size(); }
  // Makes the file end at end(), and all of it durable: what was read may never
  // have been synced, nor an end that was cut before. Needed before the shard's
  // next file is created, also when nothing is torn. Bodies that were read stay
  // valid.
  Status Cut();

 private:
  LogReader(FileSystem* files, std::string path, bool last,
            std::unique_ptr<MappedFile> mapped)
      : files_(files),
        path_(std::move(path)),
        last_(last),
        mapped_(std::move(mapped)) {}

  Status ReadHeader();
  // An ending at end_ that is legal, or Corruption.
  Status EndAt(const std::string& defect);
  // Why there is no sound record at `offset`; empty when there is one.
  std::string Defect(uint64_t offset) const;
  // The offset of a sound record behind end_ which promises that bytes behind
  // end_ were synced; 0 when there is none.
  uint64_t FindPromise() const;

  FileSystem* files_;
  std::string path_;
  bool last_;
  std::unique_ptr<MappedFile> mapped_;
  uint64_t end_ = 0;
  bool ended_ = false;
  bool any_ = false;       // a record was read
  uint64_t sequence_ = 0;  // its sequence
};

}  // namespace pomai
