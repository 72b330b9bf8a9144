// PageVersion: one state of a page in memory, with a count of those who hold
// it; and PageWord: what a block holds, in one word.
//
//   PageVersion* version = PageVersion::New();     // one reference
//   FillBytes(version->bytes);
//   version->Release();                            // freed by the last
//
// The bytes never change once the version is published. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "core/host/page.h"

namespace pomai {

struct alignas(64) PageVersion {
  std::atomic<uint32_t> references{1};
  alignas(64) uint8_t bytes[kPageSize];

  // Its bytes are not set.
  static PageVersion* New() { return new PageVersion; }
  void Hold() { references.fetch_add(1, std::memory_order_relaxed); }
  void Release() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

// A reference that is let go with this object. Move-only.
class PageReference {
 public:
  PageReference() = default;
  // Takes over a reference.
  explicit PageReference(PageVersion* version) : version_(version) {}
  PageReference(PageReference&& other) noexcept
      : version_(std::exchange(other.version_, nullptr)) {}
  PageReference& operator=(PageReference&& other) noexcept {
    std::swap(version_, other.version_);
    return *this;
  }
  ~PageReference() {
    if (version_ != nullptr) version_->Release();
  }

  PageVersion* get() const { return version_; }
  const uint8_t* bytes() const { return version_->bytes; }
  PageVersion* release() { return std::exchange(version_, nullptr); }

 private:
  PageVersion* version_ = nullptr;
};

// Nothing; a version in memory; or a page of a mapped file. Pages of immutable
// allocations are "sealed": read without a reference, under a Reader.
class PageWord {
 public:
  // While it is set, somebody takes a reference, or puts another word there.
  static constexpr uint64_t kBusy = 2;

  PageWord() = default;
  explicit PageWord(uint64_t bits) : bits_(bits) {}
  // Sealed or not by the kind its header says.
  static PageWord Version(const PageVersion* version) {
    const auto kind =
        static_cast<PageKind>(version->bytes[kPageHeaderOffset + 14]);
    const bool sealed = kind == PageKind::kSegment ||
                        kind == PageKind::kCodebook ||
                        kind == PageKind::kManifest;
    return PageWord(reinterpret_cast<uint64_t>(version) |
                    (sealed ? kSealed : 0));
  }
  static PageWord Mapped(const uint8_t* page) {
    return PageWord(reinterpret_cast<uint64_t>(page) | kMapped | kSealed);
  }

  uint64_t bits() const { return bits_; }
  bool empty() const { return bits_ == 0; }
  bool sealed() const { return (bits_ & kSealed) != 0; }
  // Null when it is none in memory.
  PageVersion* version() const {
    if ((bits_ & kMapped) != 0) return nullptr;
    return reinterpret_cast<PageVersion*>(bits_ & ~kTags);
  }
  // Null when empty.
  const uint8_t* bytes() const {
    const uint64_t at = bits_ & ~kTags;
    if ((bits_ & kMapped) != 0) return reinterpret_cast<const uint8_t*>(at);
    return at == 0 ? nullptr : reinterpret_cast<PageVersion*>(at)->bytes;
  }
  bool operator==(const PageWord&) const = default;

 private:
  static constexpr uint64_t kSealed = 1;
  static constexpr uint64_t kMapped = 4;
  static constexpr uint64_t kTags = kSealed | kBusy | kMapped;

  uint64_t bits_ = 0;
};

}  // namespace pomai
