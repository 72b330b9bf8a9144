#include "core/host/page.h"

#include <cinttypes>
#include <cstdio>
#include <string>

namespace pomai {
namespace {

std::string Describe(uint64_t id, uint32_t number, unsigned version,
                     unsigned kind, unsigned zero) {
  char text[160];
  std::snprintf(text, sizeof(text),
                "allocation %" PRIu64 " page %" PRIu32
                " format %u kind %u zero %u",
                id, number, version, kind, zero);
  return text;
}

bool IsKind(uint8_t kind) {
  return kind >= static_cast<uint8_t>(PageKind::kMeta) &&
         kind <= static_cast<uint8_t>(PageKind::kTailPayload);
}

}  // namespace

Status PageMismatch(const uint8_t* page, BlockNumber block,
                    const PageHeader& expected) {
  const uint8_t* at = page + kPageHeaderOffset;
  const auto id = GetFixed<uint64_t>(at);
  const auto number = GetFixed<uint32_t>(at + 8);
  const auto version = GetFixed<uint16_t>(at + 12);
  const auto kind = GetFixed<uint8_t>(at + 14);
  const auto zero = GetFixed<uint8_t>(at + 15);
  const auto expected_kind = static_cast<uint8_t>(expected.kind);
  if (version > 0 && version < kFormatVersion && IsKind(kind) && zero == 0) {
    return Status::FailedPrecondition(
        "block " + std::to_string(block) + " has format " +
        std::to_string(version) +
        ", made by an earlier pomai; this one reads " +
        std::to_string(kFormatVersion) + ": REINDEX makes the index anew");
  }
  const bool sound = version == kFormatVersion && IsKind(kind) && zero == 0;
  std::string message = "block " + std::to_string(block) + ": expected " +
                        Describe(expected.allocation_id, expected.page_number,
                                 kFormatVersion, expected_kind, 0) +
                        ", found " + Describe(id, number, version, kind, zero);
  if (sound && id != expected.allocation_id) {
    return Status::Aborted(std::move(message));
  }
  return Status::Corruption(std::move(message));
}

}  // namespace pomai
