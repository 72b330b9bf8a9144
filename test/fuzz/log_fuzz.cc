// A shard's log of any bytes: reading ends in Ok or Corruption, and a log that
// was cut reads the same for ever.
//
// Byte 0 says whether the rest is taken as it is, or made a log whose header
// and checksums are right, which no fuzzer finds by itself.
#include <algorithm>
#include <vector>

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"
#include "core/host_file/log_operation.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/host_file/log_sample.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

void MakeSound(Bytes* log) {
  if (log->size() < kLogHeaderSize) return;
  std::copy_n(kLogMagic, 8, log->begin());
  PutFixed<uint32_t>(log->data() + 8, kLogVersion);
  PutFixed<uint32_t>(log->data() + 12, Crc32c({log->data(), 12}));
  size_t at = kLogHeaderSize;
  while (at + kLogRecordHeaderSize <= log->size()) {
    uint8_t* record = log->data() + at;
    const size_t room = log->size() - at - kLogRecordHeaderSize;
    const auto length =
        static_cast<uint32_t>(GetFixed<uint8_t>(record + 4) % (room + 1));
    PutFixed<uint32_t>(record + 4, length);
    PutFixed<uint64_t>(record + 16, GetFixed<uint64_t>(record + 16) % (at + 1));
    // Some stay wrong: ends and damage in the middle.
    if (record[28] % 8 != 0) {
      PutFixed<uint32_t>(record + 28, kLogBatch);
      PutFixed<uint32_t>(record, LogRecordCrc(at, record));
    }
    const size_t end = at + kLogRecordHeaderSize + length;
    at = std::min(at + LogRecordSize(length), log->size());
    std::fill(log->begin() + static_cast<long>(end),
              log->begin() + static_cast<long>(at), uint8_t{0});
  }
}

void ReadOperations(const Bytes& body) {
  for (const uint32_t dimensions : {0u, 1u, 5u}) {
    LogOperationReader reader(body, dimensions);
    LogOperation operation;
    for (;;) {
      const auto more = reader.Next(&operation);
      if (!more.ok()) Require(IsCorruption(more.status()));
      if (!more.ok() || !more.value()) break;
    }
  }
}

void Run(std::span<const uint8_t> input) {
  if (input.empty()) return;
  Bytes bytes(input.begin() + 1, input.end());
  if (input[0] % 2 != 0) MakeSound(&bytes);
  RecordingFileSystem files;
  Require(files.Create("/log").ok());
  files.SetBytes("/log", bytes);
  const LogContent complete = ReadLog(&files, "/log", false);
  const LogContent found = ReadLog(&files, "/log", true, true);
  for (const Bytes& body : found.bodies) ReadOperations(body);
  if (!found.status.ok()) {
    Require(!complete.status.ok());
    Require(IsCorruption(found.status) ||
            found.status.code() == StatusCode::kFailedPrecondition);
    Require(files.Bytes("/log") == bytes);
    return;
  }
  Require(found.end <= bytes.size());
  Require(complete.status.ok() == !found.torn);
  const LogContent cut = ReadLog(&files, "/log", false);
  Require(cut.status.ok() && cut.bodies == found.bodies);
}

}  // namespace
}  // namespace pomai

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pomai::Run({data, size});
  return 0;
}
