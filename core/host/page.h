// Pages: the unit in which everything is stored, 8 KB with a header that says
// what the page belongs to.
//
//   bytes [0, 32)       the host's own (PostgreSQL's page header, a checksum)
//   bytes [32, 8176)    body, kPageBodySize bytes, a multiple of 16
//   bytes [8176, 8192)  PageHeader: u64 allocation id, u32 page number within
//                       the allocation, u16 format version, u8 kind, u8 zero
//
// Every reference to a page names the allocation id it expects; every read
// compares it (CheckPage), so a block that was given to another allocation is
// never taken for the old one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/coding.h"
#include "core/base/status.h"

namespace pomai {

using BlockNumber = uint32_t;
inline constexpr BlockNumber kNoBlock = 0xFFFFFFFFu;

inline constexpr size_t kPageSize = 8192;
inline constexpr size_t kPageBodyOffset = 32;
inline constexpr size_t kPageHeaderOffset = 8176;
inline constexpr size_t kPageBodySize = kPageHeaderOffset - kPageBodyOffset;
inline constexpr uint16_t kFormatVersion = 4;

// Stored: values never change.
enum class PageKind : uint8_t {
  kMeta = 1,
  kShard = 2,
  kManifest = 3,
  kCodebook = 4,
  kSegment = 5,
  kTailDirectory = 6,
  kTailPayload = 7,
};

struct PageHeader {
  uint64_t allocation_id;
  uint32_t page_number;
  PageKind kind;
};

inline const uint8_t* PageBody(const uint8_t* page) {
  return page + kPageBodyOffset;
}
inline uint8_t* PageBody(uint8_t* page) { return page + kPageBodyOffset; }

// A hint to the processor; `bytes` need not be there.
inline void PrefetchBytes(const uint8_t* bytes, uint32_t length) {
  constexpr uint32_t kLine = 64;
  for (uint32_t at = 0; at < length; at += kLine) {
    __builtin_prefetch(bytes + at);
  }
  __builtin_prefetch(bytes + length - 1);
}

inline void PutPageHeader(uint8_t* page, const PageHeader& header) {
  uint8_t* at = page + kPageHeaderOffset;
  PutFixed<uint64_t>(at, header.allocation_id);
  PutFixed<uint32_t>(at + 8, header.page_number);
  PutFixed<uint16_t>(at + 12, kFormatVersion);
  PutFixed<uint8_t>(at + 14, static_cast<uint8_t>(header.kind));
  PutFixed<uint8_t>(at + 15, 0);
}

// What is wrong with a page that does not carry `expected`: Aborted if it is a
// sound page of another allocation (it was recycled: take a new snapshot),
// FailedPrecondition if it is a page of an earlier format, Corruption naming
// block, expected and found if neither.
Status PageMismatch(const uint8_t* page, BlockNumber block,
                    const PageHeader& expected);

// Ok when `page` carries `expected` in this format version, else PageMismatch.
inline Status CheckPage(const uint8_t* page, BlockNumber block,
                        const PageHeader& expected) {
  const uint8_t* at = page + kPageHeaderOffset;
  const uint64_t rest = uint64_t{static_cast<uint8_t>(expected.kind)} << 48 |
                        uint64_t{kFormatVersion} << 32 | expected.page_number;
  if (GetFixed<uint64_t>(at) == expected.allocation_id &&
      GetFixed<uint64_t>(at + 8) == rest) [[likely]] {
    return Status::Ok();
  }
  return PageMismatch(page, block, expected);
}

}  // namespace pomai
