// pomai: looks into a DB, and fills and searches it from the command line.
#include <cstdio>
#include <string>
#include <vector>

#include "tool/commands.h"

namespace {

struct Command {
  const char* name;
  const char* arguments;
  const char* meaning;
  size_t least;  // arguments
  pomai::Status (*run)(pomai::tool::Arguments);
};

constexpr Command kCommands[] = {
    {"backup", "DB FOLDER", "a consistent copy", 2, pomai::tool::Backup},
    {"bench", "DB [ROWS] [DIMENSIONS]", "write and search made-up rows", 1,
     pomai::tool::Bench},
    {"check", "DB [MEMBRANE]", "read every file, page and row", 1,
     pomai::tool::Check},
    {"dump-log", "DB [MEMBRANE]", "batches since the last checkpoint", 1,
     pomai::tool::DumpLog},
    {"dump-manifest", "DB [MEMBRANE]", "files of the last checkpoint", 1,
     pomai::tool::DumpManifest},
    {"import", "DB FILE.fvecs [MEMBRANE] [l2|ip|cosine]",
     "put vector n as id n", 2, pomai::tool::Import},
    {"info", "DB [MEMBRANE]", "membranes and their sizes", 1,
     pomai::tool::Info},
    {"restore", "BACKUP DB", "a new DB from a backup", 2, pomai::tool::Restore},
    {"search", "DB FILE.fvecs [K] [MEMBRANE]", "the nearest ids of each vector",
     2, pomai::tool::Search},
};

int Usage() {
  std::fprintf(stderr, "usage: pomai COMMAND ...\n");
  for (const Command& command : kCommands) {
    std::fprintf(stderr, "  %-14s %-42s %s\n", command.name, command.arguments,
                 command.meaning);
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return Usage();
  for (const Command& command : kCommands) {
    if (words[0] != command.name) continue;
    const auto arguments = pomai::tool::Arguments(words).subspan(1);
    if (arguments.size() < command.least) return Usage();
    const pomai::Status status = command.run(arguments);
    if (status.ok()) return 0;
    std::fprintf(stderr, "pomai: %s\n", status.ToString().c_str());
    return 1;
  }
  return Usage();
}
