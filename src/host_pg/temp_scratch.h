// TempScratch: a build's scratch space in a temporary file of the server's
// (BufFile): under temp_tablespaces, counted by temp_file_limit, removed with
// the transaction whatever happens.
//
//   TempScratch scratch;
//   POMAI_RETURN_IF_ERROR(scratch.Append(row, size));
//   POMAI_RETURN_IF_ERROR(scratch.ReadAt(0, row, size));
//
// The file is made at the first Append, in the memory context and with the
// resource owner that are current when the object is made; both must outlive
// it. Backend thread only.
#pragma once

#include "core/host/scratch.h"

struct BufFile;
struct MemoryContextData;

namespace pomai {

class TempScratch : public Scratch {
 public:
  TempScratch();
  ~TempScratch() override;
  TempScratch(const TempScratch&) = delete;
  TempScratch& operator=(const TempScratch&) = delete;

  Status Append(const void* from, size_t size) override;
  // Corruption when the range passes what was appended.
  Status ReadAt(uint64_t offset, void* to, size_t size) override;

 private:
  Status Open();
  Status MoveTo(uint64_t offset);
  // Leaves the file to the transaction's end after an error.
  Status Keep(Status status);

  MemoryContextData* context_;
  BufFile* file_ = nullptr;
  uint64_t size_ = 0;
  uint64_t position_ = 0;
};

}  // namespace pomai
