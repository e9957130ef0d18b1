"""The bound by a step of the probabilities that makes the whole gradient vanish.

`optimality.py` says why it is one. Columns that depend on others to rounding, as dummies of all
levels do, are left to those: what makes the gradient vanish along the others does so along them.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpstrf

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.softmax.bounds import SOLVED, by_curvature, divergence, inverse_of, norm
from trivium.softmax.residuals import Model, Residuals

_DEPENDENT = 1e-9  # of a scaled Gram matrix: what of a column's square the others leave
_TO_ROUNDING = 1e-12  # of the sizes of the terms


class _Extended(NamedTuple):
    """Columns that are not all zero, with ones for the intercepts."""

    model: Model
    live: Indices

    @property
    def size(self) -> int:
        return int(self.live.size) + self.model.centred

    def rows(self, rows: slice) -> tuple[Float64, Float64]:
        """Take some rows, and their least probabilities times their weights."""
        X = self.model.rows(rows)
        p, _, _ = self.model.probabilities(X)
        X = X[:, self.live] if self.live.size < X.shape[1] else X
        if self.model.centred:
            X = np.column_stack([X, np.ones(X.shape[0])])
        return X, self.model.weigh(p.min(axis=0), rows)


class _Solved(NamedTuple):
    """Independent columns, and the inverse of their Gram matrix in units that scale it."""

    kept: Indices
    unit: Float64
    inverse: Float64


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


def by_shift(model: Model, sums: Residuals) -> float:
    """Bound by that step.

    Infinite where it would leave the probabilities, or where columns nearly depend on each
    other, so that it is not known to exist.

    Parameters
    ----------
    model : Model
    sums : Residuals
        Of its rows.
    """
    extended = _Extended(model, np.flatnonzero(sums.greatest > 0))
    live = extended.live
    if extended.size > model.X.shape[0]:
        return np.inf  # fewer rows than parameters: there is no such step, as a rule
    # No q acts on what all classes have in common, nor on columns of zeros.
    common = model.coef[:, live].mean(axis=0)
    beyond = 0.5 * model.alpha * len(model.coef) * float(common @ common)
    beyond += 0.5 * model.alpha * norm(np.delete(model.coef, live, axis=1)) ** 2
    beyond = float(beyond * (1 + 4 * model.rounding))
    if not extended.size:
        return divergence(0.0, model.divergence_of_rounding(sums), 0.0) + beyond
    gradient: Float64 = (
        model.alpha * (model.coef[:, live] - common) + sums.gradient[:, live] / model.total
    )
    greatest = sums.greatest[live]
    if model.centred:
        gradient = np.hstack([gradient, sums.balance[:, None] / model.total])
        greatest = np.append(greatest, 1.0)
    solved = _independent(extended)
    if solved is None:
        return np.inf
    kept, unit, inverse = solved
    taken = _step(extended, kept, -((gradient[:, kept] * unit) @ inverse) * unit)
    along = float(np.sqrt(taken.energy / model.total))
    reach = norm(unit * greatest[kept])
    stiffness = SOLVED * float(np.abs(inverse).sum(axis=0).max())
    # |m·v| over all rows sums to its energy's root at most, by Cauchy and Schwarz.
    wrong = model.rounding * (sums.size / model.total + along)
    slack = model.rounding * model.alpha * norm(model.coef[:, live])
    missing = gradient + taken.gradient / model.total
    residue = norm(missing[:, kept] * unit) + reach * wrong + slack * float(unit.max())
    if model.alpha and kept.size < greatest.size:
        others = np.setdiff1d(np.arange(greatest.size), kept)
        left = norm(missing[:, others]) + norm(greatest[others]) * wrong + slack
        beyond += by_curvature(left, model.alpha)
    ratio = taken.ratio * (1 + 1e-6) + stiffness * residue * reach
    apart = model.divergence_of_rounding(sums)
    return divergence(along + float(np.sqrt(stiffness)) * residue, apart, ratio) + beyond


def _step(extended: _Extended, kept: Indices, direction: Float64) -> _Step:
    """Take the step along some directions of the kept columns."""

    def step(rows: slice) -> _Step:
        X, least = extended.rows(rows)
        v = direction @ X[:, kept].T
        v -= v.mean(axis=0)
        energy = float(least @ np.einsum("ij,ij->j", v, v))
        ratio = float(np.abs(v).max())
        v *= least
        return _Step(v @ X, energy, ratio)

    return map_reduce(step, extended.model.blocks, _Step.merge)


def _independent(extended: _Extended) -> _Solved | None:
    """Find columns on which the others depend to rounding, and solve for them.

    None where it is doubtful whether they do.
    """
    model = extended.model

    def products(rows: slice) -> Float64:
        X, least = extended.rows(rows)
        gram: Float64 = X.T @ (X * least[:, None])
        return gram

    gram = map_reduce(products, model.blocks, np.add) / model.total
    diagonal = np.diagonal(gram)
    if not (diagonal > 0).all():
        return None
    unit = 1 / np.sqrt(diagonal)
    scaled = gram * unit * unit[:, None]
    _, pivots, rank, _ = dpstrf(scaled, tol=_DEPENDENT)
    kept = np.sort(pivots[:rank] - 1)
    inverse = inverse_of(scaled[np.ix_(kept, kept)])
    if inverse is None:
        return None
    others = np.setdiff1d(np.arange(unit.size), kept)
    solved = _Solved(kept, unit[kept], inverse)
    if others.size and not _depend(extended, solved, others, gram[np.ix_(kept, others)]):
        # A penalty bounds what is left along the others, whether they depend or not.
        return solved if model.alpha else None
    return solved


def _depend(extended: _Extended, solved: _Solved, others: Indices, cross: Float64) -> bool:
    """Whether each row of the other columns is the same combination of the kept ones."""
    kept, unit, inverse = solved

    def combination(cross: Float64) -> Float64:
        found: Float64 = unit[:, None] * (inverse @ (unit[:, None] * cross))
        return found

    def left(rows: slice) -> Float64:
        X, least = extended.rows(rows)
        products: Float64 = (X[:, kept] * least[:, None]).T @ (X[:, others] - X[:, kept] @ T)
        return products

    def greatest(rows: slice) -> float:
        X, _ = extended.rows(rows)
        size = np.abs(X[:, others]) + np.abs(X[:, kept]) @ np.abs(T)
        apart = np.abs(X[:, others] - X[:, kept] @ T)
        return float((apart / np.maximum(size, np.finfo(float).tiny)).max())

    T = combination(cross)
    # The squares' digits, and those that they have lost.
    T += combination(map_reduce(left, extended.model.blocks, np.add) / extended.model.total)
    return map_reduce(greatest, extended.model.blocks, max) <= _TO_ROUNDING
