// PageImage: the pages of a FileStore as of a checkpoint; and the image file,
// which keeps those of them that are in no extent file.
//
//   POMAI_ASSIGN_OR_RETURN(auto image, store->Take(cache, key));
//   image->extents ...                     // sealed allocations
//   POMAI_ASSIGN_OR_RETURN(StoredImage found, ReadPageImage(fs, path, stored));
//
// A PageImage holds references and may outlive its store. One thread.
//
// Bytes of an image file:
//   8 bytes "pomaiimg", u32 version (1), u32 blocks of the store,
//   u64 horizon, u32 extents, u32 pages,
//   extents x { u64 id, u64 number in its file's name, u32 kind, u32 runs,
//               runs x (u32 first, u32 count) }
//   pages x u32 block
//   zeros up to a multiple of 64, then pages x kPageSize bytes
// A page whose block belongs to an extent stands for the one in its file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/host/extent.h"
#include "core/host_file/file_system.h"
#include "core/host_file/page_version.h"
#include "core/host_file/stored_file.h"

namespace pomai {

// The files of a store, as the MANIFEST has them.
struct ImageFiles {
  uint64_t number = 0;  // as given to Write; Open does not need it
  StoredFile image;
  std::vector<StoredFile> extents;
};

struct ImagePage {
  BlockNumber block;
  PageReference page;
};

struct PageImage {
  // A segment or codebook.
  struct Sealed {
    Extent extent;
    // Its file, if it has one already; else `number` is 0 and `pages` are all
    // of its pages.
    uint64_t number = 0;
    StoredFile file;
    std::vector<PageReference> pages;
  };
  uint32_t blocks = 0;
  uint64_t horizon = 0;
  std::vector<Sealed> extents;
  std::vector<ImagePage> pages;
  // In memory, and needed by nothing that is taken a snapshot of from now on.
  std::vector<ImagePage> unused;
};

// An image file, read.
struct StoredImage {
  struct Sealed {
    Extent extent;
    uint64_t number = 0;
  };
  uint32_t blocks = 0;
  uint64_t horizon = 0;
  std::vector<Sealed> extents;
  std::vector<ImagePage> pages;
};

// "extent-<id>-<number>".
std::string ExtentFileName(uint64_t id, uint64_t number);

// Writes and syncs the image file `name`; extents without a file are taken to
// be in files of number `number`.
Result<StoredFile> WritePageImage(FileSystem* files, const std::string& folder,
                                  const std::string& name, uint64_t number,
                                  const PageImage& image);
// Corruption naming file, offset, expected and found when a byte is wrong.
Result<StoredImage> ReadPageImage(FileSystem* files, const std::string& folder,
                                  const StoredFile& stored);

}  // namespace pomai
