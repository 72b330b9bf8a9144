#include "core/host_file/log_reader.h"

#include <algorithm>
#include <cstring>

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"

namespace pomai {
namespace {

std::string Differ(const char* what, uint64_t expected, uint64_t found) {
  return std::string("expected ") + what + " " + std::to_string(expected) +
         ", found " + std::to_string(found);
}

bool IsZero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](uint8_t byte) { return byte == 0; });
}

}  // namespace

Result<std::unique_ptr<LogReader>> LogReader::Open(FileSystem* files,
                                                   const std::string& path,
                                                   bool last) {
  POMAI_ASSIGN_OR_RETURN(auto mapped, files->Map(path));
  std::unique_ptr<LogReader> log(
      new LogReader(files, path, last, std::move(mapped)));
  POMAI_RETURN_IF_ERROR(log->ReadHeader());
  return log;
}

Status LogReader::ReadHeader() {
  if (bytes().empty()) return Status::Ok();
  if (bytes().size() < kLogHeaderSize) {
    return EndAt(Differ("a header of bytes", kLogHeaderSize, bytes().size()));
  }
  const uint8_t* header = bytes().data();
  if (std::memcmp(header, kLogMagic, 8) != 0) {
    return EndAt("expected a log's first bytes, found others");
  }
  const auto crc = GetFixed<uint32_t>(header + 12);
  const uint32_t expected = Crc32c(bytes().first(12));
  if (crc != expected) return EndAt(Differ("header crc", expected, crc));
  const auto version = GetFixed<uint32_t>(header + 8);
  if (version != kLogVersion && !IsZero(bytes().subspan(kLogHeaderSize))) {
    return Status::FailedPrecondition(
        path_ + ": " + Differ("log version", kLogVersion, version) +
        ": open and close the membrane with the pomai that wrote it");
  }
  end_ = kLogHeaderSize;
  return Status::Ok();
}

Result<bool> LogReader::Next(LogRecord* record) {
  if (ended_ || end_ == bytes().size()) return false;
  const std::string defect = Defect(end_);
  if (!defect.empty()) {
    POMAI_RETURN_IF_ERROR(EndAt(defect));
    return false;
  }
  const uint8_t* at = bytes().data() + end_;
  const auto length = GetFixed<uint32_t>(at + 4);
  record->sequence = GetFixed<uint64_t>(at + 8);
  record->shards = GetFixed<uint32_t>(at + 24);
  record->body = {at + kLogRecordHeaderSize, length};
  if (any_ && record->sequence <= sequence_) {
    return Status::Corruption(
        path_ + " at " + std::to_string(end_) + ": " +
        Differ("a sequence above", sequence_, record->sequence));
  }
  any_ = true;
  sequence_ = record->sequence;
  // The zeros after the last body may be missing.
  end_ = std::min<uint64_t>(end_ + LogRecordSize(length), bytes().size());
  return true;
}

Status LogReader::Cut() {
  POMAI_ASSIGN_OR_RETURN(auto file, files_->Open(path_));
  POMAI_RETURN_IF_ERROR(file->Truncate(end_));
  return file->Sync();
}

std::string LogReader::Defect(uint64_t offset) const {
  const auto rest = bytes().subspan(offset);
  if (rest.size() < kLogRecordHeaderSize) {
    return Differ("record header bytes", kLogRecordHeaderSize, rest.size());
  }
  const uint8_t* at = rest.data();
  // With the three zeros behind it.
  const auto type = GetFixed<uint32_t>(at + 28);
  if (type != kLogBatch) return Differ("record type", kLogBatch, type);
  const auto length = GetFixed<uint32_t>(at + 4);
  if (length > rest.size() - kLogRecordHeaderSize) {
    return Differ("a body of at most bytes", rest.size() - kLogRecordHeaderSize,
                  length);
  }
  const auto crc = GetFixed<uint32_t>(at);
  const uint32_t expected = LogRecordCrc(offset, at);
  if (crc != expected) return Differ("crc", expected, crc);
  const auto durable = GetFixed<uint64_t>(at + 16);
  if (durable > offset) return Differ("durable at most", offset, durable);
  const uint64_t size = kLogRecordHeaderSize + length;
  const uint64_t filled =
      std::min<uint64_t>(LogRecordSize(length), rest.size());
  if (!IsZero(rest.subspan(size, filled - size))) {
    return "expected zeros after the body, found others";
  }
  return "";
}

uint64_t LogReader::FindPromise() const {
  uint64_t offset = end_ / kLogAlignment * kLogAlignment + kLogAlignment;
  while (offset + kLogRecordHeaderSize <= bytes().size()) {
    const uint8_t* at = bytes().data() + offset;
    // Cheap, and enough to pass over room that was not used.
    if (GetFixed<uint32_t>(at + 28) != kLogBatch || !Defect(offset).empty()) {
      offset += kLogAlignment;
      continue;
    }
    if (GetFixed<uint64_t>(at + 16) > end_) return offset;
    offset += LogRecordSize(GetFixed<uint32_t>(at + 4));
  }
  return 0;
}

Status LogReader::EndAt(const std::string& defect) {
  ended_ = true;
  const std::string place = path_ + " at " + std::to_string(end_) + ": ";
  if (const uint64_t promise = FindPromise(); promise != 0) {
    const uint64_t durable = GetFixed<uint64_t>(bytes().data() + promise + 16);
    return Status::Corruption(place + defect + "; the record at " +
                              std::to_string(promise) + " promises that " +
                              std::to_string(durable) + " bytes were synced");
  }
  if (!last_) {
    return Status::Corruption(place + defect +
                              "; only a shard's last log may end like this");
  }
  return Status::Ok();
}

}  // namespace pomai
