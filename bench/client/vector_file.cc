#include "bench/client/vector_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bench/client/arguments.h"

namespace bench {
namespace {

[[noreturn]] void DieOfErrno(const std::string& path) {
  Die(path + ": " + std::strerror(errno));
}

void Write(const std::string& path, const void* values, size_t count,
           size_t columns) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) DieOfErrno(path);
  const int32_t header = static_cast<int32_t>(columns);
  const char* at = static_cast<const char*>(values);
  for (size_t i = 0; i < count; i += columns, at += 4 * columns) {
    std::fwrite(&header, 4, 1, file);
    std::fwrite(at, 4, columns, file);
  }
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) DieOfErrno(path);
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) DieOfErrno(path);
  size_ = static_cast<size_t>(status.st_size);
  void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
  if (data == MAP_FAILED) DieOfErrno(path);
  close(file);
  data_ = static_cast<const char*>(data);
}

MappedFile::~MappedFile() { munmap(const_cast<char*>(data_), size_); }

template <typename Value>
VectorFile<Value>::VectorFile(const std::string& path) : file_(path) {
  int32_t columns = 0;
  if (file_.size() >= 4) std::memcpy(&columns, file_.data(), 4);
  const size_t row_size = 4 * (static_cast<size_t>(columns) + 1);
  if (columns <= 0 || file_.size() % row_size != 0) {
    Die(path + ": not a file of vectors of equal length");
  }
  columns_ = static_cast<size_t>(columns);
  rows_ = file_.size() / row_size;
}

template class VectorFile<float>;
template class VectorFile<int32_t>;

void WriteVectors(const std::string& path, const std::vector<float>& values,
                  size_t columns) {
  Write(path, values.data(), values.size(), columns);
}

void WriteVectors(const std::string& path, const std::vector<int32_t>& values,
                  size_t columns) {
  Write(path, values.data(), values.size(), columns);
}

}  // namespace bench
