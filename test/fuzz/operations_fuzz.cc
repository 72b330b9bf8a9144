// The bytes of a batch's part in a log record: what reads comes out the same
// when it is written again; the rest is Corruption.
//
// Byte 0 is the number of dimensions.
#include <algorithm>
#include <vector>

#include "core/host_file/log_operation.h"
#include "test/fuzz/fuzz.h"

namespace pomai {
namespace {

void Run(std::span<const uint8_t> input) {
  if (input.empty()) return;
  const uint32_t dimensions = input[0];
  const auto body = input.subspan(1);
  LogOperationReader reader(body, dimensions);
  LogOperation operation;
  std::vector<uint8_t> again;
  for (;;) {
    const auto more = reader.Next(&operation);
    if (!more.ok()) {
      Require(IsCorruption(more.status()));
      break;
    }
    if (!more.value()) {
      Require(again.size() == body.size());
      break;
    }
    if (operation.kind == LogOperationKind::kPut) {
      Require(operation.vector.size() == dimensions);
      AppendPut(operation.id, operation.vector, &again);
    } else {
      AppendDelete(operation.id, &again);
    }
  }
  Require(again.size() <= body.size() &&
          std::equal(again.begin(), again.end(), body.begin()));
}

}  // namespace
}  // namespace pomai

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pomai::Run({data, size});
  return 0;
}
