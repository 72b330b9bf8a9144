// PosixFileSystem: the machine's own files. Started writes go through io_uring,
// or through a thread where the kernel has none or forbids it.
//
//   FileSystem* files = PosixFileSystem();
//   POMAI_ASSIGN_OR_RETURN(auto file, files->Create("/data/image-7"));
//
// Lives for ever; any thread.
#pragma once

#include "core/host_file/file_system.h"

namespace pomai {

// How a File does StartWrite.
enum class AsyncWrites : uint8_t {
  kAny,     // io_uring if a ring can be made, else a thread
  kThread,  // a thread
};

FileSystem* PosixFileSystem(AsyncWrites async = AsyncWrites::kAny);

}  // namespace pomai
