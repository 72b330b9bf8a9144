// One connection to PostgreSQL; whatever fails ends the program.
//
//   Connection connection("host=/tmp dbname=postgres");
//   connection.Execute("set jit = off");
//   connection.Prepare("nearest", "select ... where id = $1", 1);
//   std::vector<int32_t> ids = connection.Integers("nearest", {7});
//
// One thread at a time uses an object.
#ifndef BENCH_CLIENT_CONNECTION_H_
#define BENCH_CLIENT_CONNECTION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

class Connection {
 public:
  explicit Connection(const std::string& conninfo);

  void Execute(const std::string& sql);
  void Prepare(const std::string& name, const std::string& sql);

  // Runs a prepared statement with integer parameters, both ways in binary,
  // and returns the first column of its rows, which must be of type int4.
  std::vector<int32_t> Integers(const std::string& name,
                                const std::vector<int32_t>& parameters);

  // `copy ... from stdin (format binary)`: start, then rows, then end.
  void StartCopy(const std::string& sql);
  void PutCopy(const std::string& bytes);
  void EndCopy();

  // Seconds of processor time that the server's process has used so far, or
  // 0 where this machine's /proc does not show it.
  double ServerCpuSeconds() const;
  // The number of that process.
  int ServerProcess() const;

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clearer {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clearer>;

  Result Check(PGresult* result, ExecStatusType expected);

  std::unique_ptr<PGconn, Closer> connection_;
};

// Appends `value` as the protocol's big-endian 16 or 32 bits.
void AppendInt16(std::string& bytes, uint16_t value);
void AppendInt32(std::string& bytes, uint32_t value);

}  // namespace bench

#endif  // BENCH_CLIENT_CONNECTION_H_
