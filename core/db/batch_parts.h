// BatchParts: a WriteBatch, checked and split by shard: the bodies of its log
// records.
//
//   POMAI_RETURN_IF_ERROR(CheckBatch(batch, 128));
//   for (BatchPart& part : SplitBatch(batch, 4)) ... part.shard, part.body
//
// Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/status.h"
#include "pomai/write_batch.h"

namespace pomai {

struct BatchPart {
  uint32_t shard;
  std::vector<uint8_t> body;  // core/host_file/log_operation.h
};

// InvalidArgument when a vector has not `dimensions` numbers, one of them is
// not finite, or all would be more than `most` bytes of a log record.
Status CheckBatch(const WriteBatch& batch, uint32_t dimensions,
                  uint64_t most = UINT32_MAX);

// Of each id the last operation, by shard (id % shards). Shards that have none
// are left out.
std::vector<BatchPart> SplitBatch(const WriteBatch& batch, uint32_t shards);

}  // namespace pomai
