#include "core/engine/list_scanner.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace pomai {
namespace {

// Blocks between two polls: some 200 microseconds of scanning.
constexpr uint32_t kBlocksPerPoll = 1024;
// What looking for the codes of a list takes, in blocks.
constexpr uint32_t kBlocksOfList = 4;
// Blocks that are scanned before what they let through is refined, so that
// refine rows are on their way from memory meanwhile.
constexpr uint32_t kBlocksOfGroup = 16;
// Codes whose refine rows are asked for at once.
constexpr size_t kRowsAhead = 16;

uint32_t BlocksOf(const ListRange& range) {
  return (range.rows + kBlockCodes - 1) / kBlockCodes;
}

bool IsNearer(const ProbeList& a, const ProbeList& b) {
  return a.score < b.score;
}

}  // namespace

ListScanner::ListScanner(PageStore* store, PageLock sealed, Snapshot snapshot,
                         const float* query, float epsilon)
    : store_(store),
      sealed_(sealed),
      snapshot_(std::move(snapshot)),
      shape_(snapshot_.view->meta.shape()),
      query_(query, query + shape_.dimensions),
      estimator_(shape_, query, epsilon),
      centroid_(shape_.dimensions) {}

Status ListScanner::Open() {
  const View& view = *snapshot_.view;
  const MetaPage& meta = view.meta;
  tails_.resize(meta.shards);
  for (uint32_t shard = 0; shard < meta.shards; ++shard) {
    POMAI_RETURN_IF_ERROR(
        tails_[shard].Load(store_, snapshot_.tails[shard], shard, sealed_));
  }
  std::vector<bool> used(view.codebooks.size());
  for (size_t i = 0; i < used.size(); ++i) {
    const uint64_t version = view.codebooks[i]->version();
    for (const SegmentRef& ref : view.manifest.segments) {
      if (ref.codebook_version == version) used[i] = true;
    }
    for (const TailView& tail : tails_) {
      if (tail.Uses(version)) used[i] = true;
    }
  }
  segments_.reserve(view.manifest.segments.size());
  for (const SegmentRef& ref : view.manifest.segments) {
    segments_.emplace_back(store_, shape_, &ref, sealed_);
    covers_.push_back(
        {ref.codebook_version, ref.first_live_list(), ref.end_list()});
  }
  for (uint32_t i = 0; i < view.codebooks.size(); ++i) {
    const Codebook& codebook = *view.codebooks[i];
    centroids_.emplace_back(store_, &codebook.extent(), sealed_);
    rankings_.push_back(used[i] ? codebook.Rank(query_.data())
                                : ListRanking({}));
    if (used[i] && codebook.central().exists()) {
      heads_.push_back({i, codebook.central().number(), ProbeList::kUnranked});
    }
    RankedList ranked;
    if (rankings_[i].Next(&ranked)) {
      const float score =
          codebook.version() == 0 ? ProbeList::kUnranked : ranked.score;
      heads_.push_back({i, ranked.list, score});
    }
  }
  std::sort(heads_.begin(), heads_.end(), IsNearer);
  return Status::Ok();
}

uint64_t ListScanner::rows() const {
  uint64_t rows = snapshot_.view->manifest.segment_rows();
  for (const TailView& tail : tails_) rows += tail.size();
  return rows;
}

bool ListScanner::NextList(ProbeList* list) {
  if (heads_.empty()) return false;
  const auto nearest = std::min_element(heads_.begin(), heads_.end(), IsNearer);
  *list = *nearest;
  RankedList ranked;
  if (rankings_[nearest->codebook].Next(&ranked)) {
    nearest->list = ranked.list;
    nearest->score = ranked.score;
  } else {
    heads_.erase(nearest);
  }
  return true;
}

Status ListScanner::ReadTerms(const ProbeList& list, ListTerms* terms) {
  const Codebook& codebook = *snapshot_.view->codebooks[list.codebook];
  POMAI_RETURN_IF_ERROR(codebook.ReadCentroid(&centroids_[list.codebook],
                                              list.list, centroid_.data()));
  *terms = estimator_.TermsFor(centroid_.data());
  return Status::Ok();
}

void ListScanner::Prefetch(const ProbeList& list) {
  const View& view = *snapshot_.view;
  const Codebook& codebook = *view.codebooks[list.codebook];
  codebook.PrefetchCentroid(&centroids_[list.codebook], list.list);
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (!covers_[i].Has(codebook.version(), list.list)) continue;
    const ListRange range = view.directories[i].List(list.list);
    const uint32_t blocks = BlocksOf(range);
    segments_[i].PrefetchBlocks(range.first_block,
                                std::min(blocks, kBlocksOfGroup));
  }
}

Status ListScanner::Scan(const ProbeList& list, CandidatePool* pool) {
  POMAI_RETURN_IF_ERROR(PollSometimes(kBlocksOfList));
  const View& view = *snapshot_.view;
  const uint64_t version = view.codebooks[list.codebook]->version();
  const bool unbounded = std::isinf(pool->rho());
  ListTerms terms;
  POMAI_RETURN_IF_ERROR(ReadTerms(list, &terms));
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (!covers_[i].Has(version, list.list)) continue;
    POMAI_RETURN_IF_ERROR(ScanSegment(i, list, terms, pool));
  }
  for (uint32_t shard = 0; shard < tails_.size(); ++shard) {
    POMAI_RETURN_IF_ERROR(ScanTail(shard, version, list, terms, pool));
  }
  if (!unbounded) return Status::Ok();
  // Rows of an unranked list may all be far, and what they make of rho would
  // let the whole next list through: that one comes first.
  if (!list.ranked() && std::isinf(pool->rho())) return Status::Ok();
  // All codes of segments were put off, whatever rho is by now: the best of
  // them come first, so that few others have to be refined.
  return RefineWithinRho(pool);
}

Status ListScanner::ScanSegment(uint32_t segment, const ProbeList& list,
                                const ListTerms& terms, CandidatePool* pool) {
  const ListRange range = snapshot_.view->directories[segment].List(list.list);
  if (range.rows == 0) return Status::Ok();
  const auto number = static_cast<uint32_t>(probes_.size());
  probes_.push_back({false, segment, range, terms});
  const uint32_t blocks = BlocksOf(range);
  for (uint32_t first = 0; first < blocks; first += kBlocksOfGroup) {
    const uint32_t count = std::min(blocks - first, kBlocksOfGroup);
    POMAI_RETURN_IF_ERROR(PollSometimes(count));
    survivors_.clear();
    for (uint32_t block = first; block < first + count; ++block) {
      POMAI_RETURN_IF_ERROR(ScanBlock(number, block, pool));
    }
    POMAI_RETURN_IF_ERROR(Refine(survivors_, pool));
  }
  codes_scanned_ += range.rows;
  segments_[segment].Release();
  return Status::Ok();
}

// `block`: within the list. Puts its codes off, and appends those within rho to
// survivors_.
Status ListScanner::ScanBlock(uint32_t probe_number, uint32_t block,
                              CandidatePool* pool) {
  const Probe& probe = probes_[probe_number];
  POMAI_ASSIGN_OR_RETURN(
      const uint8_t* bytes,
      segments_[probe.source].Block(probe.range.first_block + block));
  const uint32_t first = block * kBlockCodes;
  const uint32_t count = std::min(probe.range.rows - first, kBlockCodes);
  const uint32_t all = count < kBlockCodes ? (1u << count) - 1 : ~0u;
  const uint32_t number = pool->block_count();
  ScannedBlock* scanned =
      pool->AddBlock(probe_number, probe.range.first_row + first, all);
  uint32_t left = all & estimator_.ScanBlock(bytes, probe.terms, pool->rho(),
                                             scanned->lower);
  if (std::isinf(pool->rho())) return Status::Ok();
  for (; left != 0; left &= left - 1) {
    survivors_.push_back(
        {number, static_cast<uint32_t>(std::countr_zero(left))});
  }
  return Status::Ok();
}

Status ListScanner::RefineWithinRho(CandidatePool* pool) {
  while (std::isinf(pool->rho()) && pool->deferred_count() > 0) {
    // An eighth at least, so that a table full of dead rows takes few rounds.
    const uint64_t count =
        std::max(pool->wanted() - pool->counted(), pool->deferred_count() / 8);
    pool->FindLeastDeferred(count, &survivors_);
    POMAI_RETURN_IF_ERROR(Refine(survivors_, pool));
  }
  if (pool->deferred_count() == 0) return Status::Ok();
  pool->FindDeferred(pool->rho(), &survivors_);
  return Refine(survivors_, pool);
}

// Refines those of `codes` that rho does not rule out by now.
Status ListScanner::Refine(const std::vector<BlockCode>& codes,
                           CandidatePool* pool) {
  for (size_t i = 0; i < codes.size(); ++i) {
    if (i % kRowsAhead == 0) {
      const size_t end = std::min(codes.size(), i + kRowsAhead);
      for (size_t next = i; next < end; ++next) PrefetchRow(codes[next], *pool);
    }
    const ScannedBlock& scanned = pool->block(codes[i].block);
    if (scanned.lower[codes[i].slot] > pool->rho()) continue;
    POMAI_RETURN_IF_ERROR(PollSometimes(1));
    const uint32_t segment = probes_[scanned.probe].source;
    // Few pages are held at a time, however many segments there are.
    if (segment != held_segment_) segments_[held_segment_].Release();
    held_segment_ = segment;
    pool->Remove(codes[i]);
    POMAI_RETURN_IF_ERROR(RefineCode(scanned, codes[i].slot, pool));
  }
  return Status::Ok();
}

void ListScanner::PrefetchRow(const BlockCode& code,
                              const CandidatePool& pool) {
  const ScannedBlock& scanned = pool.block(code.block);
  segments_[probes_[scanned.probe].source].PrefetchRefineRow(scanned.first_row +
                                                             code.slot);
}

Status ListScanner::RefineCode(const ScannedBlock& scanned, uint32_t slot,
                               CandidatePool* pool) {
  const Probe& probe = probes_[scanned.probe];
  const uint32_t row = scanned.first_row + slot;
  SegmentReader& reader = segments_[probe.source];
  POMAI_ASSIGN_OR_RETURN(const bool dead, reader.IsDead(row));
  if (dead) return Status::Ok();
  POMAI_ASSIGN_OR_RETURN(
      const uint8_t* block,
      reader.Block(probe.range.first_block +
                   (scanned.first_row - probe.range.first_row) / kBlockCodes));
  POMAI_ASSIGN_OR_RETURN(const uint8_t* refine_row, reader.RefineRow(row));
  const Estimate estimate =
      estimator_.Refine(block, slot, refine_row, probe.terms);
  pool->Add({estimate.score, estimate.error, scanned.probe, row});
  ++codes_refined_;
  return Status::Ok();
}

Status ListScanner::ScanTail(uint32_t shard, uint64_t codebook_version,
                             const ProbeList& list, const ListTerms& terms,
                             CandidatePool* pool) {
  TailView& tail = tails_[shard];
  const auto entries = tail.List(codebook_version, list.list);
  if (entries.empty()) return Status::Ok();
  const auto number = static_cast<uint32_t>(probes_.size());
  probes_.push_back({true, shard, {}, terms});
  const auto base = static_cast<uint32_t>(entries.data() - tail.all().data());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    POMAI_RETURN_IF_ERROR(PollSometimes(1));
    POMAI_ASSIGN_OR_RETURN(const uint8_t* record, tail.Record(entries[i]));
    const Estimate estimate = estimator_.RefineRecord(record, terms);
    pool->Add({estimate.score, estimate.error, number, base + i});
  }
  codes_scanned_ += entries.size();
  codes_refined_ += entries.size();
  return Status::Ok();
}

Result<uint64_t> ListScanner::Id(const Candidate& candidate) {
  const Probe& probe = probes_[candidate.probe];
  if (probe.in_tail) return tails_[probe.source].all()[candidate.row].id;
  return segments_[probe.source].Id(candidate.row);
}

void ListScanner::Release() {
  for (ExtentReader& reader : centroids_) reader.Release();
  for (SegmentReader& reader : segments_) reader.Release();
  for (TailView& tail : tails_) tail.Release();
}

Status ListScanner::PollSometimes(uint32_t blocks) {
  blocks_since_poll_ += blocks;
  if (blocks_since_poll_ < kBlocksPerPoll) return Status::Ok();
  blocks_since_poll_ = 0;
  Release();
  return store_->Poll();
}

}  // namespace pomai
