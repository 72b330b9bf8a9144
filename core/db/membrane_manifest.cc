#include "core/db/membrane_manifest.h"

#include <charconv>
#include <cstring>

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"

namespace pomai {
namespace {

constexpr char kMagic[] = "pomaiman";
constexpr uint32_t kVersion = 3;
constexpr size_t kHeaderSize = 16;
constexpr uint32_t kMaxName = 255;

class Writer {
 public:
  template <typename T>
  void Put(T value) {
    AppendFixed<T>(&bytes_, value);
  }
  void PutFile(const StoredFile& file) {
    Put<uint32_t>(static_cast<uint32_t>(file.name.size()));
    bytes_.insert(bytes_.end(), file.name.begin(), file.name.end());
    Put<uint64_t>(file.bytes);
    Put<uint32_t>(file.crc32c);
  }
  std::vector<uint8_t> Finish() {
    PutFixed<uint32_t>(
        bytes_.data() + 12,
        Crc32c(std::span<const uint8_t>(bytes_).subspan(kHeaderSize)));
    return std::move(bytes_);
  }
  void PutMagic() { bytes_.insert(bytes_.end(), kMagic, kMagic + 8); }

 private:
  std::vector<uint8_t> bytes_;
};

// Reads as long as there are bytes; afterwards only zeros, and status() says
// where they ended.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  template <typename T>
  T Get() {
    if (!Has(sizeof(T))) return 0;
    const T value = GetFixed<T>(bytes_.data() + offset_);
    offset_ += sizeof(T);
    return value;
  }
  StoredFile GetFile() {
    StoredFile file;
    const auto length = Get<uint32_t>();
    if (length > kMaxName) Fail("a name of at most 255 bytes", length);
    if (!Has(length)) return file;
    file.name.assign(reinterpret_cast<const char*>(bytes_.data() + offset_),
                     length);
    offset_ += length;
    // A manifest may only name files of its own folder.
    if (file.name.find('/') != std::string::npos) Fail("a file name", '/');
    file.bytes = Get<uint64_t>();
    file.crc32c = Get<uint32_t>();
    return file;
  }
  // A count of things of at least `least` bytes each.
  uint32_t GetCount(size_t least) {
    const auto count = Get<uint32_t>();
    if (count > (bytes_.size() - offset_) / least) {
      Fail("a count that fits what is left", count);
      return 0;
    }
    return count;
  }
  void Fail(const std::string& expected, uint64_t found) {
    if (!status_.ok()) return;
    status_ =
        Status::Corruption("offset " + std::to_string(offset_) + ": expected " +
                           expected + ", found " + std::to_string(found));
  }
  bool Has(size_t size) {
    if (!status_.ok()) return false;
    if (bytes_.size() - offset_ >= size) return true;
    Fail(std::to_string(size) + " more bytes", bytes_.size() - offset_);
    return false;
  }
  size_t left() const { return bytes_.size() - offset_; }
  const Status& status() const { return status_; }

 private:
  std::span<const uint8_t> bytes_;
  size_t offset_ = 0;
  Status status_;
};

void PutRows(const RowTableFiles& rows, Writer* to) {
  to->Put<uint64_t>(rows.next_counter);
  to->PutFile(rows.deleted);
  to->Put<uint32_t>(static_cast<uint32_t>(rows.rows.size()));
  for (const StoredRows& stored : rows.rows) {
    to->PutFile(stored.file);
    to->Put<uint64_t>(stored.first_number);
    to->Put<uint64_t>(stored.last_number);
    to->Put<uint64_t>(stored.rows);
  }
}

RowTableFiles GetRows(Reader* from) {
  RowTableFiles rows;
  rows.next_counter = from->Get<uint64_t>();
  rows.deleted = from->GetFile();
  const uint32_t count = from->GetCount(40);
  for (uint32_t i = 0; i < count; ++i) {
    StoredRows stored;
    stored.file = from->GetFile();
    stored.first_number = from->Get<uint64_t>();
    stored.last_number = from->Get<uint64_t>();
    stored.rows = from->Get<uint64_t>();
    rows.rows.push_back(std::move(stored));
  }
  return rows;
}

Status CheckVersion(Reader* from, std::span<const uint8_t> bytes) {
  if (!from->Has(kHeaderSize)) return from->status();
  if (std::memcmp(bytes.data(), kMagic, 8) != 0) {
    return Status::Corruption("offset 0: expected \"pomaiman\", found others");
  }
  from->Get<uint64_t>();
  const auto version = from->Get<uint32_t>();
  if (version == kVersion) return Status::Ok();
  return Status::FailedPrecondition(
      "manifest version " + std::to_string(version) +
      " is refused: this pomai reads version 3 only" +
      (version < kVersion ? "; put the rows into a new membrane" : ""));
}

void GetOptions(Reader* from, MembraneOptions* options) {
  options->dimensions = from->Get<uint32_t>();
  const auto metric = from->Get<uint32_t>();
  options->metric = static_cast<Metric>(metric);
  options->bits = from->Get<uint32_t>();
  options->shards = from->Get<uint32_t>();
  options->lists = from->Get<uint32_t>();
  from->Get<uint32_t>();
  if (options->dimensions == 0 || options->dimensions > kMaxDimensions) {
    from->Fail("1 to 16000 dimensions", options->dimensions);
  }
  if (metric < 1 || metric > 3) from->Fail("a metric, 1 to 3", metric);
  if (options->shards == 0 || options->shards > kMaxShards) {
    from->Fail("1 to 128 shards", options->shards);
    options->shards = 0;
  }
}

}  // namespace

std::vector<StoredFile> MembraneManifest::files() const {
  std::vector<StoredFile> files{pages.image};
  files.insert(files.end(), pages.extents.begin(), pages.extents.end());
  for (const RowTableFiles& shard : rows) {
    if (!shard.deleted.name.empty()) files.push_back(shard.deleted);
    for (const StoredRows& stored : shard.rows) files.push_back(stored.file);
  }
  return files;
}

std::vector<uint8_t> MembraneManifest::Encode() const {
  Writer to;
  to.PutMagic();
  to.Put<uint32_t>(kVersion);
  to.Put<uint32_t>(0);  // the checksum's place
  to.Put<uint32_t>(options.dimensions);
  to.Put<uint32_t>(static_cast<uint32_t>(options.metric));
  to.Put<uint32_t>(options.bits);
  to.Put<uint32_t>(options.shards);
  to.Put<uint32_t>(options.lists);
  to.Put<uint32_t>(0);
  to.Put<uint64_t>(number);
  to.Put<uint64_t>(sequence);
  for (const uint64_t first : first_logs) to.Put<uint64_t>(first);
  to.PutFile(pages.image);
  to.Put<uint32_t>(static_cast<uint32_t>(pages.extents.size()));
  for (const StoredFile& file : pages.extents) to.PutFile(file);
  for (const RowTableFiles& shard : rows) PutRows(shard, &to);
  return to.Finish();
}

Result<MembraneManifest> MembraneManifest::Decode(
    std::span<const uint8_t> bytes) {
  Reader from(bytes);
  POMAI_RETURN_IF_ERROR(CheckVersion(&from, bytes));
  const auto expected = from.Get<uint32_t>();
  const uint32_t found = Crc32c(bytes.subspan(kHeaderSize));
  if (expected != found) {
    from.Fail("checksum " + std::to_string(expected), found);
    return from.status();
  }
  MembraneManifest manifest;
  GetOptions(&from, &manifest.options);
  manifest.number = from.Get<uint64_t>();
  manifest.sequence = from.Get<uint64_t>();
  for (uint32_t i = 0; i < manifest.options.shards; ++i) {
    manifest.first_logs.push_back(from.Get<uint64_t>());
  }
  manifest.pages.image = from.GetFile();
  const uint32_t extents = from.GetCount(16);
  for (uint32_t i = 0; i < extents; ++i) {
    manifest.pages.extents.push_back(from.GetFile());
  }
  for (uint32_t i = 0; i < manifest.options.shards; ++i) {
    manifest.rows.push_back(GetRows(&from));
  }
  if (from.left() != 0) from.Fail("the end", from.left());
  if (!from.status().ok()) return from.status();
  return manifest;
}

Status MembraneManifest::Store(FileSystem* files,
                               const std::string& folder) const {
  const std::string path = folder + "/" + kNewManifestName;
  POMAI_ASSIGN_OR_RETURN(const bool left, files->Exists(path));
  if (left) POMAI_RETURN_IF_ERROR(files->Remove(path));
  {
    POMAI_ASSIGN_OR_RETURN(auto file, files->Create(path));
    POMAI_RETURN_IF_ERROR(file->Write(0, Encode()));
    POMAI_RETURN_IF_ERROR(file->Sync());
  }
  POMAI_RETURN_IF_ERROR(files->Rename(path, folder + "/" + kManifestName));
  return files->SyncFolder(folder);
}

Result<MembraneManifest> MembraneManifest::Load(FileSystem* files,
                                                const std::string& folder) {
  const std::string path = folder + "/" + kManifestName;
  POMAI_ASSIGN_OR_RETURN(auto mapped, files->Map(path));
  auto manifest = Decode(mapped->bytes());
  if (manifest.ok()) return manifest;
  const std::string message =
      path + ": " + std::string(manifest.status().message());
  return manifest.status().code() == StatusCode::kCorruption
             ? Status::Corruption(message)
             : Status::FailedPrecondition(message);
}

std::string LogName(uint32_t shard, uint64_t number) {
  return std::to_string(shard) + "-" + std::to_string(number) + ".log";
}

bool ParseLogName(const std::string& name, uint32_t* shard, uint64_t* number) {
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, *shard);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') {
    return false;
  }
  const auto second = std::from_chars(first.ptr + 1, end, *number);
  return second.ec == std::errc() && name == LogName(*shard, *number);
}

}  // namespace pomai
