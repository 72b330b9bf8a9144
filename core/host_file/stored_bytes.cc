#include "core/host_file/stored_bytes.h"

#include "core/host_file/crc32c.h"

namespace pomai {

Result<StoredBytes> StoredBytes::Open(FileSystem* files,
                                      const std::string& folder,
                                      const StoredFile& stored,
                                      Checksum checksum) {
  const std::string path = folder + "/" + stored.name;
  POMAI_ASSIGN_OR_RETURN(auto mapped, files->Map(path));
  StoredBytes bytes(std::move(mapped), path);
  bytes.Expect(bytes.size() == stored.bytes, "length",
               std::to_string(stored.bytes), std::to_string(bytes.size()));
  if (bytes.ok() && checksum == Checksum::kCompare) {
    const uint32_t found = Crc32c(bytes.mapped_->bytes());
    bytes.Expect(found == stored.crc32c, "crc32c of the file",
                 std::to_string(stored.crc32c), std::to_string(found));
  }
  if (!bytes.ok()) return bytes.status();
  return bytes;
}

}  // namespace pomai
