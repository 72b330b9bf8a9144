#include "core/codebook/kmeans.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/kernel/distance.h"
#include "core/kernel/matrix.h"

namespace pomai {
namespace {

using kernel::Nearest;
using kernel::PanelMatrix;

constexpr uint32_t kRounds = 10;
constexpr uint32_t kFlatRounds = 3;
// Flat rounds beyond the last for lists that are empty still.
constexpr uint32_t kMendingRounds = 2;
// Of the sample, so that the reach of the central list is no accident.
constexpr uint64_t kLeastCentralRows = 8;
// Parents only group lists: a sample of the sample places them well enough.
constexpr uint32_t kRowsPerParent = 256;
constexpr uint32_t kChunkFloats = 1u << 19;

uint32_t ParentsFor(uint32_t lists) {
  return std::max(1u, static_cast<uint32_t>(std::lround(std::sqrt(lists))));
}

}  // namespace

KMeans::KMeans(TrainingSample* sample, const TrainingOptions& options)
    : sample_(sample),
      options_(options),
      dimensions_(options.dimensions),
      rows_(sample->size()),
      list_target_(static_cast<uint32_t>(
          std::min<uint64_t>(std::clamp(options.lists, 1u, kMaxLists), rows_))),
      parent_target_(ParentsFor(list_target_)),
      stride_(std::max<uint64_t>(
          1, rows_ / (uint64_t{parent_target_} * kRowsPerParent))),
      chunk_rows_(std::clamp(kChunkFloats / dimensions_, 32u, 4096u)),
      random_(options.seed),
      assigned_(rows_) {
  centroids_.dimensions = dimensions_;
  centroids_.metric = options.metric;
  work_total_ = rows_ * (kRounds * (parent_target_ / stride_) + parent_target_ +
                         kRounds * (list_target_ / parent_target_) +
                         kFlatRounds * FlatWork());
}

Status KMeans::ForEachChunk(uint64_t work, const Visitor& visit) {
  for (uint64_t first = 0; first < rows_; first += chunk_rows_) {
    if (options_.poll) POMAI_RETURN_IF_ERROR(options_.poll());
    const auto count =
        static_cast<uint32_t>(std::min<uint64_t>(chunk_rows_, rows_ - first));
    POMAI_ASSIGN_OR_RETURN(const float* rows, sample_->Rows(first, count));
    visit({first, count, rows});
    work_done_ = std::min(work_done_ + work * count, work_total_);
    if (options_.progress) options_.progress(work_done_, work_total_);
  }
  return Status::Ok();
}

Status KMeans::TrainParents() {
  centroids_.parents.resize(size_t{parent_target_} * dimensions_);
  POMAI_RETURN_IF_ERROR(ChooseParents());
  Clusters clusters(dimensions_, parent_target_);
  for (uint32_t round = 0; round < kRounds; ++round) {
    POMAI_RETURN_IF_ERROR(ParentRound(&clusters));
    POMAI_RETURN_IF_ERROR(
        FillEmpty(clusters, {0, parent_target_}, stride_, &centroids_.parents));
  }
  return Status::Ok();
}

Status KMeans::ChooseParents() {
  uint64_t left = (rows_ + stride_ - 1) / stride_;
  uint32_t wanted = parent_target_;
  float* to = centroids_.parents.data();
  return ForEachChunk(0, [&](const Chunk& chunk) {
    for (uint64_t row = chunk.first; row < chunk.first + chunk.count; ++row) {
      if (row % stride_ != 0) continue;
      // Each subset of `wanted` of the rows is as likely as any other.
      if (random_.Below(left--) >= wanted) continue;
      to = std::copy_n(Row(chunk, row), dimensions_, to);
      --wanted;
    }
  });
}

Status KMeans::ParentRound(Clusters* clusters) {
  PanelMatrix parents(dimensions_);
  parents.AddGroup(centroids_.parents.data(), parent_target_,
                   RankingFor(options_.metric));
  std::vector<uint32_t> index;
  std::vector<Nearest> nearest;
  POMAI_RETURN_IF_ERROR(
      ForEachChunk(parent_target_ / stride_, [&](const Chunk& chunk) {
        index.clear();
        for (uint32_t i = 0; i < chunk.count; ++i) {
          if ((chunk.first + i) % stride_ == 0) index.push_back(i);
        }
        nearest.assign(chunk.count, Nearest());
        LowerNearest(
            {chunk.rows, index.data(), static_cast<uint32_t>(index.size())},
            parents, 0, nearest.data());
        for (uint32_t i : index) {
          assigned_[chunk.first + i] = nearest[i].row;
          clusters->Add(nearest[i].row, Row(chunk, chunk.first + i));
        }
      }));
  clusters->TakeMeans(centroids_.parents.data());
  return Status::Ok();
}

Status KMeans::AssignParents(std::vector<uint32_t>* sizes) {
  PanelMatrix parents(dimensions_);
  parents.AddGroup(centroids_.parents.data(), parent_target_,
                   RankingFor(options_.metric));
  std::vector<uint32_t> all(chunk_rows_);
  std::iota(all.begin(), all.end(), 0u);
  std::vector<Nearest> nearest;
  sizes->assign(parent_target_, 0);
  return ForEachChunk(parent_target_, [&](const Chunk& chunk) {
    nearest.assign(chunk.count, Nearest());
    LowerNearest({chunk.rows, all.data(), chunk.count}, parents, 0,
                 nearest.data());
    for (uint32_t i = 0; i < chunk.count; ++i) {
      assigned_[chunk.first + i] = nearest[i].row;
      ++(*sizes)[nearest[i].row];
    }
  });
}

Status KMeans::TrainChildren() {
  std::vector<uint32_t> sizes;
  POMAI_RETURN_IF_ERROR(AssignParents(&sizes));
  const auto children = ApportionChildren(sizes, list_target_);
  auto& starts = centroids_.child_start;
  starts.assign(1, 0);
  for (uint32_t p = 0; p < parent_target_; ++p) {
    list_parent_.insert(list_parent_.end(), children[p], p);
    starts.push_back(starts.back() + children[p]);
  }
  centroids_.lists.resize(size_t{starts.back()} * dimensions_);
  POMAI_RETURN_IF_ERROR(ChooseChildren(std::move(sizes)));
  Clusters clusters(dimensions_, starts.back());
  for (uint32_t round = 0; round < kRounds; ++round) {
    POMAI_RETURN_IF_ERROR(ChildRound(&clusters));
    sizes_ = clusters.sizes();
    UpdateParents();
    POMAI_RETURN_IF_ERROR(FillEmpty(clusters, starts, 1, &centroids_.lists));
  }
  return Status::Ok();
}

Status KMeans::ChooseChildren(std::vector<uint32_t> sizes) {
  const auto& starts = centroids_.child_start;
  std::vector<uint32_t> next(starts.begin(), starts.end() - 1);
  return ForEachChunk(0, [&](const Chunk& chunk) {
    for (uint64_t row = chunk.first; row < chunk.first + chunk.count; ++row) {
      const uint32_t p = assigned_[row];
      assigned_[row] = starts[p];
      if (random_.Below(sizes[p]--) >= starts[p + 1] - next[p]) continue;
      std::copy_n(Row(chunk, row), dimensions_,
                  centroids_.lists.data() + size_t{next[p]++} * dimensions_);
    }
  });
}

Status KMeans::ChildRound(Clusters* clusters) {
  const auto& starts = centroids_.child_start;
  PanelMatrix lists(dimensions_);
  for (uint32_t p = 0; p < parent_target_; ++p) {
    lists.AddGroup(centroids_.lists.data() + size_t{starts[p]} * dimensions_,
                   starts[p + 1] - starts[p], RankingFor(options_.metric));
  }
  std::vector<std::vector<uint32_t>> members(parent_target_);
  std::vector<Nearest> nearest;
  POMAI_RETURN_IF_ERROR(
      ForEachChunk(list_target_ / parent_target_, [&](const Chunk& chunk) {
        for (auto& rows : members) rows.clear();
        for (uint32_t i = 0; i < chunk.count; ++i) {
          members[list_parent_[assigned_[chunk.first + i]]].push_back(i);
        }
        nearest.resize(chunk.count);
        for (uint32_t p = 0; p < parent_target_; ++p) {
          const auto size = static_cast<uint32_t>(members[p].size());
          for (uint32_t i : members[p]) nearest[i] = {.row = starts[p]};
          LowerNearest({chunk.rows, members[p].data(), size}, lists, p,
                       nearest.data());
        }
        for (uint32_t i = 0; i < chunk.count; ++i) {
          assigned_[chunk.first + i] = nearest[i].row;
          clusters->Add(nearest[i].row, Row(chunk, chunk.first + i));
        }
      }));
  clusters->TakeMeans(centroids_.lists.data());
  return Status::Ok();
}

Status KMeans::TrainFlat() {
  Clusters clusters(dimensions_, centroids_.child_start.back());
  for (uint32_t round = 1;; ++round) {
    POMAI_RETURN_IF_ERROR(FlatRound(&clusters));
    sizes_ = clusters.sizes();
    UpdateParents();
    const bool any_empty = std::count(sizes_.begin(), sizes_.end(), 0u) > 0;
    const uint32_t last = kFlatRounds + (any_empty ? kMendingRounds : 0);
    if (round >= last) return Status::Ok();
    POMAI_RETURN_IF_ERROR(
        FillEmpty(clusters, centroids_.child_start, 1, &centroids_.lists));
  }
}

Status KMeans::FlatRound(Clusters* clusters) {
  Assigner assigner(&centroids_);
  POMAI_RETURN_IF_ERROR(ForEachChunk(FlatWork(), [&](const Chunk& chunk) {
    uint32_t* lists = assigned_.data() + chunk.first;
    assigner.Assign(chunk.rows, chunk.count, lists);
    for (uint32_t i = 0; i < chunk.count; ++i) {
      clusters->Add(lists[i], Row(chunk, chunk.first + i));
    }
  }));
  clusters->TakeMeans(centroids_.lists.data());
  return Status::Ok();
}

Status KMeans::FillEmpty(const Clusters& clusters,
                         const std::vector<uint32_t>& starts, uint64_t stride,
                         std::vector<float>* centroids) {
  std::vector<uint32_t> sizes = clusters.sizes();
  if (std::count(sizes.begin(), sizes.end(), 0u) == 0) return Status::Ok();
  // Rows by cluster: those of cluster c are order[begin[c], begin[c + 1]).
  std::vector<uint64_t> begin(sizes.size() + 2);
  std::copy(sizes.begin(), sizes.end(), begin.begin() + 2);
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<uint32_t> order(begin.back());
  for (uint64_t row = 0; row < rows_; row += stride) {
    order[begin[assigned_[row] + 1]++] = static_cast<uint32_t>(row);
  }
  for (size_t g = 0; g + 1 < starts.size(); ++g) {
    for (uint32_t empty = starts[g]; empty < starts[g + 1]; ++empty) {
      if (clusters.sizes()[empty] != 0) continue;
      const auto largest = std::max_element(sizes.begin() + starts[g],
                                            sizes.begin() + starts[g + 1]);
      if (*largest < 2) break;
      const auto cluster = static_cast<size_t>(largest - sizes.begin());
      const uint64_t row =
          order[begin[cluster] + random_.Below(clusters.sizes()[cluster])];
      *largest /= 2;
      POMAI_ASSIGN_OR_RETURN(const float* from, sample_->Rows(row, 1));
      std::copy_n(from, dimensions_,
                  centroids->data() + size_t{empty} * dimensions_);
    }
  }
  return Status::Ok();
}

void KMeans::UpdateParents() {
  for (uint32_t p = 0; p < centroids_.parent_count(); ++p) {
    MeanOfLists(centroids_.child_start[p], centroids_.child_start[p + 1],
                centroids_.parents.data() + size_t{p} * dimensions_);
  }
}

void KMeans::MeanOfLists(uint32_t first, uint32_t end, float* to) const {
  std::vector<double> sum(dimensions_);
  double rows = 0;
  for (uint32_t list = first; list < end; ++list) {
    const float* from = centroids_.lists.data() + size_t{list} * dimensions_;
    for (uint32_t i = 0; i < dimensions_; ++i) {
      sum[i] += double{from[i]} * sizes_[list];
    }
    rows += sizes_[list];
  }
  if (rows == 0) return;
  for (uint32_t i = 0; i < dimensions_; ++i) {
    to[i] = static_cast<float>(sum[i] / rows);
  }
}

Centroids KMeans::Take() const {
  Centroids kept;
  kept.dimensions = dimensions_;
  kept.metric = options_.metric;
  kept.child_start.push_back(0);
  const auto keep = [&](const std::vector<float>& from, uint32_t number,
                        std::vector<float>* to) {
    const auto first = from.begin() + size_t{number} * dimensions_;
    to->insert(to->end(), first, first + dimensions_);
  };
  for (uint32_t p = 0; p < centroids_.parent_count(); ++p) {
    for (uint32_t list = centroids_.child_start[p];
         list < centroids_.child_start[p + 1]; ++list) {
      if (sizes_[list] > 0) keep(centroids_.lists, list, &kept.lists);
    }
    const uint32_t end = kept.list_count();
    if (end == kept.child_start.back()) continue;
    keep(centroids_.parents, p, &kept.parents);
    kept.child_start.push_back(end);
  }
  return kept;
}

Status KMeans::AddCentral(Centroids* centroids) {
  if (options_.central_share <= 0 || centroids->list_count() >= kMaxLists) {
    return Status::Ok();
  }
  std::vector<float> mean(dimensions_);
  MeanOfLists(0, centroids_.list_count(), mean.data());
  const auto wanted = std::max(
      kLeastCentralRows, static_cast<uint64_t>(options_.central_share *
                                               static_cast<double>(rows_)));
  // The nearest, and the first one too many: a max-heap.
  std::vector<float> nearest;
  POMAI_RETURN_IF_ERROR(ForEachChunk(0, [&](const Chunk& chunk) {
    for (uint64_t row = chunk.first; row < chunk.first + chunk.count; ++row) {
      nearest.push_back(
          kernel::SquaredL2(Row(chunk, row), mean.data(), dimensions_));
      std::push_heap(nearest.begin(), nearest.end());
      if (nearest.size() <= wanted + 1) continue;
      std::pop_heap(nearest.begin(), nearest.end());
      nearest.pop_back();
    }
  }));
  const float end = nearest.front();
  float reach = 0;
  for (const float distance : nearest) {
    if (distance < end) reach = std::max(reach, distance);
  }
  if (nearest.size() <= wanted || reach == 0) return Status::Ok();
  centroids->central_reach = reach;
  centroids->lists.insert(centroids->lists.end(), mean.begin(), mean.end());
  return Status::Ok();
}

}  // namespace pomai
