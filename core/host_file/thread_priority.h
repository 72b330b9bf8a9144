// LowerThreadPriority: the calling thread gets what processor time others
// leave, and about a tenth where they leave none. For work that nobody waits
// for; a best effort.
//
//   std::thread background([] { LowerThreadPriority(); Maintain(); });
#pragma once

namespace pomai {

void LowerThreadPriority();

}  // namespace pomai
