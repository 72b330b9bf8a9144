// Scratch space and sorting for builds that do not fit their memory limit.
//
//   auto scratch = host->NewScratch();
//   scratch->Append(bytes, n);  ...  scratch->ReadAt(offset, bytes, n);
//
// Temporary: nothing survives the build. One process, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/status.h"

namespace pomai {

class Scratch {
 public:
  virtual ~Scratch() = default;
  virtual Status Append(const void* from, size_t size) = 0;
  virtual Status ReadAt(uint64_t offset, void* to, size_t size) = 0;
};

// What a build sorts: entries by (partition, id). partition = shard << 32 |
// list. `record` is a code record (core/rabitq/code.h), empty for a row
// without a distance.
struct BuildEntry {
  uint64_t partition;
  uint64_t id;
  std::span<const uint8_t> record;
};

class EntrySorter {
 public:
  virtual ~EntrySorter() = default;
  virtual Status Put(const BuildEntry& entry) = 0;
  // No Put after it.
  virtual Status Sort() = 0;
  // False at the end. The record stays valid until the next call.
  virtual Result<bool> Next(BuildEntry* entry) = 0;
};

}  // namespace pomai
