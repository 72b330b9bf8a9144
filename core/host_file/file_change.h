// FileChange: a change of a FileStore's pages. For FileStore only.
//
//   std::unique_ptr<PageChange> change(new FileChange(store));
//
// Holds the latches of its pages until it is committed or ends. One thread.
#pragma once

#include <vector>

#include "core/host_file/file_store.h"

namespace pomai {

class FileChange : public PageChange {
 public:
  explicit FileChange(FileStore* store) : store_(store) {}
  ~FileChange() override { Unlock(); }

  Result<const uint8_t*> Lock(BlockNumber block) override;
  Result<uint8_t*> Edit(BlockNumber block) override;
  Result<uint8_t*> Init(BlockNumber block) override;
  Status Commit() override;

 private:
  struct Target {
    BlockNumber block;
    BlockTable::Slot* slot;
    PageReference copy;  // empty: locked only
  };

  // Locks it, unless it is; valid until the next call.
  Result<Target*> Find(BlockNumber block);
  void MakeCopy(Target* target);
  void Unlock();

  FileStore* store_;
  std::vector<Target> targets_;
  int edited_ = 0;
};

}  // namespace pomai
