// The setting pomai.fault_point of test builds: what happens at which point of
// core/base/fault_point.h.
//
//   SET pomai.fault_point = 'kill merge-written';
//   SELECT pomai_merge('items_embedding');
//
//   kill   what the log has so far is made durable, then the process kills
//          itself: all sessions end, the server recovers
//   lose   the same, but what no commit has made durable may be lost
//   error  an error of the engine
//   wait   until nobody holds advisory lock 1; where no page is locked
//
// DefineFaultSetting runs once a process, when the library is loaded. In other
// builds it does nothing and there is no such setting.
#pragma once

namespace pomai::am {

#ifdef POMAI_FAULT_POINTS
void DefineFaultSetting();
#else
inline void DefineFaultSetting() {}
#endif

}  // namespace pomai::am
