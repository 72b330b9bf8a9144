// Extents: immutable byte strings over runs of pages. Segments, codebooks and
// manifests are extents; sections inside start on page borders.
//
//   ExtentReader reader(store, extent, PageLock::kPin);
//   POMAI_ASSIGN_OR_RETURN(const uint8_t* bytes, reader.At(offset, 96));
//
// Byte `offset` of an extent is byte offset % kPageBodySize of the body of its
// page number offset / kPageBodySize. Nothing is padded: a range that crosses
// a page border is copied together by the reader.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/status.h"
#include "core/host/page_store.h"

namespace pomai {

struct BlockRun {
  BlockNumber first;
  uint32_t count;
};

// Where an allocation lies. Usually one run.
struct Extent {
  uint64_t id = 0;
  PageKind kind = PageKind::kSegment;
  std::vector<BlockRun> runs;

  uint32_t page_count() const {
    uint32_t pages = 0;
    for (const BlockRun& run : runs) pages += run.count;
    return pages;
  }
  // The block of page `page_number` (< page_count()).
  BlockNumber BlockOf(uint32_t page_number) const {
    for (const BlockRun& run : runs) {
      if (page_number < run.count) return run.first + page_number;
      page_number -= run.count;
    }
    return kNoBlock;
  }
};

// Pages that hold `bytes` bytes.
inline uint32_t PagesFor(uint64_t bytes) {
  return static_cast<uint32_t>((bytes + kPageBodySize - 1) / kPageBodySize);
}

// A read position in an extent. Holds one page at a time, so sequential reads
// pin each page once. Checks every page it enters (CheckPage). Keep one reader
// per section that is read side by side. The extent must outlive it.
class ExtentReader {
 public:
  ExtentReader(PageStore* store, const Extent* extent, PageLock lock)
      : store_(store), extent_(extent), lock_(lock) {}

  // `length` bytes from `offset` on: a pointer into the page when they lie in
  // one page, else into this reader's buffer. Valid until the next At or
  // Release. Corruption when the range passes the extent's end.
  Result<const uint8_t*> At(uint64_t offset, uint32_t length);
  // A hint that At will be asked for these bytes.
  void Prefetch(uint64_t offset, uint32_t length);
  // Lets the page go (before a poll, a fetch, a return to the host).
  void Release();

 private:
  Status Enter(uint32_t page_number);

  PageStore* store_;
  const Extent* extent_;
  PageLock lock_;
  PageGuard page_;
  uint32_t page_number_ = 0xFFFFFFFFu;
  std::vector<uint8_t> buffer_;
  uint64_t buffered_ = 0;  // what buffer_ holds, until Release
  uint32_t buffered_length_ = 0;
};

// Writes an extent from several positions at once, each sequential. A section
// (an ExtentStream) starts on a page border; no two share a page.
class ExtentStream {
 public:
  // Starts at page `first_page` of `extent`.
  ExtentStream(PageStore* store, const Extent* extent, uint32_t first_page);

  Status Append(const void* bytes, size_t size);
  // Writes the last, partly filled page (zeros behind). Once, at the end.
  Status Finish();
  uint64_t size() const { return size_; }

 private:
  Status Flush();

  PageStore* store_;
  const Extent* extent_;
  uint32_t page_number_;
  uint32_t used_ = 0;  // bytes of the current page's body
  uint64_t size_ = 0;
  std::vector<uint8_t> page_;
};

}  // namespace pomai
