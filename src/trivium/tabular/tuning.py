"""Each of the three classifiers, tuned inside its training rows by its own exact route.

What is tuned is kept as a plain estimator with the parameter that was found, fitted to all
training rows.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.least_squares.classifier_cv import LeastSquaresClassifierCV
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.classifier_cv import KNeighborsClassifierCV
from trivium.softmax.classifier import SoftmaxRegression
from trivium.softmax.classifier_cv import SoftmaxRegressionCV
from trivium.tabular.by_splits import (
    likeliest_of_the_best,
    neighbors_by_splits,
    penalty_by_splits,
)
from trivium.tabular.folds import splits_of
from trivium.tabular.training import Training

_INNER_FOLDS = 5
_UNTUNED_ALPHA = 0.01
_MANY, _ENOUGH = 20_000, 10_000  # rows: of so many, so many choose parameters well enough


def tuned_neighbors(rows: Training) -> KNeighborsClassifier:
    """Choose k by leaving one row out, or by folds of groups or times, and keep the rows.

    A copy of a row is no evidence about it: k is chosen among rows that differ, or differ in their
    class, and grows as many times as there are more rows in all. Of many rows, some 10,000 are
    predicted by the others, instead of each.
    """
    splits = rows.splits
    if splits is None and rows.codes.size > _MANY:
        splits = splits_of(rows.codes, rows.copies, rows.codes.size // _ENOUGH, rows.seed)[:1]
    if splits is not None:
        k = neighbors_by_splits(rows, splits)
        return KNeighborsClassifier(k, class_weight=rows.class_weight).fit(rows.X, rows.codes)
    pairs = np.stack([rows.copies, rows.codes], axis=1)
    different = np.sort(np.unique(pairs, axis=0, return_index=True)[1])
    some = rows._replace(X=rows.X[different], codes=rows.codes[different])
    k = 1
    if different.size > 1:
        search = KNeighborsClassifierCV(
            scoring=rows.scoring, rule="best", class_weight=some.class_weight
        )
        k = chosen_neighbors(search.fit(some.X, some.codes))
    k = min(round(k * rows.codes.size / different.size), rows.codes.size)
    return KNeighborsClassifier(k, class_weight=rows.class_weight).fit(rows.X, rows.codes)


def chosen_neighbors(search: KNeighborsClassifierCV) -> int:
    """Choose a number of neighbours by what leaving one row out has found.

    Parameters
    ----------
    search : KNeighborsClassifierCV
        Fitted. Where it has another score than accuracy, the best one is taken; else as
        `likeliest_of_the_best`.
    """
    found = search.cv_results_
    if "score" in found:
        return int(search.n_neighbors_)
    error = float(found["accuracy_se"][search.n_neighbors_ - 1])
    return 1 + likeliest_of_the_best(found["accuracy"], error, found["log_loss"])


def tuned_least_squares(rows: Training) -> LeastSquaresClassifier:
    """Choose the penalty by leaving one row out in closed form, or by folds of groups or times.

    Scores are made probabilities. Of very many rows some choose the penalty and tell how.
    """
    some = rows.few()
    if some.splits is not None:
        alpha = penalty_by_splits(some, some.splits)
    else:
        search = LeastSquaresClassifierCV(
            scoring=some.scoring, rule="best", class_weight=some.class_weight
        )
        alpha = search.fit(some.X, some.codes).alpha_
    told = LeastSquaresClassifier(
        alpha, calibration="temperature", class_weight=some.class_weight
    ).fit(some.X, some.codes)
    if some is rows:
        return told
    model = LeastSquaresClassifier(alpha, class_weight=rows.class_weight)
    return model.fit(rows.X, rows.codes).calibrate_as(told)


def tuned_softmax(rows: Training) -> SoftmaxRegression:
    """Choose the penalty by paths through folds, of many rows through one, of very many of some.

    Where classes weigh alike, their factors count in the loss that penalties are compared by, too:
    they come as weights of rows.
    """
    weights, some = None, rows.few()
    if some.class_weight is not None:
        weights = np.array([some.class_weight[code] for code in some.codes.tolist()])
    splits = some.splits
    if splits is None:
        splits = splits_of(some.codes, some.copies, _INNER_FOLDS, some.seed)
        if some.codes.size > _MANY:
            splits = splits[:1]
    alpha = _UNTUNED_ALPHA
    if splits:
        search = SoftmaxRegressionCV(cv=splits, rule="best")
        alpha = search.fit(some.X, some.codes, sample_weight=weights).alpha_
    model = SoftmaxRegression(alpha, class_weight=rows.class_weight)
    return model.fit(rows.X, rows.codes)  # type: ignore[no-any-return]


TUNED: Mapping[str, Callable[[Training], Any]] = {
    "least-squares": tuned_least_squares,
    "softmax": tuned_softmax,
    "neighbors": tuned_neighbors,
}
"""The three, by name."""


def parameter_of(estimator: Any) -> dict[str, float]:
    """Return the parameter that was tuned, by name; nothing of a model of another kind."""
    names = ("n_neighbors", "alpha")
    return {name: getattr(estimator, name) for name in names if hasattr(estimator, name)}
