#include "core/host_file/file_system.h"

namespace pomai {

std::string FolderOf(const std::string& path) {
  // Slashes at the end belong to the name.
  const size_t name = path.find_last_not_of('/');
  const size_t slash = path.find_last_of('/', name);
  if (name == std::string::npos || slash == 0) return path.substr(0, 1);
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace pomai
