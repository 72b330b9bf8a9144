// The index's own options: WITH (bits = 4, shards = 2, lists = 1000).
//
//   const IndexOptions* options = OptionsOf(index);   // never null
//
// DefineOptions runs once a process, when the library is loaded.
#pragma once

#include "src/pg/server.h"

namespace pomai::am {

// The server keeps these bytes in the relation cache.
struct IndexOptions {
  int32 varlena_header;
  int bits;    // 0: automatic
  int shards;  // 0: automatic
  int lists;   // 0: automatic
};

void DefineOptions();
const IndexOptions* OptionsOf(Relation index);

}  // namespace pomai::am
