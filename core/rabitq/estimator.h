// Estimator: distances from one query to codes, with error bounds. One look-up
// table a query serves every list: the centroid enters through two numbers.
//
//   Estimator estimator(shape, rotated_query);
//   ListTerms terms = estimator.TermsFor(centroid);
//   float lower[32];
//   uint32_t survivors = estimator.ScanBlock(block, terms, threshold, lower);
//   Estimate e = estimator.Refine(block, slot, row, terms);
//   // score is in [e.score - e.error, e.score + e.error] almost always
//
// All values are scores (core/base/metric.h). One per search, one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/rabitq/code.h"

namespace pomai {

// The half-width of the confidence interval in standard deviations of the
// estimator (arXiv 2405.12497, section 3.2.2): holds for 97.3 % of the vectors
// on one side.
inline constexpr float kDefaultEpsilon = 1.9f;

struct ListTerms {
  float add = 0;    // what the centroid adds to every score of its list
  float error = 0;  // what it multiplies every error factor with
};

// Vectors, centroids or queries too large for float get the largest float with
// an infinite error: it excludes nothing.
struct Estimate {
  float score = 0;
  float error = 0;  // epsilon is in it
};

class Estimator {
 public:
  // `query`: rotated (and normalised under cosine), shape.dimensions floats,
  // copied.
  Estimator(const CodeShape& shape, const float* query,
            float epsilon = kDefaultEpsilon);

  // `centroid`: shape.dimensions floats, rotated.
  ListTerms TermsFor(const float* centroid) const;

  // Lower bounds of the 32 codes of `block` into lower[0..31]; returns the
  // mask of those with lower <= threshold (bit j = code j). Slots that hold no
  // code are never in the mask, whatever the threshold.
  uint32_t ScanBlock(const uint8_t* block, const ListTerms& terms,
                     float threshold, float* lower) const;
  // The estimate of code `slot` of `block` from all of its bits. `row`: its
  // refine row (ignored when bits = 1).
  Estimate Refine(const uint8_t* block, uint32_t slot, const uint8_t* row,
                  const ListTerms& terms) const;
  // The same for a record.
  Estimate RefineRecord(const uint8_t* record, const ListTerms& terms) const;

 private:
  void FillTable();
  // `sign_sum`: the sum of the query's dimensions whose sign bit is set.
  // `extra`: null when bits = 1.
  Estimate Combine(const Factors& factors, const ListTerms& terms,
                   float sign_sum, const uint8_t* extra) const;

  CodeShape shape_;
  float epsilon_;
  bool too_large_ = false;
  std::vector<float> query_;
  std::vector<uint8_t> table_;  // D / 4 groups x 16 sub-codes
  float table_scale_ = 0;       // <x, q> = scale * sum of bytes + offset
  float table_offset_ = 0;
  float query_sum_ = 0;
  float rounding_ = 0;  // of <x, q> over all bits, in floats
};

}  // namespace pomai
