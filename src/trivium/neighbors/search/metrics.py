"""Distances: a cheap form that keeps the ranking, and what turns it into the distance.

Every distance is computed from direct float64 differences, summed over the columns in
order. The cheap ("reduced") form leaves out the root; the root is taken where a list
of neighbours is decided, so that lists are sorted by (distance, row number) of the very
distances that are returned.

Bounding boxes are measured by the same operations in the same order. Rounding is
monotone, so the computed distance to a box never exceeds the computed distance to a
row inside it: pruning needs no safety margin.
"""

import math

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import kernel

EUCLIDEAN, MANHATTAN, CHEBYSHEV, COSINE = range(4)

METRICS = {
    "euclidean": EUCLIDEAN,
    "manhattan": MANHATTAN,
    "chebyshev": CHEBYSHEV,
    "cosine": COSINE,
}
"""Names and codes. Cosine works on `directions`: half the squared distance between them."""


@kernel
def add_difference(metric: int, reduced: float, difference: float) -> float:
    """Add one column's difference to a reduced distance."""
    if metric == MANHATTAN:
        return reduced + abs(difference)
    if metric == CHEBYSHEV:
        return max(reduced, abs(difference))
    return reduced + difference * difference


@kernel
def distance_of(metric: int, reduced: float) -> float:
    """Turn a reduced distance into the distance."""
    if metric == EUCLIDEAN:
        return math.sqrt(reduced)
    if metric == COSINE:
        return 0.5 * reduced
    return reduced


@kernel
def reduced_limit(metric: int, distance: float) -> float:
    """Return a reduced distance that no row within `distance` exceeds, rounding included.

    The last term takes in every square that may have vanished (`pair_distance`).
    """
    if metric == EUCLIDEAN:
        return distance * distance * (1.0 + 2.0**-50) + 2.0**-930
    if metric == COSINE:
        return 2.0 * distance + 2.0**-930
    return distance


@kernel
def pair_distance(metric: int, reduced: float, query: Float64, row: Floats) -> float:
    """Turn a reduced distance into the distance, even where its squares left float64.

    Where the sum of squares overflowed, or came so close to zero that squares may have
    vanished, it is taken again of differences divided by a power of two. That is exact,
    so nothing shows where neither happened.
    """
    if metric != EUCLIDEAN or 2.0**-960 <= reduced < np.inf:
        return distance_of(metric, reduced)
    largest = 0.0
    for j in range(query.shape[0]):
        largest = max(largest, abs(query[j] - row[j]))
    if largest == 0.0 or largest == np.inf:
        return largest
    _, exponent = math.frexp(largest)
    total = 0.0
    for j in range(query.shape[0]):
        difference = math.ldexp(query[j] - row[j], -exponent)
        total += difference * difference
    return math.ldexp(math.sqrt(total), exponent)


@kernel
def block_distances(metric: int, query: Float64, packed: Float64, reduced: Float64) -> None:
    """Reduced distances from a query to a block of rows stored column by column.

    The metric is chosen outside the loop over the rows, which vectorises.
    """
    reduced[:] = 0.0
    for j in range(packed.shape[0]):
        q, column = query[j], packed[j]
        if metric == MANHATTAN:
            for r in range(reduced.shape[0]):
                reduced[r] += abs(q - column[r])
        elif metric == CHEBYSHEV:
            for r in range(reduced.shape[0]):
                reduced[r] = max(reduced[r], abs(q - column[r]))
        else:
            for r in range(reduced.shape[0]):
                difference = q - column[r]
                reduced[r] += difference * difference


def directions(X: Floats) -> Float64:
    """Scale rows to unit length, so that cosine distances become Euclidean ones.

    For unit vectors u and v, 1 - cos(u, v) = |u - v|²/2. A row of zeros has no
    direction; one more column gives it an axis of its own, at distance 1 from every
    other row and 0 from other rows of zeros.

    Parameters
    ----------
    X : ndarray of shape (n, d)

    Returns
    -------
    ndarray of shape (n, d + 1)
    """
    largest = np.abs(X).max(axis=1)
    _, exponent = np.frexp(largest)
    scaled = np.ldexp(X.astype(np.float64), -exponent[:, None])  # exact: squares stay in range
    length = np.sqrt(np.square(scaled).sum(axis=1))
    zero = length == 0.0
    length[zero] = 1.0
    return np.column_stack([scaled / length[:, None], zero])
