// TailDirectory: the directory page of one tail extent, its numbers decoded and
// checked; and TailWalk, which goes through the directories of a chain. Bytes:
// tail.h.
//
//   TailWalk walk(store, head, shard);
//   for (;;) {
//     POMAI_ASSIGN_OR_RETURN(bool more, walk.Next());
//     if (!more) break;
//     Use(walk.directory(), walk.page());   // under the page's share lock
//   }
//
// For core/memtable only. Entry n may be read when n < count.
#pragma once

#include <cstdint>

#include "core/base/coding.h"
#include "core/host/page_store.h"
#include "core/memtable/tail.h"

namespace pomai {

// Bit of an entry's second number.
inline constexpr uint32_t kDeadEntry = 0x80000000u;

struct TailDirectory {
  static constexpr size_t kEntries = 40;  // offset in the body
  static constexpr size_t kEntrySize = 12;

  uint32_t count = 0;
  uint32_t capacity = 0;
  uint32_t record_size = 0;
  uint32_t payload_pages = 0;
  uint64_t codebook_version = 0;
  uint64_t next_id = 0;
  BlockNumber next_block = kNoBlock;
  bool closed = false;

  // Entries of `record_size` bytes that one directory has room for.
  static uint32_t CapacityFor(uint32_t record_size);
  // Aborted or Corruption when `page`, read from `block`, is not the directory
  // of extent `id` or makes no sense.
  static Result<TailDirectory> Decode(const uint8_t* page, BlockNumber block,
                                      uint64_t id);
  // Writes the numbers, not the entries.
  void Encode(uint8_t* page) const;

  static uint64_t EntryId(const uint8_t* page, uint32_t slot) {
    return GetFixed<uint64_t>(EntryAt(page, slot));
  }
  // List and dead flag.
  static uint32_t EntryList(const uint8_t* page, uint32_t slot) {
    return GetFixed<uint32_t>(EntryAt(page, slot) + 8);
  }
  static void PutEntry(uint8_t* page, uint32_t slot, uint64_t id,
                       uint32_t list) {
    uint8_t* at = PageBody(page) + kEntries + slot * kEntrySize;
    PutFixed<uint64_t>(at, id);
    PutFixed<uint32_t>(at + 8, list);
  }
  // Block of payload page `number` (from 0 on) < payload_pages; kNoBlock where
  // only rows without distance would have bytes.
  BlockNumber Payload(const uint8_t* page, uint32_t number) const {
    return GetFixed<uint32_t>(PageBody(page) + PayloadOffset(number));
  }
  // Links a payload page, raising payload_pages where needed.
  void LinkPayload(uint8_t* page, uint32_t number, BlockNumber block);

 private:
  static const uint8_t* EntryAt(const uint8_t* page, uint32_t slot) {
    return PageBody(page) + kEntries + slot * kEntrySize;
  }
  size_t PayloadOffset(uint32_t number) const {
    return kEntries + size_t{capacity} * kEntrySize + size_t{number} * 4;
  }
};

class TailWalk {
 public:
  TailWalk(PageStore* store, const TailHead& head, uint32_t shard)
      : store_(store),
        shard_(shard),
        next_block_(head.first_block),
        next_id_(head.first_id) {}

  // Lets the current directory go, locks and checks the next one. False at the
  // end of the chain.
  Result<bool> Next();
  // Lets the current directory go; Next goes on behind it.
  void Release() { page_.Release(); }

  uint64_t id() const { return id_; }
  BlockNumber block() const { return block_; }
  const TailDirectory& directory() const { return directory_; }
  const uint8_t* page() const { return page_.data(); }

 private:
  PageStore* store_;
  uint32_t shard_;
  BlockNumber next_block_;
  uint64_t next_id_;
  BlockNumber block_ = kNoBlock;
  uint64_t id_ = 0;
  TailDirectory directory_;
  PageGuard page_;
};

}  // namespace pomai
