#include "core/host/extent.h"

#include <algorithm>
#include <string>

namespace pomai {
namespace {

std::string Name(const Extent& extent) {
  return "extent " + std::to_string(extent.id);
}

}  // namespace

Result<const uint8_t*> ExtentReader::At(uint64_t offset, uint32_t length) {
  const uint64_t page_number = offset / kPageBodySize;
  uint32_t inside = static_cast<uint32_t>(offset % kPageBodySize);
  if (page_number == page_number_ &&
      inside + uint64_t{length} <= kPageBodySize) {
    return PageBody(page_.data()) + inside;
  }
  if (offset == buffered_ && length <= buffered_length_) return buffer_.data();
  const uint64_t end = uint64_t{extent_->page_count()} * kPageBodySize;
  if (offset >= end || length > end - offset) {
    return Status::Corruption(
        Name(*extent_) + ": expected at most " + std::to_string(end) +
        " bytes, found a reference to " + std::to_string(length) +
        " bytes at " + std::to_string(offset));
  }
  uint32_t page = static_cast<uint32_t>(page_number);
  POMAI_RETURN_IF_ERROR(Enter(page));
  if (inside + uint64_t{length} <= kPageBodySize) {
    return PageBody(page_.data()) + inside;
  }
  // Of much, the last page first: a length that is damaged takes no memory.
  constexpr uint32_t kMuch = 1 << 20;
  if (length > kMuch) {
    POMAI_RETURN_IF_ERROR(
        Enter(static_cast<uint32_t>((offset + length - 1) / kPageBodySize)));
  }
  if (buffer_.size() < length) buffer_.resize(length);
  buffered_length_ = 0;
  for (uint32_t copied = 0; copied < length; inside = 0) {
    POMAI_RETURN_IF_ERROR(Enter(page++));
    const uint32_t part = std::min<uint32_t>(
        length - copied, static_cast<uint32_t>(kPageBodySize) - inside);
    std::memcpy(buffer_.data() + copied, PageBody(page_.data()) + inside, part);
    copied += part;
  }
  buffered_ = offset;
  buffered_length_ = length;
  return buffer_.data();
}

void ExtentReader::Prefetch(uint64_t offset, uint32_t length) {
  while (length > 0) {
    const auto page_number = static_cast<uint32_t>(offset / kPageBodySize);
    const auto inside = static_cast<uint32_t>(offset % kPageBodySize);
    const uint32_t part = std::min<uint32_t>(
        length, static_cast<uint32_t>(kPageBodySize) - inside);
    const BlockNumber block = extent_->BlockOf(page_number);
    store_->Prefetch(block, kPageBodyOffset + inside, part);
    if (page_number != page_number_) {
      // What Enter will look at.
      store_->Prefetch(block, kPageHeaderOffset, kPageSize - kPageHeaderOffset);
    }
    offset += part;
    length -= part;
  }
}

void ExtentReader::Release() {
  page_.Release();
  page_number_ = 0xFFFFFFFFu;
  buffered_length_ = 0;
}

Status ExtentReader::Enter(uint32_t page_number) {
  if (page_number == page_number_) return Status::Ok();
  page_.Release();
  page_number_ = 0xFFFFFFFFu;
  const BlockNumber block = extent_->BlockOf(page_number);
  POMAI_ASSIGN_OR_RETURN(PageGuard page, store_->Read(block, lock_));
  POMAI_RETURN_IF_ERROR(
      CheckPage(page.data(), block, {extent_->id, page_number, extent_->kind}));
  page_ = std::move(page);
  page_number_ = page_number;
  return Status::Ok();
}

ExtentStream::ExtentStream(PageStore* store, const Extent* extent,
                           uint32_t first_page)
    : store_(store),
      extent_(extent),
      page_number_(first_page),
      page_(kPageSize) {}

Status ExtentStream::Append(const void* bytes, size_t size) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  size_ += size;
  while (size > 0) {
    const size_t part = std::min<size_t>(size, kPageBodySize - used_);
    std::memcpy(PageBody(page_.data()) + used_, from, part);
    used_ += static_cast<uint32_t>(part);
    from += part;
    size -= part;
    if (used_ == kPageBodySize) POMAI_RETURN_IF_ERROR(Flush());
  }
  return Status::Ok();
}

Status ExtentStream::Finish() {
  if (used_ == 0) return Status::Ok();
  std::memset(PageBody(page_.data()) + used_, 0, kPageBodySize - used_);
  return Flush();
}

Status ExtentStream::Flush() {
  const BlockNumber block = extent_->BlockOf(page_number_);
  if (block == kNoBlock) {
    return Status::Internal(Name(*extent_) + ": page " +
                            std::to_string(page_number_) +
                            " written behind its end");
  }
  PutPageHeader(page_.data(), {extent_->id, page_number_, extent_->kind});
  POMAI_RETURN_IF_ERROR(store_->WriteNew(block, page_.data()));
  ++page_number_;
  used_ = 0;
  return Status::Ok();
}

}  // namespace pomai
