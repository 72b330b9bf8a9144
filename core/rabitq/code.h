// Code: a vector as RaBitQ keeps it (arXiv 2405.12497; more than 1 bit:
// Extended RaBitQ, arXiv 2409.09913): the residual to a centroid, 1 sign bit a
// dimension plus `bits - 1` extra bits, and factors that turn an inner product
// with the query into a distance estimate and a bound on its error.
//
//   CodeShape shape{rotation.padded(), 6, Metric::kL2};
//   std::vector<uint8_t> record(shape.record_size());
//   encoder.Encode(rotated, centroid, record.data());
//
// Grammar of a record (what tails store and builds sort; little-endian):
//   record  := bin refine sign extra
//   bin     := f32 add, f32 rescale, f32 error     1-bit factors
//   refine  := f32 add, f32 rescale, f32 error     factors of all bits;
//                                                  absent when bits = 1
//   sign    := D / 8 bytes, dimension i in bit i % 8 of byte i / 8
//   extra   := D * (bits - 1) / 8 bytes, layout in core/kernel/extra_code.h;
//              absent when bits = 1
// The sign bit (set: not negative) and the extra bits of a dimension together
// are a number u in [0, 2^bits); the code's value is u - (2^bits - 1) / 2. The
// factors are defined in factors.h. The rescale of `bin` is a bfloat16 already.
// and of a block of 32 codes (what segments scan):
//   block   := codes factors
//   codes   := D / 4 groups of 16 bytes; group m holds the 4 sign bits of
//              dimensions 4m .. 4m+3 of code j in the low (j < 16) or high
//              nibble of byte j % 16
//   factors := bf16 add[32], bf16 rescale[32], bf16 error[32]; add rounded
//              down and error up, so that bounds stay bounds
// A refine row (what segments keep beside it) is `refine extra`.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/metric.h"
#include "core/rabitq/factors.h"

namespace pomai {

inline constexpr uint32_t kBlockCodes = 32;

struct CodeShape {
  uint32_t dimensions;  // padded: a multiple of 16
  uint32_t bits;        // 1..9
  Metric metric;

  uint32_t sign_size() const { return dimensions / 8; }
  uint32_t extra_size() const { return dimensions * (bits - 1) / 8; }
  uint32_t refine_size() const { return bits == 1 ? 0 : 12 + extra_size(); }
  uint32_t record_size() const { return 12 + refine_size() + sign_size(); }
  uint32_t block_size() const { return dimensions * 4 + 3 * 2 * kBlockCodes; }
};

// Encodes vectors under one shape. Holds scratch space: one per thread.
class Encoder {
 public:
  explicit Encoder(const CodeShape& shape);

  // `vector`: rotated (and normalised under cosine), `centroid`: rotated; both
  // shape.dimensions floats. `record`: shape.record_size() bytes. A vector
  // equal to its centroid is legal (its residual is zero); one too large for
  // float gets factors that let it survive every bound.
  void Encode(const float* vector, const float* centroid, uint8_t* record);

 private:
  // Refine factors and extra bits. `moments`: those of the 1-bit code;
  // `largest`: the largest magnitude in residual_.
  void EncodeExtra(const float* centroid, double largest, CodeMoments* moments,
                   uint8_t* record);

  CodeShape shape_;
  std::vector<float> residual_;
  std::vector<uint8_t> extra_;
};

// Packs `count` <= 32 records into one block; slots from `count` on are zero
// codes whose factors make them never survive (add = +infinity).
void PackBlock(const CodeShape& shape, const uint8_t* const* records,
               uint32_t count, uint8_t* block);
// The refine row of a record: points into it (`refine` and `extra` are split
// by `sign`, so the row is copied): `row` has shape.refine_size() bytes.
void CopyRefineRow(const CodeShape& shape, const uint8_t* record, uint8_t* row);

// The records that the first `count` slots of a block and their refine rows
// (one after the other) were packed from, count x shape.record_size() bytes;
// their 1-bit factors rounded as in the block, so that packing them again gives
// the same bytes.
void UnpackBlock(const CodeShape& shape, const uint8_t* block, uint32_t count,
                 const uint8_t* refine_rows, uint8_t* records);

// |r|^2 of the residual that a record stands for, from its 1-bit factors: with
// f = |r|^2 / <x, r>, w the cosine of residual and code and |x|^2 = D / 4,
// factors.h says error^2 = f^2 |x|^2 (1 - w^2) / (D - 1) and |r| = f w |x|.
// To within four percent (rescale is rounded); 0 where the vector was too large
// for float.
double SquaredResidual(const CodeShape& shape, const uint8_t* record);

// A vector that a record stands for: `centroid` plus f x, whose inner products
// with anything are those of the residual without bias. `vector`:
// shape.dimensions floats. Returns by how much its squared distance to the
// centroid exceeds the residual's: |f x|^2 - |r|^2.
double DecodeVector(const CodeShape& shape, const uint8_t* record,
                    const float* centroid, float* vector);

// Makes `record`, just encoded from what DecodeVector made of `old_record`, an
// estimate of the first vector: takes the surplus that DecodeVector returned
// out of squared distances, and makes the bounds wide enough for both errors,
// which are independent: they add up as the sides of a right angle do.
void InheritError(const CodeShape& shape, const uint8_t* old_record,
                  double surplus, uint8_t* record);

}  // namespace pomai
