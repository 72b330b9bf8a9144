// RowTable's checkpoints: Take, Write, Adopt.

#include <algorithm>
#include <bit>

#include "core/db/row_table.h"

namespace pomai {
namespace {

// A row file is merged with what is newer when it has fewer rows than this many
// times the rows of that.
constexpr uint64_t kMergeRatio = 4;
// And is written anew when one row in so many is dead.
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
                       run.vector(at)});
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
      rows->push_back({file.number(at), file.id(at), file.vector(at)});
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

// The first file that is merged with the rows in memory.
size_t RowTable::FirstMerged(const Image& image) const {
  uint64_t rows = 0;
  for (const auto& run : image.runs) rows += run->rows();
  size_t first = image.files.size();
  while (first > 0 && image.files[first - 1]->rows() < kMergeRatio * rows) {
    rows += image.files[--first]->rows();
  }
  return first;
}

// `rows` become the next file of `written`, if there are any.
Status RowTable::WriteRows(FileSystem* files, const std::string& folder,
                           const std::string& name,
                           std::vector<RowFile::Row>* rows,
                           Written* written) const {
  if (rows->empty()) return Status::Ok();
  POMAI_ASSIGN_OR_RETURN(const StoredRows stored,
                         RowFile::Write(files, folder, name, shape_, *rows));
  rows->clear();
  POMAI_ASSIGN_OR_RETURN(auto mapped,
                         RowFile::Open(files, folder, shape_, stored));
  written->mapped.push_back(std::move(mapped));
  return Status::Ok();
}

Result<RowTable::Written> RowTable::Write(FileSystem* files,
                                          const std::string& folder,
                                          uint64_t number,
                                          const Image& image) const {
  Written written;
  const std::string suffix =
      std::to_string(shape_.shard) + "-" + std::to_string(number);
  std::vector<RowFile::Row> rows;
  const auto write_rows = [&](const std::string& name) {
    return WriteRows(files, folder, name, &rows, &written);
  };
  const size_t first_merged = FirstMerged(image);
  for (size_t i = 0; i < first_merged; ++i) {
    const RowFile& file = *image.files[i];
    if (DeadRows(image, file) * kDeadShare < file.rows()) {
      written.mapped.push_back(image.files[i]);
      continue;
    }
    AddRows(image, file, &rows);
    POMAI_RETURN_IF_ERROR(
        write_rows("rows-" + suffix + "-" + std::to_string(i + 1)));
  }
  for (size_t i = first_merged; i < image.files.size(); ++i) {
    AddRows(image, *image.files[i], &rows);
  }
  for (const auto& run : image.runs) AddRows(image, *run, &rows);
  POMAI_RETURN_IF_ERROR(write_rows("rows-" + suffix));
  for (const auto& file : written.mapped) {
    written.files.rows.push_back(file->stored());
  }
  written.files.next_counter = image.next_counter;
  written.deleted = DeletedAsOf(image, written);
  POMAI_ASSIGN_OR_RETURN(
      written.files.deleted,
      WriteDeletedRows(files, folder, "deleted-" + suffix, written.deleted));
  return written;
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
