"""Leave-one-out scores of many penalties from one decomposition of the rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.least_squares.deletion.fitted import Deletion
from trivium.least_squares.deletion.folds import Folds, FoldScores, Part
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING, LostRows
from trivium.least_squares.solving.absent_classes import below_others
from trivium.least_squares.solving.svd import Axes
from trivium.least_squares.solving.targets import leading, targets
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse

_ABOVE, _BELOW = 10.0, 1e-3
_MOST_BYTES = 1 << 28  # of the values of several penalties


class PenaltyScores(NamedTuple):
    """Leave-one-out means over the rows, and their standard errors.

    Attributes
    ----------
    accuracy, accuracy_se, squared_error, squared_error_se : ndarray of shape (m,)
    cells : ndarray of shape (m, n_classes, n_classes) or None
        Weight of the rows of each class (first) that are predicted as each, if asked for.
    """

    accuracy: Float64
    accuracy_se: Float64
    squared_error: Float64
    squared_error_se: Float64
    cells: Float64 | None


class _Sums(NamedTuple):
    """Weighted sums over rows of scores and their squares, one column an alpha.

    `lost` holds rows and alphas whose closed form has lost digits; they are not in the sums.
    """

    scores: Float64
    squares: Float64
    weights: Float64
    cells: Float64
    lost: Indices

    def merge(self, other: Self) -> "_Sums":
        return _Sums(
            self.scores + other.scores,
            self.squares + other.squares,
            self.weights + other.weights,
            self.cells + other.cells,
            np.hstack([self.lost, other.lost]),
        )


class _Truth(NamedTuple):
    """What predictions are compared with: classes, and weights in means and in cells."""

    codes: Indices
    weights: Float64
    n_classes: int
    in_cells: Float64 | None

    def add(self, sums: _Sums, j: int, told: Indices, squares: Float64) -> None:
        """Add the predictions under one penalty, in place."""
        each = np.column_stack([told == self.codes, squares])
        with np.errstate(over="ignore", invalid="ignore"):
            sums.scores[:, j] += self.weights @ each
            sums.squares[:, j] += self.weights @ np.square(each)
        if self.in_cells is not None:
            place = self.codes * self.n_classes + told
            sums.cells[j] += np.bincount(place, self.in_cells, self.n_classes**2)

    def some(self, kept: NDArray[np.bool_]) -> "_Truth":
        """Keep some of the rows."""
        in_cells = None if self.in_cells is None else self.in_cells[kept]
        return _Truth(self.codes[kept], self.weights[kept], self.n_classes, in_cells)


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


def penalty_scores(
    folds: Folds,
    alphas: Float64,
    weightless: Callable[[float], Float64],
    in_cells: Float64 | None = None,
) -> PenaltyScores:
    """Score every penalty by the rows left out one at a time.

    Parameters
    ----------
    folds : Folds
    alphas : ndarray of shape (m,)
    weightless : callable
        Returns the functions' values in the rows that are not learnt from, under a penalty.
    in_cells : ndarray of shape (n_scored,) or None
        Weights of the rows in the cells; None asks for no cells.
    """
    sums = reduce(
        _Sums.merge, [_sums_of_part(folds, part, alphas, in_cells) for part in folds.parts]
    )
    if folds.weightless.size:
        sums = sums.merge(_sums_of_weightless(folds, alphas, weightless, in_cells))
    weights, scaling = folds.scored.weights, folds.parts[0].fitted.design.scaling
    counts = weights is None or float(weights.min()) >= 1.0
    exponent = folds.exponent if folds.weighed else scaling.weight_exponent
    worth = _worth(sums.weights, exponent, counts=counts)
    (accuracy, error), (accuracy_se, error_se) = _means(sums, worth)
    n_classes, cells = folds.scored.classes.size, None
    if in_cells is not None:
        cells = sums.cells.reshape(-1, n_classes, n_classes)
    return PenaltyScores(accuracy, accuracy_se, error, error_se, cells)


@dataclass(frozen=True)
class _LeftOut:
    """Rows of a block left out under each penalty."""

    deletion: Deletion
    alphas: Float64

    def each(self, block: Block, most: Float64) -> Iterator[tuple[Float64, NDArray[np.bool_]]]:
        """Yield, for each penalty, residuals without each row, and which have digits."""
        deletion = self.deletion
        rank_increasing = deletion.rank_increasing(block, most)
        Q, Y, root = deletion.coordinates(block, most)
        for alpha in self.alphas.tolist():
            left = deletion.leave_out(block, Q, Y, root, alpha, rank_increasing)
            yield (
                left.residuals / root[:, None],
                rank_increasing | (left.remaining > LEAST_REMAINING),
            )


@takes_sparse
@dataclass(frozen=True)
class _Scored:
    """Sums over a block of rows, each left out under each penalty.

    Beside are the root of the weight removed of each row at most, its number and class, and what it
    counts in scores, and in cells if there are any.
    """

    left_out: _LeftOut
    scores: FoldScores

    def __call__(
        self,
        block: Block,
        most: Float64,
        numbers: Indices,
        codes: Indices,
        weights: Float64,
        in_cells: Float64 | None = None,
    ) -> _Sums:
        truth = _Truth(codes, weights, self.scores.n_classes, in_cells)
        sums, lost = _empty(self.left_out.alphas.size, truth), []
        for j, (residuals, kept) in enumerate(self.left_out.each(block, most)):
            best, squares = _told(self.scores, residuals, block.codes, codes, numbers)
            if kept.all():
                truth.add(sums, j, best, squares)
            else:
                truth.some(kept).add(sums, j, best[kept], squares[kept])
            without = numbers[~kept]
            lost.append(np.vstack([without, np.full(without.size, j)]))
        return sums._replace(lost=np.hstack(lost))


def _told(
    scores: FoldScores, residuals: Float64, own: Indices, codes: Indices, numbers: Indices
) -> tuple[Indices, Float64]:
    """Return the predictions of rows left out, and squares of their residuals."""
    with np.errstate(over="ignore"):
        squares: Float64 = np.square(residuals).sum(axis=1)
    return leading(scores.values(residuals, own, codes, numbers), scores.absent), squares


def _sums_of_part(folds: Folds, part: Part, alphas: Float64, in_cells: Float64 | None) -> _Sums:
    """Sum over the rows of one part."""
    table, scores, places = part.table(), folds.scores, part.places()
    codes, weights, own = folds.learnt.codes, folds.weights(part), folds.table.rows.codes
    cells = None if in_cells is None else in_cells[folds.places]
    beside = [part.fitted.roots, np.arange(codes.size), codes, weights]
    beside += [] if cells is None else [cells]
    statistic = _Scored(_LeftOut(part.fitted.deletion(part.axes), alphas), scores)
    if part.numbers is not None:
        beside = [array[places] for array in beside]
    sums = table.rows.reduce(statistic, _Sums.merge, length=table.length, beside=tuple(beside))
    lost_rows = LostRows(part.fitted, part.axes)
    for j, alpha in enumerate(alphas.tolist()):
        rows = sums.lost[0, sums.lost[1] == j]
        residuals, _ = lost_rows.residuals(rows, alpha)
        some = None if cells is None else cells[rows]
        truth = _Truth(codes[rows], weights[rows], scores.n_classes, some)
        truth.add(sums, j, *_told(scores, residuals, own[rows], codes[rows], rows))
    return sums


def _sums_of_weightless(
    folds: Folds,
    alphas: Float64,
    weightless: Callable[[float], Float64],
    in_cells: Float64 | None,
) -> _Sums:
    """Sum over the rows that are not learnt from, which no fold lacks."""
    rows, absent, n_classes = folds.weightless, folds.absent, folds.scored.classes.size
    codes, weights = folds.scored.codes[rows], folds.scored_weights(rows)
    truth = _Truth(codes, weights, n_classes, None if in_cells is None else in_cells[rows])
    sums = _empty(alphas.size, truth)
    for j, alpha in enumerate(alphas.tolist()):
        values = weightless(alpha)
        with np.errstate(over="ignore"):
            squares = np.square(targets(codes, n_classes) - values).sum(axis=1)
        truth.add(sums, j, leading(below_others(values, absent), absent), squares)
    return sums


def _empty(m: int, truth: _Truth) -> _Sums:
    """Make sums to which rows are still to be added under each of m penalties."""
    cells = np.zeros((m, 0 if truth.in_cells is None else truth.n_classes**2))
    weights = np.array([truth.weights.sum(), np.square(truth.weights).sum()])
    lost = np.empty((2, 0), dtype=np.intp)
    return _Sums(np.zeros((2, m)), np.zeros((2, m)), weights, cells, lost)


def left_out_values(
    folds: Folds, alphas: Float64, weightless: Callable[[float], Float64]
) -> Iterator[tuple[Float64, Indices]]:
    """Yield, for each penalty, the functions' values in rows left out, and the leading classes.

    Parameters
    ----------
    folds, alphas, weightless
        As of `penalty_scores`.

    Yields
    ------
    values : ndarray of shape (n_scored, 1) for two classes, else (n_scored, n_classes)
    leaders : ndarray of int of shape (n_scored,)
    """
    n, n_targets, absent = folds.learnt.codes.size, folds.table.n_targets, folds.absent
    places, others, scores = folds.places, folds.weightless, folds.scores
    codes, own, numbers = folds.learnt.codes, folds.table.rows.codes, np.arange(n)
    step = max(1, _MOST_BYTES // (8 * n * (n_targets + 1)))
    for start in range(0, alphas.size, step):
        some = alphas[start : start + step]
        found = np.empty((n, some.size, n_targets + 1))
        for part in folds.parts:
            _leave_out(part, some, found)
        for j, alpha in enumerate(some.tolist()):
            learnt = scores.values(found[:, j, :-1], own, codes, numbers)
            values = np.empty((folds.scored.codes.size, learnt.shape[1]))
            values[places] = learnt
            if others.size:
                values[others] = below_others(weightless(alpha), absent)
            yield values, leading(values, absent)


@takes_sparse
@dataclass(frozen=True)
class _Residuals:
    """Residuals of a block of rows without each, under each penalty; last, whether with digits.

    Of shape (m, n_alphas, n_targets + 1).
    """

    left_out: _LeftOut

    def __call__(self, block: Block, most: Float64) -> Float64:
        each = (np.column_stack(pair) for pair in self.left_out.each(block, most))
        return np.stack(list(each), axis=1)


def _leave_out(part: Part, alphas: Float64, out: Float64) -> None:
    """Write what `_Residuals` are of the rows of a part, those without digits found anew."""
    table, places = part.table(), part.places()
    residuals = _Residuals(_LeftOut(part.fitted.deletion(part.axes), alphas))
    beside = (part.fitted.roots[places],)
    if part.numbers is None:
        table.rows.each(residuals, length=table.length, beside=beside, out=out)
    else:
        out[places] = table.rows.each(residuals, length=table.length, beside=beside)
    lost_rows = LostRows(part.fitted, part.axes)
    for j, alpha in enumerate(alphas.tolist()):
        rows = places[out[places, j, -1] == 0.0]
        out[rows, j, :-1], _ = lost_rows.residuals(rows, alpha)


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
