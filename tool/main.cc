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
  size_t most;
  pomai::Status (*run)(pomai::tool::Arguments);
};

constexpr Command kCommands[] = {
    {"backup", "DB FOLDER", "a consistent copy", 2, 2, pomai::tool::Backup},
    {"bench", "DB [ROWS] [DIMENSIONS]", "write and search made-up rows", 1, 3,
     pomai::tool::Bench},
    {"check", "DB [MEMBRANE]", "read every file, page and row", 1, 2,
     pomai::tool::Check},
    {"dump-log", "DB [MEMBRANE]", "batches since the last checkpoint", 1, 2,
     pomai::tool::DumpLog},
    {"dump-manifest", "DB [MEMBRANE]", "files of the last checkpoint", 1, 2,
     pomai::tool::DumpManifest},
    {"import", "DB FILE.fvecs [MEMBRANE] [l2|ip|cosine]",
     "put vector n as id n", 2, 4, pomai::tool::Import},
    {"info", "DB [MEMBRANE]", "membranes and their sizes", 1, 2,
     pomai::tool::Info},
    {"restore", "BACKUP DB", "a new DB from a backup", 2, 2,
     pomai::tool::Restore},
    {"search", "DB FILE.fvecs [K] [MEMBRANE]", "the nearest ids of each vector",
     2, 4, pomai::tool::Search},
};

void PrintUsage(FILE* to) {
  std::fprintf(to, "usage: pomai COMMAND ...\n");
  for (const Command& command : kCommands) {
    std::fprintf(to, "  %-14s %-42s %s\n", command.name, command.arguments,
                 command.meaning);
  }
  std::fprintf(to,
               "A DB is a folder; without MEMBRANE it is all of them, or the "
               "one called default.\n"
               "Ends with 0, 1 after an error or when check finds anything "
               "wrong, 2 after wrong arguments.\n");
}

int Refuse(const std::string& why) {
  std::fprintf(stderr, "pomai: %s\n", why.c_str());
  PrintUsage(stderr);
  return 2;
}

bool IsHelp(const std::string& word) {
  return word == "help" || word == "--help" || word == "-h";
}

int Run(const Command& command, pomai::tool::Arguments arguments) {
  if (arguments.size() < command.least || arguments.size() > command.most) {
    return Refuse(std::string(command.name) + " needs " + command.arguments);
  }
  const pomai::Status status = command.run(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "pomai: %s\n", status.ToString().c_str());
  return status.code() == pomai::StatusCode::kInvalidArgument ? 2 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return Refuse("a command is missing");
  if (IsHelp(words[0])) {
    PrintUsage(stdout);
    return 0;
  }
  for (const Command& command : kCommands) {
    if (words[0] == command.name) {
      return Run(command, pomai::tool::Arguments(words).subspan(1));
    }
  }
  return Refuse("there is no command " + words[0]);
}
