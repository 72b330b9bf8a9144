// What the fuzz targets share.
//
//   Require(status.ok() || IsCorruption(status));
//
// A target is a source test/fuzz/<name>_fuzz.cc; its seeds are kept in
// test/fuzz/corpus/<name>.
#pragma once

#include <cstdlib>

#include "core/base/status.h"

namespace pomai {

// Ends the process, so that the fuzzer keeps the input.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

inline bool IsCorruption(const Status& status) {
  return status.code() == StatusCode::kCorruption;
}

}  // namespace pomai
