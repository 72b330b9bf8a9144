// RelationChange: up to four pages of an index, changed by one WAL record.
//
//   RelationChange change(&store);
//   POMAI_ASSIGN_OR_RETURN(uint8_t* page, change.Edit(block));
//
// Pages are edited in copies. The record is a generic one of the server's, with
// the edited pages in the order in which they were locked: replay locks them in
// that order and holds them all, so any other could hang it against a reader.
// Made by RelationStore::BeginChange.
#pragma once

#include <memory>
#include <vector>

#include "core/host/page_delta.h"
#include "core/host/page_store.h"
#include "src/host_pg/relation_store.h"
#include "src/pg/server.h"

namespace pomai {

class RelationChange : public PageChange {
 public:
  explicit RelationChange(RelationStore* store) : store_(store) {}
  ~RelationChange() override { Release(); }
  RelationChange(const RelationChange&) = delete;
  RelationChange& operator=(const RelationChange&) = delete;

  Result<const uint8_t*> Lock(BlockNumber block) override;
  Result<uint8_t*> Edit(BlockNumber block) override;
  Result<uint8_t*> Init(BlockNumber block) override;
  Status Commit() override;

 private:
  struct HeldPage {
    BlockNumber block = kNoBlock;
    Buffer buffer = InvalidBuffer;
    bool init = false;
    std::unique_ptr<uint8_t[]> edited;  // the copy; null: locked only
  };

  Result<HeldPage*> Hold(BlockNumber block, ReadBufferMode mode);
  Status Copy(HeldPage* page);
  static void Apply(const HeldPage& page);
  void ComputeDeltas();
  void ApplyUnlogged();
  void ApplyLogged();
  void Release();

  RelationStore* store_;
  int edited_ = 0;
  std::vector<HeldPage> pages_;          // in the order of locking
  std::unique_ptr<PageDelta[]> deltas_;  // of the edited ones
};

// Makes `page` a page of ours with the body and header of `from`.
void FillPage(::Page page, const uint8_t* from);

}  // namespace pomai
