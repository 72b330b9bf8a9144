// A membrane's MANIFEST of any bytes: decoding ends in Ok, Corruption or the
// word that the version is another; what decodes is encoded and decoded again
// to the same.
//
// Byte 0 says whether the rest is taken as it is, or gets the right magic,
// version and checksum, which no fuzzer finds by itself.
#include <algorithm>
#include <vector>

#include "core/base/coding.h"
#include "core/db/membrane_manifest.h"
#include "core/host_file/crc32c.h"
#include "test/fuzz/fuzz.h"

namespace pomai {
namespace {

constexpr size_t kHeaderSize = 16;

void Run(std::span<const uint8_t> input) {
  if (input.empty()) return;
  std::vector<uint8_t> bytes(input.begin() + 1, input.end());
  if (input[0] % 2 != 0 && bytes.size() >= kHeaderSize) {
    std::copy_n("pomaiman", 8, bytes.begin());
    PutFixed<uint32_t>(bytes.data() + 8, 3);
    PutFixed<uint32_t>(
        bytes.data() + 12,
        Crc32c(std::span<const uint8_t>(bytes).subspan(kHeaderSize)));
  }
  const auto manifest = MembraneManifest::Decode(bytes);
  if (!manifest.ok()) {
    RequireThat(IsCorruption(manifest.status()) ||
                    manifest.status().code() == StatusCode::kFailedPrecondition,
                manifest.status());
    return;
  }
  const auto again = manifest.value().Encode();
  const auto decoded = MembraneManifest::Decode(again);
  RequireThat(decoded.ok(), decoded.status());
  Require(decoded.value().Encode() == again);
}

}  // namespace
}  // namespace pomai

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pomai::Run({data, size});
  return 0;
}
