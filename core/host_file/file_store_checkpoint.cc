// FileStore's checkpoints: Take, Write, Adopt, Open.

#include <utility>

#include "core/engine/space.h"
#include "core/host_file/file_store.h"
#include "core/host_file/file_writer.h"
#include "core/host_file/stored_bytes.h"

namespace pomai {
namespace {

// The version a block holds; empty when it holds none, or a mapped page.
PageReference VersionOf(BlockTable::Slot* slot) {
  PageVersion* version = slot->Load().version();
  if (version != nullptr) version->Hold();
  return PageReference(version);
}

// Blocks that are in no extent file: meta page, shard pages, manifest, tails.
std::vector<BlockNumber> UnsealedBlocks(const Space& space) {
  std::vector<BlockNumber> blocks = {kMetaBlock};
  const MetaPage& meta = space.snapshot().view->meta;
  for (uint32_t i = 0; i < meta.shards; ++i) blocks.push_back(ShardBlock(i));
  for (const BlockRun& run : meta.manifest_extent().runs) {
    for (uint32_t i = 0; i < run.count; ++i) blocks.push_back(run.first + i);
  }
  for (const TailState& tail : space.tails()) {
    for (const TailExtentInfo& extent : tail.extents) {
      blocks.push_back(extent.directory);
      blocks.insert(blocks.end(), extent.payload.begin(), extent.payload.end());
    }
  }
  return blocks;
}

Result<StoredFile> WriteExtent(FileSystem* files, const std::string& folder,
                               uint64_t number,
                               const PageImage::Sealed& sealed) {
  POMAI_ASSIGN_OR_RETURN(
      auto writer,
      FileWriter::Create(files, folder,
                         ExtentFileName(sealed.extent.id, number)));
  for (const PageReference& page : sealed.pages) {
    POMAI_RETURN_IF_ERROR(writer->Append(page.bytes(), kPageSize));
  }
  return writer->Finish();
}

}  // namespace

Result<std::unique_ptr<PageImage>> FileStore::Take(ViewCache* cache,
                                                   uint64_t key) {
  const Reader reader = Register();
  POMAI_ASSIGN_OR_RETURN(const auto space,
                         Space::Open(this, PageLock::kPin, cache, key));
  auto image = std::make_unique<PageImage>();
  image->blocks = blocks_.size();
  image->horizon = readers_.last();
  std::vector<bool> used(image->blocks);
  for (const BlockNumber block : UnsealedBlocks(*space)) {
    if (block >= image->blocks) return PastEnd(block);
    used[block] = true;
    PageReference page = VersionOf(blocks_.At(block));
    if (page.get() == nullptr) {
      return Status::Internal("block " + std::to_string(block) +
                              " is named, but holds nothing");
    }
    image->pages.push_back({block, std::move(page)});
  }
  const Manifest& manifest = space->snapshot().view->manifest;
  for (const CodebookRef& ref : manifest.codebooks) {
    POMAI_RETURN_IF_ERROR(TakeExtent(ref.extent, image.get(), &used));
  }
  for (const SegmentRef& ref : manifest.segments) {
    POMAI_RETURN_IF_ERROR(TakeExtent(ref.extent, image.get(), &used));
  }
  for (BlockNumber block = 0; block < image->blocks; ++block) {
    if (used[block]) continue;
    PageReference page = VersionOf(blocks_.At(block));
    if (page.get() != nullptr)
      image->unused.push_back({block, std::move(page)});
  }
  return image;
}

// Pages of an extent with a file that are in memory all the same have been
// changed since: dead bitmaps.
Status FileStore::TakeExtent(const Extent& extent, PageImage* image,
                             std::vector<bool>* used) {
  PageImage::Sealed sealed;
  sealed.extent = extent;
  {
    const std::lock_guard lock(mutex_);
    const auto known = extents_.find(extent.id);
    if (known != extents_.end()) {
      sealed.number = known->second.number;
      sealed.file = known->second.stored;
    }
  }
  for (const BlockRun& run : extent.runs) {
    for (uint32_t i = 0; i < run.count; ++i) {
      const BlockNumber block = run.first + i;
      if (block >= image->blocks) return PastEnd(block);
      (*used)[block] = true;
      PageReference page = VersionOf(blocks_.At(block));
      if (sealed.number != 0) {
        if (page.get() == nullptr) continue;
        image->pages.push_back({block, std::move(page)});
      } else if (page.get() != nullptr) {
        sealed.pages.push_back(std::move(page));
      } else {
        return Status::Internal("block " + std::to_string(block) +
                                " is named, but holds nothing");
      }
    }
  }
  image->extents.push_back(std::move(sealed));
  return Status::Ok();
}

Status FileStore::Write(FileSystem* files, const std::string& folder,
                        uint64_t number, const PageImage& image,
                        ImageFiles* out) {
  out->number = number;
  out->extents.clear();
  for (const PageImage::Sealed& sealed : image.extents) {
    StoredFile file = sealed.file;
    if (sealed.number == 0) {
      POMAI_ASSIGN_OR_RETURN(file, WriteExtent(files, folder, number, sealed));
    }
    out->extents.push_back(std::move(file));
  }
  POMAI_ASSIGN_OR_RETURN(
      out->image,
      WritePageImage(files, folder, "image-" + std::to_string(number), number,
                     image));
  return Status::Ok();
}

Status FileStore::Adopt(FileSystem* files, const std::string& folder,
                        const PageImage& image, const ImageFiles& stored) {
  std::map<uint64_t, MappedExtent> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(extents_);
    for (const PageImage::Sealed& sealed : image.extents) {
      if (sealed.number == 0) continue;
      extents_.insert(gone.extract(sealed.extent.id));
    }
  }
  for (auto& [id, extent] : gone) {
    Retired retired;
    retired.extent = std::move(extent);
    Retire(std::move(retired));
  }
  for (const ImagePage& unused : image.unused) {
    Retired retired;
    retired.block = unused.block;
    unused.page.get()->Hold();
    retired.pages.emplace_back(unused.page.get());
    Retire(std::move(retired));
  }
  for (size_t i = 0; i < image.extents.size(); ++i) {
    const PageImage::Sealed& sealed = image.extents[i];
    if (sealed.number != 0) continue;
    POMAI_RETURN_IF_ERROR(MapExtent(files, folder, sealed.extent, stored.number,
                                    stored.extents[i], &sealed.pages));
  }
  return Status::Ok();
}

// `replaced`: the versions in whose place mapped pages come; null when blocks
// hold nothing yet.
Status FileStore::MapExtent(FileSystem* files, const std::string& folder,
                            const Extent& extent, uint64_t number,
                            const StoredFile& stored,
                            const std::vector<PageReference>* replaced) {
  POMAI_ASSIGN_OR_RETURN(
      StoredBytes bytes,
      StoredBytes::Open(files, folder, stored, Checksum::kSkip));
  const uint64_t expected = uint64_t{extent.page_count()} * kPageSize;
  bytes.Expect(bytes.size() == expected, "length", std::to_string(expected),
               std::to_string(bytes.size()));
  if (!bytes.ok()) return bytes.status();
  MappedExtent mapped{extent, number, stored, bytes.TakeFile()};
  const uint8_t* page = mapped.file->bytes().data();
  Retired retired;
  size_t at = 0;
  for (const BlockRun& run : extent.runs) {
    for (uint32_t i = 0; i < run.count; ++i, ++at, page += kPageSize) {
      BlockTable::Slot* slot = blocks_.At(run.first + i);
      PageVersion* old = replaced == nullptr ? nullptr : (*replaced)[at].get();
      const PageWord now = old == nullptr ? PageWord() : PageWord::Version(old);
      if (slot->Replace(now, PageWord::Mapped(page)) && old != nullptr) {
        retired.pages.emplace_back(old);  // with the slot's reference
      }
    }
  }
  {
    const std::lock_guard lock(mutex_);
    extents_.insert_or_assign(extent.id, std::move(mapped));
  }
  Retire(std::move(retired));
  return Status::Ok();
}

Result<std::unique_ptr<FileStore>> FileStore::Open(FileSystem* files,
                                                   const std::string& folder,
                                                   const ImageFiles& image) {
  POMAI_ASSIGN_OR_RETURN(StoredImage found,
                         ReadPageImage(files, folder, image.image));
  auto store = New();
  if (!store->blocks_.Grow(found.blocks)) {
    return Status::Corruption(folder + "/" + image.image.name +
                              ": too many blocks");
  }
  store->readers_.StartAfter(found.horizon);
  std::map<std::string, const StoredFile*> by_name;
  for (const StoredFile& file : image.extents) by_name[file.name] = &file;
  for (const StoredImage::Sealed& sealed : found.extents) {
    const auto name = ExtentFileName(sealed.extent.id, sealed.number);
    const auto file = by_name.find(name);
    if (file == by_name.end()) {
      return Status::Corruption(folder + "/" + image.image.name +
                                ": expected the manifest to name " + name);
    }
    POMAI_RETURN_IF_ERROR(store->MapExtent(
        files, folder, sealed.extent, sealed.number, *file->second, nullptr));
  }
  for (ImagePage& page : found.pages) {
    store->Publish(page.block, std::move(page.page));
  }
  return store;
}

}  // namespace pomai
