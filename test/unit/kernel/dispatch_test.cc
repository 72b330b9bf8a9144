#include "core/kernel/dispatch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace pomai::kernel {
namespace {

// Flags of this machine's first processor, each between blanks.
std::string ProcessorFlags() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("flags")) return line + " ";
  }
  return "";
}

bool Has(InstructionSet wanted) {
  for (const InstructionSet set : AvailableInstructionSets()) {
    if (set == wanted) return true;
  }
  return false;
}

TEST(Dispatch, TheBestSetIsTaken) {
  ASSERT_FALSE(AvailableInstructionSets().empty());
  EXPECT_EQ(instruction_set, AvailableInstructionSets().front());
  EXPECT_EQ(AvailableInstructionSets().back(), InstructionSet::kBaseline);
}

TEST(Dispatch, WhatTheProcessorHasIsAvailable) {
  const std::string flags = ProcessorFlags();
  if (flags.empty()) GTEST_SKIP() << "no flags in /proc/cpuinfo";
  const auto has = [&](const char* flag) {
    return flags.find(std::string(" ") + flag + " ") != std::string::npos;
  };
  EXPECT_EQ(Has(InstructionSet::kSse4), has("sse4_2"));
  EXPECT_EQ(Has(InstructionSet::kAvx2), has("avx2"));
  EXPECT_EQ(Has(InstructionSet::kAvx512), has("avx512bw") && has("avx512vl"));
}

}  // namespace
}  // namespace pomai::kernel
