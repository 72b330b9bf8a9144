// An index in memory some bytes of whose pages come from the fuzzer: a search,
// a check and every step of reading end in Ok or Corruption.
//
// The input is a list of edits {u16 page, u16 offset, u8 count, count bytes} of
// page bodies. Page headers stay: every read compares them.
#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/coding.h"
#include "core/engine/check.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 20;

// Two shards, a codebook, segments, and rows in the tails.
std::unique_ptr<MemoryMembrane> MakeIndex() {
  auto index = std::make_unique<MemoryMembrane>(MembraneSpec{
      .dimensions = kDimensions, .bits = 3, .shards = 2, .lists = 6});
  auto vectors = ClusteredVectors(500, kDimensions, 6, 1);
  vectors[17].clear();  // NULL
  index->Build(vectors);
  for (uint64_t id = 1000; id < 1040; ++id) {
    Require(index->Insert(id, vectors[id - 999]).ok());
  }
  return index;
}

void Edit(std::span<const uint8_t> edits, MemoryStore* store) {
  const uint32_t pages = store->PageCount().value();
  while (edits.size() >= 5) {
    const uint32_t page = GetFixed<uint16_t>(edits.data()) % pages;
    const uint32_t offset =
        GetFixed<uint16_t>(edits.data() + 2) % kPageHeaderOffset;
    const size_t count = std::min<size_t>(
        {edits[4], edits.size() - 5, kPageHeaderOffset - offset});
    std::copy_n(edits.data() + 5, count, store->MutablePage(page) + offset);
    edits = edits.subspan(5 + count);
  }
}

void RequireLegal(const Status& status) {
  RequireThat(status.ok() || IsCorruption(status) ||
                  status.code() == StatusCode::kAborted ||
                  status.code() == StatusCode::kFailedPrecondition,
              status);
}

void Run(std::span<const uint8_t> input) {
  static MemoryMembrane* const index = MakeIndex().release();
  static const auto* const sound = index->store()->CrashCopy().release();
  static const Vector query = ClusteredVectors(1, kDimensions, 6, 2)[0];
  index->ReplaceStore(sound->CrashCopy());
  Edit(input, index->store());
  SearchOptions options;
  options.target_recall = 0.9f;
  const Status found = index->TrySearch(query, 30, options).status();
  // The query's dimensions need not be those that the meta page names now.
  if (found.code() != StatusCode::kInvalidArgument) RequireLegal(found);
  Require(index->store()->guards() == 0);
  const auto snapshot = index->TakeSnapshot();
  RequireLegal(snapshot.status());
  if (!snapshot.ok()) return;
  CheckReport report;
  RequireLegal(
      CheckMembrane(index->store(), PageLock::kPin, snapshot.value(), &report));
  Require(index->store()->guards() == 0);
}

}  // namespace
}  // namespace pomai

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pomai::Run({data, size});
  return 0;
}
