"""Parameters chosen by folds, where no row may be left out alone.

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
_UNTUNED_NEIGHBORS = 5
_UNTUNED_ALPHA = 0.01
_ALPHAS = np.geomspace(1e-6, 1e3, 19)


def neighbors_by_splits(rows: Training, splits: Sequence[Split]) -> int:
    """Choose the number of neighbours that scores best in folds: every one from one search a fold.

    Of several as good ones the greatest is taken: its shares are the smoothest.

    Parameters
    ----------
    rows : Training
    splits : sequence of (ndarray of int, ndarray of int)
    """
    if not splits:
        return min(_UNTUNED_NEIGHBORS, rows.codes.size)
    most = min(_MOST_NEIGHBORS, *(learn.size for learn, _ in splits))
    numbers = range(1, most + 1)
    predicted, codes = [], []
    for learn, test in splits:
        model = KNeighborsClassifier(1, class_weight=rows.class_weight)
        model.fit(rows.X[learn], rows.codes[learn])
        predicted.append(model.predict_path(rows.X[test], numbers))
        codes.append(rows.codes[test])
    scores = _scores(rows, np.concatenate(codes), np.concatenate(predicted, axis=1))
    return most - int(scores[::-1].argmax())


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
