// RowFile: an immutable file of rows of one shard: ids and vectors by number,
// and a table to find them by id. Mapped; opening one reads its header only.
// Vectors are in the file, or in complete logs, other names of which are kept
// beside it: what was logged is not written once more.
//
//   POMAI_ASSIGN_OR_RETURN(auto file, RowFile::Open(fs, folder, stored,
//   shape)); const uint32_t at = file->PositionOf(number); if (at !=
//   RowFile::kNone) Use(file->id(at), file->vector(at));
//
// Any thread.
//
// Bytes; each section starts at a multiple of 64, with zeros before it:
//   header   8 bytes "pomairow", u32 version (1; 2: some vectors are in logs),
//            u32 dimensions, u32 shard,
//            u32 shards, u64 rows (1 .. 2^32 - 2), u64 first number,
//            u64 last number, u32 vectors here (1: zero), u32 crc32c of the
//            52 bytes before it
//   numbers  rows x u64, rising
//   ids      rows x u64
//   by id    rows x u64: the ids, sorted
//   places   rows x u32: the position of each of these; of one id, rising
//   sources  rows x u32: 0: the vector is here; n: in log n - 1  (version 2)
//   offsets  rows x u32: how many are before it here; or where in the log it
//            begins, in f32, right behind its Put's kind and id
//            (core/host_file/log_operation.h)                    (version 2)
//   vectors  dimensions x f32 each, of all rows; of those here   (version 2)
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
    uint32_t source = 0;  // n: it is in log n - 1
    uint32_t offset = 0;  // and begins there, in floats
  };
  // Writes and syncs `rows` (at least one, by number), and the vectors of those
  // that are in none of `logs`.
  static Result<StoredRows> Write(FileSystem* files, const std::string& folder,
                                  const std::string& name,
                                  const RowShape& shape,
                                  std::span<const Row> rows,
                                  std::vector<StoredFile> logs = {});
  // Reads all of it: order of numbers and ids, places, checksums. For checks.
  Status Check() const;

  const StoredRows& stored() const { return stored_; }
  uint32_t rows() const { return rows_; }
  // The position (below rows()) of a number; kNone.
  uint32_t PositionOf(uint64_t number) const;
  // The first position whose number is at least `number`; rows() when none is.
  uint32_t FirstFrom(uint64_t number) const;
  // Positions of the rows of `id`, rising: the newest comes last. In a damaged
  // file they may be anything.
  std::span<const uint32_t> Find(uint64_t id) const;
  uint64_t number(uint32_t position) const { return numbers_[position]; }
  uint64_t id(uint32_t position) const { return ids_[position]; }
  const uint64_t* id_address(uint32_t position) const {
    return ids_ + position;
  }
  const float* vector(uint32_t position) const {
    if (sources_ == nullptr) {
      return vectors_ + size_t{position} * shape_.dimensions;
    }
    return LoggedVector(position);
  }
  // With source and offset as Write got them.
  Row row(uint32_t position) const {
    Row row{number(position), id(position), vector(position)};
    if (sources_ == nullptr) return row;
    row.source = sources_[position];
    row.offset = row.source == 0 ? 0 : offsets_[position];
    return row;
  }

 private:
  RowFile() = default;
  // A damaged offset may lead to a wrong vector, but not out of its file.
  const float* LoggedVector(uint32_t position) const {
    const uint32_t source = sources_[position];
    const uint32_t offset = offsets_[position];
    if (source == 0) {
      return vectors_ +
             size_t{std::min(offset, last_here_)} * shape_.dimensions;
    }
    const Log& log = logs_[std::min<size_t>(source, logs_.size()) - 1];
    return log.floats + std::min(offset, log.last);
  }
  Status MapLogs(FileSystem* files, const std::string& folder);
  Status CheckTables() const;
  // Of each row, whether its vector follows the one before it in its file; in a
  // log behind a Put of its id.
  Status CheckOffsets() const;
  Status CheckSum(const StoredFile& stored, const MappedFile& mapped) const;
  Status Wrong(const char* what, const void* at, const std::string& expected,
               const std::string& found) const;

  StoredRows stored_;
  std::string folder_;
  std::unique_ptr<MappedFile> mapped_;
  RowShape shape_;
  uint32_t rows_ = 0;
  const uint64_t* numbers_ = nullptr;
  const uint64_t* ids_ = nullptr;
  const uint64_t* sorted_ids_ = nullptr;
  const uint32_t* places_ = nullptr;
  const uint32_t* sources_ = nullptr;  // of version 2
  const uint32_t* offsets_ = nullptr;
  const float* vectors_ = nullptr;
  uint32_t last_here_ = 0;  // vectors_ has at least one more
  struct Log {
    std::unique_ptr<MappedFile> file;
    const float* floats;  // the file's first byte
    uint32_t last;        // at which a vector would end with the file
  };
  std::vector<Log> logs_;
};

}  // namespace pomai
