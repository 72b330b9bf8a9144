#include "core/db/batch_parts.h"

#include <cmath>
#include <string>
#include <unordered_map>

#include "core/host_file/log_operation.h"

namespace pomai {
namespace {

Status CheckVector(uint64_t id, std::span<const float> vector,
                   uint32_t dimensions) {
  if (vector.size() != dimensions) {
    return Status::InvalidArgument("id " + std::to_string(id) + ": expected " +
                                   std::to_string(dimensions) +
                                   " dimensions, not " +
                                   std::to_string(vector.size()));
  }
  for (size_t i = 0; i < vector.size(); ++i) {
    if (std::isfinite(vector[i])) continue;
    return Status::InvalidArgument("id " + std::to_string(id) + ": element " +
                                   std::to_string(i) + " is not finite");
  }
  return Status::Ok();
}

}  // namespace

Status CheckBatch(const WriteBatch& batch, uint32_t dimensions, uint64_t most) {
  uint64_t bytes = 0;
  for (const WriteBatch::Operation& operation : batch.operations()) {
    bytes += LogOperationSize(operation.dimensions);
    if (!operation.is_put) continue;
    POMAI_RETURN_IF_ERROR(
        CheckVector(operation.id, batch.VectorOf(operation), dimensions));
  }
  if (bytes <= most) return Status::Ok();
  return Status::InvalidArgument("a batch of " + std::to_string(bytes) +
                                 " bytes: expected at most " +
                                 std::to_string(most));
}

std::vector<BatchPart> SplitBatch(const WriteBatch& batch, uint32_t shards) {
  const auto& operations = batch.operations();
  std::unordered_map<uint64_t, size_t> last;
  if (operations.size() > 1) {
    last.reserve(operations.size());
    for (size_t i = 0; i < operations.size(); ++i) last[operations[i].id] = i;
  }
  std::vector<BatchPart> parts(shards);
  for (size_t i = 0; i < operations.size(); ++i) {
    const auto& operation = operations[i];
    if (operations.size() > 1 && last[operation.id] != i) continue;
    BatchPart& part = parts[operation.id % shards];
    if (operation.is_put) {
      AppendPut(operation.id, batch.VectorOf(operation), &part.body);
    } else {
      AppendDelete(operation.id, &part.body);
    }
  }
  for (uint32_t shard = 0; shard < shards; ++shard) parts[shard].shard = shard;
  std::erase_if(parts, [](const BatchPart& p) { return p.body.empty(); });
  return parts;
}

}  // namespace pomai
