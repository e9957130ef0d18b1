"""The whole Hessian of a small problem, and Newton's direction by one factorisation.

A shift that all classes share changes nothing but the penalty, and no gradient points along
it. Contrasts, an orthonormal basis of what sums to zero over the classes, leave it out:
with K classes there are K - 1, and the matrix is regular.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dpocon, dpotrs

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.map_reduce import cut
from trivium.rows.block import Block
from trivium.softmax.coordinates.problem import FramedColumns, Problem, ProblemAt
from trivium.softmax.curvature.preconditioner import factored
from trivium.softmax.objective.statistics import Linear
from trivium.softmax.solvers.newton_cg import newton_direction
from trivium.softmax.solvers.protocol import Inverse

_FEW_DIGITS = 1e-8  # reciprocal condition of squares from which on little is left
_LEAVES = 4.0  # times the share that the step before has left: twice, and twice for safety
_CHUNK_VALUES = 1 << 17  # products of columns held at a time, which stay in a core's cache
_FEW = 64  # whose pairs are kept from step to step
_LEAST_PIECE, _MOST_PIECE, _PIECES = 512, 4096, 16


class ExactDirection:
    """Newton's direction at each point, by the matrix there or, near the end, the one before.

    With the matrix of the point before, a step leaves about twice the share of the gradient that
    the step before has left, as it errs by how far that point is from the optimum, not by half of
    it. Where this is enough, no new matrix is made; without a penalty one always is, as proofs
    about an optimum or infimum gain by gradients smaller than was asked.

    Parameters
    ----------
    problem : Problem
    tol : float
        What the gradient's greatest entry is to be, in the user's coordinates.
    known : Inverse or None
        Of the Hessian near the first point, from which that one's direction is taken.
    """

    def __init__(self, problem: Problem, tol: float, known: Inverse | None = None) -> None:
        self._problem, self._tol, self._known = problem, tol, known
        self._norm = np.inf
        self._factored: _Factored | None = None

    def __call__(self, at: ProblemAt) -> Float64:
        """Return the direction to take from a point."""
        norm = at.seen.norm
        left = _LEAVES * norm / self._norm * norm
        self._norm = norm
        if self._known is not None:
            known, self._known = self._known, None
            return -known(at.gradient)
        if self._factored is None or self._problem.objective.alpha == 0 or not left <= self._tol:
            self._factored = _Factored.at(self._problem, at)
        factored = self._factored
        if factored.has_few_digits:
            return newton_direction(at, factored.solved, self._problem.small(self._tol))
        return -factored.solved(at.gradient)

    def inverse(self, at: ProblemAt) -> Inverse | None:
        """Return the inverse of the matrix at a point, if it has its digits."""
        factored = _Factored.at(self._problem, at)
        return None if factored.has_few_digits else factored.solved


@dataclass(frozen=True)
class _Factored:
    """The Hessian's factor.

    Attributes
    ----------
    contrasts : ndarray of shape (n_classes - 1, n_classes)
    factor, scale : ndarray
        As `factored` returns them.
    has_few_digits : bool
        Whether the matrix, which holds squares, has lost many. Then it only guides conjugate
        gradients, whose products with the Hessian have them.
    """

    contrasts: Float64
    factor: Float64
    scale: Float64
    has_few_digits: bool

    @classmethod
    def at(cls, problem: Problem, at: ProblemAt) -> "_Factored":
        """Form the Hessian at a point, and factor it."""
        contrasts = contrasts_of(at.gradient.shape[0])
        factor, scale = factored(contrast_hessian(problem, at, contrasts))
        few = dpocon(factor, 1.0, uplo="L")[0] < _FEW_DIGITS  # of a diagonal near one
        return cls(contrasts, factor, scale, bool(few))

    def solved(self, gradient: Float64) -> Float64:
        """Apply the Hessian's inverse."""
        reduced = self.scale * (self.contrasts @ gradient).ravel()
        found = self.scale * dpotrs(self.factor, reduced, lower=1)[0]
        direction: Float64 = self.contrasts.T @ found.reshape(len(self.contrasts), -1)
        return direction


@lru_cache(maxsize=4)
def contrasts_of(n_classes: int) -> Float64:
    """Return an orthonormal basis of what sums to zero, shape (n_classes - 1, n_classes)."""
    contrasts: Float64 = np.ascontiguousarray(scipy.linalg.helmert(n_classes))
    contrasts.flags.writeable = False
    return contrasts


def pairs_of(size: int) -> tuple[Indices, Indices]:
    """Return the numbers of each pair of so many things, the first no greater than the other."""
    return _few_pairs_of(size) if size <= _FEW else np.triu_indices(size)


@lru_cache(maxsize=16)
def _few_pairs_of(size: int) -> tuple[Indices, Indices]:
    first, second = np.triu_indices(size)
    first.flags.writeable = second.flags.writeable = False
    return first, second


def _places_in_hessian(n_contrasts: int, size: int) -> Indices:
    """Return where each entry of the Hessian is among sums of pairs of contrasts and columns."""
    few = n_contrasts * size <= _FEW
    return _few_places(n_contrasts, size) if few else _few_places.__wrapped__(n_contrasts, size)


@lru_cache(maxsize=16)
def _few_places(n_contrasts: int, size: int) -> Indices:
    contrast, column = (_numbers_of_pairs(each) for each in (n_contrasts, size))
    n_pairs = size * (size + 1) // 2
    places = contrast[:, None, :, None] * n_pairs + column[:, None, :]
    places = places.reshape(n_contrasts * size, -1)
    places.flags.writeable = False
    return places


def _numbers_of_pairs(size: int) -> Indices:
    """Write the number of each pair of `pairs_of` into a matrix."""
    first, second = pairs_of(size)
    numbers = np.empty((size, size), dtype=np.intp)
    numbers[first, second] = numbers[second, first] = np.arange(first.size)
    return numbers


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
    n, size = objective.rows.shape[0], objective.shape[1]
    if objective.shape[0] == 2:
        return _of_two_classes(problem, at)
    pairs = pairs_of(len(contrasts))
    length = min(max(_LEAST_PIECE, -(-n // _PIECES)), _MOST_PIECE)
    model = Linear(at.plain.parameters, objective.center, objective.fit_intercept)
    products = ProductsByContrasts(problem.framed, model, contrasts, pairs)
    sums = objective.rows.reduce(products, np.add, length=length, beside=_kept(at))
    sums = sums / objective.total
    matrix: Float64 = sums.ravel()[_places_in_hessian(len(contrasts), size)]
    diagonal = matrix.reshape(-1)[:: len(matrix) + 1].reshape(-1, size)
    diagonal += problem.penalty
    return matrix


def _of_two_classes(problem: Problem, at: ProblemAt) -> Float64:
    """Hessian along (1, -1)/√2: Σ w·2·p(1 - p)·z zᵀ/Σw, and the penalty."""
    objective = problem.objective
    model = Linear(at.plain.parameters, objective.center, objective.fit_intercept)
    products = ProductsOfTwoClasses(problem.framed, model)
    sums = objective.rows.reduce(products, np.add, length=objective.length, beside=_kept(at))
    matrix: Float64 = sums / objective.total
    matrix.reshape(-1)[:: matrix.shape[0] + 1] += problem.penalty
    return matrix


def _kept(at: ProblemAt) -> tuple[Float64, ...]:
    """Return what the evaluation at a point has kept of each row."""
    return () if at.plain.kept is None else (at.plain.kept,)


@dataclass(frozen=True)
class ProductsOfTwoClasses:
    """Products of all pairs of columns, weighed by 2·p(1 - p).

    Attributes
    ----------
    framed : FramedColumns
    model : Linear
    """

    framed: FramedColumns
    model: Linear

    def __call__(self, block: Block, variances: Float64 | None = None) -> Float64:
        """Sum over a block, shape (size, size).

        Parameters
        ----------
        block : Block
        variances : ndarray of shape (m,) or None
            p(1 - p) times the weights, if known.
        """
        if variances is None:
            variances = block.weigh(self.model.variances(self.model.columns(block)))
        Z = self.framed.weighed(block, np.sqrt(2.0 * variances))
        products: Float64 = Z.T @ Z
        return products


@dataclass(frozen=True)
class ProductsByContrasts:
    """Products of all pairs of columns, weighed for each pair of contrasts.

    Attributes
    ----------
    framed : FramedColumns
    model : Linear
    contrasts : ndarray of shape (n_classes - 1, n_classes)
    pairs : tuple of two ndarray of int
        Numbers of the contrasts of each pair.
    """

    framed: FramedColumns
    model: Linear
    contrasts: Float64
    pairs: tuple[Indices, Indices]

    def __call__(self, block: Block, residuals: Float64 | None = None) -> Float64:
        """Sum over a block, shape (n_pairs of contrasts, n_pairs of columns).

        Parameters
        ----------
        block : Block
        residuals : ndarray of shape (m, n_classes) or None
            p - e, if known.
        """
        Z, contrasts = self.framed.columns(block), self.contrasts
        if residuals is None:
            p = self.model.probabilities(self.model.columns(block))
        else:
            p = residuals.T.copy()
            p[block.codes, np.arange(block.codes.size)] += 1.0
        first, second = self.pairs
        size = Z.shape[1]
        n_pairs = size * (size + 1) // 2
        chunk = max(8, _CHUNK_VALUES // n_pairs)
        total = np.zeros((first.size, n_pairs))
        pairs = np.empty((chunk, n_pairs))
        along = contrasts @ p
        weights = (contrasts[first] * contrasts[second]) @ p - along[first] * along[second]
        if block.weights is not None:
            weights *= block.weights
        for rows in cut(Z.shape[0], chunk):
            some = pairs[: rows.stop - rows.start]
            _multiply_columns(Z[rows], some)
            total += weights[:, rows] @ some
        return total


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
