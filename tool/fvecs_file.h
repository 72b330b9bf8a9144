// FvecsFile: the vectors of an .fvecs file: of each u32 dimensions, floats.
//
//   POMAI_ASSIGN_OR_RETURN(auto file, FvecsFile::Open("sift_base.fvecs"));
//   for (uint64_t i = 0; i < file->size(); ++i) Use(file->vector(i));
//
// Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/host_file/file_system.h"

namespace pomai::tool {

class FvecsFile {
 public:
  // Corruption when it does not hold vectors of one length.
  static Result<std::unique_ptr<FvecsFile>> Open(const std::string& path);

  uint64_t size() const { return size_; }
  uint32_t dimensions() const { return dimensions_; }
  std::span<const float> vector(uint64_t i) const;

 private:
  std::unique_ptr<MappedFile> mapped_;
  uint64_t size_ = 0;
  uint32_t dimensions_ = 0;
};

}  // namespace pomai::tool
