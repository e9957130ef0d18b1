"""The plain search: every row is measured in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience
from trivium.blocks.map_reduce import cut
from trivium.blocks.unlocked import unlocked
from trivium.blocks.workers import map_in_order
from trivium.neighbors.search.heaps import begin
from trivium.neighbors.search.kernels import scan_few, scan_nearest, scan_within
from trivium.neighbors.search.measures import Measure, require_known
from trivium.neighbors.search.plain import is_plain, plain_nearest, plain_within

_QUERIES_A_PIECE = 128
_FEW_QUERIES = 8  # below, copying rows into blocks costs more than it saves
_PAIRS_WORTH_THREADS = 200_000
_A_CALL = 100_000  # numbers that NumPy could subtract while it is called
_A_PAIR = 5  # and while it finds the place of a distance among the others
_A_NEIGHBOR = 120  # and while it sorts one that is found

_LOOPS: tuple[Callable[..., object], ...] = scan_few, scan_nearest, scan_within

patience = {loop: Patience(loop, to_compile=1 << 28, to_load=1 << 26) for loop in _LOOPS}
"""Numbers that NumPy subtracts, at some 1 ns each, before a loop does it."""


class Scan:
    """Rows as they are, measured by NumPy at first and then by compiled loops.

    Parameters
    ----------
    measure : Measure
    rows : ndarray of shape (n, d)
    """

    def __init__(self, measure: Measure, rows: Floats) -> None:
        require_known(measure)
        self._measure = measure
        self._rows = rows

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _rows=unlocked(state["_rows"]))

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        search = scan_few if queries.shape[0] < _FEW_QUERIES else scan_nearest
        if self._is_little(queries, search, found[0].shape[1]):
            plain_nearest(self._measure, _float64(queries), self._rows, skip, *found)
            return

        def run(piece: slice) -> None:
            near = found[0][piece], found[1][piece]
            begin(*near, self._rows.shape[0])
            search(self._measure, _float64(queries[piece]), self._rows, skip[piece], *near)

        for _ in map_in_order(
            run, cut(queries.shape[0], _QUERIES_A_PIECE), self._jobs(queries, n_jobs)
        ):
            pass

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        reach = np.full(queries.shape[0], radius, dtype=np.float64)
        if self._is_little(queries, scan_within):
            points = _float64(queries)
            counts, distances, indices = plain_within(
                self._measure, points, self._rows, reach, skip
            )
            return np.concatenate([[0], np.cumsum(counts)]), distances, indices

        def run(piece: slice) -> tuple[Indices, Float64, Indices]:
            points, own = _float64(queries[piece]), skip[piece]
            counts = np.zeros(points.shape[0], dtype=np.intp)
            distances, indices = np.empty(0), np.empty(0, dtype=np.intp)
            given = self._measure, points, self._rows, reach[piece], own
            scan_within(*given, counts, distances, indices)
            ends = np.cumsum(counts)
            distances, indices = np.empty(ends[-1]), np.empty(ends[-1], dtype=np.intp)
            scan_within(*given, ends - counts, distances, indices)
            return counts, distances, indices

        parts = list(
            map_in_order(run, cut(queries.shape[0], _QUERIES_A_PIECE), self._jobs(queries, n_jobs))
        )
        counts, distances, indices = (np.concatenate(each) for each in zip(*parts, strict=True))
        return np.concatenate([[0], np.cumsum(counts)]), distances, indices

    def _is_little(self, queries: Floats, loop: Callable[..., object], k: int = 0) -> bool:
        """Whether NumPy is to do it, for want of work that would pay for compiling a loop."""
        n, d = self._rows.shape
        work = _A_CALL + queries.shape[0] * (n * (d + _A_PAIR) + k * _A_NEIGHBOR)
        return is_plain(self._measure) and not patience[loop].is_over(work)

    def _jobs(self, queries: Floats, n_jobs: int | None) -> int | None:
        few = queries.shape[0] * self._rows.shape[0] < _PAIRS_WORTH_THREADS
        return 1 if few else n_jobs


def _float64(queries: Floats) -> Float64:
    return np.ascontiguousarray(queries, dtype=np.float64)
