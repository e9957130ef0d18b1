"""The plain search: every row is measured in float64."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.workers import map_in_order
from trivium.neighbors.search.kernels import scan_few, scan_nearest, scan_within
from trivium.neighbors.search.measures import Measure, require_known

_QUERIES_A_PIECE = 128
_FEW_QUERIES = 8  # below, copying rows into blocks costs more than it saves
_PAIRS_WORTH_THREADS = 200_000


class Scan:
    """Rows as they are.

    Parameters
    ----------
    measure : Measure
    rows : ndarray of shape (n, d)
    """

    def __init__(self, measure: Measure, rows: Floats) -> None:
        require_known(measure)
        self._measure = measure
        self._rows = rows

    def nearest(
        self, queries: Floats, skip: Indices, n_jobs: int | None, found: tuple[Float64, Indices]
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        search = scan_few if queries.shape[0] < _FEW_QUERIES else scan_nearest

        def run(piece: slice) -> None:
            near = found[0][piece], found[1][piece]
            search(self._measure, _float64(queries[piece]), self._rows, skip[piece], *near)

        for _ in map_in_order(run, self._pieces(queries), self._jobs(queries, n_jobs)):
            pass

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        reach = np.full(queries.shape[0], radius, dtype=np.float64)

        def run(piece: slice) -> tuple[Indices, Float64, Indices]:
            points, own = _float64(queries[piece]), skip[piece]
            counts = np.zeros(points.shape[0], dtype=np.intp)
            distances, indices = np.empty(0), np.empty(0, dtype=np.intp)
            given = self._measure, points, self._rows, reach[piece], own, counts
            total = scan_within(*given, distances, indices)
            distances, indices = np.empty(total), np.empty(total, dtype=np.intp)
            scan_within(*given, distances, indices)
            return counts, distances, indices

        parts = list(map_in_order(run, self._pieces(queries), self._jobs(queries, n_jobs)))
        counts, distances, indices = (np.concatenate(each) for each in zip(*parts, strict=True))
        return np.concatenate([[0], np.cumsum(counts)]), distances, indices

    def _pieces(self, queries: Floats) -> list[slice]:
        m = queries.shape[0]
        return [
            slice(start, min(start + _QUERIES_A_PIECE, m))
            for start in range(0, m, _QUERIES_A_PIECE)
        ]

    def _jobs(self, queries: Floats, n_jobs: int | None) -> int | None:
        few = queries.shape[0] * self._rows.shape[0] < _PAIRS_WORTH_THREADS
        return 1 if few else n_jobs


def _float64(queries: Floats) -> Float64:
    return np.ascontiguousarray(queries, dtype=np.float64)
