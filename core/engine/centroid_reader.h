// CentroidReader: the centroids that entries of several codebooks were encoded
// around; the last one is kept, for entries come list by list.
//
//   CentroidReader centroids(host, view);
//   POMAI_ASSIGN_OR_RETURN(const float* c, centroids.Read(version, list));
//
// One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/maintenance_host.h"

namespace pomai {

class CentroidReader {
 public:
  // Both must outlive it.
  CentroidReader(const MaintenanceHost& host, const View& view)
      : host_(host), view_(view), centroid_(view.meta.shape().dimensions) {}

  // Valid until the next call. Corruption when the manifest does not name the
  // codebook.
  Result<const float*> Read(uint64_t version, uint32_t list);

 private:
  const MaintenanceHost& host_;
  const View& view_;
  std::vector<float> centroid_;
  uint64_t version_ = ~0ull;
  uint32_t list_ = 0;
};

}  // namespace pomai
