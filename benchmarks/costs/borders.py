"""Both ways of a choice, timed where it turns from one to the other."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from benchmarks.costs.experiments import Watch
from benchmarks.costs.neighbors import ask, uniform, wait_for_nothing
from trivium.blocks.workers import at_most, one_blas_thread
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.costs import choose
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.metrics import METRICS
from trivium.neighbors.search.scan import Scan

CASES = [
    ("euclidean", n, d, k)
    for n, columns in ((1_000, (3, 5)), (5_000, (4, 6, 8)), (20_000, (6, 8, 10)), (60_000, (8, 10)))
    for d in columns
    for k in (1, 10, 50)
] + [
    (metric, n, d, k)
    for metric in ("manhattan", "minkowski")
    for n, d in ((1_000, 6), (5_000, 8), (20_000, 12))
    for k in (1, 10, 50)
]
"""Metric, rows, columns and neighbours."""

MOST = 2.0
"""Times as long as the other way, that the chosen one may take."""

_PRODUCTS = 25_000_000  # of which `Brute` leaves fewer to `Scan`
_MOST_QUERIES = 2_048


class Border(NamedTuple):
    """A case, and nanoseconds of a query by each way.

    Attributes
    ----------
    case : tuple
    chosen : str
    by_all, by_tree : float
    """

    case: tuple[str, int, int, int]
    chosen: str
    by_all: float
    by_tree: float

    @property
    def ratio(self) -> float:
        """Time of the way chosen over that of the other."""
        ratio = self.by_tree / self.by_all
        return ratio if self.chosen == "kd_tree" else 1.0 / ratio


def measure(watch: Watch, cases: Sequence[tuple[str, int, int, int]] = CASES) -> list[Border]:
    """Time both ways of each case, in this thread alone."""
    wait_for_nothing()
    with at_most(1), one_blas_thread():
        return [_border(watch, case) for case in cases]


def _border(watch: Watch, case: tuple[str, int, int, int]) -> Border:
    name, n, d, k = case
    metric, rows = METRICS[name], uniform(n, d)
    choice, _ = choose(metric, rows, k, lambda some: KDTree(metric.measure, some, 1))
    all_of_them = (Brute if metric.by_products else Scan)(metric.measure, rows)
    m = 256
    if metric.by_products:
        m = max(m, -(-_PRODUCTS // (n * d)))
    queries = uniform(m, d, 1)
    some = queries[:_MOST_QUERIES]
    by_all = watch(partial(ask, all_of_them, queries, k)) / m
    by_tree = watch(partial(ask, KDTree(metric.measure, rows, 1), some, k)) / len(some)
    return Border(case, choice.algorithm, by_all, by_tree)


def table(borders: Sequence[Border]) -> str:
    """Show them, and mark those where the other way is much faster."""
    lines = [f"{'case':34} {'all rows':>9} {'tree':>9} {'chosen':>8} {'ratio':>7}", ""]
    for each in borders:
        name, n, d, k = each.case
        case = f"{name}, {n:,} x {d}, k = {k}"
        mark = "  ** slow **" if each.ratio > MOST else ""
        times = f"{each.by_all / 1e3:9.2f} {each.by_tree / 1e3:9.2f}"
        lines.append(f"{case:34} {times} {each.chosen:>8} {each.ratio:7.2f}{mark}")
    return "\n".join([*lines, "", "microseconds a query; ratio: the way chosen over the other"])
