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
The same happens where single rows or few of them come: as long as every part could be told
apart without error, the part's share of its curvature is that mean, a share that vanishes as
parts add up.

A row that is wrong with certainty has a gradient and no curvature, and Newton's step from there
would end anywhere. Where a step takes the Taylor polynomial of the new rows below zero, which no
cross-entropy is, each row's curvature is raised until its own polynomial stays above.

The polynomials share one Hessian, a matrix of the size of all parameters.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64
from trivium.blocks.map_reduce import block_length
from trivium.blocks.scaling import comparable_weights
from trivium.rows.block import Block
from trivium.rows.centers import column_centers
from trivium.rows.source import Rows
from trivium.softmax.curvature.preconditioner import factored
from trivium.softmax.distinct import distinct
from trivium.softmax.objective.cross_entropy import CrossEntropy, CrossEntropyAt, softmax
from trivium.softmax.objective.statistics import centred
from trivium.softmax.solvers.newton import newton
from trivium.softmax.solvers.protocol import Result, small_gradient

_NODES, _SHARES = 0.5 * (np.polynomial.legendre.leggauss(4) + np.array([[1.0], [0.0]]))
_LIGHTEST = -(1 << 14)  # exponent of no weight at all, below that of any float


class Past(NamedTuple):
    """What is kept of the rows seen: their mean cross-entropy, as a quadratic.

    Attributes
    ----------
    center : ndarray of shape (d,)
        Subtracted from every row: the first rows' mean, or zero without intercepts.
    weight, exponent : float, int
        Of all rows seen: weight·2**exponent, which float64 may not hold.
    seen : ndarray of bool of shape (n_classes,)
        Which classes have had a row.
    apart : bool
        Whether each part's rows were all predicted right when its call ended.
    value : float
    slope : ndarray of shape (n_classes, n_parameters)
    curvature : ndarray of shape (n_classes·n_parameters, n_classes·n_parameters)
        value + slope·θ + θᵀ·curvature·θ/2 at the parameters θ for centred rows.
    """

    center: Float64
    weight: float
    exponent: int
    seen: Any
    apart: bool
    value: float
    slope: Float64
    curvature: Float64

    @property
    def fit_intercept(self) -> bool:
        """Whether there are intercepts."""
        return bool(self.slope.shape[1] > self.center.size)


def nothing(rows: Rows, *, fit_intercept: bool) -> Past:
    """Return the past before the first call, which has these rows."""
    (n, d), n_classes = rows.shape, rows.n_classes
    size = n_classes * (d + fit_intercept)
    center = np.zeros(d)
    if fit_intercept and n:  # repeated rows count once, as one that weighs as much does
        center = column_centers(distinct(rows))
    seen = np.zeros(n_classes, dtype=np.bool_)
    slope = np.zeros((n_classes, d + fit_intercept))
    curvature = np.zeros((size, size))
    return Past(center, 0.0, _LIGHTEST, seen, True, 0.0, slope, curvature)


def go_on(
    past: Past,
    rows: Rows,
    coef: Float64,
    intercept: Float64,
    *,
    alpha: float,
    max_iter: int,
    tol: float,
) -> tuple[Past, Float64, Float64, Result]:
    """Take in more rows.

    Parameters
    ----------
    past : Past
    rows : Rows
    coef : ndarray of shape (n_classes, d)
        Where to start, unless the loss there leaves float64.
    intercept : ndarray of shape (n_classes,)
    alpha, max_iter, tol : as in `SoftmaxRegression`

    Returns
    -------
    past : Past
    coef : ndarray of shape (n_classes, d)
        Like the intercepts, it sums to zero over the classes.
    intercept : ndarray of shape (n_classes,)
    result : Result
    """
    d, fit_intercept = coef.shape[1], past.fit_intercept
    center = past.center if fit_intercept else None
    new = CrossEntropy(rows, fit_intercept=fit_intercept, center=center)
    before, added, exponent = _on_one_scale(past, rows)
    share = added / (before + added)
    start = coef
    if fit_intercept:
        start = np.column_stack([coef, intercept + coef @ past.center])
    start = start - start.mean(axis=0)
    penalty = np.full(start.shape, alpha)
    penalty[:, d:] = 0.0
    chunk = _Chunk(new)
    joint = _Joint(new, chunk, past, share, penalty)
    if not np.isfinite(joint.evaluate(start).loss):
        start = np.zeros(start.shape)
    result = newton(
        joint,
        start,
        direction=_newton_step,
        max_iter=max_iter,
        stop=small_gradient(tol),
        observe=lambda *_: None,
    )
    there = result.parameters
    at = new.evaluate(there)
    seen = past.seen | (np.bincount(rows.codes, minlength=past.seen.size) > 0)
    apart = past.apart and at.accuracy == 1.0
    bounded = (share if apart else 0.0) if seen.all() else 1.0
    curvature = (1 - bounded) * chunk.hessian(there)
    if bounded:
        for node, part in zip(_NODES, _SHARES, strict=True):
            curvature += bounded * part * chunk.hessian(node * there)
    pull = (curvature @ there.ravel()).reshape(there.shape)
    value = at.loss - float(np.vdot(at.gradient, there)) + 0.5 * float(np.vdot(pull, there))
    past = Past(
        past.center,
        before + added,
        exponent,
        seen,
        apart,
        (1 - share) * past.value + share * value,
        (1 - share) * past.slope + share * (at.gradient - pull),
        (1 - share) * past.curvature + share * curvature,
    )
    coef = there[:, :d].copy()
    intercept = there[:, d] - coef @ past.center if fit_intercept else np.zeros(coef.shape[0])
    return past, coef, intercept, result


def _on_one_scale(past: Past, rows: Rows) -> tuple[float, float, int]:
    """Weights of the past and of new rows, and the power of two that both lack."""
    weights, exponent = comparable_weights(rows.weights), 0
    if weights is None or rows.weights is None:
        added = float(rows.shape[0])
    else:
        added, exponent = float(weights.sum()), int(np.frexp(rows.weights.max())[1])
    common = max(past.exponent, exponent)
    return (
        math.ldexp(past.weight, past.exponent - common),
        math.ldexp(added, exponent - common),
        common,
    )


class _Chunk:
    """Rows of one call, for the Hessian of their mean cross-entropy."""

    def __init__(self, new: CrossEntropy) -> None:
        self._rows, self._center, self._fit_intercept = new.rows, new.center, new.fit_intercept
        weights = new.rows.weights
        weights = np.ones(new.rows.shape[0]) if weights is None else weights
        self._shares = weights / weights.sum()

    def hessian(self, parameters: Float64, *, above_zero: bool = False) -> Float64:
        """Hessian as a matrix, as `MeanHessian`."""
        statistic = MeanHessian(parameters, self._center, self._fit_intercept, above_zero)
        length = block_length(parameters.size)
        hessian: Float64 = self._rows.reduce(
            statistic, np.add, length=length, beside=(self._shares,)
        )
        return hessian


@dataclass(frozen=True)
class MeanHessian:
    """Hessian of rows' mean cross-entropy: the mean of (diag p - p pᵀ) ⊗ x xᵀ.

    With the gradient r = p - e of the row's loss l, e its own class, rᵀ(diag p - p pᵀ)⁺r is
    (1 - p)/p of that class. So the row's polynomial stays above zero once c·r rᵀ is added,
    where c = 1/(2·l) - p/(1 - p) if that is positive: if p is less than 0.285.

    Attributes
    ----------
    parameters : ndarray of shape (n_classes, d [+ 1])
    center : ndarray of shape (d,) or None
        Subtracted from every row.
    fit_intercept : bool
    above_zero : bool
        Whether it is raised so.
    """

    parameters: Float64
    center: Float64 | None
    fit_intercept: bool
    above_zero: bool

    def __call__(self, block: Block, shares: Float64) -> Float64:
        """Sum over a block; each row counts by its share of the weight."""
        n_classes, width = self.parameters.shape
        X = centred(block, self.center)
        X = np.column_stack([X, np.ones(X.shape[0])]) if self.fit_intercept else X
        logits = X @ self.parameters.T
        p, log_sum = softmax(logits)
        share = shares[:, None]
        outer = (p[:, :, None] * X[:, None, :]).reshape(X.shape[0], -1)
        total: Float64 = -(outer.T @ (share * outer))
        for c in range(n_classes):
            own = slice(c * width, (c + 1) * width)
            rest = np.delete(p, c, axis=1).sum(axis=1, keepdims=True)  # 1 - p, to its digits
            total[own, own] = X.T @ (share * p[:, [c]] * rest * X)
        if self.above_zero:
            each, codes = np.arange(X.shape[0]), block.codes
            wrong = np.flatnonzero(p[each, codes] < 0.5)
            at = wrong, codes[wrong]
            more = 0.5 / (log_sum[wrong] - logits[at]) - p[at] / (1 - p[at])
            p[at] -= 1.0
            outer = (p[wrong, :, None] * X[wrong, None, :]).reshape(-1, n_classes * width)
            total += outer.T @ (share[wrong] * np.maximum(more, 0.0)[:, None] * outer)
        return total


@dataclass(frozen=True)
class _JointAt:
    """The joint objective at one point."""

    loss: float
    gradient: Float64
    parameters: Float64
    new: CrossEntropyAt
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
        return _JointAt(loss, gradient, parameters, at, self)

    def hessian(self, parameters: Float64, *, above_zero: bool = False) -> Float64:
        """Compute the Hessian as a matrix."""
        hessian = (1 - self._share) * self._past.curvature
        hessian += self._share * self._chunk.hessian(parameters, above_zero=above_zero)
        hessian[np.diag_indices_from(hessian)] += self._penalty.ravel()
        return hessian


def _newton_step(at: _JointAt) -> Float64:
    """Solve Hessian·step = -gradient, the new rows' Hessian raised where it is too small."""
    step = _solved(at.joint.hessian(at.parameters), at.gradient)
    curving = float(np.vdot(step, at.new.hessian_product(step)))
    if at.new.loss + float(np.vdot(at.new.gradient, step)) + 0.5 * curving < 0:
        step = _solved(at.joint.hessian(at.parameters, above_zero=True), at.gradient)
    return step


def _solved(hessian: Float64, gradient: Float64) -> Float64:
    """Solve for a step that, like the gradient, sums to zero over the classes."""
    factor, scale = factored(hessian)
    solved = scale * scipy.linalg.cho_solve((factor, True), scale * gradient.ravel())
    step: Float64 = -solved.reshape(gradient.shape)
    step -= step.mean(axis=0)
    return step
