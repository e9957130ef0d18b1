"""The bound by a step of the probabilities that makes the whole gradient vanish.

`duality_gap.py` derives it. Columns that depend on others to rounding, as dummies of all
levels do, are left to those: what makes the gradient vanish along the others does so along them.

Of columns that others nearly determine, what those leave is taken in their place. That is another
basis of what the columns span, along which the gradient vanishes or does not as well; what rounding
does to a combination is bounded by the sizes of its terms.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dpstrf

from trivium.arrays import Float64, Indices
from trivium.rows.block import Block
from trivium.softmax.certificate.bounds import (
    SOLVED,
    by_curvature,
    divergence,
    inverse_of,
    norm,
    shaken,
)
from trivium.softmax.certificate.residuals import UNIT, Linear, Model, Residuals
from trivium.softmax.coordinates.dependence import without_dust

_DEPENDENT = 1e-9  # of a scaled Gram matrix: what of a column's square the others leave
_TO_ROUNDING = 1e-12  # of the sizes of the terms
_ROUNDS = 4  # what some columns leave of others may nearly depend on more in its turn


class _Step(NamedTuple):
    """Sums over rows of the step: what it moves, how long it is, how far it goes."""

    gradient: Float64
    energy: float
    ratio: float

    def merge(self, other: "_Step") -> "_Step":
        return _Step(
            self.gradient + other.gradient,
            self.energy + other.energy,
            max(self.ratio, other.ratio),
        )


class _Extended(NamedTuple):
    """Columns that are not all zero, with ones for the intercepts, or combinations of them.

    Attributes
    ----------
    linear : Linear
    live : ndarray of int
    basis : ndarray of shape (size, size) or None
        Combinations to take, triangular but for the order of its rows and columns.
    """

    linear: Linear
    live: Indices
    basis: Float64 | None = None

    @property
    def size(self) -> int:
        return int(self.live.size) + self.linear.centred

    def weighed(self, block: Block) -> tuple[Float64, Float64]:
        """Take a block's rows, and their least probabilities times their weights."""
        X = self.linear.columns(block)
        p, _, _ = self.linear.probabilities(X)
        X = self._columns(X)
        X = X if self.basis is None else X @ self.basis
        return X, block.weigh(p.min(axis=0))

    def sizes(self, block: Block) -> Float64:
        """Sizes of the terms of each combination, of which rounding is a share."""
        X = np.abs(self._columns(self.linear.columns(block)))
        return X if self.basis is None else X @ np.abs(self.basis)

    def gradient(self, block: Block) -> Float64:
        """Sum the gradient over a block's rows."""
        X, _ = self.weighed(block)
        product: Float64 = block.weigh(self.linear.surplus(block)) @ X
        return product

    def greatest(self, block: Block) -> Float64:
        """Greatest magnitudes of the combinations, and of the sizes of their terms."""
        X, _ = self.weighed(block)
        return np.stack([np.abs(X).max(axis=0), self.sizes(block).max(axis=0)])

    def products(self, block: Block) -> Float64:
        """Products of the columns, weighed by the least probabilities."""
        X, least = self.weighed(block)
        gram: Float64 = X.T @ (X * least[:, None])
        return gram

    def step(self, kept: Indices, direction: Float64, block: Block) -> _Step:
        """Take the step along some directions of the kept columns."""
        X, least = self.weighed(block)
        v = direction @ X[:, kept].T
        v -= v.mean(axis=0)
        energy = float(least @ np.einsum("ij,ij->j", v, v))
        ratio = float(np.abs(v).max())
        v *= least
        return _Step(v @ X, energy, ratio)

    def left(self, kept: Indices, others: Indices, T: Float64, block: Block) -> Float64:
        """Products of the kept columns and what a combination of them leaves of the others."""
        X, least = self.weighed(block)
        products: Float64 = (X[:, kept] * least[:, None]).T @ (X[:, others] - X[:, kept] @ T)
        return products

    def apart(self, kept: Indices, others: Indices, T: Float64, block: Block) -> Float64:
        """Greatest distance of other columns from combinations of the kept, relative to terms."""
        X, _ = self.weighed(block)
        # Of what is kept the values: a great share of a small combination is no excuse.
        size = self.sizes(block)[:, others] + np.abs(X[:, kept]) @ np.abs(T)
        apart = np.abs(X[:, others] - X[:, kept] @ T)
        relative: Float64 = (apart / np.maximum(size, np.finfo(float).tiny)).max(axis=0)
        return relative

    def _columns(self, X: Float64) -> Float64:
        X = X[:, self.live] if self.live.size < X.shape[1] else X
        return np.column_stack([X, np.ones(X.shape[0])]) if self.linear.centred else X


class _Solved(NamedTuple):
    """Independent columns, and the inverse of their Gram matrix in units that scale it."""

    extended: _Extended
    kept: Indices
    unit: Float64
    inverse: Float64


def by_shift(model: Model, sums: Residuals) -> float:
    """Bound by that step.

    Infinite where it would leave the probabilities, or where columns depend on each other so
    nearly that it is not known to exist.

    Parameters
    ----------
    model : Model
    sums : Residuals
        Of its rows.
    """
    extended = _Extended(model.linear, np.flatnonzero(model.greatest > 0))
    live = extended.live
    if extended.size > model.rows.shape[0]:
        return np.inf  # fewer rows than parameters: there is usually no such step
    if model.alpha and model.costs_more_than_steps(extended.size):
        return np.inf
    common = model.coef[:, live].mean(axis=0)
    beyond = _beyond_reach(model, live, common)
    if not extended.size:
        return divergence(0.0, model.divergence_of_rounding(sums), 0.0) + beyond
    gradient: Float64 = (
        model.alpha * (model.coef[:, live] - common) + sums.gradient[:, live] / model.total
    )
    greatest = model.greatest[live]
    if model.linear.centred:
        gradient = np.hstack([gradient, sums.balance[:, None] / model.total])
        greatest = np.append(greatest, 1.0)
    solved = _independent(model, extended)
    if solved is None:
        return np.inf
    extended, kept, unit, inverse = solved
    stiffness = SOLVED * float(np.abs(inverse).sum(axis=0).max())
    lost = 0.0
    if extended.basis is not None:
        gradient = model.reduce(extended.gradient, np.add) / model.total
        greatest, sizes = model.reduce(extended.greatest, np.maximum)
        rounded = (greatest.size + 4) * UNIT * sizes
        greatest = greatest + rounded
        lost = norm(unit * rounded[kept])
        stiffness = shaken(stiffness, lost, kept.size)
        if stiffness == np.inf:
            return np.inf
    direction = -((gradient[:, kept] * unit) @ inverse) * unit
    taken = model.reduce(partial(extended.step, kept, direction), _Step.merge)
    along = float(np.sqrt(taken.energy / model.total))
    reach = norm(unit * greatest[kept])
    # |m·v| over all rows sums to its energy's root at most, by Cauchy and Schwarz.
    moved = sums.size / model.total + along
    wrong = model.rounding * moved
    slack = 0.0
    if model.alpha > 0:  # else squares of coefficients, of tiny columns say, may leave float64
        slack = model.rounding * model.alpha * norm(model.coef[:, live])
    missing = gradient + taken.gradient / model.total
    residue = norm(missing[:, kept] * unit) + reach * wrong + slack * float(unit.max())
    residue += lost * moved
    if model.alpha and kept.size < greatest.size:
        others = np.setdiff1d(np.arange(greatest.size), kept)
        left = norm(missing[:, others]) + norm(greatest[others]) * wrong + slack
        beyond += by_curvature(left, model.alpha)
    ratio = taken.ratio * (1 + 1e-6) + stiffness * residue * reach
    apart = model.divergence_of_rounding(sums)
    return divergence(along + float(np.sqrt(stiffness)) * residue, apart, ratio) + beyond


def _beyond_reach(model: Model, live: Indices, common: Float64) -> float:
    """Penalty on what no q acts on: what all classes have in common, and columns of zeros."""
    beyond = 0.0
    if model.alpha > 0:  # else squares of coefficients, of tiny columns say, may leave float64
        beyond = 0.5 * model.alpha * len(model.coef) * float(common @ common)
        beyond += 0.5 * model.alpha * norm(np.delete(model.coef, live, axis=1)) ** 2
    return float(beyond * (1 + 4 * model.rounding))


def _independent(model: Model, extended: _Extended) -> _Solved | None:
    """Find columns on which the others depend to rounding, and solve for them.

    Where others depend nearly, what is left of them is taken in their place. None where it is
    doubtful whether they do.
    """
    for _ in range(_ROUNDS):
        solved, others, cross = _solve(model, extended)
        if solved is None or not others.size:
            return solved
        T, nearly = _depend(model, solved, others, cross)
        if not nearly.any():
            return solved
        if model.alpha:  # the penalty bounds what is left along the others
            return solved
        basis = np.eye(extended.size) if extended.basis is None else extended.basis.copy()
        basis[:, others[nearly]] -= basis[:, solved.kept] @ T[:, nearly]
        extended = extended._replace(basis=basis)
    return None


def _solve(model: Model, extended: _Extended) -> tuple[_Solved | None, Indices, Float64]:
    """Find independent columns by their products, the others, and products of the two."""
    gram = model.reduce(extended.products, np.add) / model.total
    diagonal = np.diagonal(gram)
    nothing = np.zeros(0, dtype=np.intp)
    if not (diagonal > 0).all():
        return None, nothing, gram
    unit = 1 / np.sqrt(diagonal)
    scaled = gram * unit * unit[:, None]
    _, pivots, rank, _ = dpstrf(scaled, tol=_DEPENDENT)
    kept = np.sort(pivots[:rank] - 1)
    inverse = inverse_of(scaled[np.ix_(kept, kept)])
    if inverse is None:
        return None, nothing, gram
    others = np.setdiff1d(np.arange(unit.size), kept)
    return _Solved(extended, kept, unit[kept], inverse), others, gram[np.ix_(kept, others)]


def _depend(
    model: Model, solved: _Solved, others: Indices, cross: Float64
) -> tuple[Float64, npt.NDArray[np.bool_]]:
    """Combine the kept columns so as to come nearest to the others.

    Returns
    -------
    T : ndarray of shape (kept.size, others.size)
    nearly : ndarray of bool of shape (others.size,)
        Whether some row of the column is another combination, by more than rounding.
    """
    extended, kept, unit, inverse = solved

    def combination(cross: Float64) -> Float64:
        found: Float64 = unit[:, None] * (inverse @ (unit[:, None] * cross))
        return found

    T = combination(cross)
    # The squares' digits, and those that they have lost.
    left = model.reduce(partial(extended.left, kept, others, T), np.add)
    T = T + combination(left / model.total)
    T[without_dust(T / unit[:, None]) == 0.0] = 0.0
    apart = model.reduce(partial(extended.apart, kept, others, T), np.maximum)
    return T, ~(apart <= _TO_ROUNDING)
