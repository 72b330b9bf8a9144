// LogReplay: the logs of a membrane after its checkpoint, read: which batches
// are whole, and their operations.
//
//   LogReplay replay(files, folder, manifest);
//   POMAI_RETURN_IF_ERROR(replay.Read(true));
//   POMAI_RETURN_IF_ERROR(replay.Apply(shard, &applier));
//   Sequencer sequencer(replay.last_sequence());
//
// A batch is whole when as many shards have its record as the record says; the
// others did not happen. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/db/membrane_manifest.h"
#include "core/db/row_applier.h"
#include "core/host_file/log_reader.h"

namespace pomai {

class LogReplay {
 public:
  // All must outlive it.
  LogReplay(FileSystem* files, std::string folder,
            const MembraneManifest& manifest);

  // `cut`: torn ends are cut off and what is left is synced, so that new logs
  // may follow.
  // Corruption naming file, offset, expected and found.
  Status Read(bool cut);
  // Applies the shard's records of whole batches. After Read.
  Status Apply(uint32_t shard, RowApplier* applier) const;

  // Of any record, whole or not; the manifest's when there is none.
  uint64_t last_sequence() const { return last_sequence_; }
  // Of records.
  uint64_t bytes() const { return bytes_; }
  // Paths of the logs that have no record: nothing is lost with them.
  const std::vector<std::string>& empty_logs() const { return empty_logs_; }
  // Batches of which a shard's record is missing.
  uint64_t incomplete() const;
  // A record, and where it is.
  struct Found {
    LogRecord record;
    const LogReader* log;
    uint64_t offset;

    // "<path> at <offset>: batch <sequence>: "
    std::string Place() const;
  };
  // Those of a shard, for inspection; and whether a batch is whole.
  const std::vector<Found>& records(uint32_t shard) const {
    return records_[shard];
  }
  bool IsWhole(uint64_t sequence) const;

 private:
  Status FindLogs();
  Status ReadLog(uint32_t shard, uint64_t number, bool last, bool cut);
  Status Count(uint32_t shard, const Found& found);

  struct Batch {
    uint32_t shards = 0;
    uint32_t found = 0;
  };

  FileSystem* files_;
  std::string folder_;
  const MembraneManifest& manifest_;
  std::vector<std::vector<uint64_t>> logs_;          // numbers by shard, rising
  std::vector<std::unique_ptr<LogReader>> readers_;  // whose bodies are used
  std::vector<std::vector<Found>> records_;          // by shard
  std::vector<std::string> empty_logs_;
  std::map<uint64_t, Batch> batches_;
  uint64_t last_sequence_;
  uint64_t bytes_ = 0;
};

}  // namespace pomai
