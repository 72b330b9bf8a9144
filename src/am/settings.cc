#include "src/am/settings.h"

#include "core/base/metric.h"
#include "src/pg/server.h"

namespace pomai::am {

namespace settings {
double target_recall = 0.95;
int probes = 0;
}  // namespace settings

namespace {

struct IntSetting {
  const char* name;
  const char* sentence;
  int* value;
  int initial, least, most;
};

struct RealSetting {
  const char* name;
  const char* sentence;
  double* value;
  double initial, least, most;
};

// Sorted by name.
constexpr IntSetting kIntSettings[] = {
    {"pomai.probes", "Lists a search reads; 0 lets pomai.target_recall decide.",
     &settings::probes, 0, 0, static_cast<int>(kMaxLists)},
};

constexpr RealSetting kRealSettings[] = {
    {"pomai.target_recall",
     "Share of the true nearest neighbours that a search is to find.",
     &settings::target_recall, 0.95, 0.0, 1.0},
};

}  // namespace

void DefineSettings() {
  for (const IntSetting& setting : kIntSettings) {
    DefineCustomIntVariable(setting.name, setting.sentence, nullptr,
                            setting.value, setting.initial, setting.least,
                            setting.most, PGC_USERSET, GUC_EXPLAIN, nullptr,
                            nullptr, nullptr);
  }
  for (const RealSetting& setting : kRealSettings) {
    DefineCustomRealVariable(setting.name, setting.sentence, nullptr,
                             setting.value, setting.initial, setting.least,
                             setting.most, PGC_USERSET, GUC_EXPLAIN, nullptr,
                             nullptr, nullptr);
  }
  MarkGUCPrefixReserved("pomai");
}

}  // namespace pomai::am
