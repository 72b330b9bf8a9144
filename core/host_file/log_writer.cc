#include "core/host_file/log_writer.h"

#include <cassert>
#include <cstring>

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"

namespace pomai {

Result<std::unique_ptr<LogWriter>> LogWriter::Create(FileSystem* files,
                                                     const std::string& path,
                                                     uint64_t preallocate) {
  uint8_t header[kLogHeaderSize];
  std::memcpy(header, kLogMagic, 8);
  PutFixed<uint32_t>(header + 8, kLogVersion);
  PutFixed<uint32_t>(header + 12, Crc32c({header, 12}));
  POMAI_ASSIGN_OR_RETURN(auto file, files->Create(path));
  if (preallocate > 0) {
    POMAI_RETURN_IF_ERROR(file->Preallocate(preallocate));
  }
  POMAI_RETURN_IF_ERROR(file->Write(0, header));
  POMAI_RETURN_IF_ERROR(file->Sync());
  POMAI_RETURN_IF_ERROR(files->SyncFolder(FolderOf(path)));
  std::unique_ptr<LogWriter> log(new LogWriter(std::move(file), path));
  log->size_ = log->durable_ = kLogHeaderSize;
  return log;
}

uint64_t LogWriter::Add(const LogRecord& record) {
  assert(record.body.size() <= UINT32_MAX);
  const size_t at = group_.size();
  group_.reserve(at + LogRecordSize(record.body.size()));
  group_.resize(at + kLogRecordHeaderSize);  // zeros
  uint8_t* to = group_.data() + at;
  PutFixed<uint32_t>(to + 4, static_cast<uint32_t>(record.body.size()));
  PutFixed<uint64_t>(to + 8, record.sequence);
  PutFixed<uint32_t>(to + 24, record.shards);
  to[28] = kLogBatch;
  group_.insert(group_.end(), record.body.begin(), record.body.end());
  group_.resize(at + LogRecordSize(record.body.size()));
  return size_ + at + kLogRecordHeaderSize;
}

void LogWriter::Seal(uint64_t offset) {
  for (size_t at = 0; at < started_.size();) {
    uint8_t* record = started_.data() + at;
    const auto length = GetFixed<uint32_t>(record + 4);
    PutFixed<uint64_t>(record + 16, durable_);
    PutFixed<uint32_t>(record, LogRecordCrc(offset + at, record));
    at += LogRecordSize(length);
  }
}

Status LogWriter::Start(bool sync) {
  POMAI_RETURN_IF_ERROR(Wait());
  if (group_.empty()) return sync ? Sync() : Status::Ok();
  started_.swap(group_);
  group_.clear();
  Seal(size_);
  failed_ = file_->StartWrite(size_, started_, sync);
  POMAI_RETURN_IF_ERROR(failed_);
  size_ += started_.size();
  waiting_ = true;
  syncing_ = sync;
  return Status::Ok();
}

Status LogWriter::Wait() {
  if (!waiting_) return failed_;
  waiting_ = false;
  failed_ = file_->Wait();
  if (failed_.ok() && syncing_) durable_ = size_;
  return failed_;
}

Status LogWriter::Sync() {
  POMAI_RETURN_IF_ERROR(Wait());
  if (durable_ == size_) return Status::Ok();
  failed_ = file_->Sync();
  if (failed_.ok()) durable_ = size_;
  return failed_;
}

Status LogWriter::Finish() {
  POMAI_RETURN_IF_ERROR(Wait());
  assert(group_.empty());
  failed_ = file_->Truncate(size_);
  POMAI_RETURN_IF_ERROR(failed_);
  failed_ = file_->Sync();
  if (failed_.ok()) durable_ = size_;
  return failed_;
}

}  // namespace pomai
