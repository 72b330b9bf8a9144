"""What is compared: the definition of each index and the settings it is swept
over. {operators} and {column} are filled in from the data set."""
import dataclasses

RECALL_TARGETS = (0.8, 0.9, 0.95, 0.97, 0.99)


@dataclasses.dataclass
class Index:
    name: str
    definition: str  # what follows `create index NAME on t`
    # (setting, values); each sweep is one line of the plot.
    sweeps: list
    extensions: tuple = ()
    # The setting whose value promises a recall, if there is one.
    target_setting: str = ""


def known(rows):
    """The indexes by name, for a table of so many rows."""
    lists = round(rows ** 0.5)
    return {index.name: index for index in (
        Index(
            "hnsw",
            "using hnsw (v {operators}) with (m = 16, ef_construction = 64)",
            [("hnsw.ef_search",
              (10, 20, 40, 60, 80, 100, 120, 160, 200, 300, 400))],
            ("vector",)),
        Index(
            "ivfflat",
            f"using ivfflat (v {{operators}}) with (lists = {lists})",
            [("ivfflat.probes", (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120))],
            ("vector",)),
        Index(
            "pomai",
            "using pomai (v {operators})",
            [("pomai.target_recall", RECALL_TARGETS),
             ("pomai.probes", (4, 8, 16, 32, 64, 128, 256))],
            ("pomai", "vector", "pomai_pgvector"),
            "pomai.target_recall"),
        Index(
            "pomai-real",
            "using pomai (v {operators})",
            [("pomai.target_recall", RECALL_TARGETS)],
            ("pomai",),
            "pomai.target_recall"),
    )}


@dataclasses.dataclass
class DataSet:
    name: str
    metric: str


DATA_SETS = {
    "glove": DataSet("glove", "cosine"),
    "fashion": DataSet("fashion", "l2"),
}

OPERATOR = {"l2": "<->", "cosine": "<=>", "ip": "<#>"}


def operators(column, metric):
    """The operator class of a column's type: vector or real[]."""
    return f"{'real' if column == 'real[]' else 'vector'}_{metric}_ops"
