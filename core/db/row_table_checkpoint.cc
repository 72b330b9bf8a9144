// RowTable's checkpoints: Take, Write, Adopt.

#include <algorithm>
#include <bit>

#include "core/db/row_table.h"
#include "core/host_file/crc32c.h"
#include "core/host_file/file_copy.h"
#include "core/host_file/log_reader.h"

namespace pomai {
namespace {

// A row file is merged with what is newer when it has fewer rows than this many
// times the rows of that.
constexpr uint64_t kMergeRatio = 4;
// And is written anew when one row in so many is dead.
constexpr uint64_t kDeadShare = 4;
// The same goes for the vectors of a log; and for logs that are so many times
// smaller than all vectors of a file: else there would be one for each
// checkpoint.
constexpr uint64_t kMostLogs = 64;
constexpr size_t kRowsPerLatch = 65536;

}  // namespace

RowTable::Image RowTable::Take(uint64_t sequence, uint64_t oldest) {
  const std::unique_lock lock(latch_);
  std::erase_if(deleted_at_,
                [oldest](const auto& row) { return row.second <= oldest; });
  Image image{sequence, oldest, next_counter_, {}, {}};
  for (FileRows& rows : files_) {
    // They were put at or before the sequence of an earlier image.
    if (rows.sequence <= oldest) rows.puts.clear();
    image.files.push_back(rows.file);
  }
  if (runs_.back()->rows() > 0) {
    runs_.push_back(std::make_shared<RowRun>(shape_.dimensions, next_counter_));
  }
  image.runs.assign(runs_.begin(), runs_.end() - 1);
  return image;
}

// Appends the rows that a snapshot from image.oldest on may see. What was
// deleted since the image was taken was deleted behind `oldest`, so it makes no
// difference that this looks at rows as they are now.
void RowTable::AddRows(const Image& image, const RowRun& run, uint32_t source,
                       std::vector<RowFile::Row>* rows) const {
  for (uint32_t first = 0; first < run.rows(); first += kRowsPerLatch) {
    const std::shared_lock lock(latch_);
    const uint64_t end =
        std::min<uint64_t>(run.rows(), uint64_t{first} + kRowsPerLatch);
    for (uint32_t at = first; at < end; ++at) {
      if (run.deleted(at) <= image.oldest) continue;
      rows->push_back({shape_.NumberOf(run.first_counter() + at), run.id(at),
                       run.vector(at), source, run.log_offset(at)});
    }
  }
}

void RowTable::AddRows(const Image& image, const RowFile& file,
                       uint32_t sources,
                       std::vector<RowFile::Row>* rows) const {
  for (uint32_t first = 0; first < file.rows(); first += kRowsPerLatch) {
    const std::shared_lock lock(latch_);
    const FileRows* known = FindFile(file);
    const uint64_t end =
        std::min<uint64_t>(file.rows(), uint64_t{first} + kRowsPerLatch);
    for (uint32_t at = first; at < end; ++at) {
      if (DeletedAt({nullptr, known, at}) <= image.oldest) continue;
      rows->push_back(file.row(at));
      if (rows->back().source != 0) rows->back().source += sources;
    }
  }
}

// Adopt is the only one who takes files away, and comes after Write.
const RowTable::FileRows* RowTable::FindFile(const RowFile& file) const {
  for (const FileRows& rows : files_) {
    if (rows.file.get() == &file) return &rows;
  }
  return nullptr;
}

uint64_t RowTable::DeadRows(const Image& image, const RowFile& file) const {
  const std::shared_lock lock(latch_);
  const FileRows* known = FindFile(file);
  uint64_t dead = 0;
  for (const uint64_t word : known->deleted) dead += std::popcount(word);
  // Those that a snapshot may still see; most of them are in other files.
  for (const auto& [number, sequence] : deleted_at_) {
    if (sequence > image.oldest && file.PositionOf(number) != RowFile::kNone) {
      --dead;
    }
  }
  return dead;
}

// An image on its way into files.
class RowTable::Writing {
 public:
  Writing(const RowTable& table, FileSystem* files, const std::string& folder,
          uint64_t number, const Image& image)
      : table_(table),
        files_(files),
        folder_(folder),
        suffix_(std::to_string(table.shape_.shard) + "-" +
                std::to_string(number)),
        image_(image) {}

  Result<Written> Write() {
    const size_t first_merged = FirstMerged();
    for (size_t i = 0; i < first_merged; ++i) {
      const auto& file = image_.files[i];
      if (table_.DeadRows(image_, *file) * kDeadShare < file->rows()) {
        written_.mapped.push_back(file);
        continue;
      }
      Add(*file);
      POMAI_RETURN_IF_ERROR(WriteRows());
    }
    for (size_t i = first_merged; i < image_.files.size(); ++i) {
      Add(*image_.files[i]);
    }
    for (const auto& run : image_.runs) Add(*run);
    POMAI_RETURN_IF_ERROR(WriteRows());
    written_.files.next_counter = image_.next_counter;
    for (const auto& file : written_.mapped) {
      written_.files.rows.push_back(file->stored());
    }
    written_.deleted = table_.DeletedAsOf(image_, written_);
    POMAI_ASSIGN_OR_RETURN(
        written_.files.deleted,
        WriteDeletedRows(files_, folder_, "deleted-" + suffix_,
                         written_.deleted));
    return std::move(written_);
  }

 private:
  // A log that has vectors of rows_.
  struct Source {
    std::unique_ptr<LogReader> log;  // a run's, which is not kept yet
    StoredFile kept;
    uint64_t bytes;
    uint64_t rows = 0;
  };

  // The first file that is merged with the rows in memory.
  size_t FirstMerged() const {
    uint64_t rows = 0;
    for (const auto& run : image_.runs) rows += run->rows();
    size_t first = image_.files.size();
    while (first > 0 && image_.files[first - 1]->rows() < kMergeRatio * rows) {
      rows += image_.files[--first]->rows();
    }
    return first;
  }

  void Add(const RowFile& file) {
    const auto before = static_cast<uint32_t>(sources_.size());
    for (const StoredFile& log : file.stored().logs) {
      sources_.push_back({nullptr, log, log.bytes});
    }
    table_.AddRows(image_, file, before, &rows_);
  }

  // The run has all vectors in memory, so whatever is wrong with its log, or
  // with keeping it, only means that they are written.
  void Add(const RowRun& run) {
    uint32_t source = 0;
    if (!run.log().empty()) {
      auto log = LogReader::Open(files_, folder_ + "/" + run.log(), false);
      if (log.ok()) {
        const uint64_t bytes = (*log)->bytes().size();
        sources_.push_back({std::move(log).value(), {}, bytes});
        source = static_cast<uint32_t>(sources_.size());
      }
    }
    table_.AddRows(image_, run, source, &rows_);
  }

  // rows_ become the next file, if there are any.
  Status WriteRows() {
    if (!rows_.empty()) {
      auto logs = KeepLogs();
      POMAI_ASSIGN_OR_RETURN(
          const StoredRows stored,
          RowFile::Write(files_, folder_, "rows-" + NextSuffix(), table_.shape_,
                         rows_, std::move(logs)));
      POMAI_ASSIGN_OR_RETURN(
          auto mapped, RowFile::Open(files_, folder_, table_.shape_, stored));
      written_.mapped.push_back(std::move(mapped));
    }
    rows_.clear();
    sources_.clear();
    return Status::Ok();
  }

  // Those whose vectors stay; numbers the sources of rows_ accordingly.
  std::vector<StoredFile> KeepLogs() {
    for (const RowFile::Row& row : rows_) {
      if (row.source != 0) ++sources_[row.source - 1].rows;
    }
    std::vector<StoredFile> logs;
    std::vector<uint32_t> numbers{0};
    for (Source& source : sources_) {
      numbers.push_back(0);
      if (!IsWorthKeeping(source)) continue;
      if (source.log != nullptr && !KeepLog(&source).ok()) continue;
      logs.push_back(source.kept);
      numbers.back() = static_cast<uint32_t>(logs.size());
    }
    for (RowFile::Row& row : rows_) row.source = numbers[row.source];
    return logs;
  }

  bool IsWorthKeeping(const Source& source) const {
    const uint64_t size = table_.shape_.dimensions * sizeof(float);
    const uint64_t dead =
        source.bytes - std::min(source.bytes, source.rows * size);
    return dead * kDeadShare < source.bytes &&
           source.bytes * kMostLogs >= rows_.size() * size;
  }

  // The log stays under a name of its own, which the MANIFEST is going to name,
  // when recovery does not need it any more. It has to be sound: its checksum
  // is taken from what is there.
  Status KeepLog(Source* source) {
    LogRecord record;
    for (bool more = true; more;) {
      POMAI_ASSIGN_OR_RETURN(more, source->log->Next(&record));
    }
    const std::string name =
        "vectors-" + suffix_ + "-" + std::to_string(logs_kept_++);
    POMAI_RETURN_IF_ERROR(
        LinkOrCopy(files_, source->log->path(), folder_ + "/" + name));
    const auto bytes = source->log->bytes();
    source->kept = {name, bytes.size(), Crc32c(bytes)};
    return Status::Ok();
  }

  std::string NextSuffix() const {
    return suffix_ + "-" + std::to_string(written_.mapped.size());
  }

  const RowTable& table_;
  FileSystem* const files_;
  const std::string& folder_;
  const std::string suffix_;
  const Image& image_;
  std::vector<RowFile::Row> rows_;  // of the next file
  std::vector<Source> sources_;     // of their vectors
  int logs_kept_ = 0;
  Written written_;
};

Result<RowTable::Written> RowTable::Write(FileSystem* files,
                                          const std::string& folder,
                                          uint64_t number,
                                          const Image& image) const {
  return Writing(*this, files, folder, number, image).Write();
}

// Deleted at or before the image's sequence: what came later is in the log.
DeletedRows RowTable::DeletedAsOf(const Image& image,
                                  const Written& written) const {
  DeletedRows deleted;
  deleted.next_counter = image.next_counter;
  for (const auto& file : written.mapped) {
    DeletedBitmap bitmap{file->stored().first_number, file->rows(), {}};
    bitmap.bits.resize((file->rows() + 63) / 64);
    for (uint32_t first = 0; first < file->rows(); first += kRowsPerLatch) {
      const std::shared_lock lock(latch_);
      const uint64_t end =
          std::min<uint64_t>(file->rows(), uint64_t{first} + kRowsPerLatch);
      for (uint32_t at = first; at < end; ++at) {
        const Place place = Locate(file->number(at));
        if (DeletedAt(place) > image.sequence) continue;
        bitmap.bits[at / 64] |= uint64_t{1} << at % 64;
      }
    }
    deleted.files.push_back(std::move(bitmap));
  }
  return deleted;
}

// Looks at rows in memory and at what was deleted since the image, not at every
// row of a file: searches wait meanwhile.
void RowTable::Adopt(const Image& image, const Written& written,
                     uint64_t oldest) {
  const std::unique_lock lock(latch_);
  std::vector<FileRows> next;
  for (size_t i = 0; i < written.mapped.size(); ++i) {
    const auto& file = written.mapped[i];
    if (const FileRows* known = FindFile(*file)) {
      next.push_back(*known);
      continue;
    }
    next.push_back({file, written.deleted.files[i].bits, {}, image.sequence});
    if (image.sequence > oldest) next.back().puts = PutsOf(*file);
  }
  for (const auto& run : image.runs) {
    for (uint32_t at = 0; at < run->rows(); ++at) {
      const uint64_t deleted = run->deleted(at);
      if (deleted == kNotDeleted || deleted <= image.oldest) continue;
      deleted_at_[shape_.NumberOf(run->first_counter() + at)] = deleted;
    }
  }
  files_ = std::move(next);
  runs_.erase(runs_.begin(),
              runs_.begin() + static_cast<ptrdiff_t>(image.runs.size()));
  for (const auto& [number, sequence] : deleted_at_) {
    if (sequence > image.sequence) SetDeletedBit(number);
  }
}

void RowTable::SetDeletedBit(uint64_t number) {
  for (FileRows& rows : files_) {
    const uint32_t at = rows.file->PositionOf(number);
    if (at == RowFile::kNone) continue;
    rows.deleted[at / 64] |= uint64_t{1} << at % 64;
    return;
  }
}

// When the rows of a new file were put, from what it replaces.
std::vector<uint64_t> RowTable::PutsOf(const RowFile& file) const {
  std::vector<uint64_t> puts(file.rows());
  for (uint32_t at = 0; at < file.rows(); ++at) {
    const Place place = Locate(file.number(at));
    if (place.run != nullptr) {
      puts[at] = place.run->put(place.at);
    } else if (!place.file->puts.empty()) {
      puts[at] = place.file->puts[place.at];
    }
  }
  return puts;
}

}  // namespace pomai
