#include "test/unit/host_file/file_content.h"

#include <algorithm>
#include <cstring>

namespace pomai {

uint64_t FileContent::Part(uint64_t offset, uint64_t most) {
  return std::min(most, kChunk - offset % kChunk);
}

uint8_t* FileContent::Edit(uint64_t chunk) {
  std::shared_ptr<Chunk>& found = chunks_[chunk];
  if (found == nullptr) {
    found = std::make_shared<Chunk>();
    found->fill(0);
  } else if (found.use_count() > 1) {
    found = std::make_shared<Chunk>(*found);
  }
  return found->data();
}

void FileContent::Write(uint64_t offset, std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  if (size_ < offset + bytes.size()) Resize(offset + bytes.size());
  while (!bytes.empty()) {
    const uint64_t part = Part(offset, bytes.size());
    std::memcpy(Edit(offset / kChunk) + offset % kChunk, bytes.data(), part);
    offset += part;
    bytes = bytes.subspan(part);
  }
}

void FileContent::Resize(uint64_t size) {
  chunks_.resize((size + kChunk - 1) / kChunk);
  if (size < size_ && size % kChunk != 0 && chunks_.back() != nullptr) {
    uint8_t* last = Edit(size / kChunk);
    std::fill(last + size % kChunk, last + kChunk, uint8_t{0});
  }
  size_ = size;
}

void FileContent::Read(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    const uint64_t part = Part(offset, out.size());
    const auto& chunk = chunks_[offset / kChunk];
    if (chunk == nullptr) {
      std::fill_n(out.begin(), part, uint8_t{0});
    } else {
      std::memcpy(out.data(), chunk->data() + offset % kChunk, part);
    }
    offset += part;
    out = out.subspan(part);
  }
}

}  // namespace pomai
