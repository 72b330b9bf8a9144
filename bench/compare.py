#!/usr/bin/env python3
"""Measures indexes on one data set in a PostgreSQL cluster of its own.

    bench/compare.py glove                         all of them
    bench/compare.py glove --indexes pomai --update
    bench/compare.py fashion --indexes pomai-real --column 'real[]'
    bench/compare.py glove --indexes pomai --with 'bits = 8' --name pomai-8
    bench/compare.py --summary bench/results/glove.json

The data set's files come from bench/prepare.sh, the programs from
`make -C bench/client`; bench/run.sh does both and calls this.
"""
import argparse
import dataclasses
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import cluster, indexes, machine, measure, plot, report

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data_set", nargs="?", choices=indexes.DATA_SETS)
    parser.add_argument("--indexes", default="hnsw,ivfflat,pomai",
                        help="names, separated by commas")
    parser.add_argument("--column", default="vector",
                        choices=("vector", "real[]"))
    parser.add_argument("--with", dest="options", default="",
                        help="options of the (only) index, e.g. 'bits = 8'")
    parser.add_argument("--name", help="the (only) index's name in results")
    parser.add_argument("--sweep", action="append", metavar="SETTING=V1,V2",
                        help="instead of the index's own sweeps")
    parser.add_argument("--set", action="append", default=[],
                        metavar="NAME=VALUE", help="a server setting")
    parser.add_argument("--seconds", type=float, default=3,
                        help="how long each point is timed, at least")
    parser.add_argument("--update", action="store_true",
                        help="keep the file's results of other indexes")
    parser.add_argument("--out", help="default: bench/results/DATA_SET.json")
    parser.add_argument("--summary", metavar="FILE",
                        help="only print a file's tables and draw its plot")
    return parser.parse_args()


def chosen_indexes(options, rows):
    every = indexes.known(rows)
    names = options.indexes.split(",")
    unknown = [name for name in names if name not in every]
    if unknown:
        sys.exit(f"unknown index {unknown[0]}; known: {', '.join(every)}")
    chosen = [every[name] for name in names]
    changes = {}
    if options.options:
        changes["definition"] = (chosen[0].definition
                                 + f" with ({options.options})")
    if options.name:
        changes["name"] = options.name
    if options.sweep:
        changes["sweeps"] = [_sweep(text) for text in options.sweep]
    if changes and len(chosen) > 1:
        sys.exit("--with, --name and --sweep are for one index at a time")
    return [dataclasses.replace(index, **changes) for index in chosen]


def _sweep(text):
    setting, values = text.split("=")
    return setting.strip(), [value.strip() for value in values.split(",")]


def run(options):
    """Measures; yields the results again after every index."""
    data_set = indexes.DATA_SETS[options.data_set]
    folder = os.path.join(BUILD, "data", data_set.name)
    programs = os.path.join(os.environ.get("POMAI_BUILD_DIR", BUILD), "bench")
    settings = dict(pair.split("=", 1) for pair in options.set)
    with cluster.Cluster(settings) as server:
        bench = measure.Bench(server, programs, folder, data_set,
                              options.column, options.seconds)
        chosen = chosen_indexes(options, bench.rows)
        extensions = [e for index in chosen for e in index.extensions]
        sizes = bench.load(sorted(
            set(extensions), key=("vector", "pomai", "pomai_pgvector").index))
        results = {
            "data_set": data_set.name, "metric": data_set.metric,
            "rows": bench.rows, "dimensions": bench.dimensions,
            "queries": bench.queries, "limit": bench.limit,
            "column": options.column, **sizes,
            **machine.describe_run(server),
            "floor": bench.floor(),
            "indexes": [],
        }
        for index in chosen:
            results["indexes"].append(bench.measure(index))
            yield results


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(results, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")


def merged(results, old):
    """The new results, and the older ones of other indexes."""
    new = {index["name"]: index for index in results["indexes"]}
    kept = [new.pop(index["name"], index) for index in old["indexes"]]
    return {**results, "indexes": kept + list(new.values())}


def main():
    options = arguments()
    if options.summary:
        path = options.summary
        results = read(path)
    elif options.data_set:
        path = options.out or os.path.join(
            HERE, "results", f"{options.data_set}.json")
        old = options.update and os.path.exists(path) and read(path)
        for results in run(options):
            if old:
                results = merged(results, old)
            write(results, path)
    else:
        sys.exit("which data set? see --help")
    with open(os.path.splitext(path)[0] + ".svg", "w",
              encoding="utf-8") as file:
        file.write(plot.draw(results))
    print(report.summary(results))


if __name__ == "__main__":
    main()
