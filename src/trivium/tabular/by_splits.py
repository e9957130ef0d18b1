"""Parameters chosen by folds, where no row may be left out alone, or too many would be.

Rows of a group tell each other's class, and rows of one time each other's: leaving one out would
choose what remembers them best.
"""

from collections.abc import Sequence

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.tabular.folds import Split
from trivium.tabular.training import Training

_MOST_NEIGHBORS = 200
_AS_GOOD = 0.25  # standard errors
_CHANCES = 1 << 22  # probabilities at once
_UNTUNED_NEIGHBORS = 5
_UNTUNED_ALPHA = 0.01
_ALPHAS = np.geomspace(1e-6, 1e3, 19)


def neighbors_by_splits(rows: Training, splits: Sequence[Split]) -> int:
    """Choose the number of neighbours that scores best in folds: every one from one search a fold.

    By accuracy as `likeliest_of_the_best`; by balanced accuracy the greatest of the best.

    Parameters
    ----------
    rows : Training
    splits : sequence of (ndarray of int, ndarray of int)
    """
    if not splits:
        return min(_UNTUNED_NEIGHBORS, rows.codes.size)
    most = min(_MOST_NEIGHBORS, *(learn.size for learn, _ in splits))
    found = [_path_of_neighbors(rows, learn, test, most) for learn, test in splits]
    predicted = np.concatenate([own for own, _ in found], axis=1)
    losses = np.concatenate([own for _, own in found], axis=1).mean(axis=1)
    scores = _scores(rows, np.concatenate([rows.codes[test] for _, test in splits]), predicted)
    if rows.balanced:
        return most - int(scores[::-1].argmax())
    best = scores.max()
    return 1 + likeliest_of_the_best(
        scores, float(np.sqrt(best * (1.0 - best) / predicted.shape[1])), losses
    )


def likeliest_of_the_best(accuracy: Float64, error: float, log_loss: Float64) -> int:
    """Choose among what is as accurate as the best by what is said of probabilities.

    By accuracy many numbers of neighbours are as good as the best, and some of them have shares
    that are far from what comes true: the one with the least log-loss is taken of those within a
    quarter of a standard error of the best.

    Parameters
    ----------
    accuracy : ndarray of shape (n,)
    error : float
        Standard error of the best accuracy.
    log_loss : ndarray of shape (n,)

    Returns
    -------
    int
        A place in these arrays.
    """
    some = np.flatnonzero(accuracy >= accuracy.max() - _AS_GOOD * error)
    return int(some[log_loss[some].argmin()])


def _path_of_neighbors(
    rows: Training, learn: Indices, test: Indices, most: int
) -> tuple[Indices, Float64]:
    """Return classes and losses of tested rows, for 1 to `most` neighbours, a line each."""
    model = KNeighborsClassifier(1, class_weight=rows.class_weight)
    model.fit(rows.X[learn], rows.codes[learn])
    predicted = np.empty((most, test.size), dtype=np.intp)
    losses = np.empty((most, test.size))
    places = np.searchsorted(model.classes_, rows.codes[test])
    each = max(1, _CHANCES // (most * model.classes_.size))
    for first in range(0, test.size, each):
        some = slice(first, first + each)
        chances = model.predict_proba_path(rows.X[test[some]], range(1, most + 1))
        predicted[:, some] = model.classes_[chances.argmax(axis=2)]
        own = np.take_along_axis(chances, places[None, some, None], axis=2)[:, :, 0]
        losses[:, some] = -np.log(np.maximum(own, 0.5 / learn.size))
    return predicted, losses


def penalty_by_splits(rows: Training, splits: Sequence[Split]) -> float:
    """Choose the penalty of least squares that scores best in folds, of several the greatest.

    Parameters
    ----------
    rows : Training
    splits : sequence of (ndarray of int, ndarray of int)
    """
    if not splits:
        return _UNTUNED_ALPHA
    predicted: list[list[Indices]] = [[] for _ in _ALPHAS]
    for learn, test in splits:
        for place, alpha in enumerate(_ALPHAS.tolist()):
            model = LeastSquaresClassifier(alpha, class_weight=rows.class_weight)
            model.fit(rows.X[learn], rows.codes[learn])
            predicted[place].append(model.predict(rows.X[test]))
    codes = np.concatenate([rows.codes[test] for _, test in splits])
    scores = _scores(rows, codes, np.array([np.concatenate(each) for each in predicted]))
    return float(_ALPHAS[_ALPHAS.size - 1 - int(scores[::-1].argmax())])


def _scores(rows: Training, codes: Indices, predicted: Indices) -> Float64:
    """Score predictions, one parameter a line, as the task asks."""
    right = predicted == codes
    if not rows.balanced:
        return np.asarray(right.mean(axis=1))
    return np.asarray(
        np.mean([right[:, codes == code].mean(axis=1) for code in np.unique(codes)], axis=0)
    )
