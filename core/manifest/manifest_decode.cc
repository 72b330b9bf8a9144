// Manifest::Decode: takes nothing for granted that later code relies on.

#include <cmath>
#include <string>

#include "core/base/byte_reader.h"
#include "core/manifest/manifest.h"

namespace pomai {
namespace {

constexpr uint64_t kMaxId = ~0ull >> 1;  // ids with bit 63 are those of tails
constexpr uint32_t kMaxGridSide = 256;

std::vector<BlockRun> DecodeRuns(ByteReader* from) {
  std::vector<BlockRun> runs(from->Count("runs of pages", 8));
  uint64_t pages = 0;
  for (BlockRun& run : runs) {
    run.first = from->U32("first block of a run", 1, kNoBlock - 1);
    run.count = from->U32("blocks of a run", 1, kNoBlock - run.first);
    pages += run.count;
  }
  from->Expect(pages >= 1 && pages < kNoBlock, "pages of some runs",
               "1 to " + std::to_string(kNoBlock - 1), std::to_string(pages));
  return runs;
}

Extent DecodeExtent(ByteReader* from, PageKind kind) {
  Extent extent;
  extent.kind = kind;
  extent.id = from->U64("extent id", 1, kMaxId);
  extent.runs = DecodeRuns(from);
  return extent;
}

void DecodeCodebooks(ByteReader* from, std::vector<CodebookRef>* codebooks) {
  const uint32_t count = from->Count("codebooks", 32);
  uint64_t version = 0;
  for (uint32_t i = 0; i < count && from->ok(); ++i) {
    CodebookRef codebook;
    codebook.version = from->U64("codebook version", version + 1, ~0ull - 1);
    codebook.lists = from->U32("lists of a codebook", 1, kMaxLists);
    codebook.extent = DecodeExtent(from, PageKind::kCodebook);
    version = codebook.version;
    codebooks->push_back(std::move(codebook));
  }
}

void CheckCodebook(ByteReader* from, const SegmentRef& segment,
                   const std::vector<CodebookRef>& codebooks) {
  uint32_t lists = segment.codebook_version == 0 ? 1 : 0;
  for (const CodebookRef& codebook : codebooks) {
    if (codebook.version == segment.codebook_version) lists = codebook.lists;
  }
  from->Expect(lists != 0, "codebook of a segment", "a version listed above",
               std::to_string(segment.codebook_version));
  from->Expect(segment.end_list() <= lists, "last list of a segment",
               "at most " + std::to_string(lists),
               std::to_string(segment.end_list()));
}

// First pages of the sections, each at least as long as its rows ask for.
void DecodeSections(ByteReader* from, SegmentRef* segment) {
  const uint32_t pages = segment->extent.page_count();
  const uint64_t list_bytes = (uint64_t{segment->lists} + 2) * 8;
  const auto page = [&](const char* what, uint64_t low) {
    from->Expect(low <= pages, what, "at most page " + std::to_string(pages),
                 std::to_string(low));
    return from->U32(what, low <= pages ? static_cast<uint32_t>(low) : pages,
                     pages);
  };
  segment->directory_page = page("directory of a segment", 1);
  segment->blocks_page =
      page("blocks of a segment",
           uint64_t{segment->directory_page} + PagesFor(list_bytes));
  segment->refine_page = page("refine rows of a segment", segment->blocks_page);
  segment->ids_page = page("ids of a segment", segment->refine_page);
  segment->dead_page =
      page("dead bitmap of a segment",
           uint64_t{segment->ids_page} + PagesFor(segment->rows * 8));
  const uint64_t end =
      uint64_t{segment->dead_page} + PagesFor((segment->rows + 7) / 8);
  from->Expect(end <= pages, "pages of a segment", std::to_string(end),
               std::to_string(pages));
}

SegmentRef DecodeSegment(ByteReader* from,
                         const std::vector<CodebookRef>& codebooks) {
  SegmentRef segment;
  segment.extent = DecodeExtent(from, PageKind::kSegment);
  segment.shard = from->U32("shard of a segment", 0, kMaxShards - 1);
  segment.first_list = from->U32("first list of a segment", 0, kMaxLists - 1);
  segment.lists =
      from->U32("lists of a segment", 1, kMaxLists - segment.first_list);
  segment.live_from = from->U32("first live list of a segment",
                                segment.first_list, segment.end_list() - 1);
  segment.codebook_version = from->U64("codebook of a segment", 0, ~0ull - 1);
  CheckCodebook(from, segment, codebooks);
  segment.rows = from->U64("rows of a segment", 0, ~0u);
  segment.rows_without_distance =
      from->U64("rows without distance", 0, segment.rows);
  segment.squared_residuals =
      from->Number<double>("squared residuals of a segment", 0, HUGE_VAL);
  const auto coded =
      static_cast<uint32_t>(segment.rows - segment.rows_without_distance);
  segment.blocks =
      from->U32("blocks of a segment",
                (coded / kBlockCodes) + (coded % kBlockCodes != 0), coded);
  DecodeSections(from, &segment);
  return segment;
}

void DecodeCalibration(ByteReader* from, Calibration* grid) {
  const uint32_t ks = from->U32("calibrated ks", 0, kMaxGridSide);
  const uint32_t targets = from->U32("calibrated targets", ks == 0 ? 0 : 1,
                                     ks == 0 ? 0 : kMaxGridSide);
  uint32_t k = 0;
  for (uint32_t i = 0; i < ks && from->ok(); ++i) {
    k = from->U32("calibrated k", k + 1, ~0u - 1);
    grid->ks.push_back(k);
  }
  float target = 0;
  for (uint32_t i = 0; i < targets && from->ok(); ++i) {
    target =
        from->Number<float>("calibrated target", std::nextafter(target, 1.0f),
                            std::nextafter(1.0f, 0.0f));
    grid->targets.push_back(target);
  }
  const float infinity = HUGE_VALF;
  for (uint32_t i = 0; i < ks * targets && from->ok(); ++i) {
    grid->taus.push_back(
        from->Number<float>("calibrated tau", -infinity, infinity));
  }
  for (uint32_t i = 0; i < ks * targets && from->ok(); ++i) {
    grid->codes.push_back(from->Number<float>("calibrated codes", 0, infinity));
  }
}

void DecodeRetired(ByteReader* from, std::vector<RetiredPages>* retired) {
  retired->resize(from->Count("retired pages", 12));
  for (RetiredPages& pages : *retired) {
    pages.horizon = from->U64("horizon of retired pages", 0, ~0ull);
    pages.runs = DecodeRuns(from);
  }
}

}  // namespace

Result<Manifest> Manifest::Decode(std::span<const uint8_t> bytes) {
  ByteReader from(bytes);
  Manifest manifest;
  const float most = HUGE_VALF;
  manifest.sequence = from.U64("sequence", 0, ~0ull);
  manifest.trained_rows = from.U64("rows trained on", 0, ~0ull);
  manifest.max_squared_norm =
      from.Number<float>("largest squared norm", 0, most);
  manifest.mean_squared_residual =
      from.Number<float>("mean squared residual", 0, most);
  manifest.trained_list_rows =
      from.Number<float>("rows of a row's list", 0, most);
  manifest.calibrated_codebook = from.U64("calibrated codebook", 0, ~0ull - 1);
  manifest.calibrated_rows = from.U64("rows calibrated with", 0, ~0ull);
  DecodeCodebooks(&from, &manifest.codebooks);
  const uint32_t segments = from.Count("segments", 80);
  for (uint32_t i = 0; i < segments && from.ok(); ++i) {
    manifest.segments.push_back(DecodeSegment(&from, manifest.codebooks));
  }
  DecodeCalibration(&from, &manifest.calibration);
  DecodeRetired(&from, &manifest.retired);
  from.ExpectEnd();
  if (!from.ok()) return from.status();
  return manifest;
}

}  // namespace pomai
