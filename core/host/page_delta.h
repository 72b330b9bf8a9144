// PageDelta: how two images of a page differ, in the bytes that PostgreSQL's
// generic WAL records have for it: replay puts the fragments where they belong.
//
//   PageDelta delta;
//   delta.Compare(before, after);
//   Log(delta.data(), delta.size());
//
// Grammar, in the machine's byte order (PostgreSQL: generic_xlog.c, the same
// from 9.6 on):
//   delta    := fragment*
//   fragment := u16 offset in the page, u16 length, length bytes
//
// One thread.
#pragma once

#include <cstdint>

#include "core/host/page.h"

namespace pomai {

class PageDelta {
 public:
  // From `before` to `after`, kPageSize bytes each. The host's bytes at the
  // front are left out.
  void Compare(const uint8_t* before, const uint8_t* after);

  const char* data() const { return reinterpret_cast<const char*>(bytes_); }
  uint32_t size() const { return size_; }

 private:
  static constexpr uint32_t kFragmentHeader = 4;
  void Add(const uint8_t* after, uint32_t begin, uint32_t end);

  uint32_t size_ = 0;
  // More equal bytes lie between two fragments than a header has: so much is
  // enough.
  uint8_t bytes_[kFragmentHeader + kPageSize - kPageBodyOffset];
};

}  // namespace pomai
