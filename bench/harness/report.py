"""Reads results: queries/s at a given recall, and the summary as text."""
import math

RECALLS = (0.90, 0.95, 0.97, 0.99)


def _one_client(point):
    return point["one_client"]["qps"]


def _two_clients(point):
    return point["two_clients"]["qps"]


def _one_processor(point):
    return point["one_processor"]["qps"]


def _per_processor_second(point):
    return 1e6 / point["one_client"]["server_cpu_us"]


def rate_at(points, recall, figure=_one_client):
    """Queries/s at exactly this recall, on the line between the two best
    points around it (log queries/s against recall), or None outside."""
    reached = [p for p in points if p["recall"] >= recall]
    short = [p for p in points if p["recall"] < recall]
    if not reached or not short:
        return None
    above = max(reached, key=lambda p: figure(p))
    below = max(short, key=lambda p: p["recall"])
    span = above["recall"] - below["recall"]
    part = (recall - below["recall"]) / span
    logs = [math.log(figure(p)) for p in (below, above)]
    rate = math.exp(logs[0] + part * (logs[1] - logs[0]))
    return max(rate, figure(above))


def lines_of(results):
    """(name, points) of every sweep, named after the index, and after the
    setting where an index has several."""
    for index in results["indexes"]:
        for number, sweep in enumerate(index["sweeps"]):
            name = index["name"]
            if number:
                name += f" ({sweep['setting']})"
            yield name, sweep["points"]


def table(rows):
    """Rows of cells as a Markdown table."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    def line(row):
        return "| " + " | ".join(
            cell.ljust(width) for cell, width in zip(row, widths)) + " |"
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def summary(results):
    """The whole comparison as Markdown."""
    return "\n\n".join(part for part in (
        _heading(results), _builds(results), _rates(results),
        _processor_times(results), _calibration(results)) if part)


def _heading(results):
    return (f"{results['data_set']}: {results['rows']} x "
            f"{results['dimensions']}, {results['metric']}, column "
            f"{results['column']}, table "
            f"{results['table_bytes'] / 1e6:.1f} MB")


def _builds(results):
    rows = [["index", "build s", "index MB", "WAL MB", "finds itself"]]
    for index in results["indexes"]:
        rows.append([index["name"], f"{index['build_seconds']:.2f}",
                     f"{index['index_bytes'] / 1e6:.1f}",
                     f"{index['wal_bytes'] / 1e6:.1f}",
                     f"{100 * index['finds_itself']['share']:.2f} %"])
    return table(rows)


def _rates(results):
    """One client; one that shares a processor with the server; two."""
    parts = [_rates_by(results, title, figure) for title, figure in (
        ("queries/s at recall@10", _one_client),
        ("on one processor", _one_processor),
        ("2 clients", _two_clients))]
    return "\n\n".join(filter(None, parts))


def _rates_by(results, title, figure):
    rows = [[title] + [f"{r:.2f}" for r in RECALLS]]
    for name, points in lines_of(results):
        if figure is _one_processor and "one_processor" not in points[0]:
            continue  # measured before there was such a figure
        rates = [rate_at(points, recall, figure) for recall in RECALLS]
        rows.append([name] + ["-" if r is None else f"{r:.0f}"
                              for r in rates])
    return table(rows) if len(rows) > 1 else ""


def _processor_times(results):
    rows = [["server CPU us a query at recall@10"]
            + [f"{r:.2f}" for r in RECALLS]]
    for name, points in lines_of(results):
        rates = [rate_at(points, recall, figure=_per_processor_second)
                 for recall in RECALLS]
        rows.append([name] + ["-" if r is None else f"{1e6 / r:.0f}"
                              for r in rates])
    return table(rows)


def _calibration(results):
    rows = [["target", "LIMIT 1", "LIMIT 10", "LIMIT 100"]]
    for index in results["indexes"]:
        measured = {(c["target"], c["limit"]): c["recall"]
                    for c in index.get("calibration", ())}
        for target in sorted({target for target, _ in measured}):
            rows.append([f"{index['name']} {target}"] + [
                f"{measured[target, limit]:.4f}" for limit in (1, 10, 100)])
    return table(rows) if len(rows) > 1 else ""
