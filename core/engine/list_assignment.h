// ListAssignment: the lists of some vectors under one codebook, and the
// centroids to encode them around. Many at once go through an Assigner that is
// kept with the cached views, a few through the codebook's int8 ranking.
//
//   ListAssignment assignment(store, sealed, cache, key, view, codebook);
//   POMAI_RETURN_IF_ERROR(assignment.Assign(vectors, count));
//   POMAI_ASSIGN_OR_RETURN(const float* centroid, assignment.Centroid(n));
//
// One insert, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/codebook/assigner.h"
#include "core/engine/snapshot.h"

namespace pomai {

// The exact centroids of a codebook in memory, and an assigner over them.
struct BatchAssigner {
  explicit BatchAssigner(Centroids from)
      : centroids(std::move(from)), assigner(&centroids) {}

  Centroids centroids;
  Assigner assigner;
};

class ListAssignment {
 public:
  // Everything must outlive it.
  ListAssignment(PageStore* store, PageLock sealed, ViewCache* cache,
                 uint64_t key, const View& view, const Codebook& codebook)
      : store_(store),
        sealed_(sealed),
        cache_(cache),
        key_(key),
        view_(view),
        codebook_(codebook),
        reader_(store, &codebook.extent(), sealed),
        centroid_(codebook.dimensions()) {}
  ListAssignment(const ListAssignment&) = delete;
  ListAssignment& operator=(const ListAssignment&) = delete;
  ~ListAssignment();

  // `vectors`: count x dimensions floats, prepared. Polls: no page is held.
  Status Assign(const float* vectors, size_t count);

  uint32_t List(size_t n) const { return lists_[n]; }
  // Valid until the next call.
  Result<const float*> Centroid(size_t n);
  // Lets the page go that Centroid may have left pinned.
  void Release() { reader_.Release(); }

 private:
  Status FindAssigner(size_t count);

  PageStore* store_;
  PageLock sealed_;
  ViewCache* cache_;
  uint64_t key_;
  const View& view_;
  const Codebook& codebook_;
  ExtentReader reader_;
  std::shared_ptr<BatchAssigner> many_;
  std::vector<uint32_t> lists_;
  std::vector<float> centroid_;
};

}  // namespace pomai
