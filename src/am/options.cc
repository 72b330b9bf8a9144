#include "src/am/options.h"

#include "core/base/metric.h"
#include "src/am/callbacks.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

struct OptionDefinition {
  const char* name;
  const char* sentence;
  int most;
  int offset;
};

// Sorted by name.
constexpr OptionDefinition kOptions[] = {
    {"bits", "Bits a dimension in the index; 0 chooses by the dimensions.",
     static_cast<int>(kMaxBits), offsetof(IndexOptions, bits)},
    {"lists", "Lists the vectors are sorted into; 0 chooses by the rows.",
     static_cast<int>(kMaxLists), offsetof(IndexOptions, lists)},
    {"shards", "Parts that can be written to at the same time; 0 chooses.",
     static_cast<int>(kMaxShards), offsetof(IndexOptions, shards)},
};

relopt_kind option_kind;

}  // namespace

void DefineOptions() {
  option_kind = add_reloption_kind();
  for (const OptionDefinition& option : kOptions) {
    add_int_reloption(option_kind, option.name, option.sentence, 0, 0,
                      option.most, AccessExclusiveLock);
  }
}

const IndexOptions* OptionsOf(Relation index) {
  static constexpr IndexOptions kDefaults = {};
  if (index->rd_options == nullptr) return &kDefaults;
  return reinterpret_cast<const IndexOptions*>(index->rd_options);
}

}  // namespace pomai::am

using namespace pomai::am;

extern "C" bytea* pomai_options(Datum options, bool validate) {
  relopt_parse_elt parse[lengthof(kOptions)];
  for (size_t i = 0; i < lengthof(kOptions); ++i) {
    parse[i] = {};
    parse[i].optname = kOptions[i].name;
    parse[i].opttype = RELOPT_TYPE_INT;
    parse[i].offset = kOptions[i].offset;
  }
  return static_cast<bytea*>(build_reloptions(options, validate, option_kind,
                                              sizeof(IndexOptions), parse,
                                              lengthof(kOptions)));
}
