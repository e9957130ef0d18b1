"""Rows told by models that have not seen them: any scorer asked about leave-one-out.

All rows together are one test set: each has its prediction from the model without it, and a
scorer sees these as the predictions of one model. What a metric of labels says depends on how much
weight of each class is told as which alone, and these cells are few.

A standard error is that of the jackknife: how far the score moves with a row less (Efron &
Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11). Of a mean over rows it is the
usual one.
"""

import inspect
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_method_params

from trivium.arrays import Float64, Indices, Labels
from trivium.blocks.scaling import comparable_weights
from trivium.inputs import LabelledRows
from trivium.labels import are_beyond_64_bits
from trivium.scorers import Scorer, asked, told_classes
from trivium.selection import choose

_GROUPS, _MOST_CELLS = 20, 400
_CLASSIFICATION = "sklearn.metrics._classification"
_LEAST_ROOM = 1e-9  # rows beside one, of which a standard error is known


class LeftOut(ClassifierMixin, BaseEstimator):
    """Training rows, each told by the model without it: a classifier, as scorers see it.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        The rows, which alone can be asked about, all together.
    classes : ndarray of shape (n_classes,)
    predicted : ndarray of int of shape (n,)
        Positions among the classes.
    probabilities : ndarray of shape (n, n_classes) or None
    decisions : ndarray of shape (n,) for two classes, else (n, n_classes), or None
    """

    def __init__(
        self,
        X: Any,
        classes: Labels,
        predicted: Indices,
        probabilities: Float64 | None = None,
        decisions: Float64 | None = None,
    ) -> None:
        self.X = X
        self.classes = self.classes_ = classes
        self.predicted = predicted
        self.probabilities = probabilities
        self.decisions = decisions

    def take(self, rows: Indices) -> "LeftOut":
        """Return some of the rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        decisions = None if self.decisions is None else self.decisions[rows]
        return LeftOut(self.X[rows], self.classes, self.predicted[rows], probabilities, decisions)

    def predict(self, X: Any) -> Labels:
        """Return what the models without each row say.

        Parameters
        ----------
        X : ndarray of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        ValueError
            If these are not the training rows.
        """
        self._require_own(X)
        labels: Labels = self.classes_[self.predicted]
        return labels

    @available_if(lambda model: model.probabilities is not None)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Float64:
        """Return the probabilities of the models without each row; as `predict`."""
        self._require_own(X)
        return cast(Float64, self.probabilities)

    @available_if(lambda model: model.decisions is not None)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Float64:
        """Return the decision values of the models without each row; as `predict`."""
        self._require_own(X)
        return cast(Float64, self.decisions)

    def __getattr__(self, name: str) -> Any:
        """Say what a scorer of a user's can ask, where it asks for something else."""
        raise AttributeError(
            f"the models of leave-one-out, each without a row, have together no {name!r}: a scorer "
            "can ask them for classes_, predict and, where the estimator has these, predict_proba "
            "and decision_function."
        )

    def _require_own(self, X: Any) -> None:
        if X is not self.X and not np.array_equal(X, self.X):
            raise ValueError(
                "The models of leave-one-out tell the training rows, each without it: a scorer can "
                "ask them about X as it is given, all of it, and about no other rows."
            )


class LeftOutScorer:
    """A scorer, and the truth about the rows that it is asked about.

    Parameters
    ----------
    scorer : callable
    scoring : object
        The parameter that it stands for, which errors name.
    rows : LabelledRows
        Those that are scored.
    metadata : dict
        What the scorer is given besides, of the rows given.

    Attributes
    ----------
    by_cells : bool
        Whether it goes by the weights of the cells alone.
    worth : float
        How many rows those are worth that it sees: as many as they count, or, where a weight is
        below one, (Σw)²/Σw² (Kish, Survey Sampling, 1965, section 11.7).
    weights : ndarray of shape (n,) or None
        What it counts rows by.
    """

    def __init__(
        self, scorer: Scorer, scoring: Any, rows: LabelledRows, metadata: dict[str, Any]
    ) -> None:
        self._scorer, self._scoring, self._rows = scorer, scoring, rows
        if rows.kept is not None:
            metadata = _check_method_params(np.empty(rows.n_given), metadata, rows.kept)
        self._metadata, self._passed = metadata, False
        self.weights: Float64 | None = metadata.get("sample_weight")
        self.by_cells = goes_by_cells(scorer) and metadata.keys() <= {"sample_weight"}
        self.worth = float(len(rows.X))
        if self.weights is not None:
            self.worth = float(self.weights.sum())
            if self.weights.min() < 1.0:
                scaled = self.weights / self.weights.max()
                self.worth = float(scaled.sum() ** 2 / np.square(scaled).sum())

    def of_cells(self, cells: Float64, where: str) -> float:
        """Score the weights of rows of each class (first axis) that are told as each.

        Parameters
        ----------
        cells : ndarray of shape (n_classes, n_classes)
        where : str
            What an error calls the place.

        Raises
        ------
        ValueError
            If the scorer fails or finds no number.
        """
        ask = self._metric if self._passed else self._of_cells
        found = self._named(partial(ask, cells), where)
        self._passed = True
        return found

    def of_rows(self, told: LeftOut, where: str) -> float:
        """Score all rows, as `of_cells`."""
        every = slice(None)
        return self._named(lambda: self._of_rows(told, every), where)

    def error_of_cells(self, cells: Float64, score: float, worth: float) -> float:
        """Return the standard error of a score by the jackknife over rows.

        Rows of a cell are alike, so that each cell is made less by one row once; where there are
        more than 400, so many are drawn by their weights, by a chance that is always the same.

        Parameters
        ----------
        cells : ndarray of shape (n_classes, n_classes)
        score : float
            Theirs.
        worth : float
            How many rows they are worth.
        """
        with np.errstate(over="ignore"):
            cells = cells * (worth / cells.sum())
        places = np.argwhere(cells)
        mass = cells[tuple(places.T)]
        if len(places) > _MOST_CELLS:
            rng = np.random.default_rng(0)
            places = rng.choice(places, _MOST_CELLS, p=mass / mass.sum())
            mass = np.ones(_MOST_CELLS)
        moves = np.array([self._move(cells, tuple(place), score, worth) for place in places])
        known = np.isfinite(moves)
        if not known.any():
            return np.inf
        moves, mass = moves[known], mass[known]
        variance = np.average((moves - np.average(moves, weights=mass)) ** 2, weights=mass)
        return float(np.sqrt(variance / max(worth - 1.0, _LEAST_ROOM)))

    def _move(self, cells: Float64, place: Any, score: float, worth: float) -> float:
        """Return how far a score moves without a row of a cell, times the rows that stay."""
        goes = min(1.0, float(cells[place]))
        fewer = cells.copy()
        fewer[place] -= goes
        left = _or_nan(partial(self._metric, fewer)) if fewer.any() else np.nan
        return (worth - goes) / goes * (left - score)

    def error_of_rows(self, told: LeftOut) -> float:
        """Return the standard error of a score by the jackknife over groups of rows.

        There are twenty, or as many as rows.
        """
        groups = jackknife_groups(self._rows.codes.size)
        every = np.arange(groups.max() + 1)
        scores = np.array(
            [
                _or_nan(partial(self._of_rows, told, np.flatnonzero(groups != g)))
                for g in every.tolist()
            ]
        )
        scores = scores[np.isfinite(scores)]
        if scores.size < 2:
            return np.inf
        return float(np.sqrt((scores.size - 1) * scores.var()))

    def _of_cells(self, cells: Float64) -> float:
        true, predicted = np.nonzero(cells)
        classes, X = self._rows.classes, np.column_stack([true, predicted])
        metadata = {"sample_weight": cells[true, predicted]}
        told = LeftOut(X, classes, predicted)
        return asked(self._scorer, told, X, classes[true], metadata)

    def _metric(self, cells: Float64) -> float:
        """Score cells once more, whose like has passed all of the scorer's checks."""
        true, predicted = np.nonzero(cells)
        classes = self._rows.classes
        if are_beyond_64_bits(classes):
            classes = np.arange(classes.size)
        told: Any = told_classes(self._scorer, classes, {})
        with config_context(skip_parameter_validation=True, assume_finite=True):
            found = told._score_func(
                classes[true],
                classes[predicted],
                sample_weight=cells[true, predicted],
                **told._kwargs,
            )
        return float(told._sign * found)

    def _of_rows(self, told: LeftOut, rows: slice | Indices) -> float:
        metadata, codes = self._metadata, self._rows.codes
        if not isinstance(rows, slice):
            metadata = _check_method_params(codes, metadata, rows)
            told, codes = told.take(rows), codes[rows]
        return asked(self._scorer, told, told.X, self._rows.classes[codes], metadata)

    def _named(self, score: Callable[[], float], where: str) -> float:
        try:
            found = score()
        except Exception as error:
            raise ValueError(f"scoring={self._scoring!r} fails {where}: {error}") from error
        if not np.isfinite(found):
            raise ValueError(
                f"scoring={self._scoring!r} is {found} {where}: take a scorer that is a number "
                "there."
            )
        return found


def goes_by_cells(scorer: Any) -> bool:
    """Whether a scorer goes by the weight of each class that is told as each class alone.

    So do scikit-learn's metrics for classification of labels, where weights count rows. Of other
    functions nobody knows.
    """
    metric = getattr(scorer, "_score_func", None)
    return (
        metric is not None
        and scorer._response_method == "predict"
        and metric.__module__ == _CLASSIFICATION
        and "sample_weight" in inspect.signature(metric).parameters
        and "sample_weight" not in (scorer._kwargs or {})
    )


def jackknife_groups(n: int) -> Indices:
    """Deal rows out among groups by a chance that is always the same; return each row's group.

    Examples
    --------
    >>> import numpy as np
    >>> np.bincount(jackknife_groups(40)).tolist() == [2] * 20
    True
    """
    groups: Indices = np.random.default_rng(0).permutation(n) % min(_GROUPS, n)
    return groups


def error_of_best(scores: Float64, error_of: Callable[[int], float], *, tied: int = -1) -> Float64:
    """Return standard errors: that of the best score, which rules ask for, and NaN for others.

    Each takes as many askings of the scorer as there are cells, or groups of rows.

    Parameters
    ----------
    scores : ndarray of shape (m,)
    error_of : callable
        Returns the standard error of a score by its place.
    tied : {-1, 0}
        As of `choose`.
    """
    errors = np.full(scores.size, np.nan)
    best = choose(scores, np.zeros(scores.size), "best", tied=tied)
    errors[best] = error_of(best)
    return errors


def all_weights(rows: LabelledRows) -> Float64 | None:
    """Weights of all rows given, as sums of them have to be; None where each is one or zero."""
    if rows.weights is None:
        return None
    weights = np.zeros(rows.n_given)
    with np.errstate(over="ignore"):
        total = float(rows.weights.sum())
    within = np.finfo(np.float64).tiny / np.finfo(np.float64).eps < total < np.inf
    kept = slice(None) if rows.kept is None else rows.kept
    weights[kept] = rows.weights if within else comparable_weights(rows.weights)
    return weights


def _or_nan(score: Callable[[], float]) -> float:
    """Ask for a score that there need not be, as of rows without the last one of a class."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return score()
        except Exception:
            return np.nan
