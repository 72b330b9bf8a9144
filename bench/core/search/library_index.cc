#include "bench/core/search/library_index.h"

#include <algorithm>

#include "bench/client/arguments.h"
#include "bench/core/search/stopwatch.h"

namespace bench {
namespace {

constexpr size_t kBatchRows = 1000;

void Expect(const pomai::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

}  // namespace

LibraryIndex::LibraryIndex(const std::string& folder,
                           const VectorFile<float>& base,
                           pomai::Metric metric) {
  pomai::Options options;
  options.dimensions = static_cast<uint32_t>(base.columns());
  options.metric = metric;
  auto db = pomai::DB::Open(options, folder);
  Expect(db.status());
  db_ = std::move(db).value();
  if (!db_->Exists(base.rows() - 1).value()) Fill(base);
}

void LibraryIndex::Fill(const VectorFile<float>& base) {
  const Stopwatch watch;
  pomai::WriteBatch batch;
  for (size_t first = 0; first < base.rows(); first += kBatchRows) {
    const size_t end = std::min(first + kBatchRows, base.rows());
    batch.Clear();
    for (size_t row = first; row < end; ++row) batch.Put(row, base.Row(row));
    Expect(db_->Write(batch));
  }
  Expect((*db_->OpenMembrane(pomai::kDefaultMembrane))->Maintain());
  Expect(db_->Checkpoint());
  fill_seconds_ = watch.seconds();
}

void LibraryIndex::Search(std::span<const float> query, double effort,
                          std::vector<int32_t>* rows) {
  pomai::ReadOptions options;
  options.target_recall = effort;
  Search(query, options, rows);
}

void LibraryIndex::SearchByDefault(std::span<const float> query,
                                   std::vector<int32_t>* rows) {
  Search(query, pomai::ReadOptions{}, rows);
}

void LibraryIndex::Search(std::span<const float> query,
                          const pomai::ReadOptions& options,
                          std::vector<int32_t>* rows) {
  const auto found = db_->Search(query, kNeighbours, options);
  Expect(found.status());
  rows->clear();
  for (const pomai::Neighbour& row : *found) {
    rows->push_back(static_cast<int32_t>(row.id));
  }
}

}  // namespace bench
