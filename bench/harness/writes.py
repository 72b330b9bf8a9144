"""Measures how indexes take inserts, deletes and VACUUM.

Table `source` holds the data set; `t` is the table that is written to, made
anew for each measurement. Everything returned is plain data.
"""
import dataclasses
import glob
import os
import re
import statistics
import subprocess
import tempfile
import time

from harness import indexes, report
from harness.cluster import Session
from harness.measure import Bench, say

INDEXED_ROWS = 300000
STATEMENT_ROWS = 10000
ONE_ROW = ("\\set row random(0, {last})\n"
           "insert into {table} select id, v from source where id = :row;\n")
# With -R 200: 2,000 rows/s.
TEN_ROWS = ("\\set row random(0, {last})\n"
            "insert into {table} select id, v from source "
            "where id >= :row order by id limit 10;\n")
LOAD_RATE = 200
# With -R 50: 5,000 rows/s.
HUNDRED_ROWS = TEN_ROWS.replace("limit 10;", "limit 100;")
# Rises with every step of maintenance that is published.
SEQUENCE = "select id from pomai_snapshot('t_v') where kind = 'manifest'"
WORKER_DONE = """
select count(*) from pg_stat_activity where backend_type ~ '^pomai'"""
# Rows by the nearest of some 64 of them, which go from near to far: what comes
# late is unlike what came first.
SORTED = """
create table sorted as
with centers as materialized (
    select row_number() over (order by c.v {operator} first.v) as place, c.v
    from source c, source first
    where c.id % {step} = 0 and first.id = 0)
select row_number() over (order by center, id) - 1 as place, id, v
from (select id, v, (select place from centers c
                     order by c.v {operator} s.v limit 1) as center
      from source s) r;
alter table sorted add primary key (place);
vacuum (freeze, analyze) sorted"""


class Writes(Bench):
    """One cluster in which tables are filled, emptied and vacuumed."""

    def prepare(self, extensions):
        self.load(extensions)
        self.cluster.psql("alter table t rename to source")

    def refill(self, rows, index, order="source.id"):
        """Table t with the first `rows` rows and the index, if there is one.
        `order`: the table and column they come from."""
        self.fill("t", rows, order)
        if index:
            self.build(index)

    def fill(self, table, rows, order="source.id"):
        """A table made anew."""
        self.cluster.psql(
            f"drop table if exists {table}; checkpoint;"
            f"create table {table} as select id, v "
            f"from {order.split('.')[0]} where {order} < {rows};"
            f"alter table {table} set (autovacuum_enabled = off, "
            f"parallel_workers = 2); vacuum (freeze, analyze) {table};")

    def measure_writes(self, name, index):
        """What one index costs; `index` None: the bare table."""
        say(f"{name}: {INDEXED_ROWS} rows")
        self.refill(min(INDEXED_ROWS, self.rows - STATEMENT_ROWS), index)
        result = {"name": name, "statement": self.statement()}
        if name == "pomai":
            result["row_at_a_time"] = self.statement("pomai.batch_size = 1")
        self.settle()
        result["one_row"] = {clients: self.one_row(clients)
                             for clients in (1, 4)}
        result["vacuum_seconds"] = self.vacuum()
        say(f"  {result}")
        return result

    def statement(self, setting="application_name = ''"):
        """Seconds and WAL bytes of inserting 10,000 rows at once."""
        first = self.rows - STATEMENT_ROWS
        lines = self.cluster.psql(f"""
            set {setting}; checkpoint;
            select count(*) from source where id >= {first} and v is not null;
            select 'wal', pg_current_wal_insert_lsn();
            \\timing on
            insert into t select id, v from source where id >= {first};
            \\timing off
            select 'wal', pg_current_wal_insert_lsn();""")
        start, end = re.findall(r"^wal\|(.*)$", lines, re.M)
        return {"seconds": _milliseconds(lines) / 1000,
                "wal_bytes": self._number(
                    f"select pg_wal_lsn_diff('{end}', '{start}')")}

    def one_row(self, clients, seconds=8, table="t"):
        return self._pgbench(ONE_ROW, clients, ["-T", str(seconds)],
                             table=table)

    def vacuum(self):
        """Seconds of VACUUM after a tenth of the rows was deleted."""
        lines = self.cluster.psql("""
            delete from t where id % 10 = 3; checkpoint;
            \\timing on
            vacuum (index_cleanup on) t;""")
        return _milliseconds(lines) / 1000

    def one_row_turns(self, index, turns=11, seconds=3):
        """One-row inserts a second into a bare table and into the indexed one,
        in turns: medians, and the median of the turns' ratios, since a machine
        that is shared is slower for seconds at a time."""
        rows = min(INDEXED_ROWS, self.rows)
        self.fill("bare", rows)
        self.refill(rows, index)
        runs = {}
        for _ in range(turns):
            for clients in (1, 4):
                for table in ("bare", "t"):
                    self.cluster.psql("checkpoint")
                    runs.setdefault((clients, table), []).append(
                        self.one_row(clients, seconds, table))
            self.settle()
        result = {}
        for clients in (1, 4):
            bare, indexed = ([run["tps"] for run in runs[clients, table]]
                             for table in ("bare", "t"))
            ratio = statistics.median(b / a for a, b in zip(bare, indexed))
            result[clients] = {"bare": runs[clients, "bare"],
                               "indexed": runs[clients, "t"],
                               "ratio": ratio}
            say(f"  {clients} clients: {statistics.median(bare):.0f} and "
                f"{statistics.median(indexed):.0f} a second: {ratio:.3f}")
        return result

    def batch_turns(self, index, turns=15):
        """10,000 rows in one statement into a bare table, in batches into the
        indexed one, and row by row: in turns of one session, which has read
        the codebook and mapped the buffers before. `ratio`: how many times as
        long row by row takes, less the bare table's time; the median over
        turns. `wal_ratio`: a batch's share of the WAL of row by row."""
        rows = min(INDEXED_ROWS, self.rows - STATEMENT_ROWS)
        self.fill("bare", rows)
        self.refill(rows, index)
        self.cluster.psql(
            "drop table if exists more; create table more as select id, v "
            f"from source where id >= {self.rows - STATEMENT_ROWS}")
        kinds = {"bare": ("bare", "default"), "batch": ("t", "default"),
                 "row": ("t", "1")}
        runs = {kind: [] for kind in kinds}
        with Session(self.cluster) as session:
            session.run("set pomai.background_maintenance = off")
            for turn in range(turns + 1):
                for kind, (table, size) in kinds.items():
                    session.run(f"set pomai.batch_size = {size}")
                    session.run("checkpoint")
                    session.run("select count(*) from more")
                    start = session.run("select pg_current_wal_insert_lsn()")
                    began = time.monotonic()
                    session.run(f"insert into {table} select id, v from more")
                    took = time.monotonic() - began
                    wal = int(session.run(
                        "select pg_current_wal_insert_lsn() - '"
                        f"{start.strip()}'"))
                    if turn > 0:  # the first one warms the session
                        runs[kind].append({"seconds": took, "wal_bytes": wal})
        seconds = {kind: [run["seconds"] for run in runs[kind]]
                   for kind in kinds}
        wal = {kind: statistics.median(run["wal_bytes"] for run in runs[kind])
               for kind in kinds}
        result = {
            **runs,
            "ratio": statistics.median(
                (row - bare) / (batch - bare) for bare, batch, row
                in zip(*(seconds[kind] for kind in kinds))),
            "ratio_with_table": statistics.median(
                row / batch for batch, row
                in zip(seconds["batch"], seconds["row"])),
            "wal_ratio": (wal["batch"] - wal["bare"]) /
                         (wal["row"] - wal["bare"])}
        say("  " + ", ".join(
            f"{kind} {1000 * statistics.median(seconds[kind]):.1f} ms"
            for kind in kinds))
        say(f"  row by row / batch less bare {result['ratio']:.2f}, "
            f"with the table {result['ratio_with_table']:.2f}, "
            f"WAL {result['wal_ratio']:.2f}")
        return result

    def doubling(self, index):
        """What becomes of an index whose rows double by inserts."""
        return self._grow(index, "source.id")

    def drift(self, index):
        """The same where the second half is unlike the first."""
        self.cluster.psql("drop table if exists sorted;" + SORTED.format(
            operator=indexes.OPERATOR[self.data_set.metric],
            step=self.rows // 64))
        return self._grow(index, "sorted.place")

    def _grow(self, index, order):
        """Searches after the second half of the rows was inserted, and after a
        fresh build; the processor time of maintenance and of the build."""
        setting, values = index.sweeps[0]
        half = self.rows // 2
        self.refill(half, index, order)
        before = self.cluster.reaped_seconds()
        began = time.monotonic()
        with Session(self.cluster) as session:
            for first in range(half, self.rows, 1000):
                session.run(f"insert into t select id, v "
                            f"from {order.split('.')[0]} where {order} >= "
                            f"{first} and {order} < {first + 1000}")
            self.settle(ask=session.run)
            grown = time.monotonic() - began
            session.run("vacuum (analyze) t")
            self.settle(ask=session.run)
            maintenance = self.cluster.reaped_seconds() - before
        after = self.sweep(setting, values)
        before = self.cluster.reaped_seconds()
        self.cluster.psql("reindex index t_v")
        time.sleep(0.5)
        build = self.cluster.reaped_seconds() - before
        fresh = self.sweep(setting, values)
        rates = [report.rate_at(points, 0.95) for points in (after, fresh)]
        say(f"  doubled in {grown:.0f} s; q/s at 0.95: {rates}; processor "
            f"seconds {maintenance:.1f}, of a build {build:.1f}")
        return {"seconds": grown, "doubled": after, "fresh": fresh,
                "qps_at_0.95": rates,
                "maintenance_cpu_seconds": maintenance,
                "build_cpu_seconds": build}

    def under_load(self, index, turns=4, seconds=5):
        """Queries/s alone, beside 2,000 rows a second that are inserted into
        the table they read, and beside as many that go into a table without
        an index, in turns: medians. The last is what commits and processors
        cost, whatever the index does."""
        rows = min(INDEXED_ROWS, self.rows)
        self.fill("bare", rows)
        self.refill(rows, index)
        sql = self._fill("select id from t order by v {operator} "
                         "(select v from q where id = $1) limit {limit}")
        runs = {"idle": [], "bare": [], "loaded": []}
        for _ in range(turns):
            runs["idle"].append(self._timed(sql, 1, seconds=seconds))
            for name, table in (("bare", "bare"), ("loaded", "t")):
                with self._load(TEN_ROWS, ["-R", str(LOAD_RATE)], table=table):
                    time.sleep(1)
                    runs[name].append(self._timed(sql, 1, seconds=seconds))
                self.settle()
        idle, bare, loaded = (statistics.median(run["qps"] for run in of)
                              for of in runs.values())
        result = {**runs, "ratio": loaded / idle, "bare_ratio": bare / idle}
        say(f"  idle {idle:.0f} q/s, under load {loaded:.0f} = "
            f"{loaded / idle:.3f}; the load elsewhere {bare:.0f} = "
            f"{bare / idle:.3f}")
        return result

    def insert_latency(self, index, turns=4, seconds=5):
        """How long a one-row insert takes beside 5,000 inserted rows a second,
        with and without the seals and merges that these make due, in turns.

        The rows beside come a hundred a transaction, so that the disk keeps up
        with the commits: else what is measured is their queue. A turn without
        maintenance begins with an empty tail and ends before that is four
        times too long, when the inserting session would seal it itself."""
        self.refill(min(INDEXED_ROWS, self.rows), index)
        runs = {"maintained": [], "alone": []}
        steps = {name: 0 for name in runs}
        for _ in range(turns):
            for name, setting in (("maintained", "on"), ("alone", "off")):
                self.cluster.psql("select pomai_seal('t_v'); checkpoint")
                self.settle()
                options = f" options=-cpomai.background_maintenance={setting}"
                before = self._number(SEQUENCE)
                with self._load(HUNDRED_ROWS, ["-R", "50"], options):
                    runs[name] += self._lines(
                        ONE_ROW, 1, ["-R", "100", "-T", str(seconds)], options)
                    steps[name] += self._number(SEQUENCE) - before
        result = {name: _percentiles([line.took for line in lines])
                  | {"late_p99_us": _percentiles(
                      [line.late for line in lines])["p99_us"],
                     "steps": steps[name]}
                  for name, lines in runs.items()}
        result["p99_ratio"] = (result["maintained"]["p99_us"]
                               / result["alone"]["p99_us"])
        say(f"  {result}")
        return result

    def rounds(self, index):
        """Index bytes before and after each of ten rounds of: delete a tenth,
        VACUUM, insert a tenth."""
        rows = min(INDEXED_ROWS, self.rows)
        self.refill(rows, index)
        sizes = [self._number("select pg_relation_size('t_v')")]
        for number in range(10):
            self.cluster.psql(f"""
                delete from t where id % 10 = {number};
                vacuum (index_cleanup on) t;
                insert into t select id, v from source
                where id % 10 = {number} and id < {rows};""")
            self.settle()
            sizes.append(self._number("select pg_relation_size('t_v')"))
        say(f"  sizes {[round(size / sizes[0], 3) for size in sizes]}")
        return {"index_bytes": sizes}

    def settle(self, seconds=300, ask=None):
        """Waits until no maintenance worker runs. `ask`: runs the query."""
        ask = ask or self.cluster.psql
        quiet = 0
        for _ in range(seconds * 2):
            quiet = quiet + 1 if int(ask(WORKER_DONE)) == 0 else 0
            if quiet >= 4:
                return
            time.sleep(0.5)
        raise RuntimeError("maintenance does not come to an end")

    def _load(self, script, options, conninfo="", table="t"):
        return Load(self._command(script, 1, ["-T", "3600", *options],
                                  conninfo, table))

    def _pgbench(self, script, clients, options, conninfo="", table="t"):
        lines = self._lines(script, clients, options, conninfo, table)
        seconds = int(options[options.index("-T") + 1])
        return {"tps": len(lines) / seconds,
                **_percentiles([line.took for line in lines])}

    def _lines(self, script, clients, options, conninfo="", table="t"):
        """What pgbench logged of each transaction."""
        with tempfile.TemporaryDirectory() as folder:
            log = ["-l", "--log-prefix", os.path.join(folder, "log")]
            command = self._command(script, clients, [*options, *log],
                                    conninfo, table)
            subprocess.run(command, check=True, capture_output=True)
            return [Line.of(line)
                    for name in glob.glob(os.path.join(folder, "log*"))
                    for line in open(name, encoding="utf-8")]

    def _command(self, script, clients, options, conninfo="", table="t"):
        script = script.format(last=self.rows - 11, table=table)
        path = os.path.join(self.cluster.folder, f"script-{hash(script)}.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        return [os.path.join(self.cluster.bin, "pgbench"), "-n", "-M",
                "prepared", "-c", str(clients), "-j", "1", "-f", path,
                *options, self.cluster.conninfo + conninfo]


@dataclasses.dataclass
class Line:
    """One transaction, in microseconds."""
    took: int  # from its begin
    late: int  # when it began, after it was due (with -R)

    @staticmethod
    def of(line):
        # client, transaction, microseconds since it was due, script, two of
        # the time, with -R microseconds between due and begun
        fields = [int(field) for field in line.split()]
        late = fields[6] if len(fields) > 6 else 0
        return Line(fields[2] - late, late)


class Load:
    """A command that runs as long as a `with` block."""

    def __init__(self, command):
        self.command = command
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        ended = self.process.poll()
        self.process.terminate()
        self.process.wait()
        if ended is not None:
            raise RuntimeError(f"ended early: {' '.join(self.command)}")


def _percentiles(times):
    times = sorted(times)
    return {"p50_us": times[len(times) // 2],
            "p99_us": times[len(times) * 99 // 100]}


def _milliseconds(lines):
    return float(re.search(r"^Time: ([0-9.]+) ms", lines, re.M)[1])


def summary(results):
    """The figures as a Markdown table."""
    rows = [["index", "10,000 rows s", "WAL MB", "one row a s, 1 client",
             "4 clients", "VACUUM s"]]
    for index in results["writes"]:
        rows.append([
            index["name"], f"{index['statement']['seconds']:.3f}",
            f"{index['statement']['wal_bytes'] / 1e6:.2f}",
            f"{index['one_row'][1]['tps']:.0f}",
            f"{index['one_row'][4]['tps']:.0f}",
            f"{index['vacuum_seconds']:.2f}"])
    return report.table(rows)
