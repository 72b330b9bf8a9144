// MembraneManifest: the file MANIFEST of a membrane: what it is, and which
// files it consists of, as of its last checkpoint. Version 3.
//
//   POMAI_RETURN_IF_ERROR(manifest.Store(files, folder));
//   POMAI_ASSIGN_OR_RETURN(auto read, MembraneManifest::Load(files, folder));
//
// Versions 1 and 2 were those of PostgreSQL indexes (core/manifest) and are
// refused, as newer ones are.
//
// Bytes:
//   8 bytes "pomaiman", u32 version (3), u32 crc32c of what follows,
//   u32 dimensions, u32 metric, u32 bits, u32 shards, u32 lists, u32 zero,
//   u64 number, u64 sequence, shards x u64 first log, file image,
//   u32 extents, extents x file,
//   shards x { u64 next counter, file deleted, u32 row files,
//              row files x { file, u64 first, u64 last, u64 rows } },
//   shards x { row files x { u32 logs, logs x file } }
//   file := u32 length, name, u64 bytes, u32 crc32c
// The logs are missing in older ones, whose row files have all vectors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/db/row_table.h"
#include "core/host_file/file_system.h"
#include "core/host_file/page_image.h"
#include "pomai/db_options.h"

namespace pomai {

struct MembraneManifest {
  MembraneOptions options;
  // Of the checkpoint: in the names of its files.
  uint64_t number = 0;
  // Its files hold exactly the writes up to this one.
  uint64_t sequence = 0;
  // The log position of each shard: the first file that is to be replayed, from
  // its start.
  std::vector<uint64_t> first_logs;
  ImageFiles pages;
  std::vector<RowTableFiles> rows;  // of each shard

  // Everything it names, but for logs.
  std::vector<StoredFile> files() const;
  // Of all of them.
  uint64_t bytes() const;

  std::vector<uint8_t> Encode() const;
  // Corruption naming the offset, what was expected and what was found;
  // FailedPrecondition for another version.
  static Result<MembraneManifest> Decode(std::span<const uint8_t> bytes);

  // Replaces the folder's MANIFEST, durably: write, sync, rename, sync folder.
  // After an error the old one or this one is there.
  Status Store(FileSystem* files, const std::string& folder) const;
  // Errors name the file.
  static Result<MembraneManifest> Load(FileSystem* files,
                                       const std::string& folder);
};

inline constexpr char kManifestName[] = "MANIFEST";
inline constexpr char kNewManifestName[] = "MANIFEST.new";

// "<shard>-<number>.log".
std::string LogName(uint32_t shard, uint64_t number);
// Whether `name` is such a name; then sets both.
bool ParseLogName(const std::string& name, uint32_t* shard, uint64_t* number);

}  // namespace pomai
