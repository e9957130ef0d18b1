"""Probabilities from scores of rows that the fit has not seen.

Each method is a rising function of a score: none turns the order of the scores round.

The score of a row that lies far from all others is an extrapolation, as far off as the row is:
the fit without it has not seen its like. A likelihood takes such a score at its word, and one can
outweigh all others. So scores count as no farther off than once and a half the range of all but
the outermost: the outermost row on either side, and in each class the outermost hundredth.
Classes are looked at one by one, so that a rare class keeps a range of its own. Scores of
ordinary tables lie within, and are left as they are.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit, softmax
from sklearn.isotonic import IsotonicRegression

from trivium.arrays import Float64, Indices
from trivium.blocks.scaling import comparable_weights
from trivium.least_squares.calibrator import Calibrator, Range, Sigmoid, Steps, below_greatest

METHODS = ("sigmoid", "isotonic", "temperature")

_OUTERMOST = 0.01  # of each class's weight, on either side
_ROOM = 0.5  # of that range, on either side
_LEAST_SLOPE = 1e-3  # over half the range: order is kept, and next to nothing is claimed
_LOG_TEMPERATURES = (-10.0, 10.0)
_MOST_ROWS = 1.0 / float(np.finfo(np.float64).eps)
_MOST_STEPS = 100


def calibrator_of(
    scores: Float64, codes: Indices, n_classes: int, weights: Float64 | None, method: str
) -> Calibrator:
    """Fit a calibrator to leave-one-out scores.

    Parameters
    ----------
    scores : ndarray of shape (n, n_targets)
    codes : ndarray of shape (n,)
        Class of each row.
    n_classes : int
    weights : ndarray of shape (n,) or None
    method : {"sigmoid", "isotonic", "temperature"}
        As scikit-learn's `CalibratedClassifierCV` has them: Platt's sigmoid and isotonic
        regression, of each class against the rest, or one temperature for all.

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines", 1999; Zadrozny & Elkan,
    "Transforming classifier scores into accurate multiclass probability estimates", 2002;
    Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", 2017.
    """
    present = np.unique(codes)
    if present.size == 1:
        return Calibrator(n_classes, present, [], None)
    own = np.array([1]) if n_classes == 2 else present
    columns = scores if n_classes == 2 else scores[:, present]
    ranges = [believed(column, codes, weights) for column in columns.T]
    placed = [
        np.clip(known.place(column), -1.0, 1.0)
        for known, column in zip(ranges, columns.T, strict=True)
    ]
    if method == "temperature":
        kept = [known.middle + z * known.reach for known, z in zip(ranges, placed, strict=True)]
        temperature = _temperature(np.column_stack(kept), np.searchsorted(present, codes), weights)
        return Calibrator(n_classes, present, ranges, None, temperature)
    fit = fit_sigmoid if method == "sigmoid" else fit_steps
    curves = [fit(z, codes == c, weights) for c, z in zip(own.tolist(), placed, strict=True)]
    return Calibrator(n_classes, present, ranges, curves)


def believed(scores: Float64, codes: Indices, weights: Float64 | None) -> Range:
    """Find the range in which scores of one column are to be believed.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    codes : ndarray of shape (n,)
    weights : ndarray of shape (n,) or None
        Of rows of weight three one is left out, and the two others stay.

    Examples
    --------
    >>> import numpy as np
    >>> believed(np.array([-1.0, -0.5, 0.5, 1.0, 1e9]), np.array([0, 0, 1, 1, 0]), None)
    Range(middle=0.25, reach=1.5)
    """
    inner = np.ones(scores.size, dtype=np.bool_)
    for outermost in (scores.argmin(), scores.argmax()):
        inner[outermost] = weights is not None and weights[outermost] > 1.0
    rows = np.flatnonzero(inner) if inner.any() else np.arange(scores.size)
    rows = rows[np.lexsort((scores[rows], codes[rows]))]  # class after class, rising
    starts = np.flatnonzero(np.diff(codes[rows], prepend=-1))
    lengths = np.diff(starts, append=rows.size)
    mass = np.ones(rows.size)
    if weights is not None:
        exponents = np.frexp(np.maximum.reduceat(weights[rows], starts))[1]
        mass = np.ldexp(weights[rows], -np.repeat(exponents, lengths))
    below = np.cumsum(mass)
    before, totals = below[starts] - mass[starts], np.add.reduceat(mass, starts)
    below -= np.repeat(before, lengths)
    lower, upper = (np.repeat(part * totals, lengths) for part in (_OUTERMOST, 1.0 - _OUTERMOST))
    least = float(scores[rows[starts + np.add.reduceat(below <= lower, starts)]].min())
    most = float(scores[rows[starts + np.add.reduceat(below < upper, starts)]].max())
    middle, half = 0.5 * least + 0.5 * most, 0.5 * most - 0.5 * least
    reach = half * (1.0 + 2.0 * _ROOM)
    return Range(middle, reach if reach > 0.0 else 1.0)


def fit_sigmoid(placed: Float64, positive: NDArray[np.bool_], weights: Float64 | None) -> Sigmoid:
    """Fit Platt's sigmoid with a slope that is not negative.

    Parameters
    ----------
    placed : ndarray of shape (n,)
        Scores between -1 and 1.
    positive : ndarray of bool of shape (n,)
        Which rows are of the class; some are, and some are not.
    weights : ndarray of shape (n,) or None

    References
    ----------
    Lin, Lin & Weng, "A note on Platt's probabilistic outputs for support vector machines",
    Machine Learning 68, 2007.
    """
    w, rows = _relative(weights, placed.size)
    one, zero = (min(float(w[which].sum()) * rows, _MOST_ROWS) for which in (positive, ~positive))
    targets = np.where(positive, (one + 1.0) / (one + 2.0), 1.0 / (zero + 2.0))
    mean = float(np.average(targets, weights=w))
    slope, intercept = _logistic(placed, targets, w, np.array([0.0, logit(mean)]))
    if slope < _LEAST_SLOPE:
        slope, intercept = _LEAST_SLOPE, float(logit(mean))
    return Sigmoid(float(slope), float(intercept))


def fit_steps(placed: Float64, positive: NDArray[np.bool_], weights: Float64 | None) -> Steps:
    """Fit an isotonic regression; arguments as those of `fit_sigmoid`."""
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    return Steps(steps.fit(placed, positive, comparable_weights(weights)))


def _relative(weights: Float64 | None, n: int) -> tuple[Float64, float]:
    """Weights whose sums are within float64, and how many rows a weight of one of them stands for.

    Weights of which some are less than one are no counts: they are brought to a mean of one.
    """
    comparable = comparable_weights(weights)
    if weights is None or comparable is None:
        return np.ones(n), 1.0
    if weights.min() < 1.0:
        return comparable, n / float(comparable.sum())
    return comparable, float(min(weights.max(), 1e300) / comparable.max())


def _logistic(placed: Float64, targets: Float64, w: Float64, start: Float64) -> Float64:
    """Find slope and intercept of the least cross-entropy, by Newton's method with halved steps.

    Targets lie strictly between zero and one, so that there is a least one.
    """
    rows = np.stack([placed, np.ones(placed.size)])

    def loss_at(at: Float64) -> float:
        logits = at @ rows
        return float(w @ (np.logaddexp(0.0, logits) - targets * logits))

    at, loss = start, loss_at(start)
    for _ in range(_MOST_STEPS):
        told = expit(at @ rows)
        gradient = rows @ (w * (told - targets))
        hessian = (rows * (w * told * (1.0 - told))) @ rows.T
        hessian[0, 0] += 1e-12 * hessian[1, 1]  # scores may all be the same
        if not np.linalg.det(hessian) > 0.0:
            break
        step = np.linalg.solve(hessian, -gradient)
        promised = float(gradient @ step)
        size = 1.0
        while not (lower := loss_at(at + size * step)) <= loss + 1e-4 * size * promised:
            size *= 0.5
            if size < 1e-10:  # what is left is rounding
                return at
        at, loss = at + size * step, lower
        if -promised <= 1e-18 * float(w.sum()):
            break
    return at


def _temperature(scores: Float64, codes: Indices, weights: Float64 | None) -> float:
    """Find the inverse temperature of the least cross-entropy.

    Of two classes there is one column, and logits are minus and plus the score. Where every row
    is predicted right there is no least one: n rows may say that one in n + 2 is predicted wrong
    (Laplace's rule of succession), and never that fewer are.
    """
    w, rows = _relative(weights, codes.size)
    if scores.shape[1] == 1:
        scores = scores * np.array([-1.0, 1.0])
    scores = below_greatest(scores)
    size = float(-scores.min()) or 1.0
    scores /= size
    every, total = np.arange(codes.size), float(w.sum())
    least_doubt = 1.0 / (min(total * rows, _MOST_ROWS) + 2.0)

    def slope_at(logarithm: float) -> float:
        told = softmax(np.exp(logarithm) * scores, axis=1)
        return float(w @ (np.einsum("ij,ij->i", told, scores) - scores[every, codes]))

    def doubt_at(logarithm: float) -> float:
        told = softmax(np.exp(logarithm) * scores, axis=1)[every, codes]
        return float(w @ (1.0 - told)) / total - least_doubt

    coldest, hottest = _LOG_TEMPERATURES
    if doubt_at(hottest) < 0.0 < doubt_at(coldest):
        hottest = brentq(doubt_at, coldest, hottest)
    if slope_at(coldest) >= 0.0:
        hottest = coldest
    elif slope_at(hottest) > 0.0:
        hottest = brentq(slope_at, coldest, hottest)
    return float(np.exp(hottest)) / size
