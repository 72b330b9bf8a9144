#include "src/am/settings.h"

#include "core/base/metric.h"
#include "src/pg/server.h"

namespace pomai::am {

namespace settings {
bool background_maintenance = true;
double target_recall = 0.95;
int batch_size = 1000;
int probes = 0;
}  // namespace settings

namespace {

struct BoolSetting {
  const char* name;
  const char* sentence;
  bool* value;
  bool initial;
};

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
constexpr BoolSetting kBoolSettings[] = {
    {"pomai.background_maintenance",
     "Lets inserts start workers that keep indexes in shape.",
     &settings::background_maintenance, true},
};

constexpr IntSetting kIntSettings[] = {
    {"pomai.batch_size",
     "Rows a statement inserts into an index at once; 1 writes each by itself.",
     &settings::batch_size, 1000, 1, 100000},
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
  for (const BoolSetting& setting : kBoolSettings) {
    DefineCustomBoolVariable(setting.name, setting.sentence, nullptr,
                             setting.value, setting.initial, PGC_USERSET, 0,
                             nullptr, nullptr, nullptr);
  }
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
