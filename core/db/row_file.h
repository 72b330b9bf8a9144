// RowFile: an immutable file of rows of one shard: ids and vectors by number,
// and a table to find them by id. Mapped; opening one reads its header only.
// The vectors are in the file, or in a complete log, another name of which is
// kept beside it: rows that were logged are not written once more.
//
//   POMAI_ASSIGN_OR_RETURN(auto file, RowFile::Open(fs, folder, stored,
//   shape)); const uint32_t at = file->PositionOf(number); if (at !=
//   RowFile::kNone) Use(file->id(at), file->vector(at));
//
// Any thread.
//
// Bytes; each section starts at a multiple of 64, with zeros before it:
//   header   8 bytes "pomairow", u32 version (1; 2: vectors in a log),
//            u32 dimensions, u32 shard,
//            u32 shards, u64 rows (1 .. 2^32 - 2), u64 first number,
//            u64 last number, u32 zero, u32 crc32c of the 52 bytes before it
//   numbers  rows x u64, rising
//   ids      rows x u64
//   by id    rows x u64: the ids, sorted
//   places   rows x u32: the position of each of these; of one id, rising
//   vectors  rows x dimensions x f32; or, in version 2:
//   vectors  rows x u32, rising: where in the log each begins, in f32, right
//            behind its Put's kind and id (core/host_file/log_operation.h)
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/db/row_shape.h"
#include "core/host_file/file_system.h"

namespace pomai {

class RowFile {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;

  // Maps the file. Corruption naming file, offset, expected and found when its
  // length, header or place in the shard is wrong.
  static Result<std::shared_ptr<RowFile>> Open(FileSystem* files,
                                               const std::string& folder,
                                               const RowShape& shape,
                                               const StoredRows& stored);
  // One row on its way into a file; `vector` stays until Write returns.
  struct Row {
    uint64_t number;
    uint64_t id;
    const float* vector;
    uint32_t log_place;  // in floats; what it is not used for may be 0
  };
  // Writes and syncs `rows` (at least one, by number). `vectors`: where they
  // stay, at the rows' places; without a name: they are written too.
  static Result<StoredRows> Write(FileSystem* files, const std::string& folder,
                                  const std::string& name,
                                  const RowShape& shape,
                                  std::span<const Row> rows,
                                  const StoredFile& vectors = {});
  // Reads all of it: order of numbers and ids, places, checksums. For checks.
  Status Check() const;

  const StoredRows& stored() const { return stored_; }
  uint32_t rows() const { return rows_; }
  // The position (below rows()) of a number; kNone.
  uint32_t PositionOf(uint64_t number) const;
  // The first position whose number is at least `number`; rows() when none is.
  uint32_t FirstFrom(uint64_t number) const;
  // Positions of the rows of `id`, rising: the newest comes last.
  std::span<const uint32_t> Find(uint64_t id) const;
  uint64_t number(uint32_t position) const { return numbers_[position]; }
  uint64_t id(uint32_t position) const { return ids_[position]; }
  const uint64_t* id_address(uint32_t position) const {
    return ids_ + position;
  }
  const float* vector(uint32_t position) const {
    if (log_places_ == nullptr) {
      return vectors_ + size_t{position} * shape_.dimensions;
    }
    // A damaged place may lead to a wrong vector, but not out of the log.
    return vectors_ + std::min(log_places_[position], last_log_place_);
  }

 private:
  RowFile() = default;
  Status MapLog(FileSystem* files, const std::string& folder);
  Status CheckTables() const;
  // Of each place, whether a Put of the row's id is there.
  Status CheckLogPlaces() const;
  Status CheckSum(const StoredFile& stored, const MappedFile& mapped) const;
  Status Wrong(const char* what, const void* at, const std::string& expected,
               const std::string& found) const;

  StoredRows stored_;
  std::string folder_;
  std::unique_ptr<MappedFile> mapped_;
  std::unique_ptr<MappedFile> log_;  // if the vectors are in one
  RowShape shape_;
  uint32_t rows_ = 0;
  const uint64_t* numbers_ = nullptr;
  const uint64_t* ids_ = nullptr;
  const uint64_t* sorted_ids_ = nullptr;
  const uint32_t* places_ = nullptr;
  const float* vectors_ = nullptr;  // of the file; or the log's first byte
  const uint32_t* log_places_ = nullptr;
  uint32_t last_log_place_ = 0;  // at which a vector would end with the log
};

}  // namespace pomai
