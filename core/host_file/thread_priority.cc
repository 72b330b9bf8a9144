#include "core/host_file/thread_priority.h"

#include <sys/resource.h>

namespace pomai {

// On Linux each thread has a nice value of its own.
void LowerThreadPriority() {
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, 0, kNice);
}

}  // namespace pomai
