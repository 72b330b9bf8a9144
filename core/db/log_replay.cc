#include "core/db/log_replay.h"

#include <algorithm>
#include <utility>

namespace pomai {

LogReplay::LogReplay(FileSystem* files, std::string folder,
                     const MembraneManifest& manifest)
    : files_(files),
      folder_(std::move(folder)),
      manifest_(manifest),
      logs_(manifest.options.shards),
      records_(manifest.options.shards),
      last_sequence_(manifest.sequence) {}

Status LogReplay::FindLogs() {
  POMAI_ASSIGN_OR_RETURN(const auto names, files_->List(folder_));
  for (const std::string& name : names) {
    uint32_t shard = 0;
    uint64_t number = 0;
    if (!ParseLogName(name, &shard, &number)) continue;
    if (shard >= logs_.size() || number < manifest_.first_logs[shard]) continue;
    logs_[shard].push_back(number);
  }
  for (auto& numbers : logs_) std::sort(numbers.begin(), numbers.end());
  return Status::Ok();
}

Status LogReplay::Read(bool cut) {
  POMAI_RETURN_IF_ERROR(FindLogs());
  for (uint32_t shard = 0; shard < logs_.size(); ++shard) {
    for (const uint64_t number : logs_[shard]) {
      POMAI_RETURN_IF_ERROR(
          ReadLog(shard, number, number == logs_[shard].back(), cut));
    }
  }
  return Status::Ok();
}

Status LogReplay::ReadLog(uint32_t shard, uint64_t number, bool last,
                          bool cut) {
  const std::string path = folder_ + "/" + LogName(shard, number);
  POMAI_ASSIGN_OR_RETURN(auto reader, LogReader::Open(files_, path, last));
  LogRecord record;
  for (;;) {
    const uint64_t offset = reader->end();
    POMAI_ASSIGN_OR_RETURN(const bool more, reader->Next(&record));
    if (!more) break;
    if (record.sequence <= manifest_.sequence) continue;
    POMAI_RETURN_IF_ERROR(Count(shard, {record, reader.get(), offset}));
  }
  if (reader->end() > kLogHeaderSize) {
    bytes_ += reader->end() - kLogHeaderSize;
  } else {
    empty_logs_.push_back(path);
  }
  // Also when nothing is torn: a process that was killed may have left records
  // that are not synced, and only a shard's last log may lose some.
  if (cut && last) POMAI_RETURN_IF_ERROR(reader->Cut());
  readers_.push_back(std::move(reader));
  return Status::Ok();
}

std::string LogReplay::Found::Place() const {
  return log->path() + " at " + std::to_string(offset) + ": batch " +
         std::to_string(record.sequence) + ": ";
}

Status LogReplay::Count(uint32_t shard, const Found& found) {
  const LogRecord& record = found.record;
  Batch& batch = batches_[record.sequence];
  if (batch.shards == 0) batch.shards = record.shards;
  if (record.shards != batch.shards) {
    return Status::Corruption(found.Place() + "expected " +
                              std::to_string(batch.shards) + " shards, found " +
                              std::to_string(record.shards));
  }
  if (batch.found == batch.shards) {
    return Status::Corruption(found.Place() + "expected " +
                              std::to_string(batch.shards) +
                              " parts, found another");
  }
  const auto& before = records_[shard];
  if (!before.empty() && record.sequence <= before.back().record.sequence) {
    return Status::Corruption(found.Place() + "expected a sequence above " +
                              std::to_string(before.back().record.sequence));
  }
  ++batch.found;
  last_sequence_ = std::max(last_sequence_, record.sequence);
  records_[shard].push_back(found);
  return Status::Ok();
}

bool LogReplay::IsWhole(uint64_t sequence) const {
  const auto batch = batches_.find(sequence);
  return batch != batches_.end() && batch->second.found == batch->second.shards;
}

uint64_t LogReplay::incomplete() const {
  return static_cast<uint64_t>(
      std::count_if(batches_.begin(), batches_.end(), [](const auto& entry) {
        return entry.second.found != entry.second.shards;
      }));
}

Status LogReplay::Apply(uint32_t shard, RowApplier* applier) const {
  for (const Found& found : records_[shard]) {
    const LogRecord& record = found.record;
    if (!IsWhole(record.sequence)) continue;
    const Status status = applier->Apply(record.sequence, record.body);
    if (status.code() == StatusCode::kCorruption) {
      return Status::Corruption(found.Place() + std::string(status.message()));
    }
    POMAI_RETURN_IF_ERROR(status);
  }
  return applier->Flush();
}

}  // namespace pomai
