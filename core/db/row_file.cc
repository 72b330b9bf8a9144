#include "core/db/row_file.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/host_file/crc32c.h"
#include "core/host_file/file_writer.h"
#include "core/host_file/log_operation.h"
#include "core/host_file/log_record.h"
#include "core/host_file/stored_bytes.h"

namespace pomai {
namespace {

constexpr std::string_view kMagic = "pomairow";
constexpr uint32_t kVersion = 1;
constexpr uint32_t kLogsVersion = 2;
constexpr uint64_t kAlignment = 64;
constexpr size_t kHeaderSize = 56;

struct Header {
  uint8_t bytes[kHeaderSize];
};

// `here`: vectors in the file, where it does not have all.
Header EncodeHeader(const RowShape& shape, const StoredRows& stored,
                    uint32_t here) {
  Header header;
  std::copy(kMagic.begin(), kMagic.end(), header.bytes);
  PutFixed<uint32_t>(header.bytes + 8,
                     stored.logs.empty() ? kVersion : kLogsVersion);
  PutFixed<uint32_t>(header.bytes + 12, shape.dimensions);
  PutFixed<uint32_t>(header.bytes + 16, shape.shard);
  PutFixed<uint32_t>(header.bytes + 20, shape.shards);
  PutFixed<uint64_t>(header.bytes + 24, stored.rows);
  PutFixed<uint64_t>(header.bytes + 32, stored.first_number);
  PutFixed<uint64_t>(header.bytes + 40, stored.last_number);
  PutFixed<uint32_t>(header.bytes + 48, stored.logs.empty() ? 0 : here);
  PutFixed<uint32_t>(header.bytes + 52, Crc32c({header.bytes, 52}));
  return header;
}

// Returns how many vectors are in the file.
uint32_t ReadHeader(StoredBytes* bytes, const RowShape& shape,
                    const StoredRows& stored) {
  const auto expect = [&](const Header& header, const char* what, size_t at) {
    const auto expected = GetFixed<uint32_t>(header.bytes + at);
    bytes->U32(what, expected, expected);
  };
  const Header header = EncodeHeader(shape, stored, 0);
  bytes->Text("magic", kMagic);
  for (const auto& [what, at] : {std::pair("version", 8),
                                 {"dimensions", 12},
                                 {"shard", 16},
                                 {"shards", 20},
                                 {"rows", 24},
                                 {"rows, upper half", 28},
                                 {"first number", 32},
                                 {"first number, upper half", 36},
                                 {"last number", 40},
                                 {"last number, upper half", 44}}) {
    expect(header, what, at);
  }
  const auto rows = static_cast<uint32_t>(stored.rows);
  const uint32_t here =
      bytes->U32("vectors here", 0, stored.logs.empty() ? 0 : rows);
  expect(EncodeHeader(shape, stored, here), "crc32c of the header", 52);
  return stored.logs.empty() ? rows : here;
}

template <typename T>
const T* ReadSection(StoredBytes* bytes, const char* what, uint64_t count) {
  bytes->Align(kAlignment);
  return reinterpret_cast<const T*>(bytes->Bytes(what, count * sizeof(T)));
}

}  // namespace

Result<std::shared_ptr<RowFile>> RowFile::Open(FileSystem* files,
                                               const std::string& folder,
                                               const RowShape& shape,
                                               const StoredRows& stored) {
  POMAI_ASSIGN_OR_RETURN(
      StoredBytes bytes,
      StoredBytes::Open(files, folder, stored.file, Checksum::kSkip));
  const uint64_t rows = stored.rows;
  bytes.Expect(rows > 0 && rows < kNone, "rows", "1 to 4294967294",
               std::to_string(rows));
  const uint32_t here = ReadHeader(&bytes, shape, stored);
  std::shared_ptr<RowFile> file(new RowFile);
  file->numbers_ = ReadSection<uint64_t>(&bytes, "numbers", rows);
  file->ids_ = ReadSection<uint64_t>(&bytes, "ids", rows);
  file->sorted_ids_ = ReadSection<uint64_t>(&bytes, "by id", rows);
  file->places_ = ReadSection<uint32_t>(&bytes, "places", rows);
  if (!stored.logs.empty()) {
    file->sources_ = ReadSection<uint32_t>(&bytes, "sources", rows);
    file->offsets_ = ReadSection<uint32_t>(&bytes, "offsets", rows);
  }
  file->vectors_ =
      ReadSection<float>(&bytes, "vectors", uint64_t{here} * shape.dimensions);
  bytes.ExpectEnd();
  if (!bytes.ok()) return bytes.status();
  file->stored_ = stored;
  file->shape_ = shape;
  file->folder_ = folder;
  file->rows_ = static_cast<uint32_t>(rows);
  file->last_here_ = std::max(here, 1u) - 1;
  file->mapped_ = bytes.TakeFile();
  POMAI_RETURN_IF_ERROR(file->MapLogs(files, folder));
  // A damaged source must not lead behind the end.
  if (here == 0) file->vectors_ = file->logs_[0].floats;
  return file;
}

Status RowFile::MapLogs(FileSystem* files, const std::string& folder) {
  for (const StoredFile& log : stored_.logs) {
    POMAI_ASSIGN_OR_RETURN(
        StoredBytes bytes,
        StoredBytes::Open(files, folder, log, Checksum::kSkip));
    const uint64_t floats = log.bytes / sizeof(float);
    bytes.Expect(floats >= shape_.dimensions, "bytes of a log",
                 "a vector's at least", std::to_string(log.bytes));
    if (!bytes.ok()) return bytes.status();
    auto file = bytes.TakeFile();
    const auto* first = reinterpret_cast<const float*>(file->bytes().data());
    logs_.push_back({std::move(file), first,
                     static_cast<uint32_t>(std::min<uint64_t>(
                         floats - shape_.dimensions, UINT32_MAX))});
  }
  return Status::Ok();
}

Result<StoredRows> RowFile::Write(FileSystem* files, const std::string& folder,
                                  const std::string& name,
                                  const RowShape& shape,
                                  std::span<const Row> rows,
                                  std::vector<StoredFile> logs) {
  StoredRows stored;
  stored.logs = std::move(logs);
  stored.first_number = rows.front().number;
  stored.last_number = rows.back().number;
  stored.rows = rows.size();
  POMAI_ASSIGN_OR_RETURN(auto writer, FileWriter::Create(files, folder, name));
  const auto is_here = [](const Row& row) { return row.source == 0; };
  const auto here = std::count_if(rows.begin(), rows.end(), is_here);
  const Header header =
      EncodeHeader(shape, stored, static_cast<uint32_t>(here));
  POMAI_RETURN_IF_ERROR(writer->Append(header.bytes, kHeaderSize));
  std::vector<uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(rows[a].id, a) < std::pair(rows[b].id, b);
  });
  POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
  for (const Row& row : rows) {
    POMAI_RETURN_IF_ERROR(writer->Append(&row.number, sizeof(row.number)));
  }
  POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
  for (const Row& row : rows) {
    POMAI_RETURN_IF_ERROR(writer->Append(&row.id, sizeof(row.id)));
  }
  POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
  for (const uint32_t at : order) {
    POMAI_RETURN_IF_ERROR(writer->Append(&rows[at].id, sizeof(rows[at].id)));
  }
  POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
  POMAI_RETURN_IF_ERROR(
      writer->Append(order.data(), order.size() * sizeof(uint32_t)));
  POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
  if (!stored.logs.empty()) {
    for (const Row& row : rows) {
      POMAI_RETURN_IF_ERROR(writer->Append(&row.source, sizeof(row.source)));
    }
    POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
    uint32_t before = 0;
    for (const Row& row : rows) {
      const uint32_t offset = is_here(row) ? before++ : row.offset;
      POMAI_RETURN_IF_ERROR(writer->Append(&offset, sizeof(offset)));
    }
    POMAI_RETURN_IF_ERROR(writer->Align(kAlignment));
  }
  for (const Row& row : rows) {
    if (!is_here(row)) continue;
    POMAI_RETURN_IF_ERROR(
        writer->Append(row.vector, shape.dimensions * sizeof(float)));
  }
  POMAI_ASSIGN_OR_RETURN(stored.file, writer->Finish());
  return stored;
}

Status RowFile::Wrong(const char* what, const void* at,
                      const std::string& expected,
                      const std::string& found) const {
  const auto offset = static_cast<const uint8_t*>(at) - mapped_->bytes().data();
  return Status::Corruption(folder_ + "/" + stored_.file.name + ": offset " +
                            std::to_string(offset) + ": " + what +
                            ": expected " + expected + ", found " + found);
}

Status RowFile::Check() const {
  // A damaged log would look like wrong offsets.
  for (size_t i = 0; i < logs_.size(); ++i) {
    POMAI_RETURN_IF_ERROR(CheckSum(stored_.logs[i], *logs_[i].file));
  }
  POMAI_RETURN_IF_ERROR(CheckTables());
  if (sources_ != nullptr) POMAI_RETURN_IF_ERROR(CheckOffsets());
  return CheckSum(stored_.file, *mapped_);
}

Status RowFile::CheckTables() const {
  for (uint32_t i = 0; i < rows_; ++i) {
    const uint64_t least = i == 0 ? stored_.first_number : numbers_[i - 1] + 1;
    if (numbers_[i] < least || numbers_[i] > stored_.last_number ||
        !shape_.Owns(numbers_[i])) {
      return Wrong("number", numbers_ + i,
                   std::to_string(least) + " or more, of shard " +
                       std::to_string(shape_.shard),
                   std::to_string(numbers_[i]));
    }
    if (places_[i] >= rows_ || ids_[places_[i]] != sorted_ids_[i]) {
      return Wrong("place", places_ + i,
                   "that of id " + std::to_string(sorted_ids_[i]),
                   std::to_string(places_[i]));
    }
    if (i > 0 && std::pair(sorted_ids_[i - 1], places_[i - 1]) >=
                     std::pair(sorted_ids_[i], places_[i])) {
      return Wrong("id", sorted_ids_ + i,
                   "above " + std::to_string(sorted_ids_[i - 1]),
                   std::to_string(sorted_ids_[i]));
    }
  }
  return Status::Ok();
}

Status RowFile::CheckSum(const StoredFile& stored,
                         const MappedFile& mapped) const {
  const uint32_t crc = Crc32c(mapped.bytes());
  if (crc == stored.crc32c) return Status::Ok();
  return Status::Corruption(folder_ + "/" + stored.name +
                            ": offset 0: crc32c of the file: expected " +
                            std::to_string(stored.crc32c) + ", found " +
                            std::to_string(crc));
}

Status RowFile::CheckOffsets() const {
  const uint64_t put_size = LogOperationSize(shape_.dimensions);
  const uint64_t head_size = LogOperationSize(0);
  // In bytes, where the next vector of each log can begin.
  std::vector<uint64_t> least(
      logs_.size(), kLogHeaderSize + kLogRecordHeaderSize + head_size);
  uint32_t here = 0;
  for (uint32_t i = 0; i < rows_; ++i) {
    const uint32_t source = sources_[i];
    if (source > logs_.size()) {
      return Wrong("source of a vector", sources_ + i,
                   "at most " + std::to_string(logs_.size()),
                   std::to_string(source));
    }
    if (source == 0) {
      if (offsets_[i] == here++) continue;
      return Wrong("offset of a vector", offsets_ + i, std::to_string(here - 1),
                   std::to_string(offsets_[i]));
    }
    const Log& log = logs_[source - 1];
    const uint64_t at = uint64_t{offsets_[i]} * sizeof(float);
    LogOperation put;
    if (at >= least[source - 1] && offsets_[i] <= log.last) {
      LogOperationReader operations(
          log.file->bytes().subspan(at - head_size, put_size),
          shape_.dimensions);
      if (!operations.Next(&put).ok()) put.vector = {};
    }
    if (put.vector.empty() || put.id != ids_[i]) {
      return Wrong("offset of a vector", offsets_ + i,
                   "that of a Put of id " + std::to_string(ids_[i]),
                   std::to_string(offsets_[i]));
    }
    least[source - 1] = at + put_size;
  }
  return Status::Ok();
}

// Numbers are as dense as the shard's counter but for rows left out, so a row
// lies at or before the place it would have then.
uint32_t RowFile::FirstFrom(uint64_t number) const {
  if (number <= stored_.first_number) return 0;
  if (number > stored_.last_number) return rows_;
  const uint64_t gap = number - stored_.first_number;
  const uint64_t dense = (gap + shape_.shards - 1) / shape_.shards;
  if (dense < rows_ && numbers_[dense] == number) {
    return static_cast<uint32_t>(dense);
  }
  const uint64_t* end = numbers_ + std::min<uint64_t>(dense, rows_);
  return static_cast<uint32_t>(std::lower_bound(numbers_, end, number) -
                               numbers_);
}

uint32_t RowFile::PositionOf(uint64_t number) const {
  const uint32_t at = FirstFrom(number);
  return at < rows_ && numbers_[at] == number ? at : kNone;
}

std::span<const uint32_t> RowFile::Find(uint64_t id) const {
  const uint64_t* end = sorted_ids_ + rows_;
  if (id < sorted_ids_[0] || id > end[-1]) return {};
  const uint64_t* first = std::lower_bound(sorted_ids_, end, id);
  const uint64_t* last = first;
  while (last != end && *last == id) ++last;
  return {places_ + (first - sorted_ids_), places_ + (last - sorted_ids_)};
}

}  // namespace pomai
