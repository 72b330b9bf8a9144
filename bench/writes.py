#!/usr/bin/env python3
"""Measures inserts, VACUUM, and searches beside inserts.

    bench/run.sh writes glove                       none, hnsw, ivfflat, pomai
    bench/run.sh writes glove --indexes none,pomai
    bench/run.sh writes glove --indexes '' --parts doubling,load

Results go to bench/results/writes-DATA_SET.json; the table is printed.
"""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import cluster, indexes, machine, writes

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build")
PARTS = {"batch": "batch_turns", "one_row": "one_row_turns",
         "doubling": "doubling", "drift": "drift", "load": "under_load",
         "latency": "insert_latency", "rounds": "rounds"}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data_set", choices=indexes.DATA_SETS)
    parser.add_argument("--indexes", default="none,hnsw,ivfflat,pomai")
    parser.add_argument("--parts", default=",".join(PARTS),
                        help="of pomai, beside the table: " + ", ".join(PARTS))
    parser.add_argument("--out")
    return parser.parse_args()


def measure(bench, options, results):
    """Adds to `results`, and yields after every part."""
    every = indexes.known(bench.rows)
    for name in filter(None, options.indexes.split(",")):
        results["writes"].append(
            bench.measure_writes(name, every.get(name)))
        yield
    for part in filter(None, options.parts.split(",")):
        writes.say(f"pomai: {part}")
        results[part] = getattr(bench, PARTS[part])(every["pomai"])
        yield


def main():
    options = arguments()
    data_set = indexes.DATA_SETS[options.data_set]
    programs = os.path.join(os.environ.get("POMAI_BUILD_DIR", BUILD), "bench")
    path = options.out or os.path.join(
        HERE, "results", f"writes-{data_set.name}.json")
    with cluster.Cluster({"max_worker_processes": 16}) as server:
        bench = writes.Writes(server, programs,
                              os.path.join(BUILD, "data", data_set.name),
                              data_set, "vector", 3)
        pomai = "pomai" in options.indexes or options.parts
        bench.prepare(("vector", "pomai", "pomai_pgvector") if pomai
                      else ("vector",))
        results = {"data_set": data_set.name, "rows": bench.rows,
                   **machine.describe_run(server), "writes": []}
        for _ in measure(bench, options, results):
            with open(path, "w", encoding="utf-8") as file:
                json.dump(results, file, indent=1)
                file.write("\n")
    print(writes.summary(results))


if __name__ == "__main__":
    main()
