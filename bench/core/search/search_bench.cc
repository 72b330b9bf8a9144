// Search of the library over files against hnswlib's graph in memory, one
// thread, 10 neighbours, on a data set that bench/prepare.sh made:
//
//   search_bench --data build/data/glove --metric cosine
//
//   --folder   for the library's files and hnswlib's graph; what is filled
//              already is used again. Without it: one that is removed
//   --seconds  timed for each point (1)
//   --only     pomai or hnswlib
#include <cstdio>
#include <filesystem>
#include <string>

#include "bench/client/arguments.h"
#include "bench/core/search/hnsw_index.h"
#include "bench/core/search/library_index.h"
#include "bench/core/search/sweep.h"

namespace bench {
namespace {

const std::vector<double> kTargets = {0.8,  0.85, 0.9,  0.93,  0.95, 0.96,
                                      0.97, 0.98, 0.99, 0.995, 0.998};
const std::vector<double> kEfs = {10,  15,  20,  30,  40,   50,   60,
                                  80,  100, 120, 160, 200,  240,  320,
                                  400, 480, 640, 800, 1000, 1400, 2000};

pomai::Metric MetricOf(const std::string& name) {
  if (name == "l2") return pomai::Metric::kL2;
  if (name == "cosine") return pomai::Metric::kCosine;
  Die("unknown metric " + name);
}

// A folder that is removed with this object, unless it was given.
class Folder {
 public:
  explicit Folder(const std::string& given)
      : given_(!given.empty()),
        path_(given_ ? std::filesystem::path(given)
                     : std::filesystem::temp_directory_path() /
                           "pomai-search-bench") {
    if (!given_) std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    if (!given_) std::filesystem::remove_all(path_);
  }
  std::string In(const char* name) const { return path_ / name; }

 private:
  bool given_;
  std::filesystem::path path_;
};

void PrintFilled(const char* name, double seconds) {
  if (seconds > 0) {
    std::printf("%-8s filled in %.1f s\n", name, seconds);
  } else {
    std::printf("%-8s was filled already\n", name);
  }
}

void PrintRates(const Sweep& sweep) {
  std::printf("\nqueries/s at recall@10    pomai  hnswlib  ratio\n");
  for (const double recall : {0.90, 0.95, 0.99}) {
    const double pomai = sweep.RateAt("pomai", recall);
    const double hnsw = sweep.RateAt("hnswlib", recall);
    std::printf("%-22.2f %8.0f %8.0f %6.2f\n", recall, pomai, hnsw,
                hnsw > 0 ? pomai / hnsw : 0);
  }
}

void MeasureLibrary(const VectorFile<float>& base, pomai::Metric metric,
                    const Folder& folder, Sweep* sweep) {
  LibraryIndex library(folder.In("pomai"), base, metric);
  PrintFilled("pomai", library.fill_seconds());
  sweep->Measure("pomai", &library, kTargets);
  const Point point = sweep->MeasureOne(
      [&](std::span<const float> query, std::vector<int32_t>* rows) {
        library.SearchByDefault(query, rows);
      });
  std::printf("pomai    default  recall %.4f  %7.0f queries/s\n", point.recall,
              point.rate);
}

void MeasureHnsw(const VectorFile<float>& base, pomai::Metric metric,
                 const Folder& folder, Sweep* sweep) {
  const auto hnsw = HnswIndex::Make(base, metric, folder.In("hnsw"));
  if (hnsw == nullptr) {
    std::printf("hnswlib  left out: libhnswlib-dev was not there to build\n");
    return;
  }
  PrintFilled("hnswlib", hnsw->fill_seconds());
  sweep->Measure("hnswlib", hnsw.get(), kEfs);
}

int Main(const Arguments& arguments) {
  const std::string data = arguments.Text("data");
  const VectorFile<float> base(data + "/base.fvecs");
  const VectorFile<float> queries(data + "/query.fvecs");
  const Truth truth(data + "/truth", kNeighbours);
  const pomai::Metric metric = MetricOf(arguments.Text("metric"));
  const std::string only = arguments.Text("only", "");
  const Folder folder(arguments.Text("folder", ""));
  Sweep sweep(queries, truth, arguments.Number("seconds", 1));
  std::printf("%zu x %zu, %zu queries\n", base.rows(), base.columns(),
              queries.rows());
  if (only != "hnswlib") MeasureLibrary(base, metric, folder, &sweep);
  if (only != "pomai") MeasureHnsw(base, metric, folder, &sweep);
  PrintRates(sweep);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::Main(bench::Arguments(argc, argv));
}
