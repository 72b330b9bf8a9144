#include "core/db/batch_parts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "core/host_file/log_operation.h"

namespace pomai {
namespace {

// Without a branch for each element, so that the compiler takes many at once.
bool IsFinite(std::span<const float> vector) {
  constexpr uint32_t kExponent = 0x7F800000;
  uint32_t wrong = 0;
  for (const float x : vector) {
    wrong |= (std::bit_cast<uint32_t>(x) & kExponent) == kExponent;
  }
  return wrong == 0;
}

Status CheckVector(uint64_t id, std::span<const float> vector,
                   uint32_t dimensions) {
  if (vector.size() != dimensions) {
    return Status::InvalidArgument("id " + std::to_string(id) + ": expected " +
                                   std::to_string(dimensions) +
                                   " dimensions, not " +
                                   std::to_string(vector.size()));
  }
  if (IsFinite(vector)) return Status::Ok();
  for (size_t i = 0; i < vector.size(); ++i) {
    if (std::isfinite(vector[i])) continue;
    return Status::InvalidArgument("id " + std::to_string(id) + ": element " +
                                   std::to_string(i) + " is not finite");
  }
  return Status::Ok();
}

// Of each operation, whether a later one has its id.
std::vector<bool> FindOutdone(
    const std::vector<WriteBatch::Operation>& operations) {
  std::vector<bool> outdone(operations.size());
  const auto falls = std::adjacent_find(
      operations.begin(), operations.end(),
      [](const auto& a, const auto& b) { return a.id >= b.id; });
  if (falls == operations.end()) return outdone;
  std::vector<std::pair<uint64_t, size_t>> order;
  order.reserve(operations.size());
  for (size_t i = 0; i < operations.size(); ++i) {
    order.emplace_back(operations[i].id, i);
  }
  std::sort(order.begin(), order.end());
  for (size_t i = 1; i < order.size(); ++i) {
    outdone[order[i - 1].second] = order[i - 1].first == order[i].first;
  }
  return outdone;
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
  const std::vector<bool> outdone = FindOutdone(operations);
  std::vector<size_t> sizes(shards);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (outdone[i]) continue;
    const auto& operation = operations[i];
    sizes[operation.id % shards] += LogOperationSize(operation.dimensions);
  }
  std::vector<BatchPart> parts(shards);
  for (uint32_t shard = 0; shard < shards; ++shard) {
    parts[shard].shard = shard;
    parts[shard].body.reserve(sizes[shard]);
  }
  for (size_t i = 0; i < operations.size(); ++i) {
    if (outdone[i]) continue;
    const auto& operation = operations[i];
    BatchPart& part = parts[operation.id % shards];
    if (operation.is_put) {
      AppendPut(operation.id, batch.VectorOf(operation), &part.body);
    } else {
      AppendDelete(operation.id, &part.body);
    }
  }
  std::erase_if(parts, [](const BatchPart& p) { return p.body.empty(); });
  return parts;
}

}  // namespace pomai
