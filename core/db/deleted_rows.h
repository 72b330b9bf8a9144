// DeletedRows: the file that says which rows of a shard's row files are
// deleted, and which number comes next.
//
//   POMAI_ASSIGN_OR_RETURN(StoredFile stored, WriteDeletedRows(
//       fs, folder, "deleted-3-7", next_counter, bitmaps));
//
// Bytes: 8 bytes "pomaidel", u32 version (1), u32 row files, u64 next counter,
// then for each row file, in the order of their numbers:
//   u64 first number, u64 rows, then a bit a row (bit n % 64 of u64 n / 64)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/host_file/file_system.h"
#include "core/host_file/stored_file.h"

namespace pomai {

struct DeletedBitmap {
  uint64_t first_number = 0;  // of the row file
  uint64_t rows = 0;
  std::vector<uint64_t> bits;
};

struct DeletedRows {
  uint64_t next_counter = 0;
  std::vector<DeletedBitmap> files;
};

// Writes and syncs it.
Result<StoredFile> WriteDeletedRows(FileSystem* files,
                                    const std::string& folder,
                                    const std::string& name,
                                    const DeletedRows& deleted);
// Corruption naming file, offset, expected and found when a byte is wrong.
Result<DeletedRows> ReadDeletedRows(FileSystem* files,
                                    const std::string& folder,
                                    const StoredFile& stored);

}  // namespace pomai
