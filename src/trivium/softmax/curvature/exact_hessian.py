"""The whole Hessian of a small problem, and Newton's direction by one factorisation.

A shift that all classes share changes nothing but the penalty, and no gradient points along
it. Contrasts, an orthonormal basis of what sums to zero over the classes, leave it out:
with K classes there are K - 1, and the matrix is regular.
"""

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dpocon

from trivium.arrays import Float64
from trivium.blocks.compiled import kernel
from trivium.blocks.map_reduce import map_reduce
from trivium.softmax.coordinates.problem import Problem, ProblemAt
from trivium.softmax.curvature.preconditioner import factored
from trivium.softmax.solvers.newton_cg import newton_direction

_FEW_DIGITS = 1e-8  # reciprocal condition of squares from which on little is left
_CHUNK_VALUES = 1 << 17  # products of columns held at a time, which stay in a core's cache
_LEAST_PIECE, _MOST_PIECE, _PIECES = 512, 4096, 16


def exact_direction(problem: Problem, at: ProblemAt, tol: float) -> Float64:
    """Newton's direction at a point.

    Where the matrix, which holds squares, has lost many digits, its factor only guides
    conjugate gradients, whose products with the Hessian have them.

    Parameters
    ----------
    problem : Problem
    at : ProblemAt
    tol : float
        Of the gradient, here.
    """
    n_classes, size = at.gradient.shape
    contrasts = np.ascontiguousarray(scipy.linalg.helmert(n_classes))
    hessian = contrast_hessian(problem, at, contrasts)
    factor, scale = factored(hessian)

    def solved(gradient: Float64) -> Float64:
        reduced = scale * (contrasts @ gradient).ravel()
        found = scale * scipy.linalg.cho_solve((factor, True), reduced, check_finite=False)
        direction: Float64 = contrasts.T @ found.reshape(n_classes - 1, size)
        return direction

    if dpocon(factor, 1.0, uplo="L")[0] < _FEW_DIGITS:  # of a diagonal near one
        return newton_direction(at, solved, tol)
    return -solved(at.gradient)


def contrast_hessian(problem: Problem, at: ProblemAt, contrasts: Float64) -> Float64:
    """Hessian in contrasts c: Σ w·cᵀ(diag p - p pᵀ)c' ⊗ z zᵀ/Σw, and the penalty.

    Its blocks, one for each pair of contrasts, are symmetric themselves: products of columns
    are formed once, a half of them, and one matrix product weighs them for all pairs.

    Parameters
    ----------
    problem : Problem
    at : ProblemAt
    contrasts : ndarray of shape (n_classes - 1, n_classes)

    Returns
    -------
    ndarray of shape ((n_classes - 1)·size, (n_classes - 1)·size)
    """
    objective = problem.objective
    n, size = objective.X.shape[0], objective.shape[1]
    first, second = np.triu_indices(contrasts.shape[0])
    left, right = np.triu_indices(size)
    products = contrasts[first] * contrasts[second]
    length = min(max(_LEAST_PIECE, -(-n // _PIECES)), _MOST_PIECE)
    chunk = max(8, _CHUNK_VALUES // left.size)
    probabilities = at.plain.probabilities

    def statistic(piece: slice) -> Float64:
        total = np.zeros((first.size, left.size))
        pairs = np.empty((chunk, left.size))
        Z, p = problem.rows(piece), probabilities[:, piece]
        along = contrasts @ p
        weights = products @ p - along[first] * along[second]
        if objective.weights is not None:
            weights *= objective.weights[piece]
        for start in range(0, Z.shape[0], chunk):
            rows = slice(start, min(start + chunk, Z.shape[0]))
            some = pairs[: rows.stop - start]
            _multiply_columns(Z[rows], some)
            total += weights[:, rows] @ some
        return total

    objective.passes += 1.0
    pieces = [slice(start, min(start + length, n)) for start in range(0, n, length)]
    sums = map_reduce(statistic, pieces, np.add) / objective.total
    blocks = np.empty((first.size, size, size))
    blocks[:, left, right] = sums
    blocks[:, right, left] = sums
    hessian = np.empty((contrasts.shape[0], size, contrasts.shape[0], size))
    hessian[first, :, second] = blocks
    hessian[second, :, first] = blocks
    matrix = hessian.reshape(contrasts.shape[0] * size, -1)
    matrix[np.diag_indices_from(matrix)] += np.tile(problem.penalty, contrasts.shape[0])
    return matrix


@kernel
def _multiply_columns(Z: Float64, pairs: Float64) -> None:
    """Write the products of each column with itself and the later ones, row by row."""
    for i in range(Z.shape[0]):
        place = 0
        for j in range(Z.shape[1]):
            z = Z[i, j]
            rest = Z.shape[1] - j
            for k in range(rest):
                pairs[i, place + k] = z * Z[i, j + k]
            place += rest
