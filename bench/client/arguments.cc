#include "bench/client/arguments.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

[[noreturn]] void Usage(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(2);
}

double Parse(const std::string& name, const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') {
    Usage("--" + name + ": not a number: " + text);
  }
  return number;
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i < argc; i += 2) {
    if (std::strncmp(argv[i], "--", 2) != 0 || i + 1 == argc) {
      Usage(std::string("expected --name value, not ") + argv[i]);
    }
    pairs_.emplace_back(argv[i] + 2, argv[i + 1]);
  }
}

const std::string* Arguments::Find(const std::string& name) const {
  for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
    if (pair->first == name) return &pair->second;
  }
  return nullptr;
}

std::string Arguments::Text(const std::string& name) const {
  const std::string* text = Find(name);
  if (text == nullptr) Usage("--" + name + " is missing");
  return *text;
}

std::string Arguments::Text(const std::string& name,
                            const std::string& other) const {
  const std::string* text = Find(name);
  return text == nullptr ? other : *text;
}

double Arguments::Number(const std::string& name) const {
  return Parse(name, Text(name));
}

double Arguments::Number(const std::string& name, double other) const {
  const std::string* text = Find(name);
  return text == nullptr ? other : Parse(name, *text);
}

std::vector<std::string> Arguments::All(const std::string& name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : pairs_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

void Die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

}  // namespace bench
