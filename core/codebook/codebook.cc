#include "core/codebook/codebook.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "core/base/coding.h"
#include "core/base/fault_point.h"
#include "core/codebook/assigner.h"
#include "core/kernel/distance.h"
#include "core/kernel/rank_int8.h"

namespace pomai {
namespace {

constexpr uint32_t kMagic = 0x4B424D50;  // "PMBK"
constexpr uint32_t kHeaderSize = 32;

// Where the sections lie.
struct Layout {
  uint64_t dimensions;
  uint64_t lists;
  uint64_t parents;

  uint64_t starts_bytes() const { return 4 * (parents + 1); }
  uint32_t parents_page() const { return 1; }
  uint32_t centroids_page() const {
    return 1 + PagesFor(starts_bytes() + 4 * parents * dimensions);
  }
  uint32_t ranks_page() const {
    return centroids_page() + PagesFor(4 * lists * dimensions);
  }
  uint32_t pages() const {
    return ranks_page() + PagesFor(4 * dimensions + lists * (8 + dimensions));
  }
};

Layout LayoutOf(const Centroids& centroids) {
  return {centroids.dimensions, centroids.list_count(),
          centroids.parent_count()};
}

uint64_t StartOf(uint32_t page) { return uint64_t{page} * kPageBodySize; }

struct Header {
  Layout layout;
  Metric metric;
  float central_reach;
  uint64_t version;

  uint64_t ranked_lists() const {
    return layout.lists - (central_reach > 0 ? 1 : 0);
  }
};

Status Broken(const Extent& extent, const std::string& what,
              const std::string& expected, uint64_t found) {
  return Status::Corruption("codebook in extent " + std::to_string(extent.id) +
                            ": expected " + what + " " + expected + ", found " +
                            std::to_string(found));
}

Result<Header> ReadHeader(ExtentReader* reader, const Extent& extent) {
  POMAI_ASSIGN_OR_RETURN(const uint8_t* at, reader->At(0, kHeaderSize));
  uint32_t field[6];
  for (int i = 0; i < 6; ++i) field[i] = GetFixed<uint32_t>(at + 4 * i);
  const auto [magic, dimensions, lists, parents, metric, reach_bits] = field;
  if (magic != kMagic) {
    return Broken(extent, "magic number", std::to_string(kMagic), magic);
  }
  if (dimensions == 0 || dimensions > kMaxDimensions || dimensions % 16 != 0) {
    return Broken(extent, "dimensions", "16, 32, ... 16000", dimensions);
  }
  if (lists == 0 || lists > kMaxLists) {
    return Broken(extent, "lists", "1 to " + std::to_string(kMaxLists), lists);
  }
  if (parents == 0 || parents > lists) {
    return Broken(extent, "parents", "1 to " + std::to_string(lists), parents);
  }
  if (metric < 1 || metric > 3) {
    return Broken(extent, "metric", "1 to 3", metric);
  }
  const auto reach = std::bit_cast<float>(reach_bits);
  if (!std::isfinite(reach) || std::signbit(reach)) {
    return Broken(extent, "bits of a squared distance", "from 0 on",
                  reach_bits);
  }
  const auto version = GetFixed<uint64_t>(at + 24);
  if (version == 0) return Broken(extent, "version", "1 or more", version);
  const Layout layout{dimensions, lists, parents};
  if (layout.pages() != extent.page_count()) {
    return Broken(extent, "pages", std::to_string(layout.pages()),
                  extent.page_count());
  }
  return Header{layout, static_cast<Metric>(metric), reach, version};
}

// Copies `size` bytes page by page, past the reader's buffer.
Status ReadInto(ExtentReader* reader, uint64_t offset, uint64_t size,
                void* to) {
  auto* at = static_cast<uint8_t*>(to);
  while (size > 0) {
    const auto part = static_cast<uint32_t>(
        std::min<uint64_t>(size, kPageBodySize - offset % kPageBodySize));
    POMAI_ASSIGN_OR_RETURN(const uint8_t* from, reader->At(offset, part));
    std::memcpy(at, from, part);
    at += part;
    offset += part;
    size -= part;
  }
  return Status::Ok();
}

// What lists are ranked by, in int8, around their mean: centroids far from the
// origin differ little, compared with their length.
struct Ranks {
  std::vector<float> center;
  std::vector<float> scales;
  std::vector<float> norms;
  std::vector<int8_t> values;
};

// The vectors that lists are ranked by: centroids, or their directions.
std::vector<float> RankedVectors(const Centroids& centroids) {
  std::vector<float> vectors = centroids.lists;
  if (centroids.metric != Metric::kCosine) return vectors;
  for (uint32_t list = 0; list < centroids.list_count(); ++list) {
    float* vector = vectors.data() + size_t{list} * centroids.dimensions;
    kernel::Normalize(vector, vector, centroids.dimensions);
  }
  return vectors;
}

std::vector<float> MeanOf(const std::vector<float>& vectors,
                          uint32_t dimensions) {
  std::vector<double> sums(dimensions);
  for (size_t i = 0; i < vectors.size(); ++i)
    sums[i % dimensions] += vectors[i];
  const double count = static_cast<double>(vectors.size() / dimensions);
  std::vector<float> mean(dimensions);
  for (uint32_t i = 0; i < dimensions; ++i) {
    mean[i] = static_cast<float>(sums[i] / count);
  }
  return mean;
}

Ranks QuantizeCentroids(const Centroids& centroids) {
  const uint32_t dimensions = centroids.dimensions;
  const uint32_t lists = centroids.list_count();
  std::vector<float> vectors = RankedVectors(centroids);
  Ranks ranks{MeanOf(vectors, dimensions), std::vector<float>(lists),
              std::vector<float>(lists),
              std::vector<int8_t>(size_t{lists} * dimensions)};
  for (uint32_t list = 0; list < lists; ++list) {
    const size_t start = size_t{list} * dimensions;
    float* vector = vectors.data() + start;
    for (uint32_t i = 0; i < dimensions; ++i) vector[i] -= ranks.center[i];
    ranks.scales[list] =
        kernel::QuantizeRow(vector, dimensions, ranks.values.data() + start);
    const double norm = kernel::Norm(vector, dimensions);
    ranks.norms[list] = static_cast<float>(norm * norm);
  }
  return ranks;
}

template <typename T>
Status Append(ExtentStream* stream, const std::vector<T>& values) {
  return stream->Append(values.data(), values.size() * sizeof(T));
}

Status StoreHeader(PageStore* store, const Extent& extent, uint64_t version,
                   const Centroids& centroids) {
  uint8_t header[kHeaderSize] = {};
  const uint32_t fields[] = {kMagic,
                             centroids.dimensions,
                             centroids.list_count(),
                             centroids.parent_count(),
                             static_cast<uint32_t>(centroids.metric),
                             std::bit_cast<uint32_t>(centroids.central_reach)};
  for (int i = 0; i < 6; ++i) PutFixed<uint32_t>(header + 4 * i, fields[i]);
  PutFixed<uint64_t>(header + 24, version);
  ExtentStream stream(store, &extent, 0);
  POMAI_RETURN_IF_ERROR(stream.Append(header, kHeaderSize));
  return stream.Finish();
}

// Which lists are whose children, and the parents' centroids.
Status ReadParents(ExtentReader* reader, const Extent& extent,
                   const Header& header, std::vector<uint32_t>* starts,
                   std::vector<float>* parents) {
  const Layout& layout = header.layout;
  const uint64_t at = StartOf(layout.parents_page());
  starts->resize(layout.parents + 1);
  parents->resize(layout.parents * layout.dimensions);
  POMAI_RETURN_IF_ERROR(
      ReadInto(reader, at, layout.starts_bytes(), starts->data()));
  if (starts->front() != 0) {
    return Broken(extent, "first child", "0", starts->front());
  }
  if (starts->back() != header.ranked_lists()) {
    return Broken(extent, "last child", std::to_string(header.ranked_lists()),
                  starts->back());
  }
  const auto descent = std::is_sorted_until(starts->begin(), starts->end());
  if (descent != starts->end()) {
    return Broken(extent, "next parent's child from",
                  std::to_string(*(descent - 1)) + " on", *descent);
  }
  return ReadInto(reader, at + layout.starts_bytes(), 4 * parents->size(),
                  parents->data());
}

}  // namespace

uint32_t Codebook::PageCount(const Centroids& centroids) {
  return LayoutOf(centroids).pages();
}

Status Codebook::Store(PageStore* store, const Extent& extent, uint64_t version,
                       const Centroids& centroids) {
  const Layout layout = LayoutOf(centroids);
  POMAI_RETURN_IF_ERROR(StoreHeader(store, extent, version, centroids));
  ExtentStream parents(store, &extent, layout.parents_page());
  POMAI_RETURN_IF_ERROR(Append(&parents, centroids.child_start));
  POMAI_RETURN_IF_ERROR(Append(&parents, centroids.parents));
  POMAI_RETURN_IF_ERROR(parents.Finish());
  POMAI_FAULT_POINT("half-written");
  ExtentStream lists(store, &extent, layout.centroids_page());
  POMAI_RETURN_IF_ERROR(Append(&lists, centroids.lists));
  POMAI_RETURN_IF_ERROR(lists.Finish());
  const Ranks ranks = QuantizeCentroids(centroids);
  ExtentStream stream(store, &extent, layout.ranks_page());
  POMAI_RETURN_IF_ERROR(Append(&stream, ranks.center));
  POMAI_RETURN_IF_ERROR(Append(&stream, ranks.scales));
  POMAI_RETURN_IF_ERROR(Append(&stream, ranks.norms));
  POMAI_RETURN_IF_ERROR(Append(&stream, ranks.values));
  return stream.Finish();
}

Result<std::shared_ptr<const Codebook>> Codebook::Load(PageStore* store,
                                                       const Extent& extent,
                                                       PageLock lock) {
  ExtentReader reader(store, &extent, lock);
  POMAI_ASSIGN_OR_RETURN(const Header header, ReadHeader(&reader, extent));
  std::shared_ptr<Codebook> codebook(new Codebook());
  codebook->version_ = header.version;
  codebook->dimensions_ = static_cast<uint32_t>(header.layout.dimensions);
  codebook->lists_ = static_cast<uint32_t>(header.layout.lists);
  codebook->metric_ = header.metric;
  codebook->extent_ = extent;
  codebook->centroids_offset_ = StartOf(header.layout.centroids_page());
  const uint64_t lists = header.layout.lists;
  const uint64_t center = StartOf(header.layout.ranks_page());
  const uint64_t center_size = 4 * header.layout.dimensions;
  const uint64_t ranks = center + center_size;
  const uint64_t size = lists * header.layout.dimensions;
  codebook->center_.resize(header.layout.dimensions);
  codebook->scales_.resize(lists);
  codebook->norms_.resize(lists);
  codebook->ranks_.resize(size);
  POMAI_RETURN_IF_ERROR(
      ReadInto(&reader, center, center_size, codebook->center_.data()));
  POMAI_RETURN_IF_ERROR(
      ReadInto(&reader, ranks, 4 * lists, codebook->scales_.data()));
  POMAI_RETURN_IF_ERROR(
      ReadInto(&reader, ranks + 4 * lists, 4 * lists, codebook->norms_.data()));
  POMAI_RETURN_IF_ERROR(
      ReadInto(&reader, ranks + 8 * lists, size, codebook->ranks_.data()));
  std::vector<float> parents;
  POMAI_RETURN_IF_ERROR(
      ReadParents(&reader, extent, header, &codebook->child_start_, &parents));
  codebook->parents_ = kernel::PanelMatrix(codebook->dimensions_);
  codebook->parents_.AddGroup(parents.data(),
                              static_cast<uint32_t>(header.layout.parents),
                              RankingFor(codebook->metric_));
  if (header.central_reach > 0) {
    const uint32_t last = codebook->lists_ - 1;
    std::vector<float> centroid(codebook->dimensions_);
    POMAI_RETURN_IF_ERROR(
        codebook->ReadCentroid(&reader, last, centroid.data()));
    codebook->central_ =
        CentralList(header.central_reach, last, std::move(centroid));
  }
  return std::shared_ptr<const Codebook>(std::move(codebook));
}

std::shared_ptr<const Codebook> Codebook::Untrained(uint32_t dimensions,
                                                    Metric metric) {
  std::shared_ptr<Codebook> codebook(new Codebook());
  codebook->dimensions_ = dimensions;
  codebook->lists_ = 1;
  codebook->metric_ = metric;
  codebook->center_.assign(dimensions, 0.0f);
  codebook->scales_.assign(1, 0.0f);
  codebook->norms_.assign(1, 0.0f);
  codebook->ranks_.assign(dimensions, 0);
  return codebook;
}

Codebook::RankQuery Codebook::QueryFor(const float* vector,
                                       bool inner_product) const {
  RankQuery query;
  query.integers.resize(dimensions_);
  query.norms = inner_product ? nullptr : norms_.data();
  std::vector<float> moved;
  if (inner_product) {
    query.offset = -kernel::InnerProduct(vector, center_.data(), dimensions_);
  } else {
    moved.resize(dimensions_);
    for (uint32_t i = 0; i < dimensions_; ++i) {
      moved[i] = vector[i] - center_[i];
    }
    vector = moved.data();
    query.offset = kernel::InnerProduct(vector, vector, dimensions_);
  }
  const float step =
      kernel::QuantizeQuery(vector, dimensions_, query.integers.data());
  query.factor = inner_product ? -step : -2 * step;
  return query;
}

void Codebook::Score(const RankQuery& query, uint32_t first, uint32_t count,
                     float* scores) const {
  kernel::ScoreInt8Rows(
      {ranks_.data() + size_t{first} * dimensions_, scales_.data() + first,
       query.norms == nullptr ? nullptr : query.norms + first, count,
       dimensions_},
      query.integers.data(), query.factor, query.offset, scores);
}

ListRanking Codebook::Rank(const float* vector) const {
  std::vector<float> scores(lists_ - (central_.exists() ? 1 : 0));
  Score(QueryFor(vector, metric_ == Metric::kInnerProduct), 0,
        static_cast<uint32_t>(scores.size()), scores.data());
  return ListRanking(std::move(scores));
}

Status Codebook::ReadCentroid(ExtentReader* reader, uint32_t list,
                              float* to) const {
  if (list >= lists_) {
    return Status::Corruption("codebook version " + std::to_string(version_) +
                              ": expected a list below " +
                              std::to_string(lists_) + ", found " +
                              std::to_string(list));
  }
  if (version_ == 0) {
    std::fill_n(to, dimensions_, 0.0f);
    return Status::Ok();
  }
  const uint64_t size = uint64_t{4} * dimensions_;
  return ReadInto(reader, centroids_offset_ + list * size, size, to);
}

void Codebook::PrefetchCentroid(ExtentReader* reader, uint32_t list) const {
  if (version_ == 0) return;
  const uint32_t size = 4 * dimensions_;
  reader->Prefetch(centroids_offset_ + uint64_t{list} * size, size);
}

Result<Centroids> Codebook::LoadCentroids(PageStore* store,
                                          const Extent& extent, PageLock lock) {
  ExtentReader reader(store, &extent, lock);
  POMAI_ASSIGN_OR_RETURN(const Header header, ReadHeader(&reader, extent));
  const Layout& layout = header.layout;
  Centroids centroids;
  centroids.dimensions = static_cast<uint32_t>(layout.dimensions);
  centroids.metric = header.metric;
  centroids.central_reach = header.central_reach;
  POMAI_RETURN_IF_ERROR(ReadParents(
      &reader, extent, header, &centroids.child_start, &centroids.parents));
  centroids.lists.resize(layout.lists * layout.dimensions);
  POMAI_RETURN_IF_ERROR(ReadInto(&reader, StartOf(layout.centroids_page()),
                                 4 * centroids.lists.size(),
                                 centroids.lists.data()));
  return centroids;
}

}  // namespace pomai
