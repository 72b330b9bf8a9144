// RowTable: the rows of one shard: what each Put made, who deleted it, and
// which row of an id a snapshot sees.
//
//   RowTable table({.dimensions = 128, .shard = 3, .shards = 4});
//   const uint64_t number = table.Put(17, 5, vector);   // at sequence 5
//   table.Find(17, 4);                                  // kNoRow
//   table.Find(17, 5);                                  // number
//   table.Put(17, 9, other);                  // deletes `number` at 9
//
// A row is visible at sequence s when put <= s < deleted. Its number is
// counter x shards + shard and never used twice; within a shard numbers rise
// with time. Rows since the last checkpoint are in memory, older ones in mapped
// row files (row_file.h), whose put sequences are kept only while a snapshot is
// older than they are.
//
// Put, Delete and Take are the shard's writer's (one thread at a time, or a
// gate). Everything const: any thread. Write, Adopt: one checkpoint at a time,
// beside all others. Sequences never fall from call to call.
//
// "oldest" below is a sequence such that every snapshot that lives, and every
// one that will be taken, is at it or behind it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/status.h"
#include "core/db/deleted_rows.h"
#include "core/db/row_file.h"
#include "core/db/row_run.h"
#include "core/db/row_shape.h"
#include "core/host_file/file_system.h"
#include "core/host_file/shared_latch.h"
#include "core/host_file/stored_file.h"

namespace pomai {

// All files of one shard's rows.
struct RowTableFiles {
  std::vector<StoredRows> rows;  // by number; their ranges do not overlap
  StoredFile deleted;            // which of them are deleted (deleted_rows.h)
  uint64_t next_counter = 0;     // of the next Put
};

class RowTable {
 public:
  explicit RowTable(const RowShape& shape);
  // Maps the row files, reads the deleted rows. Corruption naming file, offset,
  // expected and found.
  static Result<std::unique_ptr<RowTable>> Open(FileSystem* files,
                                                const std::string& folder,
                                                const RowShape& shape,
                                                const RowTableFiles& stored);

  // --- The writer.
  // A new row, whose number it returns. Deletes the newest row of `id`, if
  // there is one. `vector`: dimensions floats. `kept`, if not null: where it is
  // now, until a checkpoint that is taken later is adopted. `offset`: where in
  // the log of BeginRun the vector begins, a multiple of 4; 0: nowhere.
  uint64_t Put(uint64_t id, uint64_t sequence, std::span<const float> vector,
               uint64_t offset = 0, const float** kept = nullptr);
  // False when there is no row of `id`, or it is deleted already.
  bool Delete(uint64_t id, uint64_t sequence);
  // Rows that are put from now on lie in this log, a file of the table's
  // folder. Once it is complete, a checkpoint leaves them there.
  void BeginRun(const std::string& log);

  // --- Readers.
  // The row of `id` that is visible at `sequence`; kNoRow when none is.
  uint64_t Find(uint64_t id, uint64_t sequence) const;
  // Copies a row. False when it is not visible at `sequence`, or there is none.
  // `id` and `vector` (dimensions floats) may be null.
  bool Read(uint64_t number, uint64_t sequence, uint64_t* id,
            float* vector) const;
  // Calls visit(i, id, vector) for each numbers[i] that is visible, under the
  // table's share lock: `visit` must not call the table, and be quick.
  template <typename Visitor>
  void Visit(std::span<const uint64_t> numbers, uint64_t sequence,
             Visitor visit) const;
  // Iteration: the numbers of the first visible rows from `from` on, at most
  // out.size(), rising. Returns how many; 0 at the end. Go on behind the last.
  size_t List(uint64_t from, uint64_t sequence, std::span<uint64_t> out) const;
  // Whether no snapshot from `oldest` on sees the row: deleted at or before
  // it, or unknown (row files forget such rows).
  bool IsDead(uint64_t number, uint64_t oldest) const;

  // Rows that are not deleted.
  uint64_t live() const;
  // Rows that are kept: those, and deleted ones that some snapshot may see or
  // that no checkpoint has left out yet.
  uint64_t versions() const;
  // Rows ever deleted that were there when the table was opened, and since:
  // rises only. What it was at the last vacuum tells how much there is to do.
  uint64_t deletes() const;
  // Bytes of rows in memory, about.
  uint64_t memory_bytes() const;
  const RowShape& shape() const { return shape_; }

  // --- Checkpoint, as FileStore's.
  // What one keeps: all rows put until now, and all deletions at or before
  // `sequence`, which no Put so far is behind.
  struct Image {
    uint64_t sequence = 0;
    uint64_t oldest = 0;
    uint64_t next_counter = 0;
    std::vector<std::shared_ptr<RowRun>> runs;  // frozen, by number
    std::vector<std::shared_ptr<RowFile>> files;
  };
  // What Write made of it: for Adopt, and for the MANIFEST.
  struct Written {
    RowTableFiles files;
    // files.rows[i]: mapped and new, or one of the image's.
    std::vector<std::shared_ptr<RowFile>> mapped;
    DeletedRows deleted;
  };
  // Quick: later rows go to memory of their own. The logs of the rows so far
  // must be complete.
  Image Take(uint64_t sequence, uint64_t oldest);
  // Writes and syncs a row file of the rows in memory, together with the row
  // files that are small beside it, others anew that are a quarter dead, and
  // the file of deleted rows. Vectors stay in their logs, which get one more
  // name, while they are three quarters of these. Names: rows-<shard>-<number>-
  // <k>, vectors-<shard>-<number>-<k>, deleted-<shard>-<number>; `number` is
  // never used twice. The folder is not synced. After an error the table is as
  // before; files may be left.
  Result<Written> Write(FileSystem* files, const std::string& folder,
                        uint64_t number, const Image& image) const;
  // The files are the membrane's now: memory and row files they replace are let
  // go, when the last reader is through. `oldest`: as of now.
  void Adopt(const Image& image, const Written& written, uint64_t oldest);

 private:
  // A row file and what is known of its rows.
  struct FileRows {
    std::shared_ptr<RowFile> file;
    std::vector<uint64_t> deleted;  // a bit a row
    std::vector<uint64_t> puts;     // empty: before every snapshot
    uint64_t sequence = 0;          // no put is behind it
  };
  // Where a row is: in a run or a file, at `at`. Neither: nowhere.
  struct Place {
    RowRun* run = nullptr;
    const FileRows* file = nullptr;
    uint32_t at = 0;
  };

  Place Locate(uint64_t number) const;
  Place Newest(uint64_t id) const;
  uint64_t NumberOf(const Place& place) const;
  uint64_t IdOf(const Place& place) const;
  const float* VectorOf(const Place& place) const;
  // A hint to the processor that id and vector are read soon.
  void Prefetch(const Place& place) const;
  uint64_t DeletedAt(const Place& place) const;
  bool IsVisible(const Place& place, uint64_t sequence) const;
  bool MarkDeleted(const Place& place, uint64_t sequence);
  const FileRows* FindFile(const RowFile& file) const;
  class Writing;
  // `source`: of the run's vectors; `sources`: before those of the file.
  void AddRows(const Image& image, const RowRun& run, uint32_t source,
               std::vector<RowFile::Row>* rows) const;
  void AddRows(const Image& image, const RowFile& file, uint32_t sources,
               std::vector<RowFile::Row>* rows) const;
  uint64_t DeadRows(const Image& image, const RowFile& file) const;
  DeletedRows DeletedAsOf(const Image& image, const Written& written) const;
  std::vector<uint64_t> PutsOf(const RowFile& file) const;
  void SetDeletedBit(uint64_t number);

  RowShape shape_;
  // Guards all below, and the deleted sequences in the runs.
  mutable SharedLatch latch_;
  uint64_t next_counter_ = 0;
  uint64_t live_ = 0;
  uint64_t deletes_ = 0;
  std::vector<FileRows> files_;                // by number
  std::vector<std::shared_ptr<RowRun>> runs_;  // by number; the last one grows
  // When rows of files were deleted: what no snapshot can be older than is
  // left out.
  std::unordered_map<uint64_t, uint64_t> deleted_at_;
};

template <typename Visitor>
void RowTable::Visit(std::span<const uint64_t> numbers, uint64_t sequence,
                     Visitor visit) const {
  constexpr size_t kAhead = 16;
  Place places[kAhead];
  const std::shared_lock lock(latch_);
  for (size_t first = 0; first < numbers.size(); first += kAhead) {
    const size_t count = std::min(numbers.size() - first, kAhead);
    for (size_t i = 0; i < count; ++i) {
      places[i] = Locate(numbers[first + i]);
      Prefetch(places[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      const Place& place = places[i];
      if (!IsVisible(place, sequence)) continue;
      visit(first + i, IdOf(place), VectorOf(place));
    }
  }
}

}  // namespace pomai
