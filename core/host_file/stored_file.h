// StoredFile: an immutable file as a membrane's MANIFEST names it.
//
//   StoredFile file{"image-7", 81920, 0x1c291ca3};
//
// Plain value. Whoever writes such a file returns this; whoever opens it
// compares the length, and where the file is small, the checksum as well.
#pragma once

#include <cstdint>
#include <string>

namespace pomai {

struct StoredFile {
  std::string name;  // within the membrane's folder
  uint64_t bytes = 0;
  uint32_t crc32c = 0;  // of the whole file

  bool operator==(const StoredFile&) const = default;
};

}  // namespace pomai
