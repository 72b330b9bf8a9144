// Options: how a DB is opened, and what a membrane is made with.
//
//   pomai::Options options;
//   options.dimensions = 128;                       // of the default membrane
//   options.fsync = pomai::FsyncPolicy::kInterval;
//   auto db = pomai::DB::Open(options, "/data/items");
//
// Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/metric.h"

namespace pomai {

class FileSystem;

// When a Write is acknowledged, and so what a crash can take back. A crash of
// the process alone (kill -9) takes back nothing acknowledged under any policy:
// the bytes are the operating system's by then.
enum class FsyncPolicy : uint8_t {
  // After its log is synced. A power failure or a crash of the system loses
  // nothing that was acknowledged.
  kAlways,
  // After its log is written; logs are synced every Options::fsync_interval.
  // A power failure can lose batches of about that time, each as a whole; of
  // batches in different shards a later one may survive an earlier one.
  kInterval,
  // After its log is written; synced when the system likes, and by each
  // checkpoint. A power failure can lose every batch since the last checkpoint.
  kNever,
};

// A membrane is one collection of vectors. What is 0 is chosen by pomai.
struct MembraneOptions {
  uint32_t dimensions = 0;  // 1 .. 16,000; must be given
  Metric metric = Metric::kL2;
  // Bits a dimension of a code, 1 .. 9: more are larger, and read fewer rows.
  uint32_t bits = 0;
  // Parts of a membrane with a log and a writer thread each, 1 .. 128. A batch
  // costs a sync in each shard that it has ids of, side by side.
  uint32_t shards = 1;
  // Posting lists of the codebook; 0 follows the number of rows.
  uint32_t lists = 0;
};

struct Options {
  // Makes folder (and default membrane) when there is none.
  bool create_if_missing = true;
  // The membrane called "default", for the calls that name none. It is created
  // by Open when `dimensions` is not 0 and it does not exist.
  uint32_t dimensions = 0;
  Metric metric = Metric::kL2;
  uint32_t bits = 0;
  uint32_t shards = 1;
  uint32_t lists = 0;

  FsyncPolicy fsync = FsyncPolicy::kAlways;
  std::chrono::milliseconds fsync_interval{100};
  // A checkpoint is made when a membrane's logs have become this long; opening
  // reads about as much. Where checkpoints are slower than writes, writers wait
  // for one at four times this length.
  uint64_t checkpoint_log_bytes = uint64_t{256} << 20;
  // Operations that wait for a shard's thread, in bytes; writers wait for room.
  size_t mailbox_bytes = size_t{64} << 20;
  // Seals, merges, retrains in a thread a membrane. Without it, only Maintain()
  // does.
  bool background_maintenance = true;
  // Memory of a step of maintenance: sorting, training.
  size_t maintenance_memory = size_t{256} << 20;
  // nullptr: the machine's own. Must outlive the DB.
  FileSystem* files = nullptr;
};

}  // namespace pomai
