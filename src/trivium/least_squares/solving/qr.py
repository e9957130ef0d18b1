"""Triangles that hold all that least squares asks of rows, and their ranks."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dpocon, dpotrf

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import block_length
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.solving.design import Design, Table
from trivium.least_squares.solving.moments import Moments
from trivium.rows.block import Block

GRADED = 1e3
"""Columns whose sizes are further apart than that need care for the small ones."""

_LEAST_RECIPROCAL = 1e-5  # condition of squares that leaves eleven digits


@dataclass(frozen=True)
class _Triangle:
    """Triangle of a block of rows."""

    design: Design

    def __call__(self, block: Block, values: Float64 | None = None) -> Float64:
        return _triangle(np.hstack(self.design.block(block, values)))


def triangle_of_rows(table: Table, design: Design) -> Float64:
    """Triangle R of the rows' QR decomposition, with Qᵀ times the targets to its right."""
    d = table.shape[1]
    # Blocks of at least as many rows as columns: each triangle is smaller than its block.
    return table.reduce(_Triangle(design), stacked, length=block_length(d, least=2 * d))


def triangle_of_squares(moments: Moments) -> Float64 | None:
    """Do as `triangle_of_rows`, by Cholesky; None where squares would cost many digits."""
    diagonal = np.diagonal(moments.gram)
    if not np.all(diagonal > 0):
        return None
    size = np.sqrt(diagonal)
    normal = moments.gram / size / size[:, None]
    norm = float(np.abs(normal).sum(axis=0).max())
    with one_blas_thread():
        factor, failed = dpotrf(normal, clean=True)
        if failed or dpocon(factor, norm)[0] < _LEAST_RECIPROCAL:
            return None
        right = scipy.linalg.solve_triangular(factor, (moments.cross / size).T, trans="T")
    return np.hstack([factor * size, right])


class Pivoted(NamedTuple):
    """QR decomposition with column pivoting of columns brought to one length.

    Attributes
    ----------
    q : ndarray of shape (m, k)
    rows : ndarray of shape (rank, d)
        Of the triangle, those of which the columns determine something, pivots in order.
    pivots : ndarray of int of shape (d,)
    norm : ndarray of shape (d,)
        Lengths of the columns as they were given; one for a zero column.
    """

    q: Float64
    rows: Float64
    pivots: Indices
    norm: Float64

    @property
    def rank(self) -> int:
        """Number of independent columns."""
        return len(self.rows)


def pivoted(rows: Float64, negligible: float) -> Pivoted:
    """Decompose by QR with column pivoting, and find the rank.

    Parameters
    ----------
    rows : ndarray of shape (m, d)
    negligible : float
        What of a column is left counts as nothing up to this share of its length.
    """
    norm = np.linalg.norm(rows, axis=0)
    norm[norm == 0.0] = 1.0
    q, r, pivots = scipy.linalg.qr(rows / norm, mode="economic", pivoting=True)
    size = np.abs(np.diagonal(r))
    rank = int(np.count_nonzero(size > negligible * size[0]))
    return Pivoted(q, r[:rank], pivots.astype(np.intp), norm)


def pivoted_by_size(rows: Float64, unit: Float64, negligible: float) -> Pivoted:
    """Do as `pivoted`, the columns that are largest in the user's units first.

    What is left of a large column that depends on others of its size is rounding. It is taken
    as nothing, so that small columns, of which it may be a multiple, keep their directions.

    Parameters
    ----------
    rows : ndarray of shape (m, d)
    unit : ndarray of shape (d,)
        What the user's columns were multiplied by.
    negligible : float
        What of a column is left counts as nothing up to this share of its length.
    """
    norm = np.linalg.norm(rows, axis=0)
    sets = _of_like_size(norm / unit)
    if len(sets) < 2:
        return pivoted(rows, negligible)
    norm[norm == 0.0] = 1.0
    left, q = rows / norm, np.eye(len(rows))
    kept: list[int] = []
    dropped: list[int] = []
    for columns in sets:
        done = len(kept)
        if done == len(rows):
            dropped.extend(columns)
            continue
        turn, r, order = scipy.linalg.qr(left[done:, columns], pivoting=True)
        rank = int(np.count_nonzero(np.abs(np.diagonal(r)) > negligible))
        left[done:] = turn.T @ left[done:]
        left[done:, columns[order]] = r
        left[done + rank :, columns] = 0.0
        q[:, done:] = q[:, done:] @ turn
        kept.extend(columns[order[:rank]])
        dropped.extend(columns[order[rank:]])
    pivots = np.array(kept + dropped, dtype=np.intp)
    return Pivoted(q, left[: len(kept), pivots], pivots, norm)


def _of_like_size(size: Float64) -> list[Indices]:
    """Columns by their size, the largest first, those of like size together; zero ones last."""
    order = np.argsort(-size, kind="stable")
    n_seen, first = int(np.count_nonzero(size)), 0
    sets: list[Indices] = []
    while first < n_seen:
        end = first + int(np.count_nonzero(size[order[first:]] * GRADED >= size[order[first]]))
        end = order.size if end == n_seen else end
        sets.append(order[first:end])
        first = end
    return sets


def _triangle(block: Float64) -> Float64:
    (triangle,) = scipy.linalg.qr(block, mode="r", check_finite=False)
    return np.ascontiguousarray(triangle[: min(block.shape)])


def stacked(above: Float64, below: Float64) -> Float64:
    """Triangle of two sets of rows from theirs."""
    return _triangle(np.vstack([above, below]))
