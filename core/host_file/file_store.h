// FileStore: a PageStore for many threads: pages in memory, copy on write, over
// immutable files that are mapped.
//
//   auto store = FileStore::New();           // then CreateMembrane
//   FileStore::Reader reader = store->Register();
//   ... TakeSnapshot, searches ...
//
//   POMAI_ASSIGN_OR_RETURN(auto image, store->Take(cache, key));   // a gate
//   ImageFiles files;
//   POMAI_RETURN_IF_ERROR(store->Write(fs, folder, 7, *image, &files));
//   ... MANIFEST names `files` ...
//   POMAI_RETURN_IF_ERROR(store->Adopt(fs, folder, *image, files));
//
// Any thread, any number of them. Rules beside those of page_store.h:
// - Whoever reads pages of segments, codebooks and manifests has a Reader, from
//   before it takes its engine snapshot until after its last page. (Searches,
//   InsertBatch::Apply, each step of maintenance.) Those pages cost no atomic
//   operation: they stay until every Reader of their time has gone.
// - All other pages are versions with a count of references: a guard keeps the
//   version it got, whatever is committed meanwhile. kShare keeps writers of
//   the page away as well; needed where several pages must fit together.
// - A guard is let go by the thread that got it, before the store ends.
// - One thread at a time maintains or checkpoints; between Take and Adopt
//   maintenance, inserts and searches go on.
//
// Files:
//   extent-<id>-<n>  the pages of one segment or codebook, page after page
//   image-<n>        see page_image.h
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/host/page_store.h"
#include "core/host_file/block_table.h"
#include "core/host_file/file_system.h"
#include "core/host_file/page_image.h"
#include "core/host_file/reader_registry.h"

namespace pomai {

class FileStore : public PageStore {
 public:
  // Held by whoever reads; move-only. Lets go when it ends.
  using Reader = ReaderRegistry::Reader;

  // An empty store.
  static std::unique_ptr<FileStore> New();
  // What `files` describe. Corruption naming file, offset, expected and found
  // when the image's bytes are wrong or a file's length is; extents are mapped,
  // not read (CheckPage looks at each page when it is read).
  static Result<std::unique_ptr<FileStore>> Open(FileSystem* files,
                                                 const std::string& folder,
                                                 const ImageFiles& image);
  ~FileStore() override;

  Reader Register() { return readers_.Register(); }

  Result<PageGuard> Read(BlockNumber block, PageLock lock) override;
  void Prefetch(BlockNumber block, uint32_t offset, uint32_t length) override;
  Result<std::unique_ptr<PageChange>> BeginChange() override;
  Result<BlockNumber> Extend(uint32_t count) override;
  Status WriteNew(BlockNumber block, const uint8_t* page) override;
  Result<uint32_t> PageCount() override;
  // What is retired now may be reused when all Readers of today are gone.
  Result<uint64_t> Horizon() override;
  Result<bool> HorizonPassed(uint64_t horizon) override;
  Result<bool> Truncate(uint32_t pages, uint32_t expected) override;
  // Aborted after Stop.
  Status Poll() override;

  // Ends the work of everybody at their next poll (the membrane closes).
  void Stop();

  // What a checkpoint keeps, as of now: references, no copies (a walk over the
  // tails' directories). Nobody changes pages meanwhile: no insert, no step of
  // maintenance, no vacuum. `cache`, `key`: as for TakeSnapshot.
  Result<std::unique_ptr<PageImage>> Take(ViewCache* cache, uint64_t key);
  // Writes and syncs the files of `image` that do not exist yet; their names
  // end with `number`, which is never used twice. `out`: all files that belong
  // to the image, old ones too. The folder is not synced. After an error files
  // may be left that no MANIFEST names. Any thread, everything else goes on.
  Status Write(FileSystem* files, const std::string& folder, uint64_t number,
               const PageImage& image, ImageFiles* out);
  // The files of `image` have become the membrane's: sealed pages are read from
  // them from now on, memory is let go, and pages that nothing needed when the
  // image was taken are forgotten once their readers are gone. After an error
  // (a file cannot be mapped) the pages stay in memory, which is as good, and
  // the next image writes them again.
  Status Adopt(FileSystem* files, const std::string& folder,
               const PageImage& image, const ImageFiles& stored);

 private:
  friend class FileChange;
  // An extent's file.
  struct MappedExtent {
    Extent extent;
    uint64_t number;
    StoredFile stored;
    std::unique_ptr<MappedFile> file;
  };

  FileStore() = default;

  void Unpin(uint64_t handle) override;
  // Zeros when the block was never written.
  static const uint8_t* BytesOf(PageWord word);
  Status PastEnd(BlockNumber block) const;
  // Puts `page` in the place of what `block` holds.
  void Publish(BlockNumber block, PageReference page);
  // What waits until its readers are gone: pages; what `block` holds, if that
  // is pages[0] still; the mapped file of an extent that is no more.
  struct Retired {
    uint64_t horizon = 0;
    std::vector<PageReference> pages;
    BlockNumber block = kNoBlock;
    std::optional<MappedExtent> extent;
  };
  void Retire(Retired retired);
  void RetireWord(PageWord old);
  void Forget(const Retired& retired);
  Status TakeExtent(const Extent& extent, PageImage* image,
                    std::vector<bool>* used);
  Status MapExtent(FileSystem* files, const std::string& folder,
                   const Extent& extent, uint64_t number,
                   const StoredFile& stored,
                   const std::vector<PageReference>* replaced);

  BlockTable blocks_;
  ReaderRegistry readers_;
  std::atomic<bool> stopped_{false};
  std::mutex extending_;

  // Guards the rest.
  mutable std::mutex mutex_;
  std::deque<Retired> retired_;               // horizons rise
  std::map<uint64_t, MappedExtent> extents_;  // with files, by allocation id
};

}  // namespace pomai
