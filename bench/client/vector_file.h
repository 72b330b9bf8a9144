// A file of rows of equal length, each a 32-bit count and that many 32-bit
// values: .fvecs with floats, .ivecs with integers, little-endian.
//
//   VectorFile<float> base("base.fvecs");
//   for (size_t row = 0; row < base.rows(); ++row) Use(base.Row(row));
//
// The file is mapped; any number of threads may read one object.
#ifndef BENCH_CLIENT_VECTOR_FILE_H_
#define BENCH_CLIENT_VECTOR_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bench {

class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

template <typename Value>
class VectorFile {
  static_assert(sizeof(Value) == 4);

 public:
  explicit VectorFile(const std::string& path);

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  std::span<const Value> Row(size_t row) const {
    const char* at = file_.data() + row * 4 * (columns_ + 1) + 4;
    return {reinterpret_cast<const Value*>(at), columns_};
  }

 private:
  MappedFile file_;
  size_t rows_ = 0;
  size_t columns_ = 0;
};

// Writes `values`, `columns` to a row.
void WriteVectors(const std::string& path, const std::vector<float>& values,
                  size_t columns);
void WriteVectors(const std::string& path, const std::vector<int32_t>& values,
                  size_t columns);

}  // namespace bench

#endif  // BENCH_CLIENT_VECTOR_FILE_H_
