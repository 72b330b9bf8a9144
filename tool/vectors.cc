#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>

#include "core/base/random.h"
#include "pomai/db.h"
#include "tool/commands.h"
#include "tool/fvecs_file.h"
#include "tool/progress_bar.h"

namespace pomai::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kBatch = 1000;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Result<uint64_t> NumberAt(Arguments arguments, size_t i, uint64_t otherwise) {
  if (i >= arguments.size()) return otherwise;
  const std::string& text = arguments[i];
  uint64_t number = 0;
  const auto end =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec == std::errc() && end.ptr == text.data() + text.size() &&
      number > 0) {
    return number;
  }
  return Status::InvalidArgument("not a number: " + text);
}

std::string NameAt(Arguments arguments, size_t i) {
  return i < arguments.size() ? arguments[i] : std::string(kDefaultMembrane);
}

Result<Metric> MetricAt(Arguments arguments, size_t i) {
  static const std::map<std::string, Metric> names = {
      {"l2", Metric::kL2},
      {"ip", Metric::kInnerProduct},
      {"cosine", Metric::kCosine}};
  if (i >= arguments.size()) return Metric::kL2;
  const auto found = names.find(arguments[i]);
  if (found != names.end()) return found->second;
  return Status::InvalidArgument("a metric is l2, ip or cosine, not " +
                                 arguments[i]);
}

// `vector_of`: i -> span of floats.
template <typename VectorOf>
Status Fill(Membrane* membrane, uint64_t rows, VectorOf vector_of) {
  ProgressBar bar;
  WriteBatch batch;
  for (uint64_t first = 0; first < rows; first += kBatch) {
    batch.Clear();
    const uint64_t end = std::min(rows, first + kBatch);
    for (uint64_t i = first; i < end; ++i) batch.Put(i, vector_of(i));
    POMAI_RETURN_IF_ERROR(membrane->Write(batch));
    bar.Show("writing", end, rows);
  }
  return Status::Ok();
}

// `print`: the rows that were found; else how fast it was.
template <typename VectorOf>
Status SearchAll(Membrane* membrane, uint64_t queries, size_t k,
                 VectorOf vector_of, bool print) {
  ProgressBar bar;
  const auto start = Clock::now();
  for (uint64_t i = 0; i < queries; ++i) {
    POMAI_ASSIGN_OR_RETURN(const auto found, membrane->Search(vector_of(i), k));
    if (print) {
      std::printf("%llu:", static_cast<unsigned long long>(i));
      for (const Neighbour& row : found) {
        std::printf(" %llu (%g)", static_cast<unsigned long long>(row.id),
                    row.distance);
      }
      std::printf("\n");
    }
    bar.Show("searching", i + 1, queries);
  }
  if (!print) {
    std::printf("%.0f searches/s\n",
                static_cast<double>(queries) / SecondsSince(start));
  }
  return Status::Ok();
}

Status MaintainAll(Membrane* membrane) {
  ProgressBar bar;
  return membrane->Maintain(bar.progress());
}

}  // namespace

Status Import(Arguments arguments) {
  POMAI_ASSIGN_OR_RETURN(const auto file, FvecsFile::Open(arguments[1]));
  POMAI_ASSIGN_OR_RETURN(const Metric metric, MetricAt(arguments, 3));
  POMAI_ASSIGN_OR_RETURN(const auto db, DB::Open({}, arguments[0]));
  const std::string name = NameAt(arguments, 2);
  const Status created = db->CreateMembrane(
      name, {.dimensions = file->dimensions(), .metric = metric});
  if (!created.ok() && created.code() != StatusCode::kAlreadyExists) {
    return created;
  }
  POMAI_ASSIGN_OR_RETURN(const auto membrane, db->OpenMembrane(name));
  POMAI_RETURN_IF_ERROR(Fill(membrane.get(), file->size(),
                             [&](uint64_t i) { return file->vector(i); }));
  POMAI_RETURN_IF_ERROR(MaintainAll(membrane.get()));
  return db->Close();
}

Status Search(Arguments arguments) {
  POMAI_ASSIGN_OR_RETURN(const auto file, FvecsFile::Open(arguments[1]));
  POMAI_ASSIGN_OR_RETURN(const uint64_t k, NumberAt(arguments, 2, 10));
  Options options;
  options.create_if_missing = false;
  POMAI_ASSIGN_OR_RETURN(const auto db, DB::Open(options, arguments[0]));
  POMAI_ASSIGN_OR_RETURN(const auto membrane,
                         db->OpenMembrane(NameAt(arguments, 3)));
  return SearchAll(
      membrane.get(), file->size(), k,
      [&](uint64_t i) { return file->vector(i); }, true);
}

Status Bench(Arguments arguments) {
  POMAI_ASSIGN_OR_RETURN(const uint64_t rows, NumberAt(arguments, 1, 100000));
  POMAI_ASSIGN_OR_RETURN(const uint64_t dimensions,
                         NumberAt(arguments, 2, 128));
  if (dimensions > kMaxDimensions) {
    return Status::InvalidArgument("dimensions must be 1 to 16000, not " +
                                   std::to_string(dimensions));
  }
  POMAI_ASSIGN_OR_RETURN(const auto db, DB::Open({}, arguments[0]));
  POMAI_RETURN_IF_ERROR(db->CreateMembrane(
      "bench", {.dimensions = static_cast<uint32_t>(dimensions)}));
  POMAI_ASSIGN_OR_RETURN(const auto membrane, db->OpenMembrane("bench"));
  std::vector<float> vector(dimensions);
  const auto vector_of = [&](uint64_t i) {
    Random random(i);
    for (float& x : vector) x = static_cast<float>(random.Uniform());
    return std::span<const float>(vector);
  };
  const auto start = Clock::now();
  POMAI_RETURN_IF_ERROR(Fill(membrane.get(), rows, vector_of));
  std::printf("%.0f rows/s\n", static_cast<double>(rows) / SecondsSince(start));
  POMAI_RETURN_IF_ERROR(MaintainAll(membrane.get()));
  POMAI_RETURN_IF_ERROR(SearchAll(
      membrane.get(), 1000, 10, [&](uint64_t i) { return vector_of(i + rows); },
      false));
  POMAI_RETURN_IF_ERROR(db->DropMembrane("bench"));
  return db->Close();
}

Status Backup(Arguments arguments) {
  Options options;
  options.create_if_missing = false;
  POMAI_ASSIGN_OR_RETURN(const auto db, DB::Open(options, arguments[0]));
  ProgressBar bar;
  return db->Backup(arguments[1], bar.progress());
}

Status Restore(Arguments arguments) {
  ProgressBar bar;
  return DB::Restore(arguments[0], arguments[1], nullptr, bar.progress());
}

}  // namespace pomai::tool
