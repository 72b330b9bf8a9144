"""Recall against queries/s as an SVG picture: one line a sweep, queries/s on
a log axis, up and to the right is better."""
import math
from xml.sax.saxutils import escape

from harness import report

WIDTH, HEIGHT = 860, 540
LEFT, RIGHT, TOP, BOTTOM = 76, 168, 78, 62
# Told apart by people with colour-blindness too (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
           "#000000")
INK, PALE, GRID = "#1f2933", "#66727f", "#e3e8ee"
LOWEST_RECALL = 0.70
FIXED = {"pomai": 0, "hnsw": 1, "ivfflat": 2}


class Axes:
    """From data to places in the picture."""

    def __init__(self, lines):
        points = [p for _, line in lines for p in line]
        recalls = [r for r, _ in points]
        rates = [q for _, q in points]
        self.x0 = math.floor(20 * max(LOWEST_RECALL, min(recalls))) / 20
        self.y0 = 10 ** (math.floor(5 * math.log10(min(rates))) / 5)
        self.y1 = 10 ** (math.ceil(5 * math.log10(max(rates))) / 5)

    def x(self, recall):
        part = (recall - self.x0) / (1 - self.x0)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, rate):
        part = math.log(rate / self.y0) / math.log(self.y1 / self.y0)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    def recall_ticks(self):
        step = 0.05 if 1 - self.x0 > 0.15 else 0.02
        count = int(round((1 - self.x0) / step))
        return [1 - step * i for i in range(count, -1, -1)]

    def rate_ticks(self):
        """1, 2, 5 times each power of ten; those of ten are drawn darker."""
        for power in range(int(math.log10(self.y0)) - 1,
                           int(math.log10(self.y1)) + 1):
            for digit in (1, 2, 5):
                rate = digit * 10.0 ** power
                if self.y0 <= rate <= self.y1 * 1.001:
                    yield rate


def draw(results):
    lines = [(name, sorted((p["recall"], p["one_client"]["qps"])
                           for p in points
                           if p["recall"] >= LOWEST_RECALL))
             for name, points in report.lines_of(results)]
    lines = [(name, points) for name, points in lines if points]
    axes = Axes(lines)
    parts = [_frame(), _title(results), _grid(axes)]
    colours = _colours([name for name, _ in lines])
    for name, points in lines:
        parts.append(_line(axes, points, colours[name], "(" in name))
    parts.append(_labels(axes, lines, colours))
    return "\n".join(parts + ["</svg>", ""])


def _colours(names):
    """The known indexes keep their colours in every picture."""
    families = []
    for name in names:
        family = name.split(" ")[0]
        if family not in families:
            families.append(family)
    free = [c for i, c in enumerate(COLOURS) if i not in FIXED.values()]
    chosen = {}
    for family in families:
        chosen[family] = (COLOURS[FIXED[family]] if family in FIXED
                          else free.pop(0) if free else INK)
    return {name: chosen[name.split(" ")[0]] for name in names}


def _frame():
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, '
        'sans-serif">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>')


def _title(results):
    server = results["server"]["postgresql"]
    return "\n".join((
        _text(LEFT, 32, f"{results['data_set']}: {results['rows']:,} x "
              f"{results['dimensions']}, {results['metric']}", 18, weight=600),
        _text(LEFT, 54, "queries/s against recall@10; one client, prepared, "
              f"data in memory, PostgreSQL {server}; up and right is better",
              12.5, PALE)))


def _grid(axes):
    parts = []
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for recall in axes.recall_ticks():
        x = axes.x(recall)
        parts.append(_rule(x, TOP, x, bottom))
        parts.append(_text(x, bottom + 20, f"{recall:.2f}", 12, PALE,
                           "middle"))
    for rate in axes.rate_ticks():
        y = axes.y(rate)
        parts.append(_rule(LEFT, y, right, y))
        parts.append(_text(LEFT - 8, y + 4, f"{rate:,.0f}", 12, PALE, "end"))
    parts.append(_text((LEFT + right) / 2, bottom + 46, "recall@10", 13, INK,
                       "middle"))
    middle = (TOP + bottom) / 2
    parts.append(f'<g transform="translate(20 {middle:.1f}) rotate(-90)">'
                 + _text(0, 0, "queries/s", 13, INK, "middle") + "</g>")
    return "\n".join(parts)


def _line(axes, points, colour, secondary):
    places = [(axes.x(r), axes.y(q)) for r, q in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = ' stroke-dasharray="5 4" opacity="0.75"' if secondary else ""
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" '
             f'stroke-width="{1.6 if secondary else 2.4}" '
             f'stroke-linejoin="round"{dash}/>']
    for (x, y), (recall, rate) in zip(places, points):
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" '
            f'r="{2.4 if secondary else 3.6}" fill="{colour}" '
            f'stroke="#ffffff" stroke-width="1">'
            f'<title>recall {recall:.4f}, {rate:,.0f} queries/s</title>'
            '</circle>')
    return "\n".join(parts)


def _labels(axes, lines, colours):
    """Each line's name at its right end, pushed apart where they collide."""
    wanted = sorted((axes.y(points[-1][1]), name) for name, points in lines)
    parts, last = [], 0.0
    for y, name in wanted:
        y = max(y, last + 17)
        last = y
        parts.append(_text(WIDTH - RIGHT + 12, y + 4, name, 13,
                           colours[name], weight=600 if "(" not in name
                           else 400))
    return "\n".join(parts)


def _rule(x1, y1, x2, y2):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{GRID}"/>')


def _text(x, y, text, size, fill=INK, anchor="start", weight=400):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
            f'text-anchor="{anchor}" font-weight="{weight}">'
            f"{escape(text)}</text>")
