// RowTable's checkpoints: Take, Write, Adopt.

#include <algorithm>
#include <bit>

#include "core/db/row_table.h"
#include "core/host_file/crc32c.h"
#include "core/host_file/file_copy.h"

namespace pomai {
namespace {

// So many parts of like size become one file.
constexpr uint64_t kMergeParts = 4;
// A file is written anew when one row in so many is dead.
constexpr uint64_t kDeadShare = 4;
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
void RowTable::AddRows(const Image& image, const RowRun& run,
                       std::vector<RowFile::Row>* rows) const {
  for (uint32_t first = 0; first < run.rows(); first += kRowsPerLatch) {
    const std::shared_lock lock(latch_);
    const uint64_t end =
        std::min<uint64_t>(run.rows(), uint64_t{first} + kRowsPerLatch);
    for (uint32_t at = first; at < end; ++at) {
      if (run.deleted(at) <= image.oldest) continue;
      rows->push_back({shape_.NumberOf(run.first_counter() + at), run.id(at),
                       run.vector(at), run.log_place(at)});
    }
  }
}

void RowTable::AddRows(const Image& image, const RowFile& file,
                       std::vector<RowFile::Row>* rows) const {
  for (uint32_t first = 0; first < file.rows(); first += kRowsPerLatch) {
    const std::shared_lock lock(latch_);
    const FileRows* known = FindFile(file);
    const uint64_t end =
        std::min<uint64_t>(file.rows(), uint64_t{first} + kRowsPerLatch);
    for (uint32_t at = first; at < end; ++at) {
      if (DeletedAt({nullptr, known, at}) <= image.oldest) continue;
      rows->push_back({file.number(at), file.id(at), file.vector(at), 0});
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
        image_(image) {
    for (const auto& file : image.files) parts_.push_back({file, nullptr});
    for (const auto& run : image.runs) parts_.push_back({nullptr, run.get()});
  }

  Result<Written> Write() {
    const size_t first_merged = FirstMerged();
    for (size_t i = 0; i < first_merged; ++i) {
      POMAI_RETURN_IF_ERROR(WritePart(parts_[i]));
    }
    for (size_t i = first_merged; i < parts_.size(); ++i) AddRowsOf(parts_[i]);
    POMAI_RETURN_IF_ERROR(WriteRows({}));
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
  // A file or a run of the image.
  struct Part {
    std::shared_ptr<RowFile> file;
    const RowRun* run;
    uint64_t rows() const {
      return file != nullptr ? file->rows() : run->rows();
    }
  };

  // The first part of the longest tail of parts of which none has more than a
  // kMergeParts-th of the rows: each row is copied once for each time that the
  // table becomes so many times larger.
  size_t FirstMerged() const {
    size_t first = parts_.size();
    uint64_t sum = 0;
    uint64_t largest = 0;
    for (size_t i = parts_.size(); i-- > 0;) {
      sum += parts_[i].rows();
      largest = std::max(largest, parts_[i].rows());
      if (largest * kMergeParts <= sum) first = i;
    }
    return first;
  }

  // A file stays, and the vectors of a run stay in its log, unless too many
  // rows are dead.
  Status WritePart(const Part& part) {
    if (part.file != nullptr &&
        table_.DeadRows(image_, *part.file) * kDeadShare < part.rows()) {
      written_.mapped.push_back(part.file);
      return Status::Ok();
    }
    AddRowsOf(part);
    const uint64_t dead = part.rows() - rows_.size();
    StoredFile vectors;
    if (part.run != nullptr && !part.run->log().empty() && !rows_.empty() &&
        dead * kDeadShare < part.rows()) {
      POMAI_ASSIGN_OR_RETURN(vectors, KeepLog(part.run->log()));
    }
    return WriteRows(vectors);
  }

  void AddRowsOf(const Part& part) {
    if (part.file != nullptr) {
      table_.AddRows(image_, *part.file, &rows_);
    } else {
      table_.AddRows(image_, *part.run, &rows_);
    }
  }

  // The log stays under a name of its own, which the MANIFEST is going to name,
  // when recovery does not need it any more.
  Result<StoredFile> KeepLog(const std::string& log) {
    const std::string name = "vectors-" + NextSuffix();
    const std::string path = folder_ + "/" + name;
    POMAI_RETURN_IF_ERROR(LinkOrCopy(files_, folder_ + "/" + log, path));
    POMAI_ASSIGN_OR_RETURN(const auto mapped, files_->Map(path));
    return StoredFile{name, mapped->bytes().size(), Crc32c(mapped->bytes())};
  }

  // rows_ become the next file, if there are any.
  Status WriteRows(const StoredFile& vectors) {
    if (rows_.empty()) return Status::Ok();
    POMAI_ASSIGN_OR_RETURN(
        const StoredRows stored,
        RowFile::Write(files_, folder_, "rows-" + NextSuffix(), table_.shape_,
                       rows_, vectors));
    rows_.clear();
    POMAI_ASSIGN_OR_RETURN(
        auto mapped, RowFile::Open(files_, folder_, table_.shape_, stored));
    written_.mapped.push_back(std::move(mapped));
    return Status::Ok();
  }

  // Of files that belong together.
  std::string NextSuffix() const {
    return suffix_ + "-" + std::to_string(written_.mapped.size());
  }

  const RowTable& table_;
  FileSystem* const files_;
  const std::string& folder_;
  const std::string suffix_;
  const Image& image_;
  std::vector<Part> parts_;         // by number
  std::vector<RowFile::Row> rows_;  // of the next file
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
