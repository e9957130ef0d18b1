r"""How far above its infimum an unpenalised loss is, where there may be no optimum.

The bound of `duality_gap.py` holds for any rows q of probabilities, zeros included. Where classes
are separated, the q that prove most have zeros: for a row x of class y, of a class c whose margin
(V_y - V_c)·x grows for ever along a direction that separates, p_c tends to zero, and what the
loss tends to is that of the classes that remain for each row. With S the classes kept for a row,
its own among them, P the sum of their probabilities p, and r = p/P on them,

    loss - infimum  <=  (1/Σw)·Σ w·(KL(q‖r) - log P),

for any q on S with (1/Σw)·Σ w·(q - e)(x, 1)ᵀ = 0. That needs no proof of separation: whichever
classes are left out, the bound holds, and at worst it says little. Besides those that a direction
loses, classes of a probability below a threshold are tried.

**Step.** q = r + (diag r - r rᵀ)v, with v = Θ(x, 1) and Θ Newton's step for the classes that
remain. With ρ the greatest s = |v_c - r·v|, q is positive if ρ < 1, and KL(q‖r) is at most
vᵀ(diag r - r rᵀ)v / (2(1 - ρ)), as (1 + s)log(1 + s) - s curves by 1/(1 + s). The Hessian is AᵀA
with n_classes - 1 rows of A for each of X's (the variance of v under r is that of its first class
against the mean of the rest, plus that within the rest), and the triangle of A's QR factors has
all digits. Parameters that others determine for every row are left to those. Where nothing is
proved so, what columns leave of those that they nearly determine is taken in their place, as in
`shift.py`.

**Rounding** is bounded as in `duality_gap.py`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.linalg

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.softmax.certificate.bounds import SOLVED, divergence, norm, shaken
from trivium.softmax.certificate.residuals import UNIT, Model
from trivium.softmax.coordinates.dependence import TO_ROUNDING

THRESHOLDS = (0.0, 1e-8, 1e-5)
"""Probabilities below which a class is left out for a row."""

_DEPENDENT = 1e-9  # of a column's length: what the others leave of it
_NEARLY = 1e-4  # the same, where it is better taken alone
_MOST_WORK = 3e10
_ROWS = 256
_REFINED = 3


class Bound(NamedTuple):
    """What was proved.

    Attributes
    ----------
    gap : float
        Infinite where nothing was.
    passes : float
        How often the rows were read for it.
    """

    gap: float
    passes: float


class _Sums(NamedTuple):
    """What the classes kept leave, over rows.

    Attributes
    ----------
    price : float
        Sum of -log Σ_K p.
    gradient : ndarray of shape (n_classes - 1, size)
        The last class is the reference.
    size : float
        Length of r - e.
    off : float
        Probability away from the likeliest class kept.
    greatest : ndarray of shape (size,)
        Of the columns.
    combined : ndarray of shape (2, size)
        Of their combinations, in rows that keep other classes, and of the sizes of their terms.
    """

    price: float
    gradient: Float64
    size: float
    off: float
    greatest: Float64
    combined: Float64

    def merge(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.price + other.price,
            self.gradient + other.gradient,
            self.size + other.size,
            self.off + other.off,
            np.maximum(self.greatest, other.greatest),
            np.maximum(self.combined, other.combined),
        )


class _Moved(NamedTuple):
    """Sums over rows of a step: what it moves, how long it is, how far it goes."""

    gradient: Float64
    energy: float
    ratio: float

    def merge(self, other: "_Moved") -> "_Moved":
        return _Moved(
            self.gradient + other.gradient,
            self.energy + other.energy,
            max(self.ratio, other.ratio),
        )


def above_infimum(
    X: Floats,
    codes: Indices,
    weights: Float64 | None,
    coef: Float64,
    intercept: Float64,
    *,
    fit_intercept: bool,
    lost: npt.NDArray[np.bool_] | None = None,
    enough: float = 0.0,
) -> Bound:
    """Bound how far the unpenalised loss lies above its infimum.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    codes : ndarray of shape (n,)
        Class of each row, from 0; every class has a row.
    weights : ndarray of shape (n,) or None
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    fit_intercept : bool
    lost : ndarray of bool of shape (n, n_classes) or None
        Classes to leave out in any case.
    enough : float
        A bound below which no better one is looked for.

    Returns
    -------
    Bound

    Examples
    --------
    A dummy of rows of one class only, beside a column in which classes overlap:

    >>> import numpy as np
    >>> X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> codes = np.array([0, 0, 1, 1, 1])
    >>> coef = np.array([[0.0, -10.0], [0.0, 10.0]])
    >>> above_infimum(X, codes, None, coef, np.zeros(2), fit_intercept=True).gap < 1e-8
    True
    """
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        return Bound(np.inf, 0.0)
    model = Model(X, codes, weights, coef, intercept, alpha=0.0, centred=fit_intercept)
    least, passes = np.inf, 0.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for nearly in (False, True):
            for threshold in THRESHOLDS:
                kept = _Kept(model, threshold, lost)
                if not nearly or kept.take_what_is_left():
                    least = min(least, kept.bound())
                passes += kept.passes
                if least <= enough:
                    break
            if least < np.inf:
                break
    return Bound(float(least), passes)


class _Kept:
    """A model whose improbable classes are left out, row by row.

    Parameters
    ----------
    model : Model
    threshold : float
    lost : ndarray of bool of shape (n, n_classes) or None
    """

    def __init__(self, model: Model, threshold: float, lost: npt.NDArray[np.bool_] | None) -> None:
        self._model, self._threshold, self._lost = model, threshold, lost
        n, d = model.X.shape
        self._size = d + model.centred
        self._pairs = len(model.coef) - 1
        self._basis: Float64 | None = None
        self.passes = 0.0
        self._blocks = [slice(i, min(i + _ROWS, n)) for i in range(0, n, _ROWS)]

    def take_what_is_left(self) -> bool:
        """Take what columns leave of those they nearly determine; say whether there are any."""
        if self._too_much():
            return False
        for _ in range(_REFINED):
            R = self._read(self._columns, lambda one, two: _triangle(np.vstack([one, two])))
            length = np.sqrt(np.einsum("ij,ij->j", R, R))
            unit = np.where(length > 0, 1 / np.where(length > 0, length, 1.0), 0.0)
            R, pivots = scipy.linalg.qr(R * unit, mode="r", pivoting=True, check_finite=False)
            rank = int(np.count_nonzero(np.abs(np.diagonal(R)) > _NEARLY))
            kept, others = pivots[:rank], pivots[rank:]
            others, R = others[unit[others] > 0], R[:rank, : self._size]
            if not rank or not others.size:
                break
            T = scipy.linalg.solve_triangular(R[:, :rank], R[:, rank : rank + others.size])
            T = unit[kept][:, None] * T / unit[others]
            nearly = self._read(partial(self._apart, kept, others, T), np.maximum) > TO_ROUNDING
            if not nearly.any():
                break
            basis = np.eye(self._size) if self._basis is None else self._basis.copy()
            basis[:, others[nearly]] -= basis[:, kept] @ T[:, nearly]
            self._basis = basis
        return self._basis is not None

    def _too_much(self) -> bool:
        work = 2.0 * self._model.X.shape[0] * self._pairs * (self._pairs * self._size) ** 2
        return bool(work > _MOST_WORK)

    def bound(self) -> float:
        """Bound the loss less the infimum."""
        model = self._model
        if self._too_much():
            return np.inf
        sums = self._read(self._sums, _Sums.merge)
        error = self._logit_error(sums)
        if not np.isfinite(sums.price + error) or error > 0.1:
            return np.inf
        price = sums.price / model.total * (1 + 4 * error) * (1 + 4 * model.rounding)
        apart = error * float(np.sqrt(2 * sums.off / model.total))
        if sums.size == 0.0:
            return float(price)
        rounded = 0.0 * sums.greatest
        if self._basis is not None:
            rounded = (self._size + 4) * UNIT * sums.combined[1]
        greatest = np.tile(sums.combined[0] + rounded, self._pairs)
        solver = self._solver()
        if solver is None:
            return np.inf
        gradient = sums.gradient.ravel() / model.total
        step, moved = np.zeros_like(gradient), np.zeros_like(gradient)
        taken: _Moved = _Moved(moved, 0.0, 0.0)
        for _ in range(_REFINED):
            step[solver.kept] -= solver.solve((gradient + moved)[solver.kept])
            taken = self._read(partial(self._moved, step), _Moved.merge)
            moved = taken.gradient / model.total
        along = float(np.sqrt(taken.energy / model.total))
        unit = solver.unit
        reach = norm(unit * greatest[solver.kept])
        wrong = model.rounding * (sums.size / model.total + along)
        lost = norm(unit * np.tile(rounded, self._pairs)[solver.kept])
        residue = norm((gradient + moved)[solver.kept] * unit) + reach * wrong
        residue += lost * (sums.size / model.total + along)
        stiffness = shaken(solver.stiffness, lost, unit.size)
        if stiffness == np.inf:
            return np.inf
        ratio = taken.ratio * (1 + 1e-6) + 2 * stiffness * residue * reach
        return divergence(along + float(np.sqrt(stiffness)) * residue, apart, ratio) + float(price)

    def _read(self, statistic: Callable[[slice], Any], merge: Callable[[Any, Any], Any]) -> Any:
        """Reduce over all rows, in one pass."""
        self.passes += 1.0
        return map_reduce(statistic, self._blocks, merge)

    def _logit_error(self, sums: _Sums) -> float:
        model = self._model
        greatest = sums.greatest[: model.X.shape[1]]
        reach = float(np.abs(model.coef).max(axis=0) @ greatest) + model.offset
        return float(2 * UNIT * ((model.coef.shape[1] + 4) * reach + 16))

    def _rows(self, rows: slice) -> tuple[Float64, Float64, Float64, npt.NDArray[np.bool_]]:
        """Rows with a one, r, -log P, and which rows keep their own class alone."""
        model = self._model
        X = model.rows(rows)
        p, logits, log_sum = model.probabilities(X)
        each, codes = np.arange(X.shape[0]), model.codes[rows]
        left = p < self._threshold
        if self._lost is not None:
            left |= self._lost[rows].T
        left[codes, each] = False
        gone = np.where(left, p, 0.0).sum(axis=0)
        r = np.where(left, 0.0, p)
        total = r.sum(axis=0)
        own = logits[codes, each] - log_sum
        price = np.where(gone < 0.5, -np.log1p(-gone), -np.log(total))
        alone = (~left).sum(axis=0) == 1
        price = np.where(alone, np.where(gone < 0.5, price, -own), price)
        r /= np.where(total > 0, total, 1.0)
        r[codes[alone], each[alone]] = 1.0
        if model.centred:
            X = np.column_stack([X, np.ones(X.shape[0])])
        if self._basis is not None:
            X = X @ self._basis
        return X, r, price, alone

    def _sizes(self, rows: slice) -> tuple[Float64, Float64]:
        """Magnitudes of the columns, and sizes of the terms of their combinations."""
        X = np.abs(self._model.rows(rows))
        if self._model.centred:
            X = np.column_stack([X, np.ones(X.shape[0])])
        return X, X if self._basis is None else X @ np.abs(self._basis)

    def _apart(self, kept: Indices, others: Indices, T: Float64, rows: slice) -> Float64:
        """How far columns are from combinations of others, of the sizes of the terms."""
        X, _, _, alone = self._rows(rows)
        _, sizes = self._sizes(rows)
        size = sizes[:, others] + np.abs(X[:, kept]) @ np.abs(T)
        apart = np.abs(X[:, others] - X[:, kept] @ T) / np.maximum(size, np.finfo(float).tiny)
        relative: Float64 = apart[~alone].max(axis=0, initial=0.0)
        return relative

    def _columns(self, rows: slice) -> Float64:
        """Triangle of the columns of rows that keep other classes, weighed by their curvature."""
        X, r, _, alone = self._rows(rows)
        curvature = np.where(alone, 0.0, 1.0 - np.einsum("ij,ij->j", r, r))
        root = np.sqrt(np.maximum(self._model.weigh(curvature, rows), 0.0))
        return _triangle(root[:, None] * X)

    def _sums(self, rows: slice) -> _Sums:
        model = self._model
        X, r, price, alone = self._rows(rows)
        plain, sizes = self._sizes(rows)
        own = np.abs(X[~alone]).max(axis=0, initial=0.0)
        each, codes = np.arange(X.shape[0]), model.codes[rows]
        top = r.argmax(axis=0)
        rest = r.copy()
        rest[top, each] = 0.0
        off = rest.sum(axis=0)
        rest = r.copy()
        rest[codes, each] = 0.0
        rest[codes, each] = -rest.sum(axis=0)
        size = np.sqrt(np.einsum("ij,ij->j", rest, rest))
        return _Sums(
            float(model.weigh(price, rows).sum()),
            model.weigh(rest, rows)[:-1] @ X,
            float(model.weigh(size, rows).sum()),
            float(model.weigh(off, rows).sum()),
            plain.max(axis=0),
            np.stack([own, sizes[~alone].max(axis=0, initial=0.0)]),
        )

    def _moved(self, step: Float64, rows: slice) -> _Moved:
        """Take a step Θ, and say what it does to some rows."""
        X, r, _, alone = self._rows(rows)
        v = np.zeros_like(r)
        v[:-1] = step.reshape(self._pairs, self._size) @ X.T
        v -= np.einsum("ij,ij->j", r, v)
        v[r == 0] = 0.0
        v[:, alone] = 0.0
        weighted = self._model.weigh(r * v, rows)
        return _Moved(
            (weighted[:-1] @ X).ravel(),
            float(np.vdot(weighted, v)),
            float(np.abs(v).max()),
        )

    def _factors(self, rows: slice) -> Float64:
        """Rows of A, with the roots of the weights in them."""
        X, r, _, _ = self._rows(rows)
        m, pairs = X.shape[0], self._pairs
        after = np.cumsum(r[::-1], axis=0)[::-1]  # of a class and those behind it
        A = np.zeros((m, pairs, pairs, self._size))
        weight = self._model.weigh(np.ones(m), rows) / self._model.total
        for c in range(pairs):
            behind = np.where(after[c + 1] > 0, after[c + 1], 1.0)
            share = r[c] * after[c + 1] / np.where(after[c] > 0, after[c], 1.0)
            root = np.sqrt(share * weight)
            A[:, c, c] = root[:, None] * X
            for other in range(c + 1, pairs):
                A[:, c, other] = (-root * r[other] / behind)[:, None] * X
        return A.reshape(m * pairs, pairs * self._size)

    def _solver(self) -> "_Solver | None":
        """Factor the Hessian; None where it is doubtful which parameters depend on others."""

        def triangle(rows: slice) -> Float64:
            return _triangle(self._factors(rows))

        R = self._read(triangle, lambda one, two: _triangle(np.vstack([one, two])))
        length = np.sqrt(np.einsum("ij,ij->j", R, R))
        unit = np.where(length > 0, 1 / np.where(length > 0, length, 1.0), 0.0)
        R, pivots = scipy.linalg.qr(R * unit, mode="r", pivoting=True, check_finite=False)
        rank = int(np.count_nonzero(np.abs(np.diagonal(R)) > _DEPENDENT))
        kept, others = pivots[:rank], pivots[rank:]
        own = R[:rank, :rank]
        solver = _Solver(kept, unit[kept], own)
        if others.size:
            T = unit[kept][:, None] * scipy.linalg.solve_triangular(own, R[:rank, rank:])
            T /= np.where(unit[others] > 0, unit[others], 1.0)
            if not self._depend(kept, others, T):
                return None
        return solver

    def _depend(self, kept: Indices, others: Indices, T: Float64) -> bool:
        """Whether other parameters do to each row what a combination of the kept ones does."""
        combined = np.zeros((others.size, self._pairs * self._size))
        combined[np.arange(others.size), others] = 1.0
        combined[:, kept] -= T.T
        center = np.append(np.abs(self._model.center), 1.0)[: self._size]
        combined = combined.reshape(others.size * self._pairs, self._size)

        def greatest(rows: slice) -> float:
            X, r, _, alone = self._rows(rows)
            X, r = X[~alone], r[:, ~alone]
            if not X.size:
                return 0.0
            shape = others.size, self._pairs, X.shape[0]
            v = (combined @ X.T).reshape(shape)
            plain = (np.abs(X) + center).T  # of which rounding is a share
            size = (np.abs(combined) @ plain).reshape(shape)
            if self._basis is not None:  # a great share of a small column is no excuse
                plain = ((self._sizes(rows)[0][~alone] + center) @ np.abs(self._basis)).T
                size = (np.abs(combined) @ np.abs(X).T).reshape(shape)
            v = np.concatenate([v, np.zeros((others.size, 1, X.shape[0]))], axis=1)
            some = r > 0
            most = np.where(some, v, -np.inf).max(axis=1) - np.where(some, v, np.inf).min(axis=1)
            sizes = np.where(some[:-1], size, 0.0).sum(axis=1)
            sizes = np.maximum(sizes, plain[others % self._size])
            return float((most / np.maximum(sizes, np.finfo(float).tiny)).max())

        return bool(self._read(greatest, max) <= TO_ROUNDING)


class _Solver(NamedTuple):
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


def _triangle(A: Float64) -> Float64:
    """R of A = QR, of no more rows than columns."""
    (R,) = scipy.linalg.qr(A, mode="r", check_finite=False)
    return np.asarray(R[: min(A.shape)])
