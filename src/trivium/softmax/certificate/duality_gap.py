r"""How far above its optimum a softmax loss can be: a bound from duality, not an estimate.

For each row let p be the probabilities at the given parameters (C, b), e the indicator of the
row's class, and q any probabilities. As log Σ exp g = max over q of q·g + H(q), with the
entropy H, every choice of q with

    G = αC + (1/Σw)·Σ w·(q - e) xᵀ    and    s = (1/Σw)·Σ w·(q - e) = 0

bounds the optimum from below (Boyd & Vandenberghe, Convex Optimization, 2004, section 5.1.3;
s = 0 because intercepts are free), and what is left above that bound is

    loss - optimum  <=  (1/Σw)·Σ w·KL(q‖p) + ‖G‖²/(2α),

two terms that are never negative, so that nothing cancels. Without intercepts q = p will do.

**Balance.** With intercepts, p is changed a little until s = 0. Let the *hub* h be the row's
likeliest class. Then q_k = p_k + p_h p_k (v_k - v_h) for k other than h, and q_h takes the rest:
a step along A v, where A is the Laplacian of a *star*, the graph whose edges, of weights p_h p_k,
each join the hub to one other class. A is at most diag p - p pᵀ. Hence Σ (q - p)²/p <= vᵀA v, and
since all |q/p - 1| <= ρ, the greatest |v_k - v_h|, KL(q‖p) <= vᵀA v / (2(1 - ρ)). All rows' A
together make one Laplacian of the classes' size, and one linear system gives v.

**Shift.** Where alpha is zero or very small, G itself is made to vanish (but for what all
classes have in common, which q cannot change), by v = Θ(x, 1), one for each row, and
q = p + m·(v - mean v), with m the row's least probability: m times the projection is at most
diag p - p pᵀ as well. One linear system of the columns' size gives Θ. Then every q is
positive, so that an optimum exists: no direction separates the classes.

**Rounding.** q is checked, not trusted: what is left of s (or G) is bounded with all the
rounding in it (γ = m·u for sums of m terms; Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed. 2002, section 3.1), and the same argument, applied once more, bounds the
price of removing it. Logits that are wrong by ε change KL(q‖p) by the variance of ε under p.
"""

import math
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64
from trivium.rows.source import Rows
from trivium.softmax.certificate.bounds import SOLVED, by_curvature, divergence, inverse_of, norm
from trivium.softmax.certificate.evaluated import Evaluated
from trivium.softmax.certificate.residuals import Model, Residuals
from trivium.softmax.certificate.shift import by_shift
from trivium.softmax.objective.cross_entropy import CrossEntropyAt

_LOOSE = 1e-6  # of the loss: above it, another bound is computed too


class Certificate(NamedTuple):
    """What is known of the optimum.

    Attributes
    ----------
    gap : float
        Upper bound on the loss less the optimum; infinite where the loss is not finite.
    exists : bool
        Whether an optimum is known to exist. With a penalty and no intercepts, or with both
        and every class present, one always does.
    """

    gap: float
    exists: bool


def certify(
    rows: Rows,
    coef: Float64,
    intercept: Float64,
    *,
    alpha: float,
    fit_intercept: bool,
    at: CrossEntropyAt | None = None,
) -> Certificate:
    """Bound how far the penalised mean cross-entropy lies above its optimum.

    Reads the rows once or twice after their summary, and two more times where alpha is zero or
    the first bound is loose. Two classes with a penalty, whose evaluation is at hand, are read
    once at most, unless the bound is loose.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    alpha : float
    fit_intercept : bool
    at : CrossEntropyAt or None
        The evaluation there, of rows as they come.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> rows = ArrayRows(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 1, 0, 1]), 2)
    >>> start = np.zeros((2, 1)), np.zeros(2)
    >>> round(certify(rows, *start, alpha=0.1, fit_intercept=True).gap, 4)
    0.25
    """
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        return Certificate(np.inf, exists=alpha > 0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if alpha > 0 and at is not None and at.sums.edges.size:
            known = Evaluated(at, coef, intercept)
            most = known.loss_at_most(known.sums())
            gap = min(most, _by_convexity(known, known.sums()))
            if gap <= _LOOSE * most:
                return Certificate(float(gap), exists=True)
        model = Model(rows, coef, intercept, alpha=alpha, centred=fit_intercept)
        sums = model.sums()
        most = model.loss_at_most(sums)
        if not np.isfinite(most):
            return Certificate(np.inf, exists=alpha > 0)
        gap = min(most, _by_convexity(model, sums)) if alpha > 0 else most
        if alpha > 0 and gap <= _LOOSE * most:
            return Certificate(float(gap), exists=True)
        shifted = by_shift(model, sums)
    return Certificate(float(min(gap, shifted)), exists=bool(alpha > 0 or shifted < np.inf))


def _by_convexity(model: Model, sums: Residuals) -> float:
    """Bound by the strong convexity that the penalty gives, after balancing the intercepts."""
    gradient = model.gradient(sums)
    reach = norm(model.greatest)
    error = model.rounding * norm(model.summed)
    lost = error * sums.size / model.total + model.rounding * model.alpha * norm(model.coef)
    apart = model.divergence_of_rounding(sums)
    if not model.linear.centred:
        return divergence(0.0, apart, 0.0) + by_curvature(norm(gradient) + lost, model.alpha)
    balanced = _balance(model, sums)
    if balanced is None:
        return np.inf
    values, along, left, ratio = balanced
    moved = reach * along / np.sqrt(2)  # at most: all rows move the gradient alike
    if moved > 0.1 * norm(gradient):
        change = model.change(values)
        change /= model.total
        change += gradient
        gradient = change
        moved = 4 * error * along / np.sqrt(2)
    lost += moved + reach * left / np.sqrt(2)
    return divergence(along + left, apart, ratio) + by_curvature(norm(gradient) + lost, model.alpha)


def _balance(model: Model, sums: Residuals) -> tuple[Float64, float, float, float] | None:
    """Find the values of the classes whose step makes s vanish.

    Returns
    -------
    values : ndarray of shape (n_classes,)
    along : float
        Root of vᵀA v, the length of their step.
    left : float
        Length at most of the step that would remove what is left.
    ratio : float
        Greatest |q/p - 1| at most, both steps taken.
    """
    if len(sums.stars) == 2:
        return _balance_of_two(model, sums)
    edges = (sums.stars + sums.stars.T) / model.total
    diagonal = edges.sum(axis=1)
    if not (diagonal > 0).all():
        return None
    laplacian = np.diag(diagonal) - edges
    root = np.sqrt(diagonal)
    unit, null = 1 / root, root / norm(root)
    inverse = inverse_of(laplacian * unit * unit[:, None] + null * null[:, None])
    if inverse is None:
        return None
    needed = sums.balance / model.total
    values = -unit * (inverse @ (unit * needed))
    differences = values - values[:, None]
    along = float(np.sqrt(0.5 * np.sum(edges * differences**2)))
    left = needed + laplacian @ values
    rounded = model.rounding * (sums.size / model.total + np.abs(laplacian) @ np.abs(values))
    stiffness = SOLVED * float(np.abs(inverse).sum(axis=0).max())
    residue = norm(unit * (np.abs(left) + rounded))
    ratio = float(values.max() - values.min()) + 2 * float(unit.max()) * stiffness * residue
    return values, along, float(np.sqrt(stiffness)) * residue, ratio


def _balance_of_two(model: Model, sums: Residuals) -> tuple[Float64, float, float, float] | None:
    """Do as `_balance`, where the Laplacian has one edge, and its scaled inverse the norm one."""
    edge = float(sums.stars[0, 1] + sums.stars[1, 0]) / model.total
    if not edge > 0:
        return None
    needed = float(sums.balance[1]) / model.total
    apart = -needed / edge
    rounded = model.rounding * (sums.size / model.total + edge * abs(apart))
    residue = math.sqrt(2.0 / edge) * (abs(needed + edge * apart) + rounded)
    ratio = abs(apart) + 2.0 * SOLVED * residue / math.sqrt(edge)
    values = np.array([-0.5 * apart, 0.5 * apart])
    return values, math.sqrt(edge) * abs(apart), math.sqrt(SOLVED) * residue, ratio
