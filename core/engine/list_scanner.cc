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
  for (const SegmentRef& ref : view.manifest.segments) {
    segments_.emplace_back(store_, shape_, &ref, sealed_);
  }
  for (uint32_t i = 0; i < view.codebooks.size(); ++i) {
    const Codebook& codebook = *view.codebooks[i];
    centroids_.emplace_back(store_, &codebook.extent(), sealed_);
    rankings_.push_back(used[i] ? codebook.Rank(query_.data())
                                : ListRanking({}));
    ProbeList head{i, 0, std::numeric_limits<float>::infinity()};
    RankedList ranked;
    if (rankings_[i].Next(&ranked)) {
      head.list = ranked.list;
      head.score = codebook.version() == 0
                       ? -std::numeric_limits<float>::infinity()
                       : ranked.score;
      heads_.push_back(head);
    }
  }
  return Status::Ok();
}

uint64_t ListScanner::rows() const {
  uint64_t rows = snapshot_.view->manifest.segment_rows();
  for (const TailView& tail : tails_) rows += tail.size();
  return rows;
}

bool ListScanner::NextList(ProbeList* list) {
  if (heads_.empty()) return false;
  const auto nearest = std::min_element(
      heads_.begin(), heads_.end(),
      [](const ProbeList& a, const ProbeList& b) { return a.score < b.score; });
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

Status ListScanner::Scan(const ProbeList& list, CandidatePool* pool,
                         bool defer) {
  POMAI_RETURN_IF_ERROR(PollSometimes(kBlocksOfList));
  const View& view = *snapshot_.view;
  const uint64_t version = view.codebooks[list.codebook]->version();
  ListTerms terms;
  POMAI_RETURN_IF_ERROR(ReadTerms(list, &terms));
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].ref().codebook_version != version) continue;
    POMAI_RETURN_IF_ERROR(ScanSegment(i, list, terms, pool, defer));
  }
  for (uint32_t shard = 0; shard < tails_.size(); ++shard) {
    POMAI_RETURN_IF_ERROR(ScanTail(shard, version, list, terms, pool));
  }
  return Status::Ok();
}

Status ListScanner::ScanSegment(uint32_t segment, const ProbeList& list,
                                const ListTerms& terms, CandidatePool* pool,
                                bool defer) {
  const ListRange range = snapshot_.view->directories[segment].List(list.list);
  if (range.rows == 0) return Status::Ok();
  const auto number = static_cast<uint32_t>(probes_.size());
  probes_.push_back({false, segment, range, terms});
  const Probe probe = probes_.back();
  for (uint32_t first = 0; first < range.rows; first += kBlockCodes) {
    POMAI_RETURN_IF_ERROR(PollSometimes(1));
    POMAI_RETURN_IF_ERROR(ScanBlock(probe, number, first, pool, defer));
  }
  codes_scanned_ += range.rows;
  // Few pages are held at a time, however many segments there are.
  segments_[segment].Release();
  return Status::Ok();
}

// `first`: the block's first row within the list.
Status ListScanner::ScanBlock(const Probe& probe, uint32_t probe_number,
                              uint32_t first, CandidatePool* pool, bool defer) {
  POMAI_ASSIGN_OR_RETURN(const uint8_t* block,
                         segments_[probe.source].Block(probe.range.first_block +
                                                       first / kBlockCodes));
  const uint32_t count = std::min(probe.range.rows - first, kBlockCodes);
  const uint32_t all = count < kBlockCodes ? (1u << count) - 1 : ~0u;
  const uint32_t first_row = probe.range.first_row + first;
  ScannedBlock scanned;
  float* const lower =
      defer ? pool->AddBlock(probe_number, first_row)->lower : scanned.lower;
  uint32_t left =
      all & estimator_.ScanBlock(block, probe.terms, pool->rho(), lower);
  if (defer && std::isinf(pool->rho())) left = 0;
  uint32_t refined = 0;
  for (; left != 0; left &= left - 1) {
    const uint32_t slot = static_cast<uint32_t>(std::countr_zero(left));
    // rho may have come down since the block was scanned.
    if (lower[slot] > pool->rho()) continue;
    refined |= 1u << slot;
    POMAI_RETURN_IF_ERROR(
        RefineCode(probe, probe_number, first_row + slot, block, pool));
  }
  if (defer) pool->DeferInLast(all & ~refined);
  return Status::Ok();
}

Status ListScanner::RefineCode(const Probe& probe, uint32_t probe_number,
                               uint32_t row, const uint8_t* block,
                               CandidatePool* pool) {
  SegmentReader& reader = segments_[probe.source];
  POMAI_ASSIGN_OR_RETURN(const bool dead, reader.IsDead(row));
  if (dead) return Status::Ok();
  const uint8_t* refine_row = nullptr;
  if (shape_.refine_size() > 0) {
    POMAI_ASSIGN_OR_RETURN(refine_row, reader.RefineRow(row));
  }
  const uint32_t slot = (row - probe.range.first_row) % kBlockCodes;
  const Estimate estimate =
      estimator_.Refine(block, slot, refine_row, probe.terms);
  pool->Add({estimate.score, estimate.error, probe_number, row});
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

Status ListScanner::RefineDeferred(const std::vector<DeferredCode>& codes,
                                   CandidatePool* pool) {
  for (const DeferredCode& code : codes) {
    const ScannedBlock& scanned = pool->block(code.block);
    if (scanned.lower[code.slot] > pool->rho()) {
      pool->Defer(code);
      continue;
    }
    POMAI_RETURN_IF_ERROR(PollSometimes(1));
    const Probe& probe = probes_[scanned.probe];
    POMAI_ASSIGN_OR_RETURN(
        const uint8_t* block,
        segments_[probe.source].Block(
            probe.range.first_block +
            (scanned.first_row - probe.range.first_row) / kBlockCodes));
    POMAI_RETURN_IF_ERROR(RefineCode(
        probe, scanned.probe, scanned.first_row + code.slot, block, pool));
  }
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
