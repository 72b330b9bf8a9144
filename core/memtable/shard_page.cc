#include "core/memtable/shard_page.h"

#include <cstring>
#include <string>

#include "core/base/coding.h"
#include "core/memtable/tail.h"

namespace pomai {
namespace {

// Offsets in the body.
constexpr size_t kCodebookVersion = 0;
constexpr size_t kExtents = 8;
constexpr size_t kFirstBlock = 16;
constexpr size_t kLastBlock = 20;
constexpr size_t kFirstId = 24;
constexpr size_t kLastId = 32;
constexpr size_t kSpareCount = 40;
constexpr size_t kZero = 44;
constexpr size_t kSpares = 48;

PageHeader HeaderOf(uint32_t shard) { return {0, shard, PageKind::kShard}; }

Status Wrong(BlockNumber block, const char* what, uint64_t low, uint64_t high,
             uint64_t found) {
  return Status::Corruption("block " + std::to_string(block) + ": " + what +
                            ": expected " + std::to_string(low) + " to " +
                            std::to_string(high) + ", found " +
                            std::to_string(found));
}

Status CheckChain(const ShardPage& root, BlockNumber block, uint32_t shard) {
  if (!root.has_tail()) {
    if (root.last_block != kNoBlock) {
      return Wrong(block, "last tail block of no tail", kNoBlock, kNoBlock,
                   root.last_block);
    }
    if (root.first_id != 0 || root.last_id != 0) {
      return Wrong(block, "tail id of no tail", 0, 0,
                   root.first_id | root.last_id);
    }
    return Status::Ok();
  }
  const uint64_t low = TailExtentId(shard, 1);
  const uint64_t high = TailExtentId(shard, root.extents);
  if (root.first_id < low || root.first_id > high) {
    return Wrong(block, "first tail id", low, high, root.first_id);
  }
  if (root.last_id < root.first_id || root.last_id > high) {
    return Wrong(block, "last tail id", root.first_id, high, root.last_id);
  }
  const bool one_extent = root.first_id == root.last_id;
  if (root.last_block == kNoBlock ||
      (root.first_block == root.last_block) != one_extent) {
    return Status::Corruption(
        "block " + std::to_string(block) +
        ": expected first and last tail block to differ as their ids do, "
        "found blocks " +
        std::to_string(root.first_block) + " and " +
        std::to_string(root.last_block));
  }
  return Status::Ok();
}

// All but the spare pages.
Result<ShardPage> DecodeRoot(const uint8_t* page, BlockNumber block,
                             uint32_t shard) {
  POMAI_RETURN_IF_ERROR(CheckPage(page, block, HeaderOf(shard)));
  const uint8_t* body = PageBody(page);
  ShardPage root;
  root.codebook_version = GetFixed<uint64_t>(body + kCodebookVersion);
  root.extents = GetFixed<uint64_t>(body + kExtents);
  root.first_block = GetFixed<uint32_t>(body + kFirstBlock);
  root.last_block = GetFixed<uint32_t>(body + kLastBlock);
  root.first_id = GetFixed<uint64_t>(body + kFirstId);
  root.last_id = GetFixed<uint64_t>(body + kLastId);
  if (root.extents > kMaxTailExtents) {
    return Wrong(block, "tail extents", 0, kMaxTailExtents, root.extents);
  }
  POMAI_RETURN_IF_ERROR(CheckChain(root, block, shard));
  return root;
}

}  // namespace

void ShardPage::Encode(uint8_t* page, uint32_t shard) const {
  PutPageHeader(page, HeaderOf(shard));
  uint8_t* body = PageBody(page);
  std::memset(body + kZero, 0, kPageBodySize - kZero);
  PutFixed<uint64_t>(body + kCodebookVersion, codebook_version);
  PutFixed<uint64_t>(body + kExtents, extents);
  PutFixed<uint32_t>(body + kFirstBlock, first_block);
  PutFixed<uint32_t>(body + kLastBlock, last_block);
  PutFixed<uint64_t>(body + kFirstId, first_id);
  PutFixed<uint64_t>(body + kLastId, last_id);
  PutFixed<uint32_t>(body + kSpareCount, static_cast<uint32_t>(spares.size()));
  for (size_t i = 0; i < spares.size(); ++i) {
    PutFixed<uint32_t>(body + kSpares + 4 * i, spares[i]);
  }
}

Result<ShardPage> ShardPage::Decode(const uint8_t* page, BlockNumber block,
                                    uint32_t shard) {
  POMAI_ASSIGN_OR_RETURN(ShardPage root, DecodeRoot(page, block, shard));
  const uint8_t* body = PageBody(page);
  const auto spares = GetFixed<uint32_t>(body + kSpareCount);
  if (spares > kMaxSpares) {
    return Wrong(block, "spare pages", 0, kMaxSpares, spares);
  }
  root.spares.reserve(spares);
  for (uint32_t i = 0; i < spares; ++i) {
    root.spares.push_back(GetFixed<uint32_t>(body + kSpares + 4 * i));
  }
  return root;
}

void InitShardPage(uint8_t* page, uint32_t shard, uint64_t codebook_version) {
  ShardPage root;
  root.codebook_version = codebook_version;
  root.Encode(page, shard);
}

Result<TailHead> ReadShardPage(const uint8_t* page, BlockNumber block,
                               uint32_t shard) {
  POMAI_ASSIGN_OR_RETURN(const ShardPage root, DecodeRoot(page, block, shard));
  return TailHead{root.codebook_version, root.first_block, root.first_id};
}

}  // namespace pomai
