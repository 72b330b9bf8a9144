#include "core/db/deleted_rows.h"

#include <cstring>
#include <utility>

#include "core/host_file/file_writer.h"
#include "core/host_file/stored_bytes.h"

namespace pomai {
namespace {

constexpr std::string_view kMagic = "pomaidel";
constexpr uint32_t kVersion = 1;

template <typename T>
Status Append(FileWriter* writer, T value) {
  uint8_t bytes[sizeof(T)];
  PutFixed<T>(bytes, value);
  return writer->Append(bytes, sizeof(T));
}

}  // namespace

Result<StoredFile> WriteDeletedRows(FileSystem* files,
                                    const std::string& folder,
                                    const std::string& name,
                                    const DeletedRows& deleted) {
  POMAI_ASSIGN_OR_RETURN(auto writer, FileWriter::Create(files, folder, name));
  POMAI_RETURN_IF_ERROR(writer->Append(kMagic.data(), kMagic.size()));
  POMAI_RETURN_IF_ERROR(Append<uint32_t>(writer.get(), kVersion));
  POMAI_RETURN_IF_ERROR(Append<uint32_t>(
      writer.get(), static_cast<uint32_t>(deleted.files.size())));
  POMAI_RETURN_IF_ERROR(Append<uint64_t>(writer.get(), deleted.next_counter));
  for (const DeletedBitmap& file : deleted.files) {
    POMAI_RETURN_IF_ERROR(Append<uint64_t>(writer.get(), file.first_number));
    POMAI_RETURN_IF_ERROR(Append<uint64_t>(writer.get(), file.rows));
    POMAI_RETURN_IF_ERROR(
        writer->Append(file.bits.data(), file.bits.size() * sizeof(uint64_t)));
  }
  return writer->Finish();
}

Result<DeletedRows> ReadDeletedRows(FileSystem* files,
                                    const std::string& folder,
                                    const StoredFile& stored) {
  POMAI_ASSIGN_OR_RETURN(
      StoredBytes bytes,
      StoredBytes::Open(files, folder, stored, Checksum::kCompare));
  DeletedRows deleted;
  bytes.Text("magic", kMagic);
  bytes.U32("version", kVersion, kVersion);
  deleted.files.resize(bytes.Count("row files", 16));
  deleted.next_counter = bytes.U64("next counter");
  for (DeletedBitmap& file : deleted.files) {
    file.first_number = bytes.U64("first number");
    file.rows = bytes.U64("rows");
    const uint64_t words = file.rows / 64 + (file.rows % 64 != 0 ? 1 : 0);
    const uint8_t* bits = bytes.Bytes("bits", words * sizeof(uint64_t));
    if (bits == nullptr) break;
    file.bits.resize(words);
    std::memcpy(file.bits.data(), bits, words * sizeof(uint64_t));
  }
  bytes.ExpectEnd();
  if (!bytes.ok()) return bytes.status();
  return deleted;
}

}  // namespace pomai
