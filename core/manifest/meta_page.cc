#include "core/manifest/meta_page.h"

#include <cstring>
#include <string>

namespace pomai {
namespace {

constexpr char kMagic[8] = {'p', 'o', 'm', 'a', 'i', 0, 0, 0};

// Offsets in the body.
constexpr size_t kBuildId = 8;
constexpr size_t kRotationSeed = 16;
constexpr size_t kDimensions = 24;
constexpr size_t kBits = 28;
constexpr size_t kMetric = 32;
constexpr size_t kShards = 36;
constexpr size_t kLists = 40;
constexpr size_t kZero = 44;
constexpr size_t kSequence = 48;
constexpr size_t kNextAllocationId = 56;
constexpr size_t kManifestId = 64;
constexpr size_t kManifestBlock = 72;
constexpr size_t kManifestPages = 76;
constexpr size_t kManifestBytes = 80;
constexpr size_t kLastZero = 84;
constexpr size_t kHorizon = 88;

constexpr PageHeader kHeader{0, 0, PageKind::kMeta};

Status Wrong(const char* what, const std::string& expected, uint64_t found) {
  return Status::Corruption("block 0: " + std::string(what) + ": expected " +
                            expected + ", found " + std::to_string(found));
}

Status CheckRange(const char* what, uint64_t value, uint64_t low,
                  uint64_t high) {
  if (value >= low && value <= high) return Status::Ok();
  return Wrong(what, std::to_string(low) + " to " + std::to_string(high),
               value);
}

Status CheckManifestPointer(const MetaPage& meta) {
  if (meta.manifest_id == 0) {
    if (meta.manifest_block != kNoBlock) {
      return Wrong("manifest block without a manifest",
                   std::to_string(kNoBlock), meta.manifest_block);
    }
    POMAI_RETURN_IF_ERROR(
        CheckRange("manifest pages", meta.manifest_pages, 0, 0));
    return CheckRange("manifest bytes", meta.manifest_bytes, 0, 0);
  }
  POMAI_RETURN_IF_ERROR(CheckRange("manifest id", meta.manifest_id, 1,
                                   meta.next_allocation_id - 1));
  POMAI_RETURN_IF_ERROR(CheckRange("manifest block", meta.manifest_block,
                                   ShardBlock(meta.shards), kNoBlock - 1));
  POMAI_RETURN_IF_ERROR(CheckRange("manifest pages", meta.manifest_pages, 1,
                                   kNoBlock - meta.manifest_block));
  return CheckRange("manifest bytes", meta.manifest_bytes, 1,
                    uint64_t{meta.manifest_pages} * kPageBodySize);
}

Status CheckValues(const MetaPage& meta) {
  POMAI_RETURN_IF_ERROR(
      CheckRange("dimensions", meta.dimensions, 0, kMaxDimensions));
  // Automatic bits wait for the dimensions.
  const uint32_t least_bits = meta.dimensions == 0 ? 0 : 1;
  POMAI_RETURN_IF_ERROR(CheckRange("bits", meta.bits, least_bits, kMaxBits));
  POMAI_RETURN_IF_ERROR(CheckRange("shards", meta.shards, 1, kMaxShards));
  POMAI_RETURN_IF_ERROR(CheckRange("lists", meta.lists, 0, kMaxLists));
  // Ids with bit 63 are those of tails.
  POMAI_RETURN_IF_ERROR(
      CheckRange("next allocation id", meta.next_allocation_id, 1, ~0ull >> 1));
  return CheckManifestPointer(meta);
}

}  // namespace

void MetaPage::Encode(uint8_t* page) const {
  PutPageHeader(page, kHeader);
  uint8_t* body = PageBody(page);
  std::memset(body, 0, kPageBodySize);
  std::memcpy(body, kMagic, sizeof(kMagic));
  PutFixed<uint64_t>(body + kBuildId, build_id);
  PutFixed<uint64_t>(body + kRotationSeed, rotation_seed);
  PutFixed<uint32_t>(body + kDimensions, dimensions);
  PutFixed<uint32_t>(body + kBits, bits);
  PutFixed<uint32_t>(body + kMetric, static_cast<uint32_t>(metric));
  PutFixed<uint32_t>(body + kShards, shards);
  PutFixed<uint32_t>(body + kLists, lists);
  PutFixed<uint64_t>(body + kSequence, sequence);
  PutFixed<uint64_t>(body + kNextAllocationId, next_allocation_id);
  PutFixed<uint64_t>(body + kManifestId, manifest_id);
  PutFixed<uint32_t>(body + kManifestBlock, manifest_block);
  PutFixed<uint32_t>(body + kManifestPages, manifest_pages);
  PutFixed<uint32_t>(body + kManifestBytes, manifest_bytes);
  PutFixed<uint64_t>(body + kHorizon, horizon);
}

Result<MetaPage> MetaPage::Decode(const uint8_t* page) {
  POMAI_RETURN_IF_ERROR(CheckPage(page, kMetaBlock, kHeader));
  const uint8_t* body = PageBody(page);
  if (std::memcmp(body, kMagic, sizeof(kMagic)) != 0) {
    return Wrong("magic number", std::to_string(GetFixed<uint64_t>(kMagic)),
                 GetFixed<uint64_t>(body));
  }
  const auto metric = GetFixed<uint32_t>(body + kMetric);
  POMAI_RETURN_IF_ERROR(CheckRange("metric", metric,
                                   static_cast<uint32_t>(Metric::kL2),
                                   static_cast<uint32_t>(Metric::kCosine)));
  for (size_t zero : {kZero, kLastZero}) {
    POMAI_RETURN_IF_ERROR(
        CheckRange("unused bytes", GetFixed<uint32_t>(body + zero), 0, 0));
  }
  MetaPage meta;
  meta.build_id = GetFixed<uint64_t>(body + kBuildId);
  meta.rotation_seed = GetFixed<uint64_t>(body + kRotationSeed);
  meta.dimensions = GetFixed<uint32_t>(body + kDimensions);
  meta.bits = GetFixed<uint32_t>(body + kBits);
  meta.metric = static_cast<Metric>(metric);
  meta.shards = GetFixed<uint32_t>(body + kShards);
  meta.lists = GetFixed<uint32_t>(body + kLists);
  meta.sequence = GetFixed<uint64_t>(body + kSequence);
  meta.next_allocation_id = GetFixed<uint64_t>(body + kNextAllocationId);
  meta.manifest_id = GetFixed<uint64_t>(body + kManifestId);
  meta.manifest_block = GetFixed<uint32_t>(body + kManifestBlock);
  meta.manifest_pages = GetFixed<uint32_t>(body + kManifestPages);
  meta.manifest_bytes = GetFixed<uint32_t>(body + kManifestBytes);
  meta.horizon = GetFixed<uint64_t>(body + kHorizon);
  POMAI_RETURN_IF_ERROR(CheckValues(meta));
  return meta;
}

Extent MetaPage::manifest_extent() const {
  Extent extent;
  extent.id = manifest_id;
  extent.kind = PageKind::kManifest;
  if (manifest_id != 0) extent.runs = {{manifest_block, manifest_pages}};
  return extent;
}

}  // namespace pomai
