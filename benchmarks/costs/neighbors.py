"""What the searches for neighbours take."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.costs.experiments import Watch, fitted
from trivium.arrays import Floats
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.metrics import METRICS, Metric
from trivium.neighbors.search.products.byte_rows import empty_byte_rows, write_byte_rows
from trivium.neighbors.search.products.panels import NOTHING, Frame, frame_of
from trivium.neighbors.search.products.quantized import precisions, unwritten, write
from trivium.neighbors.search.products.shortlist import Asked
from trivium.neighbors.search.projections.axes import coordinates, principal_axes, with_tail
from trivium.neighbors.search.projections.projected import Projected, Widths, work_before
from trivium.neighbors.search.projections.pruning import Bounds, Fine, Whole, prune
from trivium.neighbors.search.scan import Scan, patience

EUCLIDEAN, MANHATTAN = METRICS["euclidean"], METRICS["manhattan"]
_PRODUCTS = 25_000_000  # of queries, rows and columns: `Brute` leaves fewer to `Scan`


def uniform(n: int, d: int, seed: int = 0) -> Floats:
    """Rows in the unit cube."""
    return np.random.default_rng(seed).random((n, d))


def ask(searcher: Any, queries: Floats, k: int) -> None:
    """Search on this thread."""
    m = queries.shape[0]
    found = np.empty((m, k)), np.empty((m, k), dtype=np.intp)
    searcher.nearest(queries, np.full(m, -1), 1, found)


def products(watch: Watch, columns: Sequence[int], rows: Sequence[int]) -> dict[str, float]:
    """Time `Brute` at several numbers of rows, columns and neighbours."""
    counts, times = [], []
    for d in columns:
        for n in rows:
            m = max(256, -(-_PRODUCTS // (n * d)))
            searcher, queries = Brute(EUCLIDEAN.measure, uniform(n, d)), uniform(m, d, 1)
            for k in (1, 10):
                times.append(watch(partial(ask, searcher, queries, k)) / m)
                counts.append((1.0, k * np.log2(1.0 + n / k), n, n * d))
    return fitted(["query", "candidate", "pair", "product"], counts, times)


def in_float32(watch: Watch, rows: Sequence[int] = (512, 4_096, 16_384)) -> dict[str, float]:
    """Time products in float32."""
    columns = [d for d in (4, 8, 16, 24, 64) if precisions(d)[0] == "float32"]
    return products(watch, columns, rows)


def in_bytes(watch: Watch, rows: Sequence[int] = (512, 8_192, 32_768)) -> dict[str, float]:
    """Time products of bytes, where the processor multiplies them."""
    columns = [d for d in (28, 40, 64, 128) if precisions(d)[0] == "bytes"]
    return products(watch, columns, rows)


def wait_for_nothing() -> None:
    """Let `Scan` run compiled loops at once."""
    for each in patience.values():
        each.limit = 0.0


def by_differences(watch: Watch, metric: Metric, n: int, d: int, k: int) -> float:
    """Time `Scan` for a query."""
    wait_for_nothing()
    searcher, queries = Scan(metric.measure, uniform(n, d)), uniform(32, d, 1)
    return watch(partial(ask, searcher, queries, k)) / 32


def scan(watch: Watch) -> dict[str, float]:
    """Time direct differences, of which a power is taken or not."""
    counts, times = [], []
    for n in (1_000, 8_000):
        for d in (2, 4, 8, 16):
            for k in (1, 10, 50):
                times.append(by_differences(watch, MANHATTAN, n, d, k))
                counts.append((k * np.log2(1.0 + n / k), n, n * d))
    found = fitted(["scan_candidate", "scan_row", "scan_column"], counts, times)
    powers = by_differences(watch, METRICS["minkowski"], 1_000, 8, 1)
    return found | {"power": (powers - by_differences(watch, MANHATTAN, 1_000, 8, 1)) / 8_000}


def tree(watch: Watch, rows: Sequence[int] = (5_000, 40_000)) -> dict[str, float]:
    """Time trees, which look at more rows the more columns and neighbours there are."""
    counts, times = [], []
    for n in rows:
        for d, rank in ((2, 2), (4, 4), (6, 6), (8, 8), (16, 3), (32, 3), (32, 5)):
            turn = np.linalg.qr(np.random.default_rng(2).normal(size=(d, rank)))[0].T
            searcher = KDTree(EUCLIDEAN.measure, uniform(n, rank) @ turn, 1)
            queries = uniform(512, rank, 1) @ turn
            for k in (1, 10, 50):
                looks = searcher.probe(queries, k)
                times.append(watch(partial(ask, searcher, queries, k)) / 512)
                counts.append((looks, looks * d, k))
    return fitted(["look", "look_column", "neighbor"], counts, times)


def writing(watch: Watch, n: int = 4096) -> dict[str, float]:
    """Time writing rows for products, without a projection."""
    d = 256
    rows = uniform(n, d)
    return {"write": watch(lambda: write(rows, precisions(d)[0], 1)) / (n * d)}


def axes(watch: Watch, n: int = 4096) -> dict[str, float]:
    """Time finding axes and turning rows to them."""
    d, n_axes = 256, 128
    rows = uniform(n, d)
    frame = frame_of(rows, np.float32)
    assert frame is not None  # noqa: S101 - for the type checker

    def prepare() -> None:
        basis = principal_axes(rows, frame.center, n_axes - 1)
        Projected(EUCLIDEAN.measure, rows, frame, basis, Widths(16, 32, n_axes), 1)

    return {"axes": watch(prepare) / work_before(n, d, n_axes)}


def pruning(watch: Watch, columns: Sequence[int] = (64, 512)) -> dict[str, float]:
    """Time what is done for rows that a projection leaves: finer scores, then all columns."""
    counts, times = [], []
    for d in columns:
        search = _Clusters(d)
        none = watch(partial(search, finer=False, whole=False))
        finer = watch(partial(search, finer=True, whole=False)) - none
        whole = watch(partial(search, finer=True, whole=True)) - none - finer
        counts += [(search.n_left, 0.0, 0.0), (0.0, search.n_left, search.n_left * d)]
        times += [finer, whole]
    return fitted(["fine", "whole_row", "whole_column"], counts, times)


class _Clusters:
    """Rows in eight clusters far apart, of which each query is left one, scattered in the others.

    Attributes
    ----------
    n_left : int
        Pairs of query and row.
    """

    def __init__(self, d: int, *, n: int = 16_384, width: int = 8, fine: int = 64) -> None:
        rng = np.random.default_rng(0)
        places = np.indices((2, 2, 2)).reshape(3, -1).T - 0.5
        basis = np.linalg.qr(rng.normal(size=(d, 3)))[0].T
        cluster = rng.integers(0, 8, n)
        rows = places[cluster] @ basis + 1e-4 * rng.normal(size=(n, d))
        queries = places.repeat(8, axis=0) @ basis + 1e-4 * rng.normal(size=(64, d))
        self.n_left = 8 * n
        frame = frame_of(rows, np.float32)
        assert frame is not None  # noqa: S101 - for the type checker
        axes = principal_axes(rows, frame.center, fine - 1)
        heads, squares = coordinates(rows, frame, axes)
        own_heads, own_squares = coordinates(queries, frame, axes)
        flat = Frame(np.zeros(width), 0, frame.dtype, 0.0)
        written = unwritten(n, with_tail(heads, squares, width - 1), flat, "float32")
        written.write(0, with_tail(heads, squares, width - 1))
        self._panels = written.panels
        self._quads, _ = written.quads(with_tail(own_heads, own_squares, width - 1))
        self._near = 0.5 * ((0.5 * frame.scale) ** 2 - own_squares).astype(frame.dtype)
        self._asked = Asked(EUCLIDEAN.measure, queries, rows, frame.scale, own_squares)
        self._fine = tuple(
            with_tail(*each, fine - 1).astype(frame.dtype)
            for each in ((heads, squares), (own_heads, own_squares))
        )
        self._halves = (0.5 * squares).astype(frame.dtype)
        self._bytes = empty_byte_rows(n, d), empty_byte_rows(64, d)
        for each, some in zip(self._bytes, (rows, queries), strict=True):
            write_byte_rows(each, 0, some, frame, 0.01, np.empty(some.shape))

    def __call__(self, finer: bool, whole: bool) -> None:
        """Look at all rows, and more closely at each query's own; measure none of them."""
        forever = np.full(64, np.inf)  # margins with which no limit is lowered
        limits = [
            self._near if asked else np.full_like(self._near, NOTHING) for asked in (finer, whole)
        ]
        none = np.full_like(self._near, NOTHING)
        bounds, fine, in_bytes = (Bounds(limit.copy(), forever, 0.0) for limit in (*limits, none))
        found = np.full((64, 10), np.inf), np.full((64, 10), len(self._asked.rows))
        rows, queries = self._fine
        prune(
            self._asked,
            self._panels,
            self._quads,
            bounds,
            Fine(self._halves, rows, queries, fine),
            Whole(*self._bytes, in_bytes),
            np.full(64, -1),
            *found,
        )
