// LogRecord: what a batch did to one shard, as the shard's log keeps it.
//
//   LogRecord record{.sequence = 7, .shards = 2, .body = operations};
//   writer->Add(record);
//
// A plain value; `body` belongs to whoever made it.
//
// The bytes of a log file, numbers little-endian:
//
//   log    := header record* rest
//   header := "pomailog" u32:version u32:crc        crc of the 12 bytes before
//   record := u32:crc u32:length u64:sequence u64:durable u32:shards
//             u8:type u8[3]:zero u8[length]:body zero*
//   rest   := zero*                                 preallocated
//
// Records start at multiples of 8; zeros fill up to there. A record's crc is
// CRC32C of its offset in the file (u64, not stored) and of its bytes from
// `length` to the body's end. Type is 1. Sequences rise. An empty file is a log
// without records. Of another version only a log without records is read, which
// is what a membrane has that was closed; version 1 had other operations.
//
// `durable` is a promise: the bytes of this file before that offset were synced
// when the record was written. It tells a torn end from damage: a record that
// is not sound is where the log ends, unless a sound one behind it promises
// that its bytes were synced; then it is Corruption.
#pragma once

#include <cstdint>
#include <span>

namespace pomai {

inline constexpr char kLogMagic[] = "pomailog";  // 8 bytes, without the end
inline constexpr uint32_t kLogVersion = 2;
inline constexpr uint64_t kLogHeaderSize = 16;
inline constexpr uint64_t kLogRecordHeaderSize = 32;
inline constexpr uint64_t kLogAlignment = 8;
inline constexpr uint8_t kLogBatch = 1;  // the one type of record

struct LogRecord {
  uint64_t sequence = 0;
  // How many shards have a record of this batch. A batch of which fewer are
  // found did not happen.
  uint32_t shards = 0;
  // The operations on this shard, see log_operation.h. Below 4 GiB.
  std::span<const uint8_t> body;
};

// Bytes a record takes whose body has `length` bytes, with the zeros.
uint64_t LogRecordSize(uint64_t length);

// The crc that belongs to the record whose bytes, from its own crc to the end
// of its body, are at `record`, and which lies at `offset` of its file.
uint32_t LogRecordCrc(uint64_t offset, const uint8_t* record);

}  // namespace pomai
