// LibraryIndex: a pomai::DB in a folder, through its public headers alone.
//
//   LibraryIndex index(folder, base, pomai::Metric::kCosine);
//   index.Search(query, 0.95, &rows);
//
// One thread.
#pragma once

#include <memory>
#include <string>

#include "bench/client/vector_file.h"
#include "bench/core/search/index.h"
#include "pomai/db.h"

namespace bench {

class LibraryIndex : public Index {
 public:
  // Fills the folder with the rows of `base`, in batches of 1,000, maintains
  // and checkpoints it; one that is filled already is opened as it is.
  LibraryIndex(const std::string& folder, const VectorFile<float>& base,
               pomai::Metric metric);

  // 0 when it was filled already.
  double fill_seconds() const { return fill_seconds_; }
  // `effort`: the target recall.
  void Search(std::span<const float> query, double effort,
              std::vector<int32_t>* rows) override;
  // With the defaults of ReadOptions.
  void SearchByDefault(std::span<const float> query,
                       std::vector<int32_t>* rows);

 private:
  void Fill(const VectorFile<float>& base);
  void Search(std::span<const float> query, const pomai::ReadOptions& options,
              std::vector<int32_t>* rows);

  std::unique_ptr<pomai::DB> db_;
  double fill_seconds_ = 0;
};

}  // namespace bench
