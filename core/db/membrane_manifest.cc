#include "core/db/membrane_manifest.h"

#include <charconv>

#include "core/base/byte_reader.h"
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

StoredFile GetFile(ByteReader* from) {
  StoredFile file;
  const uint32_t length = from->U32("length of a name", 0, kMaxName);
  const uint8_t* name = from->Bytes("name", length);
  if (name != nullptr) file.name.assign(name, name + length);
  // A manifest may only name files of its own folder.
  from->Expect(file.name.find('/') == std::string::npos, "name",
               "one without a folder", file.name, length);
  file.bytes = from->U64("bytes of a file");
  file.crc32c = from->U32("crc32c of a file");
  return file;
}

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

void PutLogs(const StoredRows& stored, Writer* to) {
  to->Put<uint32_t>(static_cast<uint32_t>(stored.logs.size()));
  for (const StoredFile& log : stored.logs) to->PutFile(log);
}

void GetLogs(ByteReader* from, StoredRows* stored) {
  stored->logs.resize(from->Count("logs", 16));
  for (StoredFile& log : stored->logs) log = GetFile(from);
}

RowTableFiles GetRows(ByteReader* from) {
  RowTableFiles rows;
  rows.next_counter = from->U64("next counter");
  rows.deleted = GetFile(from);
  rows.rows.resize(from->Count("row files", 40));
  for (StoredRows& stored : rows.rows) {
    stored.file = GetFile(from);
    stored.first_number = from->U64("first number");
    stored.last_number = from->U64("last number");
    stored.rows = from->U64("rows of a file");
  }
  return rows;
}

Status CheckVersion(ByteReader* from) {
  from->Text("magic", {kMagic, 8});
  const uint32_t version = from->U32("version");
  if (!from->ok() || version == kVersion) return from->status();
  return Status::FailedPrecondition(
      "manifest version " + std::to_string(version) +
      " is refused: this pomai reads version 3 only" +
      (version < kVersion ? "; put the rows into a new membrane" : ""));
}

MembraneOptions GetOptions(ByteReader* from) {
  MembraneOptions options;
  options.dimensions = from->U32("dimensions", 1, kMaxDimensions);
  options.metric = static_cast<Metric>(from->U32("metric", 1, 3));
  options.bits = from->U32("bits");
  options.shards = from->U32("shards", 1, kMaxShards);
  options.lists = from->U32("lists");
  from->U32("unused");
  return options;
}

}  // namespace

std::vector<StoredFile> MembraneManifest::files() const {
  std::vector<StoredFile> files{pages.image};
  files.insert(files.end(), pages.extents.begin(), pages.extents.end());
  for (const RowTableFiles& shard : rows) {
    if (!shard.deleted.name.empty()) files.push_back(shard.deleted);
    for (const StoredRows& stored : shard.rows) {
      files.push_back(stored.file);
      files.insert(files.end(), stored.logs.begin(), stored.logs.end());
    }
  }
  return files;
}

uint64_t MembraneManifest::bytes() const {
  uint64_t bytes = 0;
  for (const StoredFile& file : files()) bytes += file.bytes;
  return bytes;
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
  for (const RowTableFiles& shard : rows) {
    for (const StoredRows& stored : shard.rows) PutLogs(stored, &to);
  }
  return to.Finish();
}

Result<MembraneManifest> MembraneManifest::Decode(
    std::span<const uint8_t> bytes) {
  ByteReader from(bytes);
  POMAI_RETURN_IF_ERROR(CheckVersion(&from));
  const uint32_t expected = from.U32("checksum");
  POMAI_RETURN_IF_ERROR(from.status());
  const uint32_t found = Crc32c(bytes.subspan(kHeaderSize));
  from.Expect(expected == found, "checksum", std::to_string(expected),
              std::to_string(found), 4);
  MembraneManifest manifest;
  manifest.options = GetOptions(&from);
  manifest.number = from.U64("number");
  manifest.sequence = from.U64("sequence");
  manifest.first_logs.resize(manifest.options.shards);
  for (uint64_t& first : manifest.first_logs) first = from.U64("first log");
  manifest.pages.image = GetFile(&from);
  manifest.pages.extents.resize(from.Count("extents", 16));
  for (StoredFile& file : manifest.pages.extents) file = GetFile(&from);
  manifest.rows.resize(manifest.options.shards);
  for (RowTableFiles& rows : manifest.rows) rows = GetRows(&from);
  if (from.left() > 0) {
    for (RowTableFiles& rows : manifest.rows) {
      for (StoredRows& stored : rows.rows) GetLogs(&from, &stored);
    }
  }
  from.ExpectEnd();
  if (!from.ok()) return from.status();
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
