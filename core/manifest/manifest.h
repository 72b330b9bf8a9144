// Manifest: the list of what is live: codebooks, segments, calibration. One
// immutable extent, replaced as a whole; the meta page names the current one.
//
//   POMAI_ASSIGN_OR_RETURN(Manifest manifest, Manifest::Load(store, meta,
//   lock)); manifest.segments.push_back(ref); std::vector<uint8_t> bytes =
//   manifest.Encode(); POMAI_RETURN_IF_ERROR(Manifest::Store(store, extent,
//   bytes));
//   ... then one change of the meta page names `extent`
//
// Bytes (an extent of kind kManifest, one run):
//   u64 sequence, u64 rows trained on, f32 largest squared norm,
//   f32 mean squared residual, f32 rows of a row's list when trained,
//   u64 codebook calibrated with, u64 rows calibrated with
//   u32 codebooks, each:  u64 version, u32 lists, extent
//   u32 segments, each:   extent, u32 shard, u32 first list, u32 lists,
//                         u32 live from, u64 codebook version, u64 rows,
//                         u64 rows without distance, f64 squared residuals,
//                         u32 blocks, u32 x 5 first pages of the sections
//   calibration:          u32 ks, u32 targets, ks x u32 k, targets x f32
//   target,
//                         ks x targets x f32 tau, ks x targets x f32 codes
//   u32 retired, each:    u64 horizon, runs (0: the meta page has it)
//   extent :=             u64 id, runs
//   runs :=               u32 count, count x (u32 first, u32 count)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/host/extent.h"
#include "core/manifest/meta_page.h"
#include "core/segment/segment.h"

namespace pomai {

struct CodebookRef {
  uint64_t version = 0;
  uint32_t lists = 0;
  Extent extent;
};

// How far a search must go: the stop threshold tau for each k and target
// recall, found when the codebook is trained, and how many codes searches
// scanned up to there.
struct Calibration {
  std::vector<uint32_t> ks;    // rising
  std::vector<float> targets;  // rising, in (0, 1)
  std::vector<float> taus;     // ks x targets
  std::vector<float> codes;    // ks x targets, on average

  // Interpolated: linear in log k, and in log(1 - target). +infinity (every
  // list) when nothing was calibrated or target is 1.
  float Tau(uint32_t k, double target) const;
  float Codes(uint32_t k, double target) const;
};

// Pages that nothing names any more, but that a search which began before
// `horizon` may still read.
struct RetiredPages {
  uint64_t horizon = 0;
  std::vector<BlockRun> runs;
};

struct Manifest {
  uint64_t sequence = 0;
  uint64_t trained_rows = 0;  // there were when the current codebook was made
  float max_squared_norm = 0;
  float mean_squared_residual = 0;
  // Rows of the list that a row is in, on average over the rows: what a search
  // of one list scans.
  float trained_list_rows = 0;
  // The codebook that the figures above and `calibration` belong to, and the
  // rows there were when it was calibrated.
  uint64_t calibrated_codebook = 0;
  uint64_t calibrated_rows = 0;
  std::vector<CodebookRef> codebooks;  // version 0 is never listed
  std::vector<SegmentRef> segments;
  Calibration calibration;
  std::vector<RetiredPages> retired;

  // The codebook new entries are encoded under: the newest, 0 when none.
  uint64_t current_codebook() const {
    return codebooks.empty() ? 0 : codebooks.back().version;
  }
  // Rows of all segments, dead ones too.
  uint64_t segment_rows() const;

  std::vector<uint8_t> Encode() const;
  // Corruption naming the offset when bytes end early or counts make no sense.
  static Result<Manifest> Decode(std::span<const uint8_t> bytes);

  // Writes what Encode returned into `extent` (PagesFor(bytes.size()) pages).
  static Status Store(PageStore* store, const Extent& extent,
                      std::span<const uint8_t> bytes);
  // The manifest that `meta` names; an empty one when it names none. Aborted
  // when a page was recycled, Corruption when bytes are wrong.
  static Result<Manifest> Load(PageStore* store, const MetaPage& meta,
                               PageLock lock);
};

}  // namespace pomai
