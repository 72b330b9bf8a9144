// CodeSample: vectors drawn from an index's own codes: what retraining and
// calibration work on when there is no table at hand.
//
//   CodeSample sample(host, space, share, CodeSample::Part::kTraining);
//   POMAI_RETURN_IF_ERROR(sample.Draw(&set));
//
// Rows fall into two parts by a hash of their id: those that may train and
// those that may calibrate, for rows that lists were trained on lie nearer to
// them than queries do. The caller holds the maintenance lock; one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/build.h"
#include "core/engine/centroid_reader.h"
#include "core/engine/maintenance_host.h"
#include "core/engine/space.h"

namespace pomai {

class CodeSample {
 public:
  enum class Part : uint8_t { kTraining, kCalibration };

  // `share` of the part's rows is drawn.
  CodeSample(const MaintenanceHost& host, const Space& space, double share,
             Part part);

  // Adds the drawn rows of segments and tails to `set`.
  Status Draw(SampleSet* set);

  // One row of so many calibrates.
  static constexpr uint64_t kCalibrationPart = 8;

 private:
  bool IsDrawn(uint64_t id) const;
  Status DrawSegment(size_t segment);
  Status DrawTail(uint32_t shard);
  Status Add(uint64_t version, uint32_t list, uint64_t id,
             const uint8_t* record);

  const MaintenanceHost& host_;
  const Space& space_;
  const View& view_;
  CodeShape shape_;
  double share_;
  Part part_;
  SampleSet* set_ = nullptr;
  CentroidReader centroids_;
  std::vector<float> vector_;
};

}  // namespace pomai
