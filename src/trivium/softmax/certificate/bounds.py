"""Bounds that certificates are put together from."""

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.products import length_of

SOLVED = 1.01
"""Covers the rounding of the solution of a system whose inverse `inverse_of` gives."""

_WORST_CONDITION = 1e10  # of a scaled system: solutions keep some six digits


def by_curvature(slope: float, alpha: float) -> float:
    """Bound what a gradient of this length leaves of a function that curves by alpha."""
    return slope * slope / (2 * alpha)


def divergence(step: float, apart: float, ratio: float) -> float:
    """Bound the mean divergence KL(q‖p) of a step of this length to ratios q/p."""
    return float((step + apart) ** 2 / (2 * (1 - ratio)) * (1 + 1e-12)) if ratio < 1 else np.inf


def inverse_of(matrix: Float64) -> Float64 | None:
    """Inverse of a scaled positive definite matrix, or None where it keeps too few digits."""
    try:
        np.linalg.cholesky(matrix)
        inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    condition = float(np.abs(inverse).sum(axis=0).max() * np.abs(matrix).sum(axis=0).max())
    return inverse if condition <= _WORST_CONDITION else None


def shaken(stiffness: float, rounded: float, size: int) -> float:
    """Bound the norm of the inverse of AᵀA, whose rows are known but for rounding.

    Parameters
    ----------
    stiffness : float
        Bound for the A that is known, of columns of length one at most.
    rounded : float
        Bound on the norm of what is added to it.
    size : int
        Columns.

    Returns
    -------
    float
        Infinite where what is added may take the least singular value away.
    """
    lost = stiffness * rounded * (2 * np.sqrt(size) + rounded)
    return float(stiffness / (1 - lost)) if lost < 0.5 else np.inf


def norm(array: Float64) -> float:
    """Root of the sum of squares of all entries."""
    return length_of(array)  # which copies no array, in whichever order it lies
