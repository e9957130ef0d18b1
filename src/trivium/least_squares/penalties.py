"""Leave-one-out scores of many penalties from one decomposition of the rows."""

from typing import NamedTuple, Self

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.least_squares.axes import Axes
from trivium.least_squares.classes import below_others, leading
from trivium.least_squares.fitted import Fitted
from trivium.least_squares.lost_rows import LEAST_REMAINING, LostRows

_ABOVE, _BELOW = 10.0, 1e-3


class PenaltyScores(NamedTuple):
    """Leave-one-out means over the rows, and their standard errors.

    Attributes
    ----------
    accuracy, accuracy_se, squared_error, squared_error_se : ndarray of shape (m,)
    """

    accuracy: Float64
    accuracy_se: Float64
    squared_error: Float64
    squared_error_se: Float64


class _Sums(NamedTuple):
    """Weighted sums over rows of scores and their squares, one column an alpha.

    `lost` holds rows and alphas whose closed form has lost digits; they are not in the sums.
    """

    scores: Float64
    squares: Float64
    weights: Float64
    lost: Indices

    def merge(self, other: Self) -> "_Sums":
        return _Sums(
            self.scores + other.scores,
            self.squares + other.squares,
            self.weights + other.weights,
            np.hstack([self.lost, other.lost]),
        )


def alpha_grid(axes: Axes, weight: float, size: int) -> Float64:
    """Penalties from one that takes nearly all to one that takes nearly nothing.

    Parameters
    ----------
    axes : Axes
    weight : float
        Sum of the weights, in the units of the axes.
    size : int

    Returns
    -------
    ndarray of shape (size,)
        Rising, in equal ratios.
    """
    values = axes.values if axes.values.size else np.ones(1)
    with np.errstate(over="ignore", under="ignore"):
        variances = np.clip(np.square(values) / weight, 1e-280, 1e280)
    top = _ABOVE * variances.max()
    return np.geomspace(_BELOW * variances.min(), top, size)


def penalty_scores(fitted: Fitted, axes: Axes, alphas: Float64) -> PenaltyScores:
    """Score every penalty by the rows left out one at a time.

    Parameters
    ----------
    fitted : Fitted
        Its own alpha is not used.
    axes : Axes
        Principal ones.
    alphas : ndarray of shape (m,)
    """
    table = fitted.design.table
    absent = np.flatnonzero(np.bincount(table.codes, minlength=table.n_classes) == 0)

    def scored(rows: slice | Indices, residuals: Float64) -> Float64:
        """Whether rows are told right, and their squared errors; of shape (m, 2)."""
        told = leading(below_others(table.targets(rows) - residuals, absent), absent)
        with np.errstate(over="ignore"):
            squares = np.square(residuals).sum(axis=1)
        return np.column_stack([told == table.codes[rows], squares])

    def statistic(rows: slice) -> _Sums:
        weights = np.square(fitted.design.roots(rows))
        sums, squares = np.zeros((2, alphas.size)), np.zeros((2, alphas.size))
        lost = []
        alone = fitted.alone(axes, rows)
        Q, Y, root = fitted.coordinates(axes, rows)
        for j, alpha in enumerate(alphas.tolist()):
            left = fitted.leave_out(axes, rows, Q, Y, root, alpha)
            kept = alone | (left.remaining > LEAST_REMAINING)
            each = scored(rows, left.residuals / root[:, None])[kept]
            with np.errstate(over="ignore", invalid="ignore"):
                sums[:, j] = weights[kept] @ each
                squares[:, j] = weights[kept] @ np.square(each)
            without = rows.start + np.flatnonzero(~kept)
            lost.append(np.vstack([without, np.full(without.size, j)]))
        total = np.array([weights.sum(), np.square(weights).sum()])
        return _Sums(sums, squares, total, np.hstack(lost))

    sums = map_reduce(statistic, table.blocks(), _Sums.merge)
    lost_rows = LostRows(fitted, axes)
    for j, alpha in enumerate(alphas.tolist()):
        rows = sums.lost[0, sums.lost[1] == j]
        residuals, _ = lost_rows.residuals(rows, alpha)
        each, weights = scored(rows, residuals), np.square(fitted.design.roots(rows))
        with np.errstate(over="ignore", invalid="ignore"):
            sums.scores[:, j] += weights @ each
            sums.squares[:, j] += weights @ np.square(each)
    counts = table.weights is None or float(table.weights.min()) >= 1.0
    exponent = fitted.design.frame.weight_exponent
    worth = _worth(sums.weights, exponent, counts=counts)
    (accuracy, error), (accuracy_se, error_se) = _means(sums, worth)
    return PenaltyScores(accuracy, accuracy_se, error, error_se)


def _worth(weights: Float64, exponent: int, *, counts: bool) -> float:
    """How many rows they are worth: as many as they count, or (Σw)²/Σw².

    The second is for weights that are no counts (Kish, Survey Sampling, 1965, section 11.7).
    """
    weight, squared = weights
    with np.errstate(over="ignore"):
        return float(np.ldexp(weight, exponent) if counts else weight**2 / squared)


def _means(sums: _Sums, worth: float) -> tuple[Float64, Float64]:
    """Weighted means and their standard errors, for so many rows."""
    means = sums.scores / sums.weights[0]
    with np.errstate(over="ignore", invalid="ignore"):
        variances = np.maximum(sums.squares / sums.weights[0] - means**2, 0.0)
    # Errors of far rows, or their squares, may leave float64: then nothing bounds the mean.
    errors = np.sqrt(np.where(np.isnan(variances), np.inf, variances) / max(worth - 1.0, 1e-9))
    return means, np.where(np.isnan(errors), np.inf, errors)
