// Copies a file of vectors into a table (id int, v vector or real[]), ids
// counted from 0 in the file's order:
//
//   load_table --conninfo host=/tmp --table t --type vector --file base.fvecs
#include <bit>
#include <cstdint>
#include <span>
#include <string>

#include "bench/client/arguments.h"
#include "bench/client/connection.h"
#include "bench/client/vector_file.h"

namespace bench {
namespace {

using Row = std::span<const float>;

constexpr uint32_t kInt4Size = 4;
constexpr uint32_t kFloat4Type = 700;  // pg_type.oid, fixed
constexpr size_t kChunk = 1 << 20;

void AppendFloat(std::string& bytes, float value) {
  AppendInt32(bytes, std::bit_cast<uint32_t>(value));
}

// What pgvector's vector_recv() reads.
void AppendVector(std::string& bytes, Row row) {
  AppendInt32(bytes, static_cast<uint32_t>(4 + 4 * row.size()));
  AppendInt16(bytes, static_cast<uint16_t>(row.size()));
  AppendInt16(bytes, 0);
  for (float value : row) AppendFloat(bytes, value);
}

// What array_recv() reads: one dimension counted from 1, no nulls.
void AppendRealArray(std::string& bytes, Row row) {
  AppendInt32(bytes, static_cast<uint32_t>(20 + 8 * row.size()));
  AppendInt32(bytes, 1);
  AppendInt32(bytes, 0);
  AppendInt32(bytes, kFloat4Type);
  AppendInt32(bytes, static_cast<uint32_t>(row.size()));
  AppendInt32(bytes, 1);
  for (float value : row) {
    AppendInt32(bytes, 4);
    AppendFloat(bytes, value);
  }
}

int Main(const Arguments& arguments) {
  const VectorFile<float> file(arguments.Text("file"));
  const std::string type = arguments.Text("type");
  if (type != "vector" && type != "real[]") Die("unknown type " + type);
  Connection connection(arguments.Text("conninfo"));
  connection.StartCopy("copy " + arguments.Text("table") +
                       " from stdin (format binary)");
  std::string bytes;
  for (size_t row = 0; row < file.rows(); ++row) {
    AppendInt16(bytes, 2);
    AppendInt32(bytes, kInt4Size);
    AppendInt32(bytes, static_cast<uint32_t>(row));
    if (type == "vector") {
      AppendVector(bytes, file.Row(row));
    } else {
      AppendRealArray(bytes, file.Row(row));
    }
    if (bytes.size() >= kChunk) {
      connection.PutCopy(bytes);
      bytes.clear();
    }
  }
  connection.PutCopy(bytes);
  connection.EndCopy();
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::Main(bench::Arguments(argc, argv));
}
