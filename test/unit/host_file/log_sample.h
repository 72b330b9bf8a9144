// Logs for tests: bodies that differ, and everything a log holds.
//
//   writer->Add({.sequence = 7, .shards = 1, .body = Body(7, 100)});
//   LogContent found = ReadLog(&files, "/log", true);
#pragma once

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/host_file/log_reader.h"

namespace pomai {

using Bytes = std::vector<uint8_t>;

inline Bytes Body(uint64_t seed, size_t size) {
  Random random(seed);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
  return bytes;
}

struct LogContent {
  Status status;  // the first error; what came before it is below
  std::vector<uint64_t> sequences;
  std::vector<Bytes> bodies;
  uint64_t end = 0;
  bool torn = false;
};

inline Status ReadInto(FileSystem* files, const std::string& path, bool last,
                       bool cut, LogContent* content) {
  POMAI_ASSIGN_OR_RETURN(auto log, LogReader::Open(files, path, last));
  for (;;) {
    LogRecord record;
    POMAI_ASSIGN_OR_RETURN(const bool more, log->Next(&record));
    if (!more) break;
    content->sequences.push_back(record.sequence);
    content->bodies.emplace_back(record.body.begin(), record.body.end());
  }
  content->end = log->end();
  content->torn = log->torn();
  return cut ? log->Cut() : Status::Ok();
}

inline LogContent ReadLog(FileSystem* files, const std::string& path, bool last,
                          bool cut = false) {
  LogContent content;
  content.status = ReadInto(files, path, last, cut, &content);
  return content;
}

}  // namespace pomai
