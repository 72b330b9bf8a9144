#include "core/engine/search_cursor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/candidate_pool.h"
#include "core/engine/list_scanner.h"
#include "core/engine/preparation.h"
#include "core/engine/row_walk.h"
#include "core/engine/stop_rule.h"
#include "core/kernel/distance.h"

namespace pomai {
namespace {

constexpr uint32_t kFirstBatch = 10;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Rows measured between two polls.
constexpr size_t kMeasureRows = 256;
// For target recall 1 no true neighbour may fall to the bound: at six standard
// deviations none does.
constexpr float kExhaustiveEpsilon = 6;

// Every row, none with a distance: the query is NULL or has no direction.
class UnorderedCursor : public SearchCursor {
 public:
  UnorderedCursor(PageStore* store, PageLock sealed, Snapshot snapshot)
      : walk_(store, sealed, std::move(snapshot), RowWalk::kAll) {}

  Result<bool> Next(Hit* hit) override {
    POMAI_ASSIGN_OR_RETURN(const bool more, walk_.Next(&hit->id));
    hit->has_distance = false;
    if (more) ++stats_.rows_returned;
    return more;
  }
  const SearchStats& stats() const override { return stats_; }

 private:
  RowWalk walk_;
  SearchStats stats_;
};

struct Measured {
  double distance;
  uint64_t id;
};

// Descending, so that the nearest is taken from the back.
bool Farther(const Measured& a, const Measured& b) {
  return a.distance != b.distance ? a.distance > b.distance : a.id > b.id;
}

class BestFirstCursor : public SearchCursor {
 public:
  BestFirstCursor(PageStore* store, PageLock sealed, Snapshot snapshot,
                  const std::vector<float>& query, const SearchOptions& options,
                  VectorSource* source)
      : options_(options),
        snapshot_(std::move(snapshot)),
        store_(store),
        source_(source),
        metric_(snapshot_.view->meta.metric),
        scanner_(
            store, sealed, snapshot_, query.data(),
            options.target_recall >= 1 ? kExhaustiveEpsilon : kDefaultEpsilon),
        query_norm_(
            kernel::InnerProduct(query.data(), query.data(), query.size())),
        without_distance_(store, sealed, snapshot_, RowWalk::kWithoutDistance) {
  }

  Status Open() {
    POMAI_RETURN_IF_ERROR(scanner_.Open());
    const Manifest& manifest = snapshot_.view->manifest;
    growth_ = static_cast<double>(manifest.calibrated_rows) /
              static_cast<double>(std::max<uint64_t>(scanner_.rows(), 1));
    rule_.emplace(*snapshot_.view, query_norm_, scanner_.rows(), growth_);
    scanner_.ForEachList([this](float score) { rule_->Add(score); });
    lists_left_ = scanner_.NextList(&next_list_);
    scanner_.Release();
    return Status::Ok();
  }

  Result<bool> Next(Hit* hit) override {
    while (ready_.empty() && !exhausted_) {
      const Status status = RunBatch();
      scanner_.Release();
      POMAI_RETURN_IF_ERROR(status);
    }
    if (!ready_.empty()) {
      *hit = Hit{ready_.back().id, ready_.back().distance, true};
      ready_.pop_back();
      ++stats_.rows_returned;
      return true;
    }
    return NextWithoutDistance(hit);
  }

  const SearchStats& stats() const override { return stats_; }

 private:
  // Finds the next rows into ready_, the nearest at its back.
  Status RunBatch() {
    // Twice as many rows as the batch before.
    wanted_ += batch_;
    batch_ = static_cast<uint32_t>(std::min<uint64_t>(batch_ * 2ull, 1u << 20));
    pool_.SetWanted(wanted_);
    uint64_t lost_before;
    do {
      lost_before = lost_;
      POMAI_RETURN_IF_ERROR(Poll());
      // What the grown (or, by rows that are gone, loosened) rho lets in again.
      POMAI_RETURN_IF_ERROR(scanner_.RefineWithinRho(&pool_));
      POMAI_RETURN_IF_ERROR(Poll());
      POMAI_RETURN_IF_ERROR(Probe());
      POMAI_RETURN_IF_ERROR(Poll());
      POMAI_RETURN_IF_ERROR(Measure());
      // Rows that turned out to be gone had made rho too small.
      pool_.SetWanted(wanted_);
    } while (lost_ > lost_before ||
             (found_ < wanted_ && (lists_left_ || pool_.deferred_count() > 0)));
    exhausted_ = !lists_left_ && pool_.deferred_count() == 0 &&
                 pool_.candidates().empty();
    Emit();
    CountStats();
    return Status::Ok();
  }

  // Late batches choose among hundreds of thousands of candidates at a time.
  Status Poll() {
    scanner_.Release();
    return store_->Poll();
  }

  Status Probe() {
    // Among more rows the wanted ones are as near as fewer were before.
    const auto k = std::max(1l, std::lround(wanted_ * growth_));
    const float tau = snapshot_.view->manifest.calibration.Tau(
        static_cast<uint32_t>(k), options_.target_recall);
    while (lists_left_ && !FarEnough(tau)) {
      const ProbeList list = next_list_;
      if (list.ranked()) {
        rule_->Take(list.score);
        ++ranked_probed_;
      }
      lists_left_ = scanner_.NextList(&next_list_);
      if (lists_left_) scanner_.Prefetch(next_list_);
      POMAI_RETURN_IF_ERROR(scanner_.Scan(list, &pool_));
      ++stats_.lists_probed;
    }
    return Status::Ok();
  }

  bool FarEnough(float tau) const {
    if (options_.probes > 0) {
      return ranked_probed_ >= options_.probes && pool_.rho() < kInfinity;
    }
    return rule_->IsFarEnough({ranked_probed_, scanner_.codes_scanned(),
                               next_list_.score, pool_.rho(), wanted_},
                              tau);
  }

  // Measures the candidates that can be among the wanted_ nearest. Comes back
  // early when rows are gone.
  Status Measure() {
    const uint64_t lost_before = lost_;
    while (found_ < wanted_ && !pool_.candidates().empty()) {
      // As many more as were lost so far: few rounds through many dead rows.
      POMAI_RETURN_IF_ERROR(
          MeasureRows(pool_.TakeBest(wanted_ - found_ + lost_)));
      if (lost_ > lost_before) return Status::Ok();
    }
    if (found_ < wanted_) return Status::Ok();
    const double worst = DistanceToScore(metric_, WorstWanted());
    return MeasureRows(pool_.TakeWithin(static_cast<float>(worst)));
  }

  // The wanted_-th least distance found so far.
  double WorstWanted() {
    // Of those not returned yet; returned ones are no farther for the rule's
    // purpose, rows that came late only make the bound wider.
    const size_t rank = wanted_ - returned_ - 1;
    std::nth_element(
        found_rows_.begin(), found_rows_.begin() + static_cast<long>(rank),
        found_rows_.end(), [](const Measured& a, const Measured& b) {
          return a.distance < b.distance;
        });
    return found_rows_[rank].distance;
  }

  Status MeasureRows(const std::vector<Candidate>& candidates) {
    for (size_t at = 0; at < candidates.size(); at += kMeasureRows) {
      const size_t count = std::min(kMeasureRows, candidates.size() - at);
      POMAI_RETURN_IF_ERROR(MeasureChunk({candidates.data() + at, count}));
    }
    return Status::Ok();
  }

  Status MeasureChunk(std::span<const Candidate> candidates) {
    ids_.clear();
    for (const Candidate& candidate : candidates) {
      POMAI_ASSIGN_OR_RETURN(const uint64_t id, scanner_.Id(candidate));
      ids_.push_back(id);
    }
    exact_.assign(ids_.size(), ExactDistance());
    scanner_.Release();
    POMAI_RETURN_IF_ERROR(store_->Poll());
    POMAI_RETURN_IF_ERROR(source_->Measure(ids_, exact_));
    stats_.rows_measured += ids_.size();
    for (size_t i = 0; i < ids_.size(); ++i) {
      if (exact_[i].state == RowState::kFound) {
        found_rows_.push_back({exact_[i].distance, ids_[i]});
        ++found_;
        pool_.Keep(candidates[i]);
        continue;
      }
      ++lost_;
      if (exact_[i].state == RowState::kNoDistance) {
        without_distance_found_.push_back(ids_[i]);
      }
    }
    return Status::Ok();
  }

  // Hands over the nearest rows found, up to wanted_ in all.
  void Emit() {
    std::sort(found_rows_.begin(), found_rows_.end(), Farther);
    const size_t count =
        std::min<size_t>(found_rows_.size(), wanted_ - returned_);
    ready_.assign(found_rows_.end() - static_cast<long>(count),
                  found_rows_.end());
    found_rows_.resize(found_rows_.size() - count);
    returned_ += count;
    if (exhausted_ && !found_rows_.empty()) exhausted_ = false;
  }

  void CountStats() {
    stats_.codes_scanned = scanner_.codes_scanned();
    stats_.codes_refined = scanner_.codes_refined();
  }

  Result<bool> NextWithoutDistance(Hit* hit) {
    hit->has_distance = false;
    bool more = true;
    if (!without_distance_found_.empty()) {
      hit->id = without_distance_found_.back();
      without_distance_found_.pop_back();
    } else {
      POMAI_ASSIGN_OR_RETURN(more, without_distance_.Next(&hit->id));
    }
    if (more) ++stats_.rows_returned;
    return more;
  }

  SearchOptions options_;
  Snapshot snapshot_;
  PageStore* store_;
  VectorSource* source_;
  Metric metric_;
  ListScanner scanner_;
  float query_norm_;
  double growth_ = 1;  // rows calibrated with / rows now
  std::optional<StopRule> rule_;
  RowWalk without_distance_;
  CandidatePool pool_;
  ProbeList next_list_;
  uint64_t ranked_probed_ = 0;
  bool lists_left_ = false;
  bool exhausted_ = false;
  uint32_t batch_ = kFirstBatch;
  uint32_t wanted_ = 0;               // rows asked for up to this batch
  uint64_t found_ = 0;                // rows measured and there
  uint64_t lost_ = 0;                 // rows measured that are gone
  uint64_t returned_ = 0;             // of those, put into ready_ so far
  std::vector<Measured> found_rows_;  // measured, not in ready_ yet
  std::vector<Measured> ready_;       // the nearest at the back
  std::vector<uint64_t> without_distance_found_;
  std::vector<uint64_t> ids_;
  std::vector<ExactDistance> exact_;
  SearchStats stats_;
};

}  // namespace

Result<std::unique_ptr<SearchCursor>> SearchCursor::Open(
    PageStore* store, PageLock sealed, Snapshot snapshot,
    std::span<const float> query, const SearchOptions& options,
    VectorSource* source) {
  const View& view = *snapshot.view;
  const uint32_t dimensions = view.meta.dimensions;
  if (!query.empty() && dimensions != 0 && query.size() != dimensions) {
    return Status::InvalidArgument("expected " + std::to_string(dimensions) +
                                   " dimensions, not " +
                                   std::to_string(query.size()));
  }
  std::vector<float> rotated;
  bool ordered = !query.empty() && dimensions != 0;
  if (ordered) {
    Preparation preparation(view.meta.metric, view.rotation);
    rotated.resize(preparation.padded());
    ordered = preparation.Apply(query.data(), rotated.data());
  }
  if (!ordered) {
    return std::unique_ptr<SearchCursor>(
        std::make_unique<UnorderedCursor>(store, sealed, std::move(snapshot)));
  }
  auto cursor = std::make_unique<BestFirstCursor>(
      store, sealed, std::move(snapshot), rotated, options, source);
  POMAI_RETURN_IF_ERROR(cursor->Open());
  return std::unique_ptr<SearchCursor>(std::move(cursor));
}

}  // namespace pomai
