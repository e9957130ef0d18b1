"""Softmax regression on rows that come in parts, of which none is kept.

Of all rows seen so far the mean cross-entropy is replaced by a quadratic, a sum of one for
each part: the part's Taylor polynomial of second order at the parameters with which its call
ended. A call minimises exactly

    share·(cross-entropy of its own rows) + (1 - share)·(quadratic) + alpha/2·‖coef‖²,

share being the new rows' part of the weight, and then adds their polynomial. So the first
call is an ordinary fit, and the same parts given over and over lead to the optimum of all of
them: the polynomials' gradients are exact where they are taken, and those taken far away count
for ever less (Gürbüzbalaban, Ozdaglar & Parrilo, A globally convergent incremental Newton
method, Math. Prog. 151, 2015; for surrogates in general Mairal, Stochastic
majorization-minimization, NIPS 2013).

Until every class has had a row, a fit runs away to where its own rows are certain and the
Hessian is next to nothing; a polynomial from there would let later rows overturn everything.
Those parts' curvature is the mean of the Hessians on the way from zero, which for two classes
is the quadratic bound of Jaakkola & Jordan (Statistics and Computing 10, 2000, section 2).

The polynomials share one Hessian, a matrix of the size of all parameters.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.scaling import column_centers
from trivium.inputs import LabelledRows
from trivium.softmax.cross_entropy import CrossEntropy, softmax
from trivium.softmax.solvers.newton import newton
from trivium.softmax.solvers.protocol import Result, small_gradient

_NODES, _SHARES = 0.5 * (np.polynomial.legendre.leggauss(4) + np.array([[1.0], [0.0]]))
_LIFT = 1e-10  # of a Hessian of unit diagonal, in which a shift common to all classes is free


class Past(NamedTuple):
    """What is kept of the rows seen: their mean cross-entropy, as a quadratic.

    Attributes
    ----------
    center : ndarray of shape (d,)
        Subtracted from every row: the first rows' mean, or zero without intercepts.
    weight : float
        Of all rows seen.
    seen : ndarray of bool of shape (n_classes,)
        Which classes have had a row.
    value : float
    slope : ndarray of shape (n_classes, n_parameters)
    curvature : ndarray of shape (n_classes·n_parameters, n_classes·n_parameters)
        value + slope·θ + θᵀ·curvature·θ/2 at the parameters θ for centred rows.
    """

    center: Float64
    weight: float
    seen: Any
    value: float
    slope: Float64
    curvature: Float64


def nothing(rows: LabelledRows, n_classes: int, *, fit_intercept: bool) -> Past:
    """Return the past before the first call."""
    d = rows.X.shape[1]
    size = n_classes * (d + fit_intercept)
    center = column_centers(rows.X) if fit_intercept else np.zeros(d)
    seen = np.zeros(n_classes, dtype=np.bool_)
    slope = np.zeros((n_classes, d + fit_intercept))
    return Past(center, 0.0, seen, 0.0, slope, np.zeros((size, size)))


def go_on(
    past: Past,
    rows: LabelledRows,
    coef: Float64,
    intercept: Float64,
    *,
    alpha: float,
    fit_intercept: bool,
    max_iter: int,
    tol: float,
) -> tuple[Past, Float64, Float64, Result]:
    """Take in more rows.

    Parameters
    ----------
    past : Past
    rows : LabelledRows
    coef : ndarray of shape (n_classes, d)
        Where to start.
    intercept : ndarray of shape (n_classes,)
    alpha, fit_intercept, max_iter, tol : as in `SoftmaxRegression`

    Returns
    -------
    past : Past
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    result : Result
    """
    d = coef.shape[1]
    new = CrossEntropy(
        rows.X,
        rows.codes,
        coef.shape[0],
        weights=rows.weights,
        fit_intercept=fit_intercept,
        center=past.center if fit_intercept else None,
    )
    weight = float(rows.X.shape[0] if rows.weights is None else rows.weights.sum())
    share = weight / (past.weight + weight)
    start = coef
    if fit_intercept:
        start = np.column_stack([coef, intercept + coef @ past.center])
    penalty = np.full(start.shape, alpha)
    penalty[:, d:] = 0.0
    chunk = _Chunk(rows, past.center, fit_intercept)
    result = newton(
        _Joint(new, chunk, past, share, penalty),
        start,
        direction=_newton_step,
        max_iter=max_iter,
        stop=small_gradient(tol),
        observe=lambda *_: None,
    )
    there = result.parameters
    seen = past.seen | (np.bincount(rows.codes, minlength=past.seen.size) > 0)
    if seen.all():
        curvature = chunk.hessian(there)
    else:
        curvature = sum(
            part * chunk.hessian(node * there) for node, part in zip(_NODES, _SHARES, strict=True)
        )
    at = new.evaluate(there)
    pull = (curvature @ there.ravel()).reshape(there.shape)
    value = at.loss - float(np.vdot(at.gradient, there)) + 0.5 * float(np.vdot(pull, there))
    past = Past(
        past.center,
        past.weight + weight,
        seen,
        (1 - share) * past.value + share * value,
        (1 - share) * past.slope + share * (at.gradient - pull),
        (1 - share) * past.curvature + share * curvature,
    )
    coef = there[:, :d].copy()
    intercept = there[:, d] - coef @ past.center if fit_intercept else np.zeros(coef.shape[0])
    return past, coef, intercept, result


class _Chunk:
    """Rows of one call, for the Hessian of their mean cross-entropy."""

    def __init__(self, rows: LabelledRows, center: Float64, fit_intercept: bool) -> None:
        self._X, self._center, self._fit_intercept = rows.X, center, fit_intercept
        weights = np.ones(rows.X.shape[0]) if rows.weights is None else rows.weights
        self._shares = weights / weights.sum()

    def hessian(self, parameters: Float64) -> Float64:
        """Hessian as a matrix: the mean of (diag p - p pᵀ) ⊗ x xᵀ."""
        n_classes, width = parameters.shape

        def block(part: slice) -> Float64:
            X = np.asarray(self._X[part], dtype=np.float64) - self._center
            X = np.column_stack([X, np.ones(X.shape[0])]) if self._fit_intercept else X
            p, _ = softmax(X @ parameters.T)
            share = self._shares[part][:, None]
            outer = (p[:, :, None] * X[:, None, :]).reshape(X.shape[0], -1)
            total: Float64 = -(outer.T @ (share * outer))
            for c in range(n_classes):
                own = slice(c * width, (c + 1) * width)
                rest = np.delete(p, c, axis=1).sum(axis=1, keepdims=True)  # 1 - p, to its digits
                total[own, own] = X.T @ (share * p[:, [c]] * rest * X)
            return total

        return map_reduce(block, row_blocks(self._X.shape[0], n_classes * width), np.add)


@dataclass(frozen=True)
class _JointAt:
    """The joint objective at one point."""

    loss: float
    gradient: Float64
    parameters: Float64
    joint: "_Joint"


class _Joint:
    """Cross-entropy of new rows, the quadratic of the past, and the penalty."""

    def __init__(
        self, new: CrossEntropy, chunk: _Chunk, past: Past, share: float, penalty: Float64
    ) -> None:
        self._new, self._chunk, self._past = new, chunk, past
        self._share, self._penalty = share, penalty

    def evaluate(self, parameters: Float64) -> _JointAt:
        """Evaluate loss and gradient."""
        at, past, rest = self._new.evaluate(parameters), self._past, 1 - self._share
        pull = rest * (past.curvature @ parameters.ravel()).reshape(parameters.shape)
        pull += self._penalty * parameters
        linear = past.value + float(np.vdot(past.slope, parameters))
        loss = self._share * at.loss + rest * linear + 0.5 * float(np.vdot(pull, parameters))
        gradient = self._share * at.gradient + rest * past.slope + pull
        return _JointAt(loss, gradient, parameters, self)

    def hessian(self, parameters: Float64) -> Float64:
        """Compute the Hessian as a matrix."""
        hessian = (1 - self._share) * self._past.curvature
        hessian += self._share * self._chunk.hessian(parameters)
        hessian[np.diag_indices_from(hessian)] += self._penalty.ravel()
        return hessian


def _newton_step(at: _JointAt) -> Float64:
    """Solve Hessian·step = -gradient, the Hessian lifted a little."""
    hessian = at.joint.hessian(at.parameters)
    diagonal = np.diagonal(hessian)
    unit = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    hessian *= unit * unit[:, None]
    hessian[np.diag_indices_from(hessian)] += _LIFT
    solved = scipy.linalg.solve(hessian, -unit * at.gradient.ravel(), assume_a="pos")
    step: Float64 = (unit * solved).reshape(at.gradient.shape)
    return step
