#include "core/engine/centroid_reader.h"

#include <string>

namespace pomai {

Result<const float*> CentroidReader::Read(uint64_t version, uint32_t list) {
  if (version == version_ && list == list_) {
    return static_cast<const float*>(centroid_.data());
  }
  const Codebook* codebook = view_.FindCodebook(version);
  if (codebook == nullptr) {
    return Status::Corruption("an entry is of codebook " +
                              std::to_string(version) +
                              ", which the manifest does not name");
  }
  ExtentReader reader(host_.store, &codebook->extent(), host_.sealed);
  POMAI_RETURN_IF_ERROR(
      codebook->ReadCentroid(&reader, list, centroid_.data()));
  version_ = version;
  list_ = list;
  return static_cast<const float*>(centroid_.data());
}

}  // namespace pomai
