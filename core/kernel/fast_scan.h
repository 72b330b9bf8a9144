// FastScan: lower bounds of 32 codes at a time, by byte shuffles over a table
// of the query's partial sums (Andre, Kermarrec, Le Scouarnec 2015; for RaBitQ
// arXiv 2405.12497, section 3.3.2).
//
// A block is laid out as core/rabitq/code.h says: `groups` times 16 bytes of
// 4-bit sub-codes, then bf16 add[32], rescale[32], error[32]. Any alignment.
// Pure functions; any thread. The scalar versions are the definitions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pomai::kernel {

inline constexpr size_t kScanCodes = 32;

// Fills the table of a query of 4 * groups dimensions, groups x 16: table[16 g
// + b] is the sum of the dimensions 4g + i with bit i set in b, above the
// group's lowest sum, times `scale`, rounded and at most 255.
void FillTable(const float* query, size_t groups, float scale, uint8_t* table);

struct ScanTerms {
  const uint8_t* table;  // groups x 16: what a sub-code adds to the sum
  size_t groups;         // a multiple of 4
  float scale;           // inner product = scale * sum + offset
  float offset;
  float add;        // lower bound = code add + add
  float error;      //               + code rescale * inner product
  float threshold;  //               - code error * error
};

// Writes the 32 lower bounds; returns the mask of those that are at most
// `threshold` (bit j = code j).
uint32_t ScanBlock(const uint8_t* block, const ScanTerms& terms, float* lower);

namespace scalar {
void FillTable(const float* query, size_t groups, float scale, uint8_t* table);
uint32_t ScanBlock(const uint8_t* block, const ScanTerms& terms, float* lower);
}  // namespace scalar

}  // namespace pomai::kernel
