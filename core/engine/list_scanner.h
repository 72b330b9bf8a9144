// ListScanner: scans posting lists of a snapshot, in segments and tails, into a
// CandidatePool.
//
//   ListScanner scanner(store, sealed, snapshot, rotated_query, epsilon);
//   POMAI_RETURN_IF_ERROR(scanner.Open());
//   while (scanner.NextList(&list)) {
//     POMAI_RETURN_IF_ERROR(scanner.Scan(list, &pool));
//   }
//
// Lists of several codebooks (while a retrain is on its way) are one sequence
// in order of their centroids' scores; the untrained list comes first, since
// its centroid says nothing, and so do central lists (core/codebook). Holds
// pages during Scan and Refine only. One per search, one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/engine/candidate_pool.h"
#include "core/engine/snapshot.h"
#include "core/memtable/tail.h"
#include "core/rabitq/estimator.h"
#include "core/segment/segment_reader.h"

namespace pomai {

// One list to probe: of which codebook, how near.
struct ProbeList {
  uint32_t codebook = 0;  // index into view.codebooks
  uint32_t list = 0;
  float score = 0;  // of its centroid

  // It has a place among others by its score.
  bool ranked() const { return score != kUnranked; }

  static constexpr float kUnranked = -std::numeric_limits<float>::infinity();
};

class ListScanner {
 public:
  // `query`: rotated (normalised under cosine), padded floats. `store` must
  // outlive it.
  ListScanner(PageStore* store, PageLock sealed, Snapshot snapshot,
              const float* query, float epsilon);

  // Reads the tails' directories and ranks the lists.
  Status Open();

  // The nearest list not returned yet; false after the last.
  bool NextList(ProbeList* list);

  // Before the first NextList: calls visit(score) for each ranked list, the
  // nearest first.
  template <class Visitor>
  void ForEachList(const Visitor& visit) const {
    for (const ProbeList& head : heads_) {
      if (head.ranked()) visit(head.score);
    }
    for (const ListRanking& ranking : rankings_) ranking.ForEachLeft(visit);
  }

  // Scans one list: what may be within pool->rho() is refined and added, the
  // rest is put off; so is all of an unranked list while rho is infinite.
  // Polls.
  Status Scan(const ProbeList& list, CandidatePool* pool);
  // A hint that the list is scanned next.
  void Prefetch(const ProbeList& list);
  // Refines the codes put off that may be within rho; while rho is infinite,
  // the best of them first. Polls.
  Status RefineWithinRho(CandidatePool* pool);

  // The row's id.
  Result<uint64_t> Id(const Candidate& candidate);
  // Lets all pages go.
  void Release();

  // Entries of all segments and tails, dead ones of segments too.
  uint64_t rows() const;
  uint64_t codes_scanned() const { return codes_scanned_; }
  uint64_t codes_refined() const { return codes_refined_; }
  std::vector<TailView>& tails() { return tails_; }
  std::vector<SegmentReader>& segments() { return segments_; }

 private:
  // Where the candidates of one list in one segment or tail came from.
  struct Probe {
    bool in_tail;
    uint32_t source;  // segment or shard
    ListRange range;
    ListTerms terms;
  };

  // Which lists a segment has. Small, since each probe looks at all of them.
  struct Cover {
    uint64_t codebook_version;
    uint32_t first_list;
    uint32_t end_list;

    bool Has(uint64_t version, uint32_t list) const {
      return version == codebook_version && list >= first_list &&
             list < end_list;
    }
  };

  Status ReadTerms(const ProbeList& list, ListTerms* terms);
  Status ScanSegment(uint32_t segment, const ProbeList& list,
                     const ListTerms& terms, CandidatePool* pool);
  Status ScanTail(uint32_t shard, uint64_t codebook_version,
                  const ProbeList& list, const ListTerms& terms,
                  CandidatePool* pool);
  Status ScanBlock(uint32_t probe_number, uint32_t block, CandidatePool* pool);
  Status Refine(const std::vector<BlockCode>& codes, CandidatePool* pool);
  void PrefetchRow(const BlockCode& code, const CandidatePool& pool);
  Status RefineCode(const ScannedBlock& scanned, uint32_t slot,
                    CandidatePool* pool);
  // Lets all pages go and polls, once that much has been scanned.
  Status PollSometimes(uint32_t blocks);

  PageStore* store_;
  PageLock sealed_;
  Snapshot snapshot_;
  CodeShape shape_;
  std::vector<float> query_;
  Estimator estimator_;
  std::vector<ListRanking> rankings_;  // parallel to view.codebooks
  std::vector<ProbeList> heads_;       // the next list of each ranking
  std::vector<ExtentReader> centroids_;
  std::vector<SegmentReader> segments_;
  std::vector<Cover> covers_;  // parallel to segments_
  std::vector<TailView> tails_;
  std::vector<Probe> probes_;
  std::vector<BlockCode> survivors_;
  uint32_t held_segment_ = 0;  // the last one refined in
  std::vector<float> centroid_;
  uint32_t blocks_since_poll_ = 0;  // or as much other work
  uint64_t codes_scanned_ = 0;
  uint64_t codes_refined_ = 0;
};

}  // namespace pomai
