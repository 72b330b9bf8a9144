#include "core/host_file/page_image.h"

#include <cstring>

#include "core/host_file/file_writer.h"
#include "core/host_file/stored_bytes.h"

namespace pomai {
namespace {

constexpr std::string_view kMagic = "pomaiimg";
constexpr uint32_t kVersion = 1;
constexpr uint64_t kPageAlignment = 64;

std::vector<uint8_t> EncodeHead(const PageImage& image, uint64_t number) {
  std::vector<uint8_t> head(kMagic.begin(), kMagic.end());
  AppendFixed<uint32_t>(&head, kVersion);
  AppendFixed<uint32_t>(&head, image.blocks);
  AppendFixed<uint64_t>(&head, image.horizon);
  AppendFixed<uint32_t>(&head, static_cast<uint32_t>(image.extents.size()));
  AppendFixed<uint32_t>(&head, static_cast<uint32_t>(image.pages.size()));
  for (const PageImage::Sealed& sealed : image.extents) {
    const Extent& extent = sealed.extent;
    AppendFixed<uint64_t>(&head, extent.id);
    AppendFixed<uint64_t>(&head, sealed.number != 0 ? sealed.number : number);
    AppendFixed<uint32_t>(&head, static_cast<uint32_t>(extent.kind));
    AppendFixed<uint32_t>(&head, static_cast<uint32_t>(extent.runs.size()));
    for (const BlockRun& run : extent.runs) {
      AppendFixed<uint32_t>(&head, run.first);
      AppendFixed<uint32_t>(&head, run.count);
    }
  }
  for (const ImagePage& page : image.pages)
    AppendFixed<uint32_t>(&head, page.block);
  return head;
}

Status ReadRuns(StoredBytes* bytes, uint32_t blocks, Extent* extent) {
  POMAI_ASSIGN_OR_RETURN(const auto runs, bytes->Number<uint32_t>("runs"));
  for (uint32_t i = 0; i < runs; ++i) {
    BlockRun run;
    POMAI_ASSIGN_OR_RETURN(run.first, bytes->Number<uint32_t>("block"));
    POMAI_ASSIGN_OR_RETURN(run.count, bytes->Number<uint32_t>("blocks"));
    if (run.first >= blocks || run.count > blocks - run.first) {
      return bytes->Wrong("blocks of an extent",
                          "an end of at most " + std::to_string(blocks),
                          std::to_string(uint64_t{run.first} + run.count), 8);
    }
    extent->runs.push_back(run);
  }
  return Status::Ok();
}

Result<StoredImage::Sealed> ReadExtent(StoredBytes* bytes, uint32_t blocks) {
  StoredImage::Sealed sealed;
  POMAI_ASSIGN_OR_RETURN(sealed.extent.id, bytes->Number<uint64_t>("id"));
  POMAI_ASSIGN_OR_RETURN(sealed.number, bytes->Number<uint64_t>("number"));
  POMAI_ASSIGN_OR_RETURN(const auto kind, bytes->Number<uint32_t>("kind"));
  sealed.extent.kind = static_cast<PageKind>(kind);
  if (sealed.extent.kind != PageKind::kSegment &&
      sealed.extent.kind != PageKind::kCodebook) {
    return bytes->Wrong("kind of an extent", "4 or 5", std::to_string(kind), 4);
  }
  POMAI_RETURN_IF_ERROR(ReadRuns(bytes, blocks, &sealed.extent));
  return sealed;
}

Status ReadPages(StoredBytes* bytes, uint32_t pages, StoredImage* image) {
  for (uint32_t i = 0; i < pages; ++i) {
    POMAI_ASSIGN_OR_RETURN(const auto block, bytes->Number<uint32_t>("block"));
    if (block >= image->blocks) {
      return bytes->Wrong("block of a page",
                          "below " + std::to_string(image->blocks),
                          std::to_string(block), 4);
    }
    image->pages.push_back({block, PageReference()});
  }
  POMAI_RETURN_IF_ERROR(bytes->Align(kPageAlignment));
  for (ImagePage& page : image->pages) {
    POMAI_ASSIGN_OR_RETURN(const uint8_t* from,
                           bytes->Bytes("page", kPageSize));
    page.page = PageReference(PageVersion::New());
    std::memcpy(page.page.get()->bytes, from, kPageSize);
  }
  return bytes->ExpectEnd();
}

}  // namespace

std::string ExtentFileName(uint64_t id, uint64_t number) {
  return "extent-" + std::to_string(id) + "-" + std::to_string(number);
}

Result<StoredFile> WritePageImage(FileSystem* files, const std::string& folder,
                                  const std::string& name, uint64_t number,
                                  const PageImage& image) {
  POMAI_ASSIGN_OR_RETURN(auto writer, FileWriter::Create(files, folder, name));
  const std::vector<uint8_t> head = EncodeHead(image, number);
  POMAI_RETURN_IF_ERROR(writer->Append(head.data(), head.size()));
  POMAI_RETURN_IF_ERROR(writer->Align(kPageAlignment));
  for (const ImagePage& page : image.pages) {
    POMAI_RETURN_IF_ERROR(writer->Append(page.page.bytes(), kPageSize));
  }
  return writer->Finish();
}

Result<StoredImage> ReadPageImage(FileSystem* files, const std::string& folder,
                                  const StoredFile& stored) {
  POMAI_ASSIGN_OR_RETURN(
      StoredBytes bytes,
      StoredBytes::Open(files, folder, stored, Checksum::kCompare));
  StoredImage image;
  POMAI_RETURN_IF_ERROR(bytes.ExpectText("magic", kMagic));
  POMAI_RETURN_IF_ERROR(bytes.Expect<uint32_t>("version", kVersion));
  POMAI_ASSIGN_OR_RETURN(image.blocks, bytes.Number<uint32_t>("blocks"));
  POMAI_ASSIGN_OR_RETURN(image.horizon, bytes.Number<uint64_t>("horizon"));
  POMAI_ASSIGN_OR_RETURN(const auto extents, bytes.Number<uint32_t>("extents"));
  POMAI_ASSIGN_OR_RETURN(const auto pages, bytes.Number<uint32_t>("pages"));
  for (uint32_t i = 0; i < extents; ++i) {
    POMAI_ASSIGN_OR_RETURN(auto extent, ReadExtent(&bytes, image.blocks));
    image.extents.push_back(std::move(extent));
  }
  POMAI_RETURN_IF_ERROR(ReadPages(&bytes, pages, &image));
  return image;
}

}  // namespace pomai
