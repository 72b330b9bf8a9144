#include "core/engine/calibrate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/engine/list_scanner.h"
#include "core/engine/stop_rule.h"
#include "core/kernel/distance.h"

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Truth must not be lost to the 1-bit bound: at two and a half standard
// deviations six codes in a thousand are.
constexpr float kTruthEpsilon = 2.5f;
// Lists are walked until this many times the codes have been scanned that led
// to the last of the best; farther ones hold next to no neighbours.
constexpr uint64_t kWalkedTimes = 2;
constexpr uint64_t kLeastWalked = 10000;
constexpr uint32_t kKs[] = {1, 10, 100, 1000};
constexpr float kTargets[] = {0.5f,  0.7f,  0.8f,  0.85f,  0.9f,   0.93f, 0.95f,
                              0.97f, 0.98f, 0.99f, 0.995f, 0.998f, 0.999f};
// Part of the way from the target to 1 that is added to the target: a search
// prunes more than calibration does, and no two samples of queries are alike.
constexpr double kMargin = 0.4;
// Where rows need no more codes than are scanned in any case, queries unlike
// them may: up to this many times those are spent on them.
constexpr double kSpare = 1.25;
// Only every fifth query looks for the largest k: it costs the most to refine
// for and has the least noise.
constexpr uint32_t kLargeKInterval = 5;
constexpr uint32_t kLargeK = 1000;

// The mean recall that each stop threshold would have reached, for one k, and
// the codes that were scanned for it.
class RecallCurve {
 public:
  struct Point {
    float tau;
    float codes;
  };

  RecallCurve() : recall_(kSteps), codes_(kSteps), walked_out_(kSteps) {}

  // Thresholds in [from, to) would have stopped the query at `recall`, after
  // `codes`.
  void Add(double from, double to, double recall, uint64_t codes) {
    for (size_t i = Step(from); i < Step(to); ++i) {
      recall_[i] += recall;
      codes_[i] += static_cast<double>(codes);
    }
  }
  // Thresholds from `from` on would not have stopped the query within `codes`,
  // which hold all that it looks for.
  void AddRest(double from, uint64_t codes) {
    Add(from, kInfinity, 1, codes);
    for (size_t i = Step(from); i < kSteps; ++i) ++walked_out_[i];
    ++queries_;
  }
  bool empty() const { return queries_ == 0; }

  // The least threshold that reaches `recall`, or the highest with which no
  // more than `spare_codes` are scanned; +infinity when none reaches it.
  Point Threshold(double recall, double spare_codes) const {
    size_t i = 0;
    while (i < kSteps && recall_[i] < recall * queries_) ++i;
    if (i == kSteps) return {kInfinity, kInfinity};
    const uint32_t walked_out = walked_out_[i];
    while (i + 1 < kSteps && walked_out_[i + 1] == walked_out &&
           codes_[i + 1] <= spare_codes * queries_) {
      ++i;
    }
    return {static_cast<float>(kLeast + kStep * static_cast<double>(i)),
            static_cast<float>(codes_[i] / queries_)};
  }

 private:
  static constexpr double kLeast = -20;
  static constexpr double kStep = 0.02;
  static constexpr size_t kSteps = 4000;  // up to 60

  // The first threshold that is not below `tau`.
  static size_t Step(double tau) {
    return static_cast<size_t>(std::clamp(std::ceil((tau - kLeast) / kStep),
                                          0.0, static_cast<double>(kSteps)));
  }

  std::vector<double> recall_;
  std::vector<double> codes_;
  std::vector<uint32_t> walked_out_;  // queries that would not have stopped
  uint32_t queries_ = 0;
};

// One k of one query: its candidates so far and where the rule would have
// stopped.
class Trace {
 public:
  explicit Trace(uint32_t k) : k_(k) {}

  uint32_t k() const { return k_; }
  float rho() const { return best_.size() < k_ ? kInfinity : best_.front(); }

  void Add(float score) {
    if (best_.size() == k_) {
      if (score >= best_.front()) return;
      std::pop_heap(best_.begin(), best_.end());
      best_.pop_back();
    }
    best_.push_back(score);
    std::push_heap(best_.begin(), best_.end());
  }

  // Before list number `position` is scanned `codes` are, and the statistic is
  // `statistic`.
  void Observe(uint32_t position, uint64_t codes, double statistic) {
    if (stops_.empty() ? std::isinf(statistic)
                       : statistic <= stops_.back().statistic) {
      return;
    }
    stops_.push_back({position, codes, statistic});
  }

  // `found`: (score, position of its list) of every candidate among `codes`.
  void AddTo(RecallCurve* curve, uint64_t codes,
             std::vector<std::pair<float, uint32_t>>* found) const {
    if (found->size() < k_) return;
    std::nth_element(found->begin(), found->begin() + k_ - 1, found->end());
    double from = -kInfinity;
    for (const Stop& stop : stops_) {
      const auto before = std::count_if(
          found->begin(), found->begin() + k_,
          [&](const auto& hit) { return hit.second < stop.position; });
      curve->Add(from, stop.statistic, static_cast<double>(before) / k_,
                 stop.codes);
      from = stop.statistic;
    }
    curve->AddRest(from, codes);
  }

 private:
  struct Stop {
    uint32_t position;
    uint64_t codes;
    double statistic;  // rising
  };

  uint32_t k_;
  std::vector<float> best_;  // max-heap of the k best scores
  std::vector<Stop> stops_;
};

class Calibrator {
 public:
  Calibrator(PageStore* store, PageLock sealed,
             std::shared_ptr<const View> view)
      : store_(store), sealed_(sealed), curves_(std::size(kKs)) {
    snapshot_.view = std::move(view);
    TailHead empty;
    empty.codebook_version = snapshot_.view->manifest.current_codebook();
    snapshot_.tails.assign(snapshot_.view->meta.shards, empty);
  }

  // `query`: prepared; `id`: the row it is, which is left out with its copies.
  Status Run(const float* query, uint64_t id, bool large_k) {
    const MetaPage& meta = snapshot_.view->meta;
    const uint32_t dimensions = meta.shape().dimensions;
    ListScanner scanner(store_, sealed_, snapshot_, query, kTruthEpsilon);
    POMAI_RETURN_IF_ERROR(scanner.Open());
    StopRule rule(*snapshot_.view,
                  kernel::InnerProduct(query, query, dimensions),
                  scanner.rows(), 1);
    scanner.ForEachList([&](float score) { rule.Add(score); });
    std::vector<Trace> traces;
    for (const uint32_t k : kKs) {
      if (k < kLargeK || large_k) traces.emplace_back(k);
    }
    CandidatePool pool;
    // One more than k: the row itself is among them.
    pool.SetWanted((large_k ? kLargeK : kLargeK / 10) + 1);
    found_.clear();
    POMAI_RETURN_IF_ERROR(Walk(&scanner, &pool, id, &rule, &traces));
    for (size_t i = 0; i < traces.size(); ++i) {
      traces[i].AddTo(&curves_[i], scanner.codes_scanned(), &found_);
    }
    return Status::Ok();
  }

  Calibration Finish() const {
    Calibration calibration;
    const double spare_codes =
        kSpare * static_cast<double>(
                     LeastCodes(snapshot_.view->meta.shape().dimensions));
    for (size_t i = 0; i < std::size(kKs); ++i) {
      if (curves_[i].empty()) continue;
      calibration.ks.push_back(kKs[i]);
      for (const float target : kTargets) {
        const RecallCurve::Point point =
            curves_[i].Threshold(target + kMargin * (1 - target), spare_codes);
        calibration.taus.push_back(point.tau);
        calibration.codes.push_back(point.codes);
      }
    }
    if (!calibration.ks.empty()) {
      calibration.targets.assign(std::begin(kTargets), std::end(kTargets));
    }
    return calibration;
  }

 private:
  Status Walk(ListScanner* scanner, CandidatePool* pool, uint64_t id,
              StopRule* rule, std::vector<Trace>* traces) {
    ProbeList list;
    std::optional<Candidate> own;
    size_t seen = 0;
    uint64_t limit = kLeastWalked;
    uint64_t ranked = 0;
    for (uint32_t position = 0;
         scanner->codes_scanned() < limit && scanner->NextList(&list);
         ++position) {
      for (Trace& trace : *traces) {
        const uint64_t codes = scanner->codes_scanned();
        trace.Observe(position, codes,
                      rule->Statistic(
                          {ranked, codes, list.score, trace.rho(), trace.k()}));
      }
      if (list.ranked()) {
        rule->Take(list.score);
        ++ranked;
      }
      const float rho = pool->rho();
      POMAI_RETURN_IF_ERROR(scanner->Scan(list, pool));
      if (!own) {
        POMAI_ASSIGN_OR_RETURN(own, FindOwn(scanner, pool, seen, id));
      }
      if (pool->rho() != rho || std::isinf(rho)) {
        limit = std::max(limit, kWalkedTimes * scanner->codes_scanned());
      }
      // rho only comes down; copies, which let it rise, lie in the first lists.
      if (!std::isinf(pool->rho())) pool->ForgetDeferred();
      for (; seen < pool->candidates().size(); ++seen) {
        const Candidate& candidate = pool->candidates()[seen];
        if (own && IsCopy(candidate, *own)) continue;
        found_.emplace_back(candidate.score, position);
        for (Trace& trace : *traces) trace.Add(candidate.score);
      }
    }
    scanner->Release();
    return Status::Ok();
  }

  // The candidate of row `id` among those from `first` on. Makes room in the
  // pool for as many more as the row has copies.
  static Result<std::optional<Candidate>> FindOwn(ListScanner* scanner,
                                                  CandidatePool* pool,
                                                  size_t first, uint64_t id) {
    std::optional<Candidate> own;
    for (const Candidate& candidate : pool->candidates().subspan(first)) {
      POMAI_ASSIGN_OR_RETURN(const uint64_t found, scanner->Id(candidate));
      if (found != id) continue;
      own = candidate;
      break;
    }
    if (!own) return own;
    const auto fresh = pool->candidates().subspan(first);
    const auto copies = std::count_if(
        fresh.begin(), fresh.end(),
        [&](const Candidate& other) { return IsCopy(other, *own); });
    if (copies > 1) {
      pool->SetWanted(pool->wanted() + static_cast<uint32_t>(copies) - 1);
      POMAI_RETURN_IF_ERROR(scanner->RefineWithinRho(pool));
    }
    return own;
  }

  // The same vector has the same list and the same code. A query is seldom in
  // the table, let alone several times: what a row's copies find says nothing.
  static bool IsCopy(const Candidate& candidate, const Candidate& own) {
    return candidate.score == own.score && candidate.error == own.error;
  }

  PageStore* store_;
  PageLock sealed_;
  Snapshot snapshot_;
  std::vector<RecallCurve> curves_;
  std::vector<std::pair<float, uint32_t>> found_;
};

}  // namespace

Result<Calibration> Calibrate(PageStore* store, PageLock sealed,
                              std::shared_ptr<const View> view,
                              SampleSet* sample,
                              const CalibrationOptions& options) {
  // One list is always searched whole.
  if (view->manifest.codebooks.empty() || sample->size() == 0) {
    return Calibration();
  }
  const uint64_t queries = std::min<uint64_t>(options.queries, sample->size());
  Calibrator calibrator(store, sealed, view);
  std::vector<float> query(view->meta.shape().dimensions);
  for (uint64_t i = 0; i < queries; ++i) {
    const uint64_t row = i * sample->size() / queries;
    POMAI_ASSIGN_OR_RETURN(const float* vector, sample->Rows(row, 1));
    std::copy_n(vector, query.size(), query.begin());
    POMAI_RETURN_IF_ERROR(calibrator.Run(query.data(), sample->id(row),
                                         i % kLargeKInterval == 0));
    if (options.progress) options.progress(i + 1, queries);
  }
  return calibrator.Finish();
}

}  // namespace pomai
