#include "core/db/row_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace pomai {

RowTable::RowTable(const RowShape& shape) : shape_(shape) {
  runs_.push_back(std::make_shared<RowRun>(shape.dimensions, 0));
}

Result<std::unique_ptr<RowTable>> RowTable::Open(FileSystem* files,
                                                 const std::string& folder,
                                                 const RowShape& shape,
                                                 const RowTableFiles& stored) {
  auto table = std::make_unique<RowTable>(shape);
  POMAI_ASSIGN_OR_RETURN(DeletedRows deleted,
                         ReadDeletedRows(files, folder, stored.deleted));
  const std::string place = folder + "/" + stored.deleted.name;
  if (deleted.files.size() != stored.rows.size() ||
      deleted.next_counter != stored.next_counter) {
    return Status::Corruption(
        place + ": expected " + std::to_string(stored.rows.size()) +
        " row files and counter " + std::to_string(stored.next_counter) +
        ", found " + std::to_string(deleted.files.size()) + " and " +
        std::to_string(deleted.next_counter));
  }
  for (size_t i = 0; i < stored.rows.size(); ++i) {
    FileRows rows;
    POMAI_ASSIGN_OR_RETURN(rows.file,
                           RowFile::Open(files, folder, shape, stored.rows[i]));
    DeletedBitmap& bitmap = deleted.files[i];
    if (bitmap.first_number != stored.rows[i].first_number ||
        bitmap.rows != stored.rows[i].rows) {
      return Status::Corruption(place + ": expected deleted rows of " +
                                stored.rows[i].file.name + ", found " +
                                std::to_string(bitmap.rows) + " from row " +
                                std::to_string(bitmap.first_number) + " on");
    }
    rows.deleted = std::move(bitmap.bits);
    uint64_t dead = 0;
    for (const uint64_t word : rows.deleted) dead += std::popcount(word);
    table->deletes_ += dead;
    table->live_ += bitmap.rows - dead;
    table->files_.push_back(std::move(rows));
  }
  table->next_counter_ = stored.next_counter;
  table->runs_[0] =
      std::make_shared<RowRun>(shape.dimensions, stored.next_counter);
  return table;
}

uint64_t RowTable::Put(uint64_t id, uint64_t sequence,
                       std::span<const float> vector, uint64_t offset,
                       const float** kept) {
  assert(vector.size() == shape_.dimensions);
  const std::unique_lock lock(latch_);
  MarkDeleted(Newest(id), sequence);
  const uint32_t at = runs_.back()->Add(id, sequence, vector, offset);
  if (kept != nullptr) *kept = runs_.back()->vector(at);
  ++live_;
  return shape_.NumberOf(next_counter_++);
}

void RowTable::BeginRun(const std::string& log) {
  const std::unique_lock lock(latch_);
  if (runs_.back()->rows() == 0) runs_.pop_back();
  runs_.push_back(
      std::make_shared<RowRun>(shape_.dimensions, next_counter_, log));
}

bool RowTable::Delete(uint64_t id, uint64_t sequence) {
  const std::unique_lock lock(latch_);
  return MarkDeleted(Newest(id), sequence);
}

uint64_t RowTable::Find(uint64_t id, uint64_t sequence) const {
  const std::shared_lock lock(latch_);
  for (size_t i = runs_.size(); i-- > 0;) {
    RowRun* run = runs_[i].get();
    for (uint32_t at = run->Newest(id); at != RowRun::kNone;
         at = run->previous(at)) {
      const Place place{run, nullptr, at};
      if (IsVisible(place, sequence)) return NumberOf(place);
    }
  }
  for (size_t i = files_.size(); i-- > 0;) {
    const auto rows = files_[i].file->Find(id);
    for (size_t n = rows.size(); n-- > 0;) {
      if (rows[n] >= files_[i].file->rows()) continue;  // damaged
      const Place place{nullptr, &files_[i], rows[n]};
      if (IsVisible(place, sequence)) return NumberOf(place);
    }
  }
  return kNoRow;
}

bool RowTable::Read(uint64_t number, uint64_t sequence, uint64_t* id,
                    float* vector) const {
  const std::shared_lock lock(latch_);
  const Place place = Locate(number);
  if (!IsVisible(place, sequence)) return false;
  if (id != nullptr) *id = IdOf(place);
  if (vector != nullptr) {
    std::memcpy(vector, VectorOf(place), shape_.dimensions * sizeof(float));
  }
  return true;
}

size_t RowTable::List(uint64_t from, uint64_t sequence,
                      std::span<uint64_t> out) const {
  const std::shared_lock lock(latch_);
  size_t found = 0;
  for (const FileRows& rows : files_) {
    for (uint32_t at = rows.file->FirstFrom(from); at < rows.file->rows();
         ++at) {
      if (found == out.size()) return found;
      const Place place{nullptr, &rows, at};
      if (IsVisible(place, sequence)) out[found++] = NumberOf(place);
    }
  }
  // The first counter whose number is at least `from`.
  uint64_t counter = from / shape_.shards;
  if (shape_.NumberOf(counter) < from) ++counter;
  for (const auto& run : runs_) {
    const uint64_t first = run->first_counter();
    const uint64_t skip =
        std::min<uint64_t>(counter > first ? counter - first : 0, run->rows());
    for (auto at = static_cast<uint32_t>(skip); at < run->rows(); ++at) {
      if (found == out.size()) return found;
      const Place place{run.get(), nullptr, at};
      if (IsVisible(place, sequence)) out[found++] = NumberOf(place);
    }
  }
  return found;
}

bool RowTable::IsDead(uint64_t number, uint64_t oldest) const {
  const std::shared_lock lock(latch_);
  const Place place = Locate(number);
  if (place.run == nullptr && place.file == nullptr) return true;
  return DeletedAt(place) <= oldest;
}

uint64_t RowTable::live() const {
  const std::shared_lock lock(latch_);
  return live_;
}

uint64_t RowTable::versions() const {
  const std::shared_lock lock(latch_);
  uint64_t rows = 0;
  for (const FileRows& file : files_) rows += file.file->rows();
  for (const auto& run : runs_) rows += run->rows();
  return rows;
}

uint64_t RowTable::deletes() const {
  const std::shared_lock lock(latch_);
  return deletes_;
}

uint64_t RowTable::memory_bytes() const {
  const std::shared_lock lock(latch_);
  uint64_t bytes = 0;
  for (const auto& run : runs_) bytes += run->bytes();
  return bytes;
}

RowTable::Place RowTable::Locate(uint64_t number) const {
  if (!shape_.Owns(number)) return {};
  const uint64_t counter = number / shape_.shards;
  if (counter >= runs_.front()->first_counter()) {
    for (size_t i = runs_.size(); i-- > 0;) {
      const uint64_t first = runs_[i]->first_counter();
      if (counter < first) continue;
      if (counter - first >= runs_[i]->rows()) return {};
      return {runs_[i].get(), nullptr, static_cast<uint32_t>(counter - first)};
    }
  }
  for (size_t i = files_.size(); i-- > 0;) {
    const uint32_t at = files_[i].file->PositionOf(number);
    if (at != RowFile::kNone) return {nullptr, &files_[i], at};
  }
  return {};
}

RowTable::Place RowTable::Newest(uint64_t id) const {
  for (size_t i = runs_.size(); i-- > 0;) {
    const uint32_t at = runs_[i]->Newest(id);
    if (at != RowRun::kNone) return {runs_[i].get(), nullptr, at};
  }
  for (size_t i = files_.size(); i-- > 0;) {
    const auto rows = files_[i].file->Find(id);
    if (rows.empty() || rows.back() >= files_[i].file->rows()) continue;
    return {nullptr, &files_[i], rows.back()};
  }
  return {};
}

uint64_t RowTable::NumberOf(const Place& place) const {
  if (place.file != nullptr) return place.file->file->number(place.at);
  return shape_.NumberOf(place.run->first_counter() + place.at);
}

uint64_t RowTable::IdOf(const Place& place) const {
  if (place.file != nullptr) return place.file->file->id(place.at);
  return place.run->id(place.at);
}

const float* RowTable::VectorOf(const Place& place) const {
  if (place.file != nullptr) return place.file->file->vector(place.at);
  return place.run->vector(place.at);
}

void RowTable::Prefetch(const Place& place) const {
  if (place.file == nullptr) return;
  const RowFile& file = *place.file->file;
  __builtin_prefetch(file.id_address(place.at));
  // Long ones go on by themselves.
  constexpr uint32_t kFloats = 256;
  const float* vector = file.vector(place.at);
  for (uint32_t i = 0; i < std::min(shape_.dimensions, kFloats); i += 16) {
    __builtin_prefetch(vector + i);
  }
}

// 0 for a row of a file that was deleted before every snapshot.
uint64_t RowTable::DeletedAt(const Place& place) const {
  if (place.run != nullptr) return place.run->deleted(place.at);
  if ((place.file->deleted[place.at / 64] >> place.at % 64 & 1) == 0) {
    return kNotDeleted;
  }
  const auto at = deleted_at_.find(place.file->file->number(place.at));
  return at == deleted_at_.end() ? 0 : at->second;
}

bool RowTable::IsVisible(const Place& place, uint64_t sequence) const {
  uint64_t put = 0;
  if (place.run != nullptr) {
    put = place.run->put(place.at);
  } else if (place.file == nullptr) {
    return false;
  } else if (!place.file->puts.empty()) {
    put = place.file->puts[place.at];
  }
  return put <= sequence && sequence < DeletedAt(place);
}

bool RowTable::MarkDeleted(const Place& place, uint64_t sequence) {
  if (place.run == nullptr && place.file == nullptr) return false;
  if (DeletedAt(place) != kNotDeleted) return false;
  if (place.run != nullptr) {
    place.run->set_deleted(place.at, sequence);
  } else {
    auto& rows = files_[static_cast<size_t>(place.file - files_.data())];
    rows.deleted[place.at / 64] |= uint64_t{1} << place.at % 64;
    deleted_at_[NumberOf(place)] = sequence;
  }
  --live_;
  ++deletes_;
  return true;
}

}  // namespace pomai
