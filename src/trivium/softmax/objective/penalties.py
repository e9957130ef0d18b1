"""Penalties to try, and which of them to take."""

from dataclasses import dataclass

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.map_reduce import block_length
from trivium.blocks.scaling import comparable_weights
from trivium.rows.block import Block
from trivium.rows.centers import column_centers
from trivium.rows.csr import as_large_csr, dense, takes_sparse
from trivium.rows.source import Rows
from trivium.softmax.objective.stored import block_of_stored, center_of_stored, moments_of

_DECADES = 8


def alpha_grid(rows: Rows, count: int, *, fit_intercept: bool) -> Float64:
    """Return penalties from one that decides nothing to one that decides all.

    A direction in which the rows vary by λ keeps at most λ/(λ + 2·alpha) of its coefficient,
    for the curvature of the loss is at most λ/2 (Böhning 1992). The greatest penalty is ten
    times the rows' total variance, so that no direction keeps more than a twentieth; the grid
    spans eight decades below it; of one penalty alone it is the middle. It scales with the squares
    of the columns.

    Parameters
    ----------
    rows : Rows
    count : int
    fit_intercept : bool
        Whether the variance is about the mean, not about zero.

    Returns
    -------
    ndarray of shape (count,)
        Ascending, in equal ratios.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> alpha_grid(ArrayRows(np.array([[-1.0], [1.0]])), 3, fit_intercept=True)
    array([1.e-07, 1.e-03, 1.e+01])
    """
    n, d = rows.shape
    sparse = rows.n_stored is not None
    center = np.zeros(d)
    if fit_intercept:
        center = rows.summary().means if sparse else column_centers(rows)
    moved = center_of_stored(rows.summary(), center) if sparse else center
    w = comparable_weights(rows.weights)
    w = np.ones(n) if w is None else w / w.sum() * n
    length = block_of_stored(rows) if sparse else block_length(d)
    sums = rows.reduce(_Moments(center, moved), np.add, length=length, beside=(w,))
    mean, square = sums / n
    variance = float((square - fit_intercept * mean**2).sum())
    greatest = 10.0 * variance if variance > 0 else 1.0
    exponents = np.linspace(-_DECADES, 0, count) if count > 1 else np.array([-_DECADES / 2])
    grid: Float64 = greatest * 10.0**exponents
    return grid


@takes_sparse
@dataclass(frozen=True)
class _Moments:
    """Sums of deviations from a center and of their squares.

    Attributes
    ----------
    center : ndarray of shape (d,)
    moved : ndarray of shape (d,)
        The part of it that sparse rows are moved by.
    """

    center: Float64
    moved: Float64

    def __call__(self, block: Block, weights: Float64) -> Float64:
        if as_large_csr(block.X) is not None:
            weighed = block._replace(weights=weights)
            return moments_of(weighed, self.moved, self.center - self.moved)
        deviation = np.asarray(dense(block.X), dtype=np.float64) - self.center
        return np.stack([weights @ deviation, weights @ deviation**2])
