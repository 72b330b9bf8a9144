#include "src/am/fault_setting.h"

#ifdef POMAI_FAULT_POINTS

#include <csignal>
#include <string>

#include "core/base/fault_point.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

char* wanted = nullptr;

// Until nobody holds advisory lock 1. The server's own snapshot of its catalog
// may go at any moment: here it does.
void WaitForLock() {
  InvalidateCatalogSnapshot();
  const Datum key = Int64GetDatum(1);
  DirectFunctionCall1(pg_advisory_lock_int8, key);
  DirectFunctionCall1(pg_advisory_unlock_int8, key);
}

Status Meet(const char* step, const char* point) {
  const std::string name = std::string(step) + "-" + point;
  const std::string fault = wanted == nullptr ? "" : wanted;
  if (fault == "error " + name) {
    return Status::Internal("fault point " + name);
  }
  if (fault == "wait " + name) {
    return pg::Call([]() noexcept { WaitForLock(); });
  }
  const bool keep = fault == "kill " + name;
  if (!keep && fault != "lose " + name) return Status::Ok();
  if (keep) {
    POMAI_RETURN_IF_ERROR(
        pg::Call([]() noexcept { XLogFlush(XactLastRecEnd); }));
  }
  (void)kill(MyProcPid, SIGKILL);
  for (;;) pg_usleep(1000);
}

}  // namespace

void DefineFaultSetting() {
  DefineCustomStringVariable(
      "pomai.fault_point", "What fails where: a test's business.", nullptr,
      &wanted, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, nullptr, nullptr, nullptr);
  fault_hook = Meet;
}

}  // namespace pomai::am

#endif
