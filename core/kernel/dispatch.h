// Which version of a kernel runs: Highway compiles each for several
// instruction sets, and the best one that this processor has is taken.
//
//   POMAI_KERNEL(FindLeast);  // behind the versions, under #if HWY_ONCE
//   uint32_t FindLeast(const float* values, uint32_t count) {
//     return POMAI_DISPATCH(FindLeast)(values, count);
//   }
//
// Highway's own dispatch needs its library, which measures the processor's
// clock while it is loaded: some 5 ms of every session. This needs its headers.
#pragma once

#include <cstdint>
#include <span>

// Only the sets named below are compiled: of Highway's, the better ones have
// the lower bits.
#if defined(__x86_64__) && !defined(HWY_DISABLED_TARGETS)
#define HWY_DISABLED_TARGETS ((HWY_AVX3 - 1) | HWY_SSSE3)
#endif

// Checks that call the library.
#ifndef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0
#endif

namespace pomai::kernel {

// The best one first.
enum class InstructionSet : uint8_t { kAvx512, kAvx2, kSse4, kBaseline };

const char* InstructionSetName(InstructionSet set);

// Those that this processor has and the kernels are compiled for.
std::span<const InstructionSet> AvailableInstructionSets();

// The first of them; tests set others, in one thread.
extern InstructionSet instruction_set;

}  // namespace pomai::kernel

#if defined(__x86_64__)
#define POMAI_KERNEL(name)                                                 \
  constexpr decltype(&HWY_STATIC_DISPATCH(name)) k##name##Versions[] = {   \
      HWY_CHOOSE_AVX3(name), HWY_CHOOSE_AVX2(name), HWY_CHOOSE_SSE4(name), \
      HWY_CHOOSE_FALLBACK(name)}
#define POMAI_DISPATCH(name) \
  (*k##name##Versions[static_cast<int>(::pomai::kernel::instruction_set)])
#else
// The compiler's target has it all (NEON).
#define POMAI_KERNEL(name) static_assert(true)
#define POMAI_DISPATCH(name) HWY_STATIC_DISPATCH(name)
#endif
