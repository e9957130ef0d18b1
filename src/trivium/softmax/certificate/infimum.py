r"""How far above its infimum an unpenalised loss is, where there may be no optimum.

The bound of `duality_gap.py` holds for any rows q of probabilities, zeros included. Where classes
are separated, the q that prove most have zeros: for a row x of class y, of a class c whose margin
(V_y - V_c)·x grows for ever along a direction that separates, p_c tends to zero, and what the
loss tends to is that of the classes that remain for each row. With S the classes kept for a row,
its own among them, P the sum of their probabilities p, and r = p/P on them,

    loss - infimum  <=  (1/Σw)·Σ w·(KL(q‖r) - log P),

for any q on S with (1/Σw)·Σ w·(q - e)(x, 1)ᵀ = 0. That needs no proof of separation: whichever
classes are left out, the bound holds, and at worst it is loose. Besides those that a direction
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

from functools import partial

import numpy as np

from trivium.arrays import Float64
from trivium.rows.source import Rows
from trivium.softmax.certificate.bounds import divergence, norm, shaken
from trivium.softmax.certificate.kept_classes import KeptClasses, KeptRows, Left, Lost, Moved
from trivium.softmax.certificate.newton_system import newton_system, without_near_columns
from trivium.softmax.certificate.residuals import UNIT, Model

THRESHOLDS = (0.0, 1e-8, 1e-5)
"""Probabilities below which a class is left out for a row."""

_MOST_WORK = 3e10
_REFINED = 3


def above_infimum(
    rows: Rows,
    coef: Float64,
    intercept: Float64,
    *,
    fit_intercept: bool,
    lost: Lost = None,
    enough: float = 0.0,
) -> float:
    """Bound how far the unpenalised loss lies above its infimum.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    fit_intercept : bool
    lost : ndarray of bool of shape (n, n_classes) or None
        Classes to leave out in any case.
    enough : float
        A bound below which no better one is computed.

    Returns
    -------
    float
        Infinite where nothing is proved.

    Examples
    --------
    A dummy of rows of one class only, beside a column in which classes overlap:

    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> rows = ArrayRows(X, np.array([0, 0, 1, 1, 1]), 2)
    >>> coef = np.array([[0.0, -10.0], [0.0, 10.0]])
    >>> above_infimum(rows, coef, np.zeros(2), fit_intercept=True) < 1e-8
    True
    """
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        return np.inf
    least = np.inf
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        model = Model(rows, coef, intercept, alpha=0.0, centred=fit_intercept)
        if _work(model) > _MOST_WORK:
            return np.inf
        for nearly in (False, True):
            for threshold in THRESHOLDS:
                kept = KeptRows(model, KeptClasses(model.linear, threshold), lost)
                taken = without_near_columns(kept) if nearly else kept
                if taken is not None:
                    least = min(least, _bound(taken))
                if least <= enough:
                    break
            if least < np.inf:
                break
    return float(least)


def _work(model: Model) -> float:
    """Operations that a triangle of the Hessian takes."""
    n, d = model.rows.shape
    pairs, size = len(model.coef) - 1, d + model.linear.centred
    return 2.0 * n * pairs * (pairs * size) ** 2


def _bound(kept: KeptRows) -> float:
    """Bound the loss less the infimum, with some classes kept for each row."""
    model, classes = kept.model, kept.classes
    sums = kept.reduce(classes.left, Left.merge)
    error = _logit_error(model, sums)
    if not np.isfinite(sums.price + error) or error > 0.1:
        return np.inf
    price = sums.price / model.total * (1 + 4 * error) * (1 + 4 * model.rounding)
    apart = error * float(np.sqrt(2 * sums.off / model.total))
    if sums.size == 0.0:
        return float(price)
    rounded = np.zeros(classes.size)
    if classes.basis is not None:
        rounded = (classes.size + 4) * UNIT * sums.combined[1]
    greatest = np.tile(sums.combined[0] + rounded, classes.pairs)
    system = newton_system(kept)
    if system is None:
        return np.inf
    gradient = sums.gradient.ravel() / model.total
    step, moved = np.zeros_like(gradient), np.zeros_like(gradient)
    taken = Moved(moved, 0.0, 0.0)
    for _ in range(_REFINED):
        step = step.copy()  # the one before may be on its way to the rows still
        step[system.kept] -= system.solve((gradient + moved)[system.kept])
        taken = kept.reduce(partial(classes.moved, step), Moved.merge)
        moved = taken.gradient / model.total
    along = float(np.sqrt(taken.energy / model.total))
    unit = system.unit
    reach = norm(unit * greatest[system.kept])
    wrong = model.rounding * (sums.size / model.total + along)
    lost = norm(unit * np.tile(rounded, classes.pairs)[system.kept])
    residue = norm((gradient + moved)[system.kept] * unit) + reach * wrong
    residue += lost * (sums.size / model.total + along)
    stiffness = shaken(system.stiffness, lost, unit.size)
    if stiffness == np.inf:
        return np.inf
    ratio = taken.ratio * (1 + 1e-6) + 2 * stiffness * residue * reach
    return divergence(along + float(np.sqrt(stiffness)) * residue, apart, ratio) + float(price)


def _logit_error(model: Model, sums: Left) -> float:
    """Bound what rounding did to the difference of two logits of a row."""
    d = model.coef.shape[1]
    reach = float(np.abs(model.coef).max(axis=0) @ sums.greatest[:d]) + model.offset
    return float(2 * UNIT * ((d + 4) * reach + 16))
