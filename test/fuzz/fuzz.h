// What the fuzz targets share.
//
//   Require(status.ok() || IsCorruption(status));
//
// A target is a source test/fuzz/<name>_fuzz.cc; its seeds are kept in
// test/fuzz/corpus/<name>.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "core/base/status.h"

namespace pomai {

// Ends the process, so that the fuzzer keeps the input.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

// The same, and says what the status was.
inline void RequireThat(bool holds, const Status& status) {
  if (!holds) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  Require(holds);
}

inline bool IsCorruption(const Status& status) {
  return status.code() == StatusCode::kCorruption;
}

}  // namespace pomai
