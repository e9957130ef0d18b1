"""Solutions of the least-squares problem, and how a small triangle gives one of any rank."""

from typing import NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64, Indices
from trivium.least_squares.solving.design import Design, DesignScaling
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.qr import Pivoted, pivoted

_SOME = 1e-6  # of a column, that is not there by rounding
_LEAST_LENGTH = 1e-140  # of a column beside the longest one: products stay within float64
LARGEST_PENALTY = 1e250
"""Of a column so small that it counts for nothing: products with a larger one leave float64."""

_ROUNDINGS = 16 * float(np.finfo(np.float64).eps)


class Solution(NamedTuple):
    """Answer of a least-squares problem.

    Attributes
    ----------
    coef : ndarray of shape (d, n_targets)
    intercept : ndarray of shape (n_targets,)
    rank : int
        Number of coefficients that data and penalty determine.
    aliased : ndarray of int
        Columns that are constant or depend on those before them.
    """

    coef: Float64
    intercept: Float64
    rank: int
    aliased: Indices


def intercept_of(taken: Moments | Design, coef: Float64) -> Float64:
    """Return the intercepts that belong to slopes: zero where nothing was taken off."""
    target_means = taken.scaling.target_origin + taken.target_center
    with np.errstate(over="ignore", invalid="ignore"):  # the caller looks for what is not finite
        intercept: Float64 = target_means - taken.scaling.means(taken.center) @ coef
    return intercept


class Penalty(NamedTuple):
    """A penalty in the units of a design.

    Beside one above `LARGEST_PENALTY` a column's square is nothing: its coefficient is its product
    with what is left of the targets, over the penalty. So that is cut off, and the coefficient
    brought down as much.

    Attributes
    ----------
    values : ndarray of shape (d,)
        On squared coefficients of scaled columns, cut off.
    unit : ndarray of shape (d,)
        What takes coefficients found under it to the user's units.
    cut : ndarray of int
        Columns whose penalty was cut off.
    """

    values: Float64
    unit: Float64
    cut: Indices

    def alone(self, descent: Float64, columns: Indices) -> Float64:
        """Give coefficients of columns that were cut off, in the user's units.

        A solver that keeps no digits of columns that count for nothing leaves them to this.

        Parameters
        ----------
        descent : ndarray of shape (d, n_targets)
            Products of all columns with what the others leave of the targets.
        columns : ndarray of int
        """
        coef: Float64 = descent[columns] / LARGEST_PENALTY * self.unit[columns, None]
        return coef


def penalty_of(scaling: DesignScaling, weight: float) -> Penalty:
    """Bring a penalty on squared coefficients in the user's units to scaled columns."""
    with np.errstate(over="ignore"):
        values = np.ldexp(float(weight), -2 * scaling.exponent)
    unit, cut = scaling.unit, np.flatnonzero(values > LARGEST_PENALTY)
    if cut.size:
        mantissa, exponent = np.frexp(float(weight))
        unit[cut] = np.ldexp(LARGEST_PENALTY / mantissa, scaling.exponent[cut] - exponent)
    return Penalty(np.minimum(values, LARGEST_PENALTY), unit, cut)


def by_pivoting(
    rows: Float64,
    right: Float64,
    unit: Float64,
    negligible: float,
    rounding: Float64 | float = 0.0,
) -> tuple[Float64, int, Indices]:
    """Solve by QR with column pivoting, for least norm where the rank is not full.

    Parameters
    ----------
    rows : ndarray of shape (m, d)
    right : ndarray of shape (m, n_targets)
    unit : ndarray of shape (d,)
        Coefficients in the user's units are so many times those of the rows.
    negligible : float
        What of a column is left counts as nothing up to this share of its length.
    rounding : ndarray of shape (d,) or float
        What shares of columns in others are known to.

    Returns
    -------
    coef : ndarray of shape (d, n_targets)
        In the user's units.
    rank : int
    aliased : ndarray of int
        Columns that depend on those before them.
    """
    d = rows.shape[1]
    span = pivoted(rows, negligible)
    rank, pivots = span.rank, span.pivots
    coef = np.zeros((d, right.shape[1]))
    unit = unit / span.norm
    coef[pivots[:rank]] = unit[pivots[:rank], None] * scipy.linalg.solve_triangular(
        span.rows[:, :rank], (span.q.T @ right)[:rank]
    )
    if not 0 < rank < d:
        return coef, rank, np.sort(pivots[rank:])
    combination = combined(span, rounding)
    _take_least_norm(coef, combination, pivots, unit, 10 * negligible)
    return coef, rank, _dependent(combination, pivots)


def combined(span: Pivoted, rounding: Float64 | float) -> Float64:
    """Return what columns left over are of those before them, all of one length.

    Parameters
    ----------
    span : Pivoted
    rounding : ndarray of shape (d,) or float
        What shares of columns in others are known to: smaller ones are zero.

    Returns
    -------
    ndarray of shape (rank, d - rank)
    """
    rank = span.rank
    shares: Float64 = scipy.linalg.solve_triangular(span.rows[:, :rank], span.rows[:, rank:])
    known_to = np.broadcast_to(rounding, span.pivots.size)[span.pivots]
    shares[np.abs(shares) <= 10 * np.maximum(known_to[:rank, None], known_to[rank:])] = 0.0
    return shares


def _take_least_norm(
    coef: Float64, combination: Float64, pivots: Indices, unit: Float64, negligible: float
) -> None:
    """Move a solution, in place, to the one of least norm with the same fit.

    The data determine u + T·v alone, where v belongs to the columns left over, u to the
    columns before them and T = R⁻¹S of the rows [R S] is their combination. Of what has the same
    u + T·v the least, in the user's units, is found by QR with column pivoting of the transpose,
    longest rows first, which keeps the digits of rows of any length (Cox & Higham, "Stability of
    Householder QR factorization for weighted least squares problems", 1998), and corrected by
    what it misses. Columns without a part in any dependence (rows of T that are zero to
    rounding) are left as they are, lest their units swamp the others'.
    """
    rank = combination.shape[0]
    involved = np.flatnonzero(np.abs(combination).max(axis=1) > negligible)
    if not involved.size:
        coef[pivots[rank:]] = 0.0
        return
    own = pivots[:rank][involved]
    columns = np.concatenate([own, pivots[rank:]])
    shares = np.hstack([np.eye(involved.size), combination[involved]])
    length = np.maximum(unit[columns].min() / unit[columns], _LEAST_LENGTH)
    order = np.argsort(-length, kind="stable")
    basis, triangle, places = scipy.linalg.qr(
        (shares * length)[:, order].T, mode="economic", pivoting=True
    )
    wanted = coef[own] / unit[own, None]
    found, missing = np.zeros((columns.size, coef.shape[1])), wanted
    least = _ROUNDINGS * float(np.abs(wanted).max())
    before, size = np.inf, float(np.abs(missing).max())
    while least < size < 0.5 * before:
        step = scipy.linalg.solve_triangular(triangle, missing[places], trans="T")
        found[order] += basis @ step
        missing = wanted - shares @ (length[:, None] * found)
        before, size = size, float(np.abs(missing).max())
    if size > least:  # lengths further apart than float64 has digits: the fit comes first
        found[: own.size] += missing / length[: own.size, None]
    coef[columns] = found * unit[columns].min()


def _dependent(combination: Float64, pivots: Indices) -> Indices:
    """Name the columns that depend on those before them, whatever the order of the pivots.

    Pivots of equal lengths are chosen by rounding. Which columns are combinations of earlier
    ones is a matter of the space that they span.

    Parameters
    ----------
    combination : ndarray of shape (rank, d - rank)
        Of the columns that came first as pivots, for those left over.
    pivots : ndarray of int of shape (d,)
    """
    rank, n_left = combination.shape
    if rank <= n_left:  # rows that span what all columns do
        rows = np.empty((rank, rank + n_left))
        rows[:, pivots[:rank]], rows[:, pivots[rank:]] = np.eye(rank), combination
        return np.setdiff1d(np.arange(rank + n_left), _first_independent(rows))
    none = np.empty((n_left, rank + n_left))  # combinations that are zero
    none[:, pivots[:rank]], none[:, pivots[rank:]] = -combination.T, np.eye(n_left)
    return np.sort(rank + n_left - 1 - _first_independent(none[:, ::-1]))


def _first_independent(rows: Float64) -> Indices:
    """Take the first independent columns of rows of full rank, as many as there are rows."""
    chosen: list[int] = []
    for least in (_SOME, _SOME**2, 0.0):
        left, chosen = rows.copy(), []
        for column in range(rows.shape[1]):
            if not len(left):
                break
            pivot = int(np.abs(left[:, column]).argmax())
            if abs(left[pivot, column]) > least:
                chosen.append(column)
                found = left[pivot, column + 1 :] / left[pivot, column]
                left[pivot] = left[-1]
                left = left[:-1]
                share = left[:, column]
                there = np.flatnonzero(share)
                left[there, column + 1 :] -= np.outer(share[there], found)
        if len(chosen) == len(rows):
            break
    return np.array(chosen, dtype=np.intp)
