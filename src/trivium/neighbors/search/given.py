"""Distances that were computed elsewhere: a query is a row of them."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import each_of, map_in_order

_DISTANCES_A_PIECE = 1 << 20


def require_distances(rows: Floats, numbers: Indices | None = None) -> None:
    """Raise a ValueError that names the first distance which is negative.

    Parameters
    ----------
    rows : ndarray of shape (m, n)
    numbers : ndarray of shape (m,) or None
        What an error calls the rows; None: 0, 1, ...
    """
    if rows.size and rows.min() < 0.0:
        row, column = np.argwhere(rows < 0.0)[0]
        name = row if numbers is None else numbers[row]
        raise ValueError(
            f"Negative values in data: metric='precomputed' takes distances, and that in row "
            f"{name}, column {column} is {rows[row, column]:.6g}."
        )


class Given:
    """Queries that bring their distances from the rows along."""

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
        k = found[0].shape[1]

        def run(piece: slice) -> None:
            distances = _without(queries[piece], skip[piece])
            farthest = np.partition(distances, k - 1, axis=1)[:, k - 1]
            near = zip(distances, farthest, found[0][piece], found[1][piece], strict=True)
            for own, limit, to_distances, to_rows in near:
                rows = np.flatnonzero(own <= limit)
                rows = rows[np.argsort(own[rows], kind="stable")[:k]]
                to_distances[:], to_rows[:] = own[rows], rows

        each_of(run, _pieces(queries), n_jobs)

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), queries.shape[:1])

        def run(piece: slice) -> tuple[Indices, Float64, Indices]:
            distances = _without(queries[piece], skip[piece])
            inside = distances <= reach[piece, None]
            return inside.sum(axis=1), distances[inside], np.nonzero(inside)[1]

        parts = zip(*map_in_order(run, _pieces(queries), n_jobs), strict=True)
        counts, distances, rows = (np.concatenate(part) for part in parts)
        return np.concatenate([[0], np.cumsum(counts)]), distances, rows


def _pieces(queries: Floats) -> list[slice]:
    m, n = queries.shape
    step = max(1, _DISTANCES_A_PIECE // n)
    return cut(m, step)


def _without(queries: Floats, skip: Indices) -> Float64:
    """Copy distances, with those to the rows to skip missing."""
    distances = queries.astype(np.float64) + 0.0  # no zero is negative
    own = np.flatnonzero(skip >= 0)
    distances[own, skip[own]] = np.nan
    return distances
