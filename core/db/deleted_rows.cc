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
  POMAI_RETURN_IF_ERROR(bytes.ExpectText("magic", kMagic));
  POMAI_RETURN_IF_ERROR(bytes.Expect<uint32_t>("version", kVersion));
  POMAI_ASSIGN_OR_RETURN(const auto count, bytes.Number<uint32_t>("row files"));
  POMAI_ASSIGN_OR_RETURN(deleted.next_counter,
                         bytes.Number<uint64_t>("next counter"));
  for (uint32_t i = 0; i < count; ++i) {
    DeletedBitmap file;
    POMAI_ASSIGN_OR_RETURN(file.first_number,
                           bytes.Number<uint64_t>("first number"));
    POMAI_ASSIGN_OR_RETURN(file.rows, bytes.Number<uint64_t>("rows"));
    const uint64_t words = file.rows / 64 + (file.rows % 64 != 0 ? 1 : 0);
    POMAI_ASSIGN_OR_RETURN(const uint8_t* bits,
                           bytes.Bytes("bits", words * sizeof(uint64_t)));
    file.bits.resize(words);
    std::memcpy(file.bits.data(), bits, words * sizeof(uint64_t));
    deleted.files.push_back(std::move(file));
  }
  POMAI_RETURN_IF_ERROR(bytes.ExpectEnd());
  return deleted;
}

}  // namespace pomai
