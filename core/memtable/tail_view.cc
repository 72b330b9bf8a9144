#include <algorithm>
#include <bit>
#include <string>

#include "core/memtable/tail.h"
#include "core/memtable/tail_directory.h"

namespace pomai {
namespace {

// Behind every list of every codebook.
constexpr uint64_t kNoDistanceKey = UINT64_MAX - 1;

Status WrongEntry(const TailWalk& walk, uint32_t slot, uint32_t list) {
  const TailDirectory& directory = walk.directory();
  const uint64_t end = (uint64_t{slot} + 1) * directory.record_size;
  const uint64_t linked = uint64_t{directory.payload_pages} * kPageBodySize;
  return Status::Corruption(
      "block " + std::to_string(walk.block()) + ": entry " +
      std::to_string(slot) + ": expected a list below " +
      std::to_string(kMaxLists) + " and a record within " +
      std::to_string(linked) + " bytes, found list " + std::to_string(list) +
      " and a record of " + std::to_string(directory.record_size) +
      " bytes that ends at " + std::to_string(end));
}

// Entries before this one have their records in pages that are linked.
uint64_t LinkedEntries(const TailDirectory& directory) {
  if (directory.record_size == 0) return 0;
  return uint64_t{directory.payload_pages} * kPageBodySize /
         directory.record_size;
}

// Stable radix sort of `entries` by keys[i] <= most, in one pass wherever the
// counters stay in the cache: searches do it.
void SortByKey(uint32_t most, std::vector<uint32_t>* keys,
               std::vector<TailView::Entry>* entries) {
  constexpr uint32_t kMostDigitBits = 13;
  const auto bits = static_cast<uint32_t>(std::bit_width(most));
  const uint32_t passes = (bits + kMostDigitBits - 1) / kMostDigitBits;
  if (passes == 0) return;
  const uint32_t digit_bits = (bits + passes - 1) / passes;
  const uint32_t digits = 1u << digit_bits;
  std::vector<uint32_t> next_keys(keys->size());
  std::vector<TailView::Entry> next_entries(entries->size());
  std::vector<uint32_t> begin;
  for (uint32_t shift = 0; shift < bits; shift += digit_bits) {
    const auto digit = [&](size_t i) {
      return (*keys)[i] >> shift & (digits - 1);
    };
    begin.assign(digits + 1, 0);
    for (size_t i = 0; i < keys->size(); ++i) ++begin[digit(i) + 1];
    for (uint32_t d = 0; d < digits; ++d) begin[d + 1] += begin[d];
    for (size_t i = 0; i < keys->size(); ++i) {
      const uint32_t to = begin[digit(i)]++;
      next_keys[to] = (*keys)[i];
      next_entries[to] = (*entries)[i];
    }
    keys->swap(next_keys);
    entries->swap(next_entries);
  }
}

}  // namespace

Status TailView::Load(PageStore* store, const TailHead& head, uint32_t shard,
                      PageLock lock, uint64_t last_id) {
  Release();
  store_ = store;
  lock_ = lock;
  extents_.clear();
  codebooks_.clear();
  entries_.clear();
  TailWalk walk(store, head, shard);
  for (;;) {
    POMAI_ASSIGN_OR_RETURN(const bool more, walk.Next());
    if (!more || walk.id() > last_id) break;
    const TailDirectory& directory = walk.directory();
    const auto extent = static_cast<uint32_t>(extents_.size());
    const uint64_t linked = LinkedEntries(directory);
    for (uint32_t slot = 0; slot < directory.count; ++slot) {
      const uint32_t list = TailDirectory::EntryList(walk.page(), slot);
      if ((list & kDeadEntry) != 0) continue;
      if (list != kNoDistanceList && (list >= kMaxLists || slot >= linked)) {
        return WrongEntry(walk, slot, list);
      }
      entries_.push_back(
          {TailDirectory::EntryId(walk.page(), slot), list, extent, slot});
    }
    ExtentPages pages{walk.id(),
                      directory.codebook_version,
                      CodebookNumber(directory.codebook_version),
                      directory.record_size,
                      {}};
    for (uint32_t i = 0; i < directory.payload_pages; ++i) {
      pages.payload.push_back(directory.Payload(walk.page(), i));
    }
    extents_.push_back(std::move(pages));
  }
  GroupByList();
  return Status::Ok();
}

uint32_t TailView::CodebookNumber(uint64_t version) {
  const auto known = std::find(codebooks_.begin(), codebooks_.end(), version);
  const auto number = static_cast<uint32_t>(known - codebooks_.begin());
  if (known == codebooks_.end()) codebooks_.push_back(version);
  return number;
}

uint64_t TailView::KeyOf(const Entry& entry) const {
  if (entry.list == kNoDistanceList) return kNoDistanceKey;
  return uint64_t{extents_[entry.extent].codebook} << 32 | entry.list;
}

// By the fewest digits that keep the order of KeyOf.
void TailView::GroupByList() {
  std::vector<uint32_t> base(codebooks_.size() + 1);
  for (const Entry& entry : entries_) {
    if (entry.list == kNoDistanceList) continue;
    uint32_t& lists = base[extents_[entry.extent].codebook + 1];
    lists = std::max(lists, entry.list + 1);
  }
  for (size_t i = 1; i < base.size(); ++i) base[i] += base[i - 1];
  std::vector<uint32_t> keys(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    keys[i] = entry.list == kNoDistanceList
                  ? base.back()
                  : base[extents_[entry.extent].codebook] + entry.list;
  }
  SortByKey(base.back(), &keys, &entries_);
}

std::span<const TailView::Entry> TailView::Between(uint64_t first_key,
                                                   uint64_t end_key) const {
  const auto below = [this](const Entry& entry, uint64_t key) {
    return KeyOf(entry) < key;
  };
  const auto first =
      std::lower_bound(entries_.begin(), entries_.end(), first_key, below);
  return {first, std::lower_bound(first, entries_.end(), end_key, below)};
}

bool TailView::Uses(uint64_t codebook_version) const {
  return std::find(codebooks_.begin(), codebooks_.end(), codebook_version) !=
         codebooks_.end();
}

std::span<const TailView::Entry> TailView::List(uint64_t codebook_version,
                                                uint32_t list) const {
  const auto known =
      std::find(codebooks_.begin(), codebooks_.end(), codebook_version);
  if (known == codebooks_.end()) return {};
  const auto number = static_cast<uint64_t>(known - codebooks_.begin());
  const uint64_t key = number << 32 | list;
  return Between(key, key + 1);
}

std::span<const TailView::Entry> TailView::WithoutDistance() const {
  return Between(kNoDistanceKey, UINT64_MAX);
}

Result<const uint8_t*> TailView::Record(const Entry& entry) {
  assert(entry.list != kNoDistanceList);
  const ExtentPages& extent = extents_[entry.extent];
  const uint64_t begin = uint64_t{entry.slot} * extent.record_size;
  auto page = static_cast<uint32_t>(begin / kPageBodySize);
  size_t inside = begin % kPageBodySize;
  if (inside + extent.record_size <= kPageBodySize) {
    POMAI_ASSIGN_OR_RETURN(const uint8_t* body, PayloadPage(extent, page));
    return body + inside;
  }
  buffer_.resize(extent.record_size);
  for (size_t copied = 0; copied < buffer_.size(); inside = 0) {
    POMAI_ASSIGN_OR_RETURN(const uint8_t* body, PayloadPage(extent, page++));
    const size_t part =
        std::min(buffer_.size() - copied, kPageBodySize - inside);
    std::memcpy(buffer_.data() + copied, body + inside, part);
    copied += part;
  }
  return buffer_.data();
}

// The body of payload page `page` (from 0 on), which stays held.
Result<const uint8_t*> TailView::PayloadPage(const ExtentPages& extent,
                                             uint32_t page) {
  const BlockNumber block = extent.payload[page];
  if (block == kNoBlock) {
    return Status::Corruption("tail extent " + std::to_string(extent.id) +
                              ": expected a block of payload page " +
                              std::to_string(page + 1) + ", found none");
  }
  if (block != page_block_) {
    Release();
    POMAI_ASSIGN_OR_RETURN(page_, store_->Read(block, lock_));
    page_block_ = block;
  }
  // Each time: two extents may name one block in wrong bytes.
  POMAI_RETURN_IF_ERROR(CheckPage(
      page_.data(), block, {extent.id, page + 1, PageKind::kTailPayload}));
  return PageBody(page_.data());
}

void TailView::Release() {
  page_.Release();
  page_block_ = kNoBlock;
}

}  // namespace pomai
