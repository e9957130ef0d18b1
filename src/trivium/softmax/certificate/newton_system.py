"""The system of Newton's step where classes are left out, and which columns it is solved for.

Its matrix is AᵀA, and the triangle of A's QR factors, in units that give columns the length one,
has all digits. Parameters that others determine for every row are left to those; doubtful ones
are not solved for at all.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64, Indices
from trivium.softmax.certificate.bounds import SOLVED
from trivium.softmax.certificate.kept_classes import KeptRows, merged_triangles
from trivium.softmax.coordinates.dependence import TO_ROUNDING, without_dust

_DEPENDENT = 1e-9  # of a column's length: what the others leave of it
_NEARLY = 1e-4  # the same, where it is better taken alone
_ROUNDS = 3


class NewtonSystem(NamedTuple):
    """Parameters kept, and the triangle of their Hessian in units that scale it."""

    kept: Indices
    unit: Float64
    triangle: Float64

    def solve(self, gradient: Float64) -> Float64:
        """Solve for Newton's step."""
        half = scipy.linalg.solve_triangular(self.triangle, self.unit * gradient, trans=1)
        step: Float64 = self.unit * scipy.linalg.solve_triangular(self.triangle, half)
        return step

    @property
    def stiffness(self) -> float:
        """Bound the norm of the inverse."""
        if not self.kept.size:  # rows of zeros only, or of one class each
            return 0.0
        inverse = scipy.linalg.solve_triangular(self.triangle, np.eye(len(self.triangle)))
        return float(SOLVED * np.abs(inverse).sum(axis=0).max() * np.abs(inverse).sum(axis=1).max())


def newton_system(rows: KeptRows) -> NewtonSystem | None:
    """Factor the Hessian; None where it is doubtful which parameters depend on others."""
    classes = rows.classes
    R = rows.reduce(partial(classes.hessian_triangle, rows.model.total), merged_triangles)
    R, pivots, unit = _pivoted(R)
    rank = int(np.count_nonzero(np.abs(np.diagonal(R)) > _DEPENDENT))
    kept, others = pivots[:rank], pivots[rank:]
    own = R[:rank, :rank]
    system = NewtonSystem(kept, unit[kept], own)
    if others.size:
        T = without_dust(scipy.linalg.solve_triangular(own, R[:rank, rank:]))
        T *= unit[kept][:, None]
        T /= np.where(unit[others] > 0, unit[others], 1.0)
        combined = np.zeros((others.size, unit.size))
        combined[np.arange(others.size), others] = 1.0
        combined[:, kept] -= T.T
        # Whether others do to each row what a combination of the kept ones does.
        apart = rows.reduce(partial(classes.parameters_apart, combined, others), max)
        if not apart <= TO_ROUNDING:
            return None
    return system


def without_near_columns(rows: KeptRows) -> KeptRows | None:
    """Take what columns leave of those they nearly determine; None if there are none such."""
    for _ in range(_ROUNDS):
        classes = rows.classes
        R, pivots, unit = _pivoted(rows.reduce(classes.column_triangle, merged_triangles))
        rank = int(np.count_nonzero(np.abs(np.diagonal(R)) > _NEARLY))
        kept, others = pivots[:rank], pivots[rank:]
        others, R = others[unit[others] > 0], R[:rank, : classes.size]
        if not rank or not others.size:
            break
        T = scipy.linalg.solve_triangular(R[:, :rank], R[:, rank : rank + others.size])
        T = unit[kept][:, None] * without_dust(T) / unit[others]
        apart = rows.reduce(partial(classes.columns_apart, kept, others, T), np.maximum)
        nearly = apart > TO_ROUNDING
        if not nearly.any():
            break
        basis = np.eye(classes.size) if classes.basis is None else classes.basis.copy()
        basis[:, others[nearly]] -= basis[:, kept] @ T[:, nearly]
        rows = rows._replace(classes=classes._replace(basis=basis))
    return None if rows.classes.basis is None else rows


def _pivoted(R: Float64) -> tuple[Float64, Indices, Float64]:
    """Factor a triangle in units that give its columns the length one, the longest first.

    Returns
    -------
    R : ndarray of shape (rank, size)
    pivots : ndarray of shape (size,)
    unit : ndarray of shape (size,)
        Zero for a column of zeros.
    """
    length = np.sqrt(np.einsum("ij,ij->j", R, R))
    unit: Float64 = np.where(length > 0, 1 / np.where(length > 0, length, 1.0), 0.0)
    factor, pivots = scipy.linalg.qr(R * unit, mode="r", pivoting=True, check_finite=False)
    return np.asarray(factor, dtype=np.float64), np.asarray(pivots, dtype=np.intp), unit
