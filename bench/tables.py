#!/usr/bin/env python3
"""Recall with nobody tuning anything, on tables of many kinds.

    bench/run.sh tables glove

Parts of the data set that are unlike the queries, many copies of a row, few and
many dimensions, random vectors: what a benchmark's own data set does not show.
Results go to bench/results/tables-DATA_SET.json; the table is printed.
"""
import argparse
import dataclasses
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import cluster, indexes, machine, measure, report

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build")
TARGETS = (0.95, 0.99)

HELD_OUT = "select v from q where id % 4 = 1"
LATE = "select v from t where id > 100000 and id % 997 = 3 limit 200"

# Counts a row at the distance of the last right one as right.
RECALL = """
create function recall(tab text, queries text, op text, k int)
returns float8 language plpgsql as $$
declare
  query record; found float8[]; farthest float8; hits int := 0; n int := 0;
begin
  for query in execute queries loop
    execute format('select array(select v %2$s $1 from (select v from %1$s
      order by v %2$s $1 limit %3$s) r)', tab, op, k) into found using query.v;
    execute format('select max(d) from (select (v %2$s $1) + 0 as d from %1$s
      order by (v %2$s $1) + 0 limit %3$s) r', tab, op, k)
      into farthest using query.v;
    hits := hits + (select count(*) from unnest(found) d where d <= farthest);
    n := n + k;
  end loop;
  return hits::float8 / n;
end $$;
"""


@dataclasses.dataclass
class Table:
    name: str
    rows: str  # a query for id and v
    queries: str = HELD_OUT  # a query for v
    metric: str = "cosine"


def random_vectors(expression, dimensions, rows):
    """A query for rows of `dimensions` values of `expression`, which may
    name the row, i, and the dimension, j. What does not depend on i would be
    worked out once, for all rows."""
    return (f"select i as id, (select array_agg(x) from "
            f"(select {expression} + 0 * i as x "
            f"from generate_series(1, {dimensions}) j) e)"
            f"::vector({dimensions}) as v "
            f"from generate_series(0, {rows} - 1) i")


def like_rows(expression, dimensions):
    """200 queries made as the rows are."""
    return f"select v from ({random_vectors(expression, dimensions, 200)}) r"


def made(name, expression, dimensions, rows, metric):
    return Table(f"{name}, {rows:,} x {dimensions}",
                 random_vectors(expression, dimensions, rows),
                 like_rows(expression, dimensions), metric)


def tables():
    for rows in (1000, 3000, 10000, 30000):
        part = f"select id, v from t where id < {rows}"
        yield Table(f"the first {rows:,}, queries from all", part)
        yield Table(f"the first {rows:,}, queries from late rows", part, LATE)
    for step in (113, 34, 11):
        yield Table(f"every {step}th", f"select id, v from t "
                    f"where id % {step} = 0")
    yield Table("ten times each of the first 10,000",
                "select i * 10000 + id as id, v from t, "
                "generate_series(0, 9) i where id < 10000", LATE)
    for metric in ("l2", "ip"):
        yield Table(f"100,000, {metric}",
                    "select id, v from t where id < 100000",
                    metric=metric)
    yield Table("200,000, random queries",
                "select id, v from t where id < 200000",
                "select v from (select array_agg(random_normal())::vector v "
                "from generate_series(0, 199) i, generate_series(1, 100) j "
                "group by i) r")
    yield made("uniform", "random()", 8, 150000, "l2")
    yield made("Gaussian", "random_normal()", 512, 40000, "cosine")
    yield made("sparse", "case when random() < 0.06 then random_normal() "
               "else 0 end", 256, 60000, "cosine")
    # The same 800 centres for rows and queries.
    yield made("800 clusters",
               "sin(hashint8(i % 800 * 1000 + j)::float8) * 1.4 "
               "+ 0.5 * random_normal()", 192, 80000, "l2")
    yield made("uneven norms", "exp(sin(i) * 0.8) * random_normal()", 96,
               100000, "ip")


def measure_table(server, table):
    operator = indexes.OPERATOR[table.metric]
    server.psql(
        "drop table if exists part, queries; select setseed(0.5);"
        f"create table part as {table.rows}; select setseed(0.25);"
        f"create table queries as {table.queries};"
        "alter table part add primary key (id); vacuum (freeze, analyze) part;"
        f"create index part_v on part "
        f"using pomai (v {indexes.operators('vector', table.metric)});")
    result = {"name": table.name,
              "rows": int(server.psql("select count(*) from part"))}
    for target in TARGETS:
        result[f"recall_{target}"] = float(server.psql(
            f"set enable_seqscan = off; set pomai.target_recall = {target};"
            "select recall('part', 'select v from queries', "
            f"'{operator}', 10)"))
    measure.say(f"{result}")
    return result


def summary(results):
    """The figures as a Markdown table."""
    return report.table(
        [["table", "rows"] + [f"at {target}" for target in TARGETS]]
        + [[one["name"], f"{one['rows']:,}"]
           + [f"{one[f'recall_{target}']:.3f}" for target in TARGETS]
           for one in results["tables"]])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    # The parts of it are cut to its rows and dimensions.
    parser.add_argument("data_set", choices=["glove"])
    parser.add_argument("--only", default="", help="tables with this in their "
                        "name")
    parser.add_argument("--out")
    options = parser.parse_args()
    data_set = indexes.DATA_SETS[options.data_set]
    programs = os.path.join(os.environ.get("POMAI_BUILD_DIR", BUILD), "bench")
    path = options.out or os.path.join(
        HERE, "results", f"tables-{data_set.name}.json")
    with cluster.Cluster() as server:
        bench = measure.Bench(server, programs,
                              os.path.join(BUILD, "data", data_set.name),
                              data_set, "vector", 3)
        bench.load(("vector", "pomai", "pomai_pgvector"))
        server.psql(RECALL)
        results = {"data_set": data_set.name,
                   **machine.describe_run(server), "tables": []}
        for table in tables():
            if options.only not in table.name:
                continue
            results["tables"].append(measure_table(server, table))
            with open(path, "w", encoding="utf-8") as file:
                json.dump(results, file, indent=1)
                file.write("\n")
    print(summary(results))


if __name__ == "__main__":
    main()
