// Command-line arguments of the form --name value.
//
//   Arguments arguments(argc, argv);
//   std::string base = arguments.Text("base");       // required
//   int k = arguments.Number("k", 10);               // with a default
//   for (const std::string& set : arguments.All("set")) ...
//
// Whatever is wrong ends the program with a message and status 2.
#ifndef BENCH_CLIENT_ARGUMENTS_H_
#define BENCH_CLIENT_ARGUMENTS_H_

#include <string>
#include <utility>
#include <vector>

namespace bench {

class Arguments {
 public:
  Arguments(int argc, char** argv);

  // The last value given for `name`; without one the default, or the end.
  std::string Text(const std::string& name) const;
  std::string Text(const std::string& name, const std::string& other) const;
  double Number(const std::string& name) const;
  double Number(const std::string& name, double other) const;

  // Every value given for `name`, in order.
  std::vector<std::string> All(const std::string& name) const;

 private:
  const std::string* Find(const std::string& name) const;

  std::vector<std::pair<std::string, std::string>> pairs_;
};

// Prints a message to stderr and ends the program with status 1.
[[noreturn]] void Die(const std::string& message);

}  // namespace bench

#endif  // BENCH_CLIENT_ARGUMENTS_H_
