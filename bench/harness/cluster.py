"""A PostgreSQL cluster that lives as long as a `with` block.

    with Cluster() as cluster:
        cluster.psql("create table t (id int)")

It is made in the temporary folder, belongs to an unprivileged user when we
are root, listens on a Unix socket only, and is stopped and removed at the
block's end, also when that is an error or a signal.
"""
import fcntl
import glob
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile

SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "listen_addresses": "''",
    "maintenance_work_mem": "1GB",
    "max_parallel_maintenance_workers": "2",
    "max_wal_size": "32GB",
    "shared_buffers": "4GB",
}

PREFIX = "pomai-bench-"


class Cluster:
    def __init__(self, settings=None, server_user="postgres"):
        self.settings = {**SETTINGS, **(settings or {})}
        config = os.environ.get("PG_CONFIG", "pg_config")
        self.bin = output([config, "--bindir"]).strip()
        self.user = server_user if os.geteuid() == 0 else None
        self.folder = None
        self._lock = None
        self.port = random.randint(20000, 60000)

    @property
    def conninfo(self):
        user = self.user or pwd.getpwuid(os.geteuid()).pw_name
        return (f"host={self.folder} port={self.port} user={user} "
                "dbname=postgres")

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: exit(143))
        _remove_left_behind()
        self.folder = tempfile.mkdtemp(prefix=PREFIX)
        self._lock = _lock(self.folder)
        if self.user:
            shutil.chown(self.folder, self.user)
        try:
            self._start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind and issubclass(kind, Exception):
            self._show_log()
        self._remove()

    def psql(self, script):
        """Runs SQL and psql commands; returns the bare rows."""
        return output([os.path.join(self.bin, "psql"), "-XqAt", "-d",
                       self.conninfo, "-v", "ON_ERROR_STOP=1"], script)

    def reaped_seconds(self):
        """Processor time of all server processes that have ended so far: a
        session's counts once it is closed."""
        with open(os.path.join(self._data, "postmaster.pid"),
                  encoding="utf-8") as file:
            postmaster = int(file.readline())
        with open(f"/proc/{postmaster}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        # cutime and cstime of proc(5); what comes first is field 3 there.
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    @property
    def _data(self):
        return os.path.join(self.folder, "data")

    def _start(self):
        self._run("initdb", "-A", "trust", "--no-sync", "-E", "UTF8",
                  "--locale=C", "-D", self._data)
        with open(os.path.join(self._data, "postgresql.conf"), "a",
                  encoding="utf-8") as file:
            for name, value in self.settings.items():
                file.write(f"{name} = {value}\n")
            file.write(f"unix_socket_directories = '{self.folder}'\n"
                       f"port = {self.port}\n")
        self._run("pg_ctl", "-D", self._data, "-w", "-s", "-l",
                  os.path.join(self.folder, "log"), "start")

    def _show_log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            sys.stderr.writelines(file.readlines()[-30:])

    def _remove(self):
        if os.path.exists(os.path.join(self._data, "postmaster.pid")):
            self._run("pg_ctl", "-D", self._data, "-s", "-m", "immediate",
                      "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def _run(self, program, *arguments):
        options = {"cwd": "/"}
        if self.user:
            options |= {"user": self.user, "group": self.user,
                        "extra_groups": []}
        output([os.path.join(self.bin, program), *arguments], **options)


class Session:
    """A psql that stays open as long as a `with` block."""

    END = "end-of-script"

    def __init__(self, cluster):
        self._process = subprocess.Popen(
            [os.path.join(cluster.bin, "psql"), "-XqAt", "-d",
             cluster.conninfo, "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()

    def run(self, sql):
        """Runs one statement, without its semicolon; returns the bare rows."""
        self._process.stdin.write(f"{sql};\n\\echo {self.END}\n")
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            if line.strip() == self.END:
                return "".join(lines)
            lines.append(line)
        raise RuntimeError(f"psql ended at: {sql}")


def _lock(folder):
    """The folder's lock, held until closed, or None where another has it."""
    file = open(os.path.join(folder, "lock"), "w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    except BlockingIOError:
        file.close()
        return None


def _remove_left_behind():
    """Removes the folders of runs that were killed."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(),
                                         PREFIX + "*")):
        lock = _lock(folder)
        if lock:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def output(command, stdin=None, **options):
    """The standard output of a command; an error shows what it wrote."""
    # Files, not pipes: a server that was started may keep them open.
    with tempfile.TemporaryFile("w+") as out, \
            tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(command, input=stdin, stdout=out,
                              stderr=errors, text=True, check=False,
                              **options)
        out.seek(0)
        errors.seek(0)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{errors.read()}")
        return out.read()
