// Searches over FileStore, by one thread and by several, beside the same
// searches over MemoryStore by one; and what a page costs, and opening rows.
//
//   build/bench/file_store_bench --benchmark_filter=Search

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/db/row_table.h"
#include "core/engine/build.h"
#include "core/engine/insert_batch.h"
#include "core/engine/maintain.h"
#include "core/engine/search_cursor.h"
#include "core/host/memory_store.h"
#include "core/host_file/file_store.h"
#include "core/host_file/posix_file_system.h"
#include "core/kernel/distance.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 64;
constexpr uint64_t kRows = 100000;
constexpr size_t kLimit = 10;

[[noreturn]] void Fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}
void Check(const Status& status) {
  if (!status.ok()) Fail(status);
}

// Rows around 500 places.
const std::vector<float>& Vectors() {
  static const std::vector<float>* const vectors = [] {
    auto* made = new std::vector<float>;
    for (uint64_t row = 0; row < kRows; ++row) {
      Random place(row % 500 + 1);
      Random own(row + 1000);
      for (uint32_t i = 0; i < kDimensions; ++i) {
        made->push_back(
            static_cast<float>(3 * place.Uniform() + own.Uniform()));
      }
    }
    return made;
  }();
  return *vectors;
}

std::span<const float> VectorOf(uint64_t row) {
  return {Vectors().data() + row * kDimensions, kDimensions};
}

class RowSource : public VectorSource {
 public:
  explicit RowSource(std::span<const float> query) : query_(query) {}
  Status Measure(std::span<const uint64_t> ids,
                 std::span<ExactDistance> out) override {
    for (size_t i = 0; i < ids.size(); ++i) {
      out[i] = {kernel::Distance(Metric::kL2, query_.data(),
                                 VectorOf(ids[i]).data(), kDimensions),
                RowState::kFound};
    }
    return Status::Ok();
  }

 private:
  std::span<const float> query_;
};

void Fill(PageStore* store, ViewCache* cache) {
  MetaPage meta;
  meta.build_id = 1;
  meta.rotation_seed = 5;
  meta.dimensions = kDimensions;
  meta.bits = 6;
  meta.shards = 2;
  Check(CreateMembrane(store, meta));
  for (uint64_t row = 0; row < kRows;) {
    InsertBatch batch;
    for (; batch.size() < 10000; ++row) batch.Add(row, VectorOf(row));
    InsertOutcome outcome;
    Check(batch.Apply(store, PageLock::kPin, cache, 1, &outcome));
    Maintenance maintenance(MaintenanceGoal::kAll);
    MaintenanceHost host;
    host.store = store;
    host.cache = cache;
    host.key = 1;
    for (bool more = true; more;) {
      const auto step = maintenance.Step(host);
      if (!step.ok()) Fail(step.status());
      more = step.value();
    }
  }
}

void Search(PageStore* store, ViewCache* cache, uint64_t row) {
  auto snapshot = TakeSnapshot(store, PageLock::kPin, cache, 1);
  if (!snapshot.ok()) Fail(snapshot.status());
  RowSource source(VectorOf(row));
  auto cursor =
      SearchCursor::Open(store, PageLock::kPin, std::move(snapshot).value(),
                         VectorOf(row), {}, &source);
  if (!cursor.ok()) Fail(cursor.status());
  SearchCursor::Hit hit;
  for (size_t i = 0; i < kLimit; ++i) {
    const auto more = cursor.value()->Next(&hit);
    if (!more.ok()) Fail(more.status());
  }
}

void SearchMemoryStore(benchmark::State& state) {
  static MemoryStore* const store = new MemoryStore;
  static ViewCache* const cache = new ViewCache;
  static const bool filled = (Fill(store, cache), true);
  benchmark::DoNotOptimize(filled);
  for (uint64_t row = 0; auto _ : state) {
    row = (row + 7919) % kRows;
    Search(store, cache, row);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(SearchMemoryStore)->UseRealTime();

// A folder that goes with the process.
std::string Folder() {
  static const struct Place {
    std::string path =
        std::filesystem::temp_directory_path() / "pomaibenchXXXXXX";
    Place() {
      if (mkdtemp(path.data()) == nullptr) std::abort();
    }
    ~Place() { std::filesystem::remove_all(path); }
  } place;
  return place.path;
}

FileStore* MappedStore(ViewCache* cache) {
  const auto store = FileStore::New();
  Fill(store.get(), cache);
  auto image = store->Take(cache, 1);
  if (!image.ok()) Fail(image.status());
  ImageFiles files;
  Check(store->Write(PosixFileSystem(), Folder(), 1, **image, &files));
  auto opened = FileStore::Open(PosixFileSystem(), Folder(), files);
  if (!opened.ok()) Fail(opened.status());
  return std::move(opened).value().release();
}

void SearchFileStore(benchmark::State& state) {
  static ViewCache* const cache = new ViewCache;
  static FileStore* const store = MappedStore(cache);
  for (uint64_t row = static_cast<uint64_t>(state.thread_index());
       auto _ : state) {
    row = (row + 7919) % kRows;
    const FileStore::Reader reader = store->Register();
    Search(store, cache, row);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(SearchFileStore)->Threads(1)->Threads(2)->UseRealTime();

void ReadPage(benchmark::State& state, PageStore* store, PageKind kind,
              PageLock lock) {
  const auto first = store->Extend(64);
  if (!first.ok()) Fail(first.status());
  std::vector<uint8_t> page(kPageSize);
  PutPageHeader(page.data(), {1, 0, kind});
  for (BlockNumber i = 0; i < 64; ++i) Check(store->WriteNew(i, page.data()));
  for (BlockNumber block = 0; auto _ : state) {
    const auto guard = store->Read(block, lock);
    benchmark::DoNotOptimize(guard.value().data());
    block = (block + 1) % 64;
  }
}

void ReadMemoryPage(benchmark::State& state) {
  MemoryStore store;
  ReadPage(state, &store, PageKind::kSegment, PageLock::kPin);
}
BENCHMARK(ReadMemoryPage);

void ReadSealedPage(benchmark::State& state) {
  const auto store = FileStore::New();
  ReadPage(state, store.get(), PageKind::kSegment, PageLock::kPin);
}
BENCHMARK(ReadSealedPage);

void ReadTailPage(benchmark::State& state) {
  const auto store = FileStore::New();
  ReadPage(state, store.get(), PageKind::kTailPayload, PageLock::kPin);
}
BENCHMARK(ReadTailPage);

void ReadSharedPage(benchmark::State& state) {
  const auto store = FileStore::New();
  ReadPage(state, store.get(), PageKind::kShard, PageLock::kShare);
}
BENCHMARK(ReadSharedPage);

// 1,000,000 rows of 128 dimensions in one file.
void OpenRows(benchmark::State& state) {
  constexpr uint32_t kWide = 128;
  constexpr uint64_t kMany = 1000000;
  const RowShape shape{kWide, 0, 1};
  RowTable::Written written;
  {
    RowTable table(shape);
    std::vector<float> vector(kWide, 1);
    for (uint64_t row = 0; row < kMany; ++row) table.Put(row, row + 1, vector);
    const RowTable::Image image = table.Take(kMany, kMany);
    auto wrote = table.Write(PosixFileSystem(), Folder(), 2, image);
    if (!wrote.ok()) Fail(wrote.status());
    written = std::move(wrote).value();
  }
  for (auto _ : state) {
    const auto table =
        RowTable::Open(PosixFileSystem(), Folder(), shape, written.files);
    if (!table.ok()) Fail(table.status());
    benchmark::DoNotOptimize(table.value()->Find(kMany / 2, kMany));
  }
}
BENCHMARK(OpenRows)->Unit(benchmark::kMillisecond)->Iterations(20);

}  // namespace
}  // namespace pomai
