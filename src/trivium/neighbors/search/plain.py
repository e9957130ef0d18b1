"""The plain search in NumPy: for so little work that to compile loops would take longer.

It does the operations of the compiled loops (`kernels`) in their order, column by column,
and finds the same lists to the last bit.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut
from trivium.neighbors.search.measures import (
    GREATEST,
    HALF,
    ITSELF,
    SQUARE_ROOT,
    SQUARES,
    SUM,
    VANISHED,
    Measure,
)

_FORMS = (SQUARES, SUM, GREATEST)  # NumPy's powers may differ in the last bits
_ROOTS = (SQUARE_ROOT, HALF, ITSELF)
_PAIRS_A_PIECE = 1 << 18  # 2 MiB of distances at a time, or the distances of one query
_PAIRS_A_BLOCK = 1 << 16
_LEAST_A_BLOCK, _MOST_A_BLOCK = 256, 4096  # rows that are laid out column by column


def is_plain(measure: Measure) -> bool:
    """Whether NumPy computes a metric to the last bit as the compiled loops do."""
    return measure.form in _FORMS and measure.root in _ROOTS


def plain_nearest(
    measure: Measure,
    queries: Float64,
    rows: Floats,
    skip: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Do as `kernels.scan_nearest`."""
    for piece in _pieces(queries, rows):
        every = _distances(measure, queries[piece], rows)
        distances[piece], indices[piece] = _least(every, distances.shape[1], skip[piece])


def plain_within(
    measure: Measure, queries: Float64, rows: Floats, radius: Float64, skip: Indices
) -> tuple[Indices, Float64, Indices]:
    """Find the rows within each query's radius, by ascending row number.

    Returns
    -------
    counts : ndarray of shape (m,)
    distances, indices : ndarrays of shape (counts.sum(),)
    """
    counts = np.zeros(queries.shape[0], dtype=np.intp)
    parts = [(np.empty(0), np.empty(0, dtype=np.intp))]
    for piece in _pieces(queries, rows):
        every = _distances(measure, queries[piece], rows)
        inside = every <= radius[piece, None]
        own = np.flatnonzero(skip[piece] >= 0)
        inside[own, skip[piece][own]] = False
        counts[piece] = inside.sum(axis=1)
        parts.append((every[inside], np.nonzero(inside)[1]))
    found, near = (np.concatenate(each) for each in zip(*parts, strict=True))
    return counts, found, near


def _pieces(queries: Float64, rows: Floats) -> list[slice]:
    """Cut queries so that their distances to all rows take little memory."""
    m = queries.shape[0]
    step = max(1, _PAIRS_A_PIECE // rows.shape[0])
    return cut(m, step)


def _distances(measure: Measure, queries: Float64, rows: Floats) -> Float64:
    """Distances of some queries and all rows: (m, n)."""
    (m, d), n = queries.shape, rows.shape[0]
    every = np.zeros((m, n))
    step = min(max(_PAIRS_A_BLOCK // m, _LEAST_A_BLOCK), _MOST_A_BLOCK)
    with np.errstate(over="ignore", under="ignore"):
        for start in range(0, n, step):
            reduced = every[:, start : start + step]
            columns = np.ascontiguousarray(rows[start : start + step].T, dtype=np.float64)
            difference = np.empty(reduced.shape)
            for j in range(d):
                np.subtract(queries[:, j, None], columns[j], out=difference)
                _add(measure.form, reduced, difference)
        lost = None
        if measure.root == SQUARE_ROOT:
            lost = np.nonzero((every < VANISHED) | np.isinf(every))
            np.sqrt(every, out=every)
        elif measure.root == HALF:
            every *= 0.5
        elif measure.root != ITSELF:
            raise ValueError(f"NumPy takes no root of number {measure.root}.")
        if lost is not None and lost[0].size:
            every[lost] = _measured_again(queries, rows, *lost)
    return every


def _add(form: int, reduced: Float64, difference: Float64) -> None:
    """Do as `measures.add_difference`, for all pairs; `difference` is overwritten.

    Raises
    ------
    ValueError
        If the form is none of those that NumPy adds up to the same bits.
    """
    if form == SQUARES:
        difference *= difference
        reduced += difference
        return
    np.abs(difference, out=difference)
    if form == SUM:
        reduced += difference
    elif form == GREATEST:
        np.maximum(reduced, difference, out=reduced)
    else:
        raise ValueError(f"NumPy adds up no form of number {form}.")


def _measured_again(queries: Float64, rows: Floats, of: Indices, to: Indices) -> Float64:
    """Do as `measures.measured_again`, for some pairs whose squares under- or overflowed."""
    again = np.empty(of.size)
    step = max(1, _PAIRS_A_PIECE // rows.shape[1])
    for start in range(0, of.size, step):
        some = slice(start, start + step)
        differences = queries[of[some]] - rows[to[some]]
        largest = np.abs(differences).max(axis=1)
        exponent = np.frexp(largest)[1]
        scaled = np.ldexp(differences, -exponent[:, None])
        total = np.zeros(largest.size)
        for j in range(scaled.shape[1]):
            total += scaled[:, j] * scaled[:, j]
        distance = np.ldexp(np.sqrt(total), exponent)
        again[some] = np.where((largest == 0.0) | np.isinf(largest), largest, distance)
    return again


def _least(every: Float64, k: int, skip: Indices) -> tuple[Float64, Indices]:
    """Take each query's k least distances and their rows, sorted by both."""
    m = every.shape[0]
    one_more = bool((skip >= 0).any())
    size = k + one_more
    limits = np.partition(every, size - 1, axis=1)[:, size - 1]
    of, rows = np.nonzero(every <= limits[:, None])
    distances = every[of, rows]
    order = np.lexsort((distances, of))  # stable: ties stay by row number
    counts = np.bincount(of, minlength=m)
    first = np.cumsum(counts) - counts
    chosen = order[first[:, None] + np.arange(size)]
    distances, rows = distances[chosen], rows[chosen]
    if not one_more:
        return distances, rows
    kept = rows != skip[:, None]
    kept[kept.all(axis=1), -1] = False
    return distances[kept].reshape(m, k), rows[kept].reshape(m, k)
