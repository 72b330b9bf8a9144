"""What the figures were measured on."""
import datetime
import os
import platform
import re


def describe_run(server):
    """What every file of results begins with."""
    return {"date": datetime.date.today().isoformat(), "machine": describe(),
            "server": describe_server(server)}


def describe():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        cpu = file.read()
    flags = re.search(r"^flags\s*: (.*)$", cpu, re.M)
    flags = flags[1].split() if flags else []
    with open("/proc/meminfo", encoding="utf-8") as file:
        kilobytes = int(re.search(r"MemTotal:\s+(\d+)", file.read())[1])
    model = re.search(r"^model name\s*: (.*)$", cpu, re.M)
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "simd": [flag for flag in ("avx2", "avx512f", "avx512bw",
                                   "avx512_vpopcntdq") if flag in flags],
        "memory_gib": round(kilobytes / 2 ** 20, 1),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def describe_server(server):
    version = server.psql("show server_version").split()[0]
    extensions = server.psql(
        "select extname, extversion from pg_extension "
        "where extname <> 'plpgsql' order by 1")
    return {
        "postgresql": version,
        "extensions": dict(line.split("|")
                           for line in extensions.splitlines()),
        "settings": server.settings,
    }
