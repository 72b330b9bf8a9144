"""Builds an index, sweeps its settings and returns what was measured.

Everything returned is plain data, as it goes into the JSON file.
"""
import json
import os
import re
import struct
import sys

from harness import indexes
from harness.cluster import output

QUERY = ("select id from t order by v {operator} "
         "(select v from q where id = $1) limit {limit}")
SELF = ("select id from t order by v {operator} "
        "(select v from t where id = $1) limit 1")
# What a query costs without an index's work: ten rows by primary key.
FLOOR = "select id from t where id >= $1 order by id limit 10"
# The same with ten distances, which reads the vectors.
FLOOR_DISTANCES = (
    "select id from (select id, v from t where id >= $1 order by id "
    "limit 10) r order by v {operator} (select v from q where id = $1)")

# A sweep ends here: slower points would not tell more.
ENOUGH_RECALL = 0.997


class Bench:
    """One table in one cluster, and the programs that measure it."""

    def __init__(self, cluster, programs, folder, data_set, column, seconds,
                 limit=10):
        self.cluster = cluster
        self.programs = programs
        self.folder = folder
        self.data_set = data_set
        self.column = column
        self.seconds = seconds
        self.limit = limit
        self.rows, self.dimensions = shape(self._file("base.fvecs"))
        self.queries, _ = shape(self._file("query.fvecs"))

    def load(self, extensions):
        """Makes t and q, the table and the queries. Returns its sizes."""
        for extension in extensions:
            self.cluster.psql(f"create extension {extension}")
        typed = (f"vector({self.dimensions})" if self.column == "vector"
                 else self.column)
        for table, file in (("t", "base"), ("q", "query")):
            self.cluster.psql(
                f"create table {table} (id int not null, v {typed} not null)")
            self._run("load_table", "--conninfo", self.cluster.conninfo,
                      "--table", table, "--type", self.column,
                      "--file", self._file(f"{file}.fvecs"))
            self.cluster.psql(
                f"alter table {table} add primary key (id);"
                # Vectors out of line would hide the table's size from the
                # rule that picks the number of parallel workers.
                f"alter table {table} set (parallel_workers = 2);"
                f"vacuum (freeze, analyze) {table};")
        return {"table_bytes": self._number("select pg_table_size('t')"),
                "heap_bytes": self._number("select pg_relation_size('t')")}

    def floor(self):
        """What the server does a second when no index search is involved."""
        return {
            "ten_rows": self._timed(FLOOR, clients=1),
            "ten_distances": self._timed(self._fill(FLOOR_DISTANCES),
                                         clients=1),
        }

    def measure(self, index):
        """Everything about one index; it is dropped afterwards."""
        say(f"{index.name}: building")
        result = self.build(index)
        say(f"{index.name}: built in {result['build_seconds']:.2f} s, "
            f"{result['index_bytes'] / 1e6:.1f} MB")
        result["sweeps"] = [
            {"setting": setting, "points": self.sweep(setting, values)}
            for setting, values in index.sweeps]
        if index.target_setting:
            result["calibration"] = self.calibration(index.target_setting)
        result["finds_itself"] = self.finds_itself()
        self.cluster.psql("drop index t_v")
        return result

    def build(self, index):
        definition = "create index t_v on t " + index.definition.format(
            operators=indexes.operators(self.column, self.data_set.metric))
        lines = self.cluster.psql(f"""
            checkpoint;
            select 'wal', pg_current_wal_insert_lsn();
            \\timing on
            {definition};
            \\timing off
            select 'wal', pg_current_wal_insert_lsn();
            select 'size', pg_relation_size('t_v');""")
        start, end = re.findall(r"^wal\|(.*)$", lines, re.M)
        built = re.search(r"^Time: ([0-9.]+) ms", lines, re.M)
        size = re.search(r"^size\|(\d+)$", lines, re.M)
        return {
            "name": index.name,
            "definition": definition,
            "build_seconds": round(float(built[1]) / 1000, 3),
            "index_bytes": int(size[1]),
            "wal_bytes": self._number(
                f"select pg_wal_lsn_diff('{end}', '{start}')"),
        }

    def sweep(self, setting, values):
        """The points at these values, as far as recall still grows."""
        points = []
        for value in values:
            points.append(self.point(setting, value))
            if points[-1]["recall"] >= ENOUGH_RECALL:
                break
        return points

    def point(self, setting, value):
        """Recall and queries/s, with 1 and 2 clients, at one setting."""
        sql = self._fill(QUERY)
        settings = [f"{setting} = {value}"]
        chosen = self._uses_index(sql, settings)
        if not chosen:
            settings.append("enable_seqscan = off")
            if not self._uses_index(sql, settings):
                raise RuntimeError(f"the index is not used for {sql}")
        one = self._timed(sql, 1, settings, truth=True)
        two = self._timed(sql, 2, settings)
        alone = self._timed(sql, 1, settings, processor=0)
        say(f"  {setting} = {value}: recall {one['recall']:.4f}, "
            f"{one['qps']:.0f} q/s, on one processor {alone['qps']:.0f} q/s, "
            f"2 clients {two['qps']:.0f} q/s"
            + ("" if chosen else " (only with enable_seqscan = off)"))
        return {"value": value, "chosen_by_planner": chosen,
                "recall": one.pop("recall"),
                "one_client": one, "two_clients": two,
                "one_processor": alone}

    def calibration(self, setting):
        """Measured recall where a recall is asked for, at several LIMITs."""
        rows = []
        for limit in (1, 10, 100):
            for target in (0.9, 0.95, 0.99):
                run = self._timed(self._fill(QUERY, limit), 1,
                                  [f"{setting} = {target}",
                                   "enable_seqscan = off"],
                                  truth=True, limit=limit, seconds=0)
                rows.append({"limit": limit, "target": target,
                             "recall": run["recall"], "qps": run["qps"]})
                say(f"  LIMIT {limit}, target {target}: "
                    f"recall {run['recall']:.4f}")
        return rows

    def finds_itself(self, sample=5000):
        """How many rows are their own nearest, with default settings."""
        found = json.loads(self._run(
            "find_themselves", "--conninfo", self.cluster.conninfo,
            "--base", self._file("base.fvecs"), "--sample", str(sample),
            "--metric", self.data_set.metric, "--sql", self._fill(SELF),
            "--set", "enable_seqscan = off"))
        say(f"  {found['found']} of {found['asked']} rows find themselves")
        return found

    def _timed(self, sql, clients, settings=(), *, truth=False, limit=None,
               seconds=None, processor=None):
        command = ["run_queries", "--conninfo", self.cluster.conninfo,
                   "--sql", sql, "--queries", str(self.queries),
                   "--clients", str(clients),
                   "--k", str(limit or self.limit), "--seconds",
                   str(self.seconds if seconds is None else seconds)]
        if truth:
            command += ["--truth", self._file("truth")]
        if processor is not None:
            command += ["--processor", str(processor)]
        for setting in settings:
            command += ["--set", setting]
        return json.loads(self._run(*command))

    def _uses_index(self, sql, settings):
        plan = self.cluster.psql(
            "".join(f"set {setting};" for setting in settings)
            + f"prepare nearest (int) as {sql};"
            + "set plan_cache_mode = force_generic_plan;"
            + "explain execute nearest (1);")
        return "Index Scan using t_v on t" in plan

    def _fill(self, sql, limit=None):
        return sql.format(operator=indexes.OPERATOR[self.data_set.metric],
                          limit=limit or self.limit)

    def _number(self, sql):
        return int(self.cluster.psql(sql))

    def _file(self, name):
        return os.path.join(self.folder, name)

    def _run(self, program, *arguments):
        return output([os.path.join(self.programs, program), *arguments])


def shape(path):
    """Rows and columns of a .fvecs file."""
    with open(path, "rb") as file:
        columns = struct.unpack("<i", file.read(4))[0]
    return os.path.getsize(path) // (4 * columns + 4), columns


def say(text):
    print(text, file=sys.stderr, flush=True)
