#include "core/kernel/dispatch.h"

#include <array>
#include <cstddef>

#include "hwy/detect_targets.h"

namespace pomai::kernel {
namespace {

class Available {
 public:
  Available() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    // Processors with AVX2 have F16C and LZCNT, too, which not every compiler
    // can ask for.
    const bool avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512cd") &&
                        __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    const bool sse4 = __builtin_cpu_supports("sse4.2") &&
                      __builtin_cpu_supports("pclmul") &&
                      __builtin_cpu_supports("aes");
    AddIf(avx512, HWY_AVX3, InstructionSet::kAvx512);
    AddIf(avx2, HWY_AVX2, InstructionSet::kAvx2);
    AddIf(sse4, HWY_SSE4, InstructionSet::kSse4);
#endif
    sets_[count_++] = InstructionSet::kBaseline;
  }

  std::span<const InstructionSet> sets() const {
    return {sets_.data(), count_};
  }

 private:
  void AddIf(bool has, int64_t target, InstructionSet set) {
    if (has && (HWY_TARGETS & target) != 0) sets_[count_++] = set;
  }

  std::array<InstructionSet, 4> sets_{};
  size_t count_ = 0;
};

const Available available;

}  // namespace

InstructionSet instruction_set = available.sets().front();

std::span<const InstructionSet> AvailableInstructionSets() {
  return available.sets();
}

const char* InstructionSetName(InstructionSet set) {
  switch (set) {
    case InstructionSet::kAvx512:
      return "AVX-512";
    case InstructionSet::kAvx2:
      return "AVX2";
    case InstructionSet::kSse4:
      return "SSE4";
    case InstructionSet::kBaseline:
      break;
  }
  return "baseline";
}

}  // namespace pomai::kernel
