#include "core/host_file/log_record.h"

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"

namespace pomai {

uint64_t LogRecordSize(uint64_t length) {
  return (kLogRecordHeaderSize + length + kLogAlignment - 1) / kLogAlignment *
         kLogAlignment;
}

uint32_t LogRecordCrc(uint64_t offset, const uint8_t* record) {
  uint8_t place[8];
  PutFixed<uint64_t>(place, offset);
  const auto length = GetFixed<uint32_t>(record + 4);
  return Crc32c({record + 4, kLogRecordHeaderSize - 4 + length}, Crc32c(place));
}

}  // namespace pomai
