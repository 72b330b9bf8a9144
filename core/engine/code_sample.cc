#include "core/engine/code_sample.h"

#include "core/base/random.h"
#include "core/engine/entry_reader.h"

namespace pomai {
namespace {

constexpr uint64_t kPartSeed = 0x706f6d61692d7031u;
constexpr uint64_t kDrawSeed = 0x706f6d61692d6472u;
constexpr uint64_t kRowsPerPoll = 1024;

}  // namespace

CodeSample::CodeSample(const MaintenanceHost& host, const Space& space,
                       double share, Part part)
    : host_(host),
      space_(space),
      view_(*space.snapshot().view),
      shape_(view_.meta.shape()),
      share_(share),
      part_(part),
      centroids_(host, view_),
      vector_(shape_.dimensions) {}

bool CodeSample::IsDrawn(uint64_t id) const {
  const bool calibrates = Random(kPartSeed ^ id).Below(kCalibrationPart) == 0;
  if (calibrates != (part_ == Part::kCalibration)) return false;
  return share_ >= 1 || Random(kDrawSeed ^ id).Uniform() < share_;
}

Status CodeSample::Draw(SampleSet* set) {
  set_ = set;
  for (size_t i = 0; i < view_.manifest.segments.size(); ++i) {
    POMAI_RETURN_IF_ERROR(DrawSegment(i));
  }
  for (uint32_t shard = 0; shard < view_.meta.shards; ++shard) {
    POMAI_RETURN_IF_ERROR(DrawTail(shard));
  }
  return Status::Ok();
}

Status CodeSample::DrawSegment(size_t segment) {
  const SegmentRef& ref = view_.manifest.segments[segment];
  EntryReader reader(host_, space_.snapshot());
  reader.AddSegment(segment);
  for (uint32_t list = ref.first_live_list(); list < ref.end_list(); ++list) {
    POMAI_RETURN_IF_ERROR(reader.ReadList(
        list, [&](uint64_t id, std::span<const uint8_t> record) -> Status {
          if (!IsDrawn(id)) return Status::Ok();
          return Add(ref.codebook_version, list, id, record.data());
        }));
  }
  return Status::Ok();
}

Status CodeSample::DrawTail(uint32_t shard) {
  TailView tail;
  POMAI_RETURN_IF_ERROR(
      tail.Load(host_.store, space_.tails()[shard].head, shard, host_.sealed));
  uint64_t seen = 0;
  for (const TailView::Entry& entry : tail.all()) {
    if (entry.list == kNoDistanceList) break;
    if (++seen % kRowsPerPoll == 0) {
      tail.Release();
      POMAI_RETURN_IF_ERROR(host_.store->Poll());
    }
    if (!IsDrawn(entry.id)) continue;
    POMAI_ASSIGN_OR_RETURN(const uint8_t* record, tail.Record(entry));
    POMAI_RETURN_IF_ERROR(
        Add(tail.CodebookVersion(entry), entry.list, entry.id, record));
  }
  return Status::Ok();
}

Status CodeSample::Add(uint64_t version, uint32_t list, uint64_t id,
                       const uint8_t* record) {
  POMAI_ASSIGN_OR_RETURN(const float* centroid, centroids_.Read(version, list));
  DecodeVector(shape_, record, centroid, vector_.data());
  return set_->Add(id, vector_.data());
}

}  // namespace pomai
