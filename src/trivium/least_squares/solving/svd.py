"""Axes of the rows, in which least squares is a product, for every penalty at once.

With U the rows less their means, times the roots of their weights, in the user's units,
and U = Q·S·Pᵀ its singular value decomposition, the coefficients under a penalty a are

    P·diag(s/(s² + a))·QᵀY,    with fitted values Q·diag(s²/(s² + a))·QᵀY

(Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
eq. 3.47). Q is never kept: a row's part of it is the row times a matrix.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dgejsv

from trivium.arrays import Float64
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.solving.design import Design, Table
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.qr import (
    GRADED,
    pivoted,
    pivoted_by_size,
    triangle_of_rows,
    triangle_of_squares,
)

_TINY = np.finfo(float).tiny  # a singular value that has underflown
_FULL_ACCURACY = 2  # LAPACK's JOBA = "F"


class Axes(NamedTuple):
    """Axes of the rows of a design.

    Attributes
    ----------
    into : ndarray of shape (d, r)
        A row of the design's blocks times this is its row of Q.
    targets : ndarray of shape (r, n_targets)
        QᵀY.
    values : ndarray of shape (r,)
        Singular values s. Directions of which the rows say nothing are left out.
    unit : ndarray of shape (d,)
        What the design multiplies columns by.
    vectors : ndarray of shape (d, r) or None
        P. None where the axes are any orthonormal ones of the right span, which do for a
        penalty of zero; values are then one, whatever they are.
    """

    into: Float64
    targets: Float64
    values: Float64
    unit: Float64
    vectors: Float64 | None

    def back(self, penalty: float) -> Float64:
        """Return what takes products of `reached` and QᵀY to coefficients under a penalty.

        That is P, which is what `into` times s is in the user's units if columns are independent.
        The first loses digits of columns that the data determine, and the second those of
        columns so small that the penalty does.

        Returns
        -------
        ndarray of shape (d, r)
        """
        with np.errstate(over="ignore"):  # of columns so small that `vectors` are taken
            by_rows: Float64 = self.unit[:, None] * (self.into * self.values)
        if self.vectors is None:
            return by_rows
        by_vectors: Float64 = np.where(self.values > _TINY, self.vectors, 0.0)
        if self.values.size < self.unit.size:
            return by_vectors
        size = np.sqrt(np.square(self.vectors) @ np.square(self.values / self.values.max()))
        large = size * self.values.max() >= np.sqrt(penalty)
        return np.where(large[:, None], by_rows, by_vectors)


def quick_axes(moments: Moments) -> Axes | None:
    """Take axes for a penalty of zero by Cholesky's factor, if squares are good enough."""
    triangle = triangle_of_squares(moments)
    if triangle is None:
        return None
    d = triangle.shape[0]
    with one_blas_thread():
        into = scipy.linalg.solve_triangular(triangle[:, :d], np.eye(d))
    return Axes(into, triangle[:, d:], np.ones(d), moments.scaling.unit, None)


def principal_axes(table: Table, design: Design, moments: Moments | None = None) -> Axes:
    """Decompose the rows; from their squares, if given, where these are good enough.

    A direction counts as unknown where the data tell it from nothing no better than
    rounding does, columns brought to one length.
    """
    n, d = table.shape
    if n < d and (wide := _axes_of_wide(table, design)) is not None:
        return wide
    triangle = None if moments is None else triangle_of_squares(moments)
    if triangle is None:
        triangle = triangle_of_rows(table, design)
    unit = design.scaling.unit
    negligible = np.finfo(float).eps * max(n, d)
    with one_blas_thread():
        span = pivoted_by_size(triangle[:d, :d], unit, negligible)
        kept = span.pivots[: span.rank]
        rows = np.empty((span.rank, d))
        rows[:, span.pivots] = span.rows * span.norm[span.pivots]
        left, values, right = _decomposed(rows / unit)
        into = np.zeros((d, span.rank))
        into[kept] = scipy.linalg.solve_triangular(span.rows[:, : span.rank], left)
        into[kept] /= span.norm[kept, None]
        targets = left.T @ (span.q.T @ triangle[:d, d:])[: span.rank]
        vectors = _of_large_columns(rows / unit, left, values, right.T, negligible)
    return Axes(into, targets, values, unit, vectors)


def _axes_of_wide(table: Table, design: Design) -> Axes | None:
    """Take the axes of fewer rows than columns from the triangle of the transposed rows.

    None where columns are in units so different that small ones would be lost.
    """
    n, d = table.shape
    rows, targets = design.block(table.rows.take(np.arange(n)), table.values)
    unit = design.scaling.unit
    rows /= unit
    size = np.abs(rows).max(axis=0)
    if size.max() > GRADED * size[size > 0].min(initial=size.max()):
        return None
    with one_blas_thread():
        basis, triangle = scipy.linalg.qr(rows.T, mode="economic", check_finite=False)
        left, values, right = scipy.linalg.svd(triangle.T)
        kept = values > np.finfo(float).eps * d * values[0]
        values, vectors = values[kept], basis @ right[kept].T
        into = vectors / values / unit[:, None]
        return Axes(into, left[:, kept].T @ targets, values, unit, vectors)


def _decomposed(rows: Float64) -> tuple[Float64, Float64, Float64]:
    """Singular value decomposition of a full-rank matrix of r ≤ d rows, small values exact.

    Where lengths of columns differ, Jacobi's method finds small singular values to full
    relative accuracy (Demmel & Veselić, SIAM J. Matrix Anal. Appl. 13, 1992).
    """
    lengths = np.abs(rows).max(axis=0, initial=0.0)
    if not rows.size or lengths.max() <= GRADED * lengths.min():
        return scipy.linalg.svd(rows, full_matrices=False)
    values, right, left, work, _, failed = dgejsv(rows.T, joba=_FULL_ACCURACY, jobr=0, jobp=0)
    if failed:
        raise np.linalg.LinAlgError(f"dgejsv returned {failed}")
    return left, np.maximum(values * (work[0] / work[1]), _TINY), right.T


def _of_large_columns(
    rows: Float64, left: Float64, values: Float64, vectors: Float64, negligible: float
) -> Float64:
    """Give back their digits to the entries of large columns in vectors of small values.

    Of a column far larger than the least value they are as small, and known to rounding of
    the others only. The rows tell them: with A of full rank r and A = Q·S·Pᵀ, A·P/S = Q, and
    P lies in the span of A's rows: of all that solves this it is the least. A direction that
    solves it better as it is, for its rows are many and hardly independent, is left so.

    Parameters
    ----------
    rows : ndarray of shape (r, d)
    left, values, vectors : ndarrays of shape (r, r), (r,) and (d, r)
    negligible : float
        What of a row of large columns is left counts as nothing up to this share of its length.
    """
    size = np.abs(rows).max(axis=0, initial=0.0)
    large = np.flatnonzero(size > GRADED * values.min(initial=np.inf))
    if not 0 < large.size < size.size:
        return vectors
    missing = left - np.delete(rows, large, axis=1) @ (np.delete(vectors, large, axis=0) / values)
    large = large[np.argsort(-size[large], kind="stable")]  # longest first: see `solution.py`
    top = size[large[0]]
    span = pivoted(rows[:, large].T / top, negligible)
    taken = span.pivots[: span.rank]
    found = scipy.linalg.solve_triangular(
        span.rows[:, : span.rank], missing[taken] / span.norm[taken, None], trans="T"
    )
    mended = vectors.copy()
    mended[large] = span.q[:, : span.rank] @ found / top * values
    with np.errstate(over="ignore", invalid="ignore"):
        before, after = (
            np.linalg.norm(rows @ (each / values) - left, axis=0) for each in (vectors, mended)
        )
    return np.where(before <= after, vectors, mended)


def shrunk(values: Float64, penalty: Float64 | float, *, rest: bool = False) -> Float64:
    """Share a/(s² + a) of each direction that a penalty takes; the rest of it if asked.

    No square leaves float64.

    Examples
    --------
    >>> import numpy as np
    >>> shrunk(np.array([1.0, 3.0, 1e200]), 1.0)
    array([0.5, 0.1, 0. ])
    """
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        if rest:
            left: Float64 = 1.0 / (1.0 + penalty / values / values)
            return left
        taken: Float64 = 1.0 / (1.0 + values / np.asarray(penalty) * values)
        return taken


def reached(values: Float64, penalty: Float64 | float) -> Float64:
    """Return s/(s² + a), what a penalty leaves of the way from targets to coefficients.

    No square leaves float64, however small s is.

    Examples
    --------
    >>> import numpy as np
    >>> reached(np.array([1.0, 3.0, 1e-200]), 1.0)
    array([5.e-001, 3.e-001, 1.e-200])
    """
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        way: Float64 = 1.0 / (values + penalty / values)
        return way
