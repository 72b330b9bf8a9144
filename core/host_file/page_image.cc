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

StoredImage::Sealed ReadExtent(StoredBytes* bytes, uint32_t blocks) {
  StoredImage::Sealed sealed;
  Extent& extent = sealed.extent;
  extent.id = bytes->U64("id of an extent");
  sealed.number = bytes->U64("number of an extent");
  extent.kind = static_cast<PageKind>(bytes->U32(
      "kind of an extent", static_cast<uint32_t>(PageKind::kCodebook),
      static_cast<uint32_t>(PageKind::kSegment)));
  extent.runs.resize(bytes->Count("runs of an extent", 8));
  for (BlockRun& run : extent.runs) {
    run.first = bytes->U32("first block of a run", 0, blocks - 1);
    run.count = bytes->U32("blocks of a run", 0, blocks - run.first);
  }
  return sealed;
}

void ReadPages(StoredBytes* bytes, StoredImage* image) {
  for (ImagePage& page : image->pages) {
    page.block = bytes->U32("block of a page", 0, image->blocks - 1);
  }
  bytes->Align(kPageAlignment);
  for (ImagePage& page : image->pages) {
    const uint8_t* from = bytes->Bytes("page", kPageSize);
    if (from == nullptr) return;
    page.page = PageReference(PageVersion::New());
    std::memcpy(page.page.get()->bytes, from, kPageSize);
  }
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
  bytes.Text("magic", kMagic);
  bytes.U32("version", kVersion, kVersion);
  image.blocks = bytes.U32("blocks", 1);
  image.horizon = bytes.U64("horizon");
  const uint32_t extents = bytes.U32("extents");
  image.pages.resize(bytes.Count("pages", kPageSize));
  for (uint32_t i = 0; i < extents && bytes.ok(); ++i) {
    image.extents.push_back(ReadExtent(&bytes, image.blocks));
  }
  ReadPages(&bytes, &image);
  bytes.ExpectEnd();
  if (!bytes.ok()) return bytes.status();
  return image;
}

}  // namespace pomai
