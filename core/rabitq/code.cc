#include "core/rabitq/code.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/coding.h"
#include "core/kernel/extra_code.h"
#include "core/kernel/quantize.h"

namespace pomai {
namespace {

// Dimensions whose sums are kept in float before they are added in double.
constexpr size_t kChunk = 512;

constexpr uint32_t kFactorsSize = 12;

void PutFactors(const Factors& factors, uint8_t* to) {
  PutFixed<float>(to, factors.add);
  PutFixed<float>(to + 4, factors.rescale);
  PutFixed<float>(to + 8, factors.error);
}

// The best step of a uniform quantiser of 2^bits levels for a standard normal
// variable (J. Max, Quantizing for minimum distortion, 1960, table II; the
// last four computed the same way).
constexpr double kGaussianSteps[kMaxBits + 1] = {
    0, 1.596, 0.9957, 0.5860, 0.3352, 0.1881, 0.1041, 0.0569, 0.0308, 0.0166};

// The largest residual falls just inside the highest level.
constexpr double kInsideTop = 0.98;

// Factors around the best of the first scales, for one more pass. With a third
// errors would be smaller by 0.6 % at most, from 64 dimensions on.
constexpr double kAround[kernel::kTrialScales] = {0.97, 0.985, 1.015, 1.03};

// The best scale so far: of its code, the inner product with the residual and
// the squared norm.
struct BestScale {
  float scale = 0;
  double product = 0;
  double squares = 1;
};

// The best of four scales, if better than what `best` has: of two codes the one
// with the larger cosine. Both products are positive, so p / sqrt(q) is
// compared without a root or a quotient: this is most of what encoding takes.
void Try(const std::vector<float>& residual, uint32_t top,
         const float scales[kernel::kTrialScales], BestScale* best) {
  double product[kernel::kTrialScales] = {};
  double squares[kernel::kTrialScales] = {};
  for (size_t at = 0; at < residual.size(); at += kChunk) {
    const size_t n = std::min(kChunk, residual.size() - at);
    const auto sums = kernel::TryScales(&residual[at], n, scales, top);
    for (size_t t = 0; t < kernel::kTrialScales; ++t) {
      product[t] += sums.product[t];
      squares[t] += sums.squares[t];
    }
  }
  for (size_t t = 0; t < kernel::kTrialScales; ++t) {
    if (product[t] * product[t] * best->squares >
        best->product * best->product * squares[t]) {
      *best = {scales[t], product[t], squares[t]};
    }
  }
}

// A scale close to the one whose code has the largest cosine with the residual
// (arXiv 2409.09913, section 3.2, finds it by a sweep over all scales at which
// the code changes). Starts from the best for a Gaussian residual, such as a
// rotation leaves, from a little to both sides, and from the one that clips
// nothing, which many bits of few dimensions want; then tries around the best.
float FindScale(const std::vector<float>& residual, uint32_t bits,
                double squares, double largest) {
  const uint32_t top = (1u << (bits - 1)) - 1;
  const double deviation =
      std::sqrt(squares / static_cast<double>(residual.size()));
  const double gaussian = 1 / (deviation * kGaussianSteps[bits]);
  const double unclipped = kInsideTop * (top + 1) / largest;
  const float starts[kernel::kTrialScales] = {
      static_cast<float>(0.93 * gaussian), static_cast<float>(gaussian),
      static_cast<float>(1.07 * gaussian), static_cast<float>(unclipped)};
  BestScale best{.scale = starts[0]};
  Try(residual, top, starts, &best);
  float around[kernel::kTrialScales];
  for (size_t t = 0; t < kernel::kTrialScales; ++t) {
    around[t] = static_cast<float>(best.scale * kAround[t]);
  }
  Try(residual, top, around, &best);
  return best.scale;
}

}  // namespace

Encoder::Encoder(const CodeShape& shape)
    : shape_(shape), residual_(shape.dimensions), extra_(shape.dimensions) {}

void Encoder::Encode(const float* vector, const float* centroid,
                     uint8_t* record) {
  CodeMoments moments;
  double magnitudes = 0, largest = 0, sign_centroid = 0;
  uint8_t* const signs = record + kFactorsSize + (shape_.bits == 1 ? 0 : 12);
  for (size_t at = 0; at < shape_.dimensions; at += kChunk) {
    const size_t n = std::min<size_t>(kChunk, shape_.dimensions - at);
    const auto sums = kernel::TakeResidual(vector + at, centroid + at, n,
                                           &residual_[at], signs + at / 8);
    moments.residual_squares += sums.squares;
    moments.residual_centroid += sums.residual_centroid;
    magnitudes += sums.magnitudes;
    largest = std::max<double>(largest, sums.largest);
    sign_centroid += sums.sign_centroid;
  }
  // The 1-bit code is x = +-1/2.
  moments.code_residual = magnitudes / 2;
  moments.code_squares = shape_.dimensions / 4.0;
  moments.code_centroid = sign_centroid / 2;
  PutFactors(MakeFactors(shape_.metric, shape_.dimensions, moments, true),
             record);
  if (shape_.bits > 1) EncodeExtra(centroid, largest, &moments, record);
}

void Encoder::EncodeExtra(const float* centroid, double largest,
                          CodeMoments* moments, uint8_t* record) {
  const double squares = moments->residual_squares;
  const bool usable =
      squares > 0 && squares <= kLargestNorm * kLargestNorm && largest > 0;
  const float scale =
      usable ? FindScale(residual_, shape_.bits, squares, largest) : 0;
  const uint32_t top = (1u << (shape_.bits - 1)) - 1;
  moments->code_residual = moments->code_squares = moments->code_centroid = 0;
  for (size_t at = 0; at < shape_.dimensions; at += kChunk) {
    const size_t n = std::min<size_t>(kChunk, shape_.dimensions - at);
    const auto sums = kernel::Quantize(&residual_[at], centroid + at, n, scale,
                                       top, &extra_[at]);
    moments->code_residual += sums.product;
    moments->code_squares += sums.squares;
    moments->code_centroid += sums.centroid;
  }
  PutFactors(MakeFactors(shape_.metric, shape_.dimensions, *moments, false),
             record + kFactorsSize);
  kernel::PackExtra(extra_.data(), shape_.bits - 1, shape_.dimensions,
                    record + 2 * kFactorsSize + shape_.sign_size());
}

namespace {

// Sign bytes of a block's codes that are turned from rows into columns at once.
constexpr uint32_t kSignBytes = 16;
using SignColumns = uint8_t[kSignBytes][kBlockCodes];

uint32_t SignOffset(const CodeShape& shape) {
  return kFactorsSize + (shape.bits == 1 ? 0 : kFactorsSize);
}

// Columns as the groups of a block, two groups a column.
void PackColumns(const SignColumns& columns, uint32_t count, uint8_t* groups) {
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* const low = columns[i];
    const uint8_t* const high = low + kBlockCodes / 2;
    for (uint32_t j = 0; j < 16; ++j) {
      groups[j] = static_cast<uint8_t>((low[j] & 15) | (high[j] & 15) << 4);
      groups[j + 16] = static_cast<uint8_t>(low[j] >> 4 | (high[j] & 0xF0));
    }
    groups += 32;
  }
}

void UnpackColumns(const uint8_t* groups, uint32_t count,
                   SignColumns* columns) {
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t* const low = (*columns)[i];
    uint8_t* const high = low + kBlockCodes / 2;
    for (uint32_t j = 0; j < 16; ++j) {
      low[j] =
          static_cast<uint8_t>((groups[j] & 15) | (groups[j + 16] & 15) << 4);
      high[j] = static_cast<uint8_t>(groups[j] >> 4 | (groups[j + 16] & 0xF0));
    }
    groups += 32;
  }
}

void PackFactors(const uint8_t* bin, uint8_t* factors) {
  PutFixed<uint16_t>(factors, Bfloat16Below(GetFixed<float>(bin)));
  // Rounded by the encoder already.
  PutFixed<uint16_t>(factors + 64, Bfloat16Nearest(GetFixed<float>(bin + 4)));
  PutFixed<uint16_t>(factors + 128, Bfloat16Above(GetFixed<float>(bin + 8)));
}

void UnpackFactors(const uint8_t* factors, uint8_t* bin) {
  for (uint32_t i = 0; i < 3; ++i) {
    PutFixed<float>(bin + 4 * i,
                    FromBfloat16(GetFixed<uint16_t>(factors + 64 * i)));
  }
}

}  // namespace

void PackBlock(const CodeShape& shape, const uint8_t* const* records,
               uint32_t count, uint8_t* block) {
  const uint32_t sign_offset = SignOffset(shape);
  SignColumns columns = {};
  for (uint32_t first = 0; first < shape.sign_size(); first += kSignBytes) {
    const uint32_t bytes = std::min(kSignBytes, shape.sign_size() - first);
    for (uint32_t j = 0; j < count; ++j) {
      const uint8_t* const signs = records[j] + sign_offset + first;
      for (uint32_t i = 0; i < bytes; ++i) columns[i][j] = signs[i];
    }
    PackColumns(columns, bytes, block + size_t{32} * first);
  }
  uint8_t* const factors = block + 4 * shape.dimensions;
  for (uint32_t j = 0; j < count; ++j) {
    PackFactors(records[j], factors + 2 * j);
  }
  Factors never;
  never.add = std::numeric_limits<float>::infinity();
  uint8_t none[kFactorsSize];
  PutFactors(never, none);
  for (uint32_t j = count; j < kBlockCodes; ++j) {
    PackFactors(none, factors + 2 * j);
  }
}

void UnpackBlock(const CodeShape& shape, const uint8_t* block, uint32_t count,
                 const uint8_t* refine_rows, uint8_t* records) {
  const uint32_t size = shape.record_size();
  const uint32_t sign_offset = SignOffset(shape);
  const uint8_t* const factors = block + 4 * shape.dimensions;
  for (uint32_t j = 0; j < count; ++j) {
    uint8_t* const record = records + size_t{j} * size;
    UnpackFactors(factors + 2 * j, record);
    if (shape.bits == 1) continue;
    const uint8_t* const row = refine_rows + size_t{j} * shape.refine_size();
    std::memcpy(record + kFactorsSize, row, kFactorsSize);
    std::memcpy(record + sign_offset + shape.sign_size(), row + kFactorsSize,
                shape.extra_size());
  }
  SignColumns columns;
  for (uint32_t first = 0; first < shape.sign_size(); first += kSignBytes) {
    const uint32_t bytes = std::min(kSignBytes, shape.sign_size() - first);
    UnpackColumns(block + size_t{32} * first, bytes, &columns);
    for (uint32_t j = 0; j < count; ++j) {
      uint8_t* const signs = records + size_t{j} * size + sign_offset + first;
      for (uint32_t i = 0; i < bytes; ++i) signs[i] = columns[i][j];
    }
  }
}

namespace {

// f of factors.h.
double FactorOf(const CodeShape& shape, const uint8_t* factors) {
  const double times = shape.metric == Metric::kInnerProduct ? 1 : 2;
  const double f = -GetFixed<float>(factors + 4) / times;
  return f > 0 ? f : 0;
}

// Errors of several encodings are not quite independent, and the old one was
// measured around another centroid: with this much more, bounds hold as often
// after three times as they should after one, give or take a few in a hundred.
constexpr double kInherited = 1.3;

// Where the factors of all bits are: those of the only bit when there is one.
uint32_t FullFactors(const CodeShape& shape) {
  return shape.bits == 1 ? 0 : kFactorsSize;
}

}  // namespace

double SquaredResidual(const CodeShape& shape, const uint8_t* record) {
  const double f = FactorOf(shape, record);
  if (f == 0) return 0;
  const double times = shape.metric == Metric::kInnerProduct ? 1 : 2;
  const double error = GetFixed<float>(record + 8) / times;
  const double lost = error * error * (shape.dimensions - 1);
  return std::max(0.0, f * f * (shape.dimensions / 4.0) - lost);
}

double DecodeVector(const CodeShape& shape, const uint8_t* record,
                    const float* centroid, float* vector) {
  const uint32_t dimensions = shape.dimensions;
  const uint8_t* const factors = record + FullFactors(shape);
  const uint8_t* const signs = factors + kFactorsSize;
  const float middle = static_cast<float>((1u << shape.bits) - 1) / 2;
  const auto half = static_cast<float>(1u << (shape.bits - 1));
  std::vector<uint8_t> extra(dimensions);
  if (shape.bits > 1) {
    kernel::UnpackExtra(signs + shape.sign_size(), shape.bits - 1, dimensions,
                        extra.data());
  }
  double squares = 0, code_centroid = 0;
  for (uint32_t i = 0; i < dimensions; ++i) {
    const bool set = (signs[i / 8] >> (i % 8) & 1) != 0;
    vector[i] = (set ? half : 0) + extra[i] - middle;
    squares += static_cast<double>(vector[i]) * vector[i];
    code_centroid += static_cast<double>(vector[i]) * centroid[i];
  }
  const double f = FactorOf(shape, factors);
  for (uint32_t i = 0; i < dimensions; ++i) {
    vector[i] = centroid[i] + static_cast<float>(f) * vector[i];
  }
  // factors.h: add = |r|^2 - rescale <x, c>.
  const double add = GetFixed<float>(factors);
  const double rescale = GetFixed<float>(factors + 4);
  return f * f * squares - (add + rescale * code_centroid);
}

void InheritError(const CodeShape& shape, const uint8_t* old_record,
                  double surplus, uint8_t* record) {
  const double old_error =
      kInherited * GetFixed<float>(old_record + FullFactors(shape) + 8);
  // Inner products know no squares; a vector too large for float is nowhere.
  if (shape.metric == Metric::kInnerProduct || !std::isfinite(surplus)) {
    surplus = 0;
  }
  for (uint32_t at = 0; at <= FullFactors(shape); at += kFactorsSize) {
    const double add = GetFixed<float>(record + at);
    const double error = GetFixed<float>(record + at + 8);
    PutFixed<float>(record + at, static_cast<float>(add - surplus));
    PutFixed<float>(record + at + 8,
                    static_cast<float>(std::hypot(error, old_error)));
  }
}

void CopyRefineRow(const CodeShape& shape, const uint8_t* record,
                   uint8_t* row) {
  if (shape.bits == 1) return;
  std::memcpy(row, record + kFactorsSize, kFactorsSize);
  std::memcpy(row + kFactorsSize, record + 2 * kFactorsSize + shape.sign_size(),
              shape.extra_size());
}

}  // namespace pomai
