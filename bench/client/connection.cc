#include "bench/client/connection.h"

#include <arpa/inet.h>

#include <cstring>
#include <fstream>

#include "bench/client/arguments.h"

namespace bench {

Connection::Connection(const std::string& conninfo)
    : connection_(PQconnectdb(conninfo.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    Die(PQerrorMessage(connection_.get()));
  }
}

Connection::Result Connection::Check(PGresult* result,
                                     ExecStatusType expected) {
  if (PQresultStatus(result) != expected) {
    Die(PQerrorMessage(connection_.get()));
  }
  return Result(result);
}

void Connection::Execute(const std::string& sql) {
  const Result result(PQexec(connection_.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    Die(PQerrorMessage(connection_.get()));
  }
}

void Connection::Prepare(const std::string& name, const std::string& sql) {
  Check(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr),
        PGRES_COMMAND_OK);
}

std::vector<int32_t> Connection::Integers(
    const std::string& name, const std::vector<int32_t>& parameters) {
  const int count = static_cast<int>(parameters.size());
  std::vector<uint32_t> values;
  std::vector<const char*> pointers;
  const std::vector<int> lengths(parameters.size(), 4);
  const std::vector<int> formats(parameters.size(), 1);
  for (int32_t parameter : parameters) {
    values.push_back(htonl(static_cast<uint32_t>(parameter)));
  }
  for (const uint32_t& value : values) {
    pointers.push_back(reinterpret_cast<const char*>(&value));
  }
  const Result result =
      Check(PQexecPrepared(connection_.get(), name.c_str(), count,
                           pointers.data(), lengths.data(), formats.data(), 1),
            PGRES_TUPLES_OK);
  std::vector<int32_t> integers(static_cast<size_t>(PQntuples(result.get())));
  for (size_t row = 0; row < integers.size(); ++row) {
    uint32_t value;
    std::memcpy(&value, PQgetvalue(result.get(), static_cast<int>(row), 0),
                sizeof value);
    integers[row] = static_cast<int32_t>(ntohl(value));
  }
  return integers;
}

void Connection::StartCopy(const std::string& sql) {
  Check(PQexec(connection_.get(), sql.c_str()), PGRES_COPY_IN);
  std::string header("PGCOPY\n\377\r\n\0", 11);
  AppendInt32(header, 0);  // flags
  AppendInt32(header, 0);  // length of the extension
  PutCopy(header);
}

void Connection::PutCopy(const std::string& bytes) {
  if (PQputCopyData(connection_.get(), bytes.data(),
                    static_cast<int>(bytes.size())) != 1) {
    Die(PQerrorMessage(connection_.get()));
  }
}

void Connection::EndCopy() {
  std::string trailer;
  AppendInt16(trailer, 0xffff);
  PutCopy(trailer);
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) {
    Die(PQerrorMessage(connection_.get()));
  }
  Check(PQgetResult(connection_.get()), PGRES_COMMAND_OK);
  while (PQgetResult(connection_.get()) != nullptr) {
  }
}

int Connection::ServerProcess() const {
  return PQbackendPID(connection_.get());
}

double Connection::ServerCpuSeconds() const {
  std::ifstream file("/proc/" + std::to_string(ServerProcess()) + "/schedstat");
  double nanoseconds = 0;
  file >> nanoseconds;
  return nanoseconds / 1e9;
}

void AppendInt16(std::string& bytes, uint16_t value) {
  bytes.push_back(static_cast<char>(value >> 8));
  bytes.push_back(static_cast<char>(value));
}

void AppendInt32(std::string& bytes, uint32_t value) {
  AppendInt16(bytes, static_cast<uint16_t>(value >> 16));
  AppendInt16(bytes, static_cast<uint16_t>(value));
}

}  // namespace bench
