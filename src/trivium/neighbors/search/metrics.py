"""The metrics: one table, of which everything else reads what a metric is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.neighbors.search.measures import (
    GREATEST,
    HALF,
    ITSELF,
    SQUARE_ROOT,
    SQUARES,
    SUM,
    Measure,
)


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


@dataclass(frozen=True)
class Metric:
    """What a metric is.

    Attributes
    ----------
    name : str
    measure : Measure
        How it is computed, in the space below.
    aliases : tuple of str
        Other names that scikit-learn has for it.
    by_products : bool
        Whether it ranks rows as Euclidean distances do, so that certified products find them.
    space : callable or None
        Brings rows into the space where `measure` computes the metric; None: they are there.
    norm : float or None
        Exponent of the norm whose balls have the volumes that a density needs; None: it has
        none.
    """

    name: str
    measure: Measure
    aliases: tuple[str, ...] = ()
    by_products: bool = False
    space: Callable[[Floats], Floats] | None = None
    norm: float | None = None


_ALL = (
    Metric("euclidean", Measure(SQUARES, SQUARE_ROOT), ("l2",), by_products=True, norm=2.0),
    Metric("manhattan", Measure(SUM, ITSELF), ("l1", "cityblock"), norm=1.0),
    Metric("chebyshev", Measure(GREATEST, ITSELF), ("infinity",), norm=np.inf),
    Metric("cosine", Measure(SQUARES, HALF), by_products=True, space=directions),
)

METRICS = {metric.name: metric for metric in _ALL}
"""By name."""
