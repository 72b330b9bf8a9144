// FileContent: the bytes of a file in memory. Copies share chunks until one of
// them writes.
//
//   FileContent content;
//   content.Write(4000, bytes);
//   FileContent before = content;        // cheap
//
// A value; one thread at a time for each.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pomai {

class FileContent {
 public:
  uint64_t size() const { return size_; }
  // Makes the file longer if need be; bytes in between are zero.
  void Write(uint64_t offset, std::span<const uint8_t> bytes);
  void Resize(uint64_t size);
  // `out` lies within the file.
  void Read(uint64_t offset, std::span<uint8_t> out) const;

 private:
  static constexpr uint64_t kChunk = 4096;
  using Chunk = std::array<uint8_t, kChunk>;

  // The part of a chunk that `offset` lies in, up to `most` bytes.
  static uint64_t Part(uint64_t offset, uint64_t most);
  uint8_t* Edit(uint64_t chunk);

  uint64_t size_ = 0;
  // Bytes behind size_ are zero; nullptr is a chunk of zeros.
  std::vector<std::shared_ptr<Chunk>> chunks_;
};

}  // namespace pomai
