// Runs one prepared statement with $1 = 0 .. queries-1 from every client and
// prints, as one JSON object, queries/s, latencies and recall:
//
//   run_queries --conninfo host=/tmp --queries 1000 --clients 2 --k 10
//     --sql 'select id from t order by v <-> (select v from q where id = $1)
//            limit 10' --truth truth --set hnsw.ef_search=40 --seconds 3
//
// A pass is every query once from every client, each starting at a place of
// its own. Passes are timed until --seconds have gone by; "qps" is the median
// pass's, all clients together. Before them goes a pass untimed, for the
// caches and for the recall; without --truth it ends after 100 queries.
// --processor 1 keeps client and server's process on that processor: a client
// and its server take turns, and where each has a processor of its own, the one
// that waits falls asleep, and waking it is measured too.
// Recall is as truth.h counts it.
#include <sched.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/client/arguments.h"
#include "bench/client/connection.h"
#include "bench/client/truth.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kWarmQueries = 100;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Workload {
  size_t queries = 0;
  size_t warm_queries = 0;
  size_t clients = 0;
  size_t k = 0;
  double seconds = 0;
  int processor = -1;  // any
};

// 0: this thread, and the threads that it starts.
void KeepOnProcessor(int pid, int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<size_t>(processor), &only);
  if (sched_setaffinity(pid, sizeof only, &only) != 0) {
    Die("cannot choose a processor");
  }
}

// What one client saw.
struct Log {
  std::vector<double> latencies;
  size_t hits = 0;  // in the warm-up pass
  size_t rows = 0;  // likewise
  double cpu_seconds = 0;
};

class Run {
 public:
  Run(const Arguments& arguments, const Workload& workload)
      : workload_(workload), logs_(workload.clients) {
    if (const auto prefix = arguments.Text("truth", ""); !prefix.empty()) {
      truth_ = std::make_unique<Truth>(prefix, workload.k);
    }
    for (size_t i = 0; i < workload.clients; ++i) {
      connections_.push_back(
          std::make_unique<Connection>(arguments.Text("conninfo")));
      for (const std::string& setting : arguments.All("set")) {
        connections_.back()->Execute("set " + setting);
      }
      connections_.back()->Prepare("nearest", arguments.Text("sql"));
      if (workload.processor >= 0) {
        KeepOnProcessor(connections_.back()->ServerProcess(),
                        workload.processor);
      }
    }
    if (workload.processor >= 0) KeepOnProcessor(0, workload.processor);
  }

  void Go() {
    std::barrier warm(static_cast<std::ptrdiff_t>(workload_.clients),
                      [this] { started_ = pass_started_ = Clock::now(); });
    std::barrier pass(static_cast<std::ptrdiff_t>(workload_.clients), [this] {
      passes_.push_back(SecondsSince(pass_started_));
      done_ = SecondsSince(started_) >= workload_.seconds;
      pass_started_ = Clock::now();
    });
    std::vector<std::jthread> threads;
    for (size_t client = 0; client < workload_.clients; ++client) {
      threads.emplace_back([&, client] {
        Warm(client);
        warm.arrive_and_wait();
        const double before = connections_[client]->ServerCpuSeconds();
        do {
          Pass(client);
          pass.arrive_and_wait();
        } while (!done_);
        logs_[client].cpu_seconds =
            connections_[client]->ServerCpuSeconds() - before;
      });
    }
    threads.clear();  // joins
  }

  void Print() {
    std::vector<double> latencies;
    double cpu_seconds = 0;
    size_t hits = 0;
    size_t rows = 0;
    for (const Log& log : logs_) {
      latencies.insert(latencies.end(), log.latencies.begin(),
                       log.latencies.end());
      cpu_seconds += log.cpu_seconds;
      hits += log.hits;
      rows += log.rows;
    }
    std::sort(latencies.begin(), latencies.end());
    std::sort(passes_.begin(), passes_.end());
    const double asked =
        static_cast<double>(workload_.queries * workload_.clients);
    const double counted = static_cast<double>(latencies.size());
    std::printf("{\"clients\": %zu, \"passes\": %zu", workload_.clients,
                passes_.size());
    std::printf(", \"qps\": %.1f", asked / passes_[passes_.size() / 2]);
    std::printf(", \"qps_best\": %.1f", asked / passes_.front());
    std::printf(", \"p50_us\": %.1f", 1e6 * Quantile(latencies, 0.5));
    std::printf(", \"p99_us\": %.1f", 1e6 * Quantile(latencies, 0.99));
    std::printf(", \"server_cpu_us\": %.1f", 1e6 * cpu_seconds / counted);
    const double warm =
        static_cast<double>(workload_.warm_queries * workload_.clients);
    std::printf(", \"rows\": %.3f", static_cast<double>(rows) / warm);
    if (truth_ != nullptr) {
      std::printf(", \"recall\": %.5f",
                  static_cast<double>(hits) /
                      (warm * static_cast<double>(workload_.k)));
    }
    std::printf("}\n");
  }

 private:
  static double Quantile(const std::vector<double>& sorted, double part) {
    const double place = part * static_cast<double>(sorted.size());
    return sorted[std::min(static_cast<size_t>(place), sorted.size() - 1)];
  }

  std::vector<int32_t> Ask(size_t client, size_t query) {
    return connections_[client]->Integers("nearest",
                                          {static_cast<int32_t>(query)});
  }

  // The query a client asks at `turn` of a pass.
  size_t QueryAt(size_t client, size_t turn) const {
    const size_t start = client * workload_.queries / workload_.clients;
    return (start + turn) % workload_.queries;
  }

  void Warm(size_t client) {
    for (size_t turn = 0; turn < workload_.warm_queries; ++turn) {
      const size_t query = QueryAt(client, turn);
      const std::vector<int32_t> found = Ask(client, query);
      logs_[client].rows += found.size();
      if (truth_ != nullptr) logs_[client].hits += truth_->Hits(query, found);
    }
  }

  void Pass(size_t client) {
    for (size_t turn = 0; turn < workload_.queries; ++turn) {
      const Clock::time_point start = Clock::now();
      Ask(client, QueryAt(client, turn));
      logs_[client].latencies.push_back(SecondsSince(start));
    }
  }

  Workload workload_;
  std::unique_ptr<Truth> truth_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Log> logs_;
  std::vector<double> passes_;  // seconds
  Clock::time_point started_;
  Clock::time_point pass_started_;
  bool done_ = false;  // written while every client waits at the barrier
};

int Main(const Arguments& arguments) {
  Workload workload;
  workload.queries = static_cast<size_t>(arguments.Number("queries"));
  workload.warm_queries = arguments.Text("truth", "").empty()
                              ? std::min(kWarmQueries, workload.queries)
                              : workload.queries;
  workload.clients = static_cast<size_t>(arguments.Number("clients", 1));
  workload.k = static_cast<size_t>(arguments.Number("k", 10));
  workload.seconds = arguments.Number("seconds", 3);
  workload.processor = static_cast<int>(arguments.Number("processor", -1));
  Run run(arguments, workload);
  run.Go();
  run.Print();
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::Main(bench::Arguments(argc, argv));
}
