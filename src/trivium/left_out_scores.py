"""Any scorer asked about rows that were predicted by models fitted without them.

All rows together are one test set: each has its prediction from the model without it, and a
scorer sees these as the predictions of one model. A metric of labels depends only on how much
weight of each class is predicted as each class, and these cells are few.

A standard error is that of the jackknife: how far the score moves with a row less (Efron &
Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11). Of a mean over rows it is the
usual one.
"""

import inspect
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.utils.validation import _check_method_params

from trivium.arrays import Float64, Indices, Labels
from trivium.blocks.scaling import comparable_weights
from trivium.label_metrics import Formula, formula_of
from trivium.labels import are_beyond_64_bits
from trivium.left_out import LeftOut
from trivium.rows.labelled import LabelledRows
from trivium.scorers import Scorer, asked, with_classes
from trivium.selection import choose

_GROUPS, _MOST_CELLS = 20, 400
_CLASSIFICATION = "sklearn.metrics._classification"
_LEAST_ROOM = 1e-9  # rows beside one, of which a standard error is known


class UnknownError(ValueError):
    """The standard error of a score cannot be computed: the scorer fails on most parts."""


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
        Whether it depends on the weights of the cells only.
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
        self._metadata = metadata
        self._metric: _Metric | None = None  # of a scorer that has passed its checks
        self.weights: Float64 | None = metadata.get("sample_weight")
        self.by_cells = goes_by_cells(scorer) and metadata.keys() <= {"sample_weight"}
        self.worth = float(rows.codes.size)
        if self.weights is not None:
            self.worth = float(self.weights.sum())
            if self.weights.min() < 1.0:
                scaled = self.weights / self.weights.max()
                self.worth = float(scaled.sum() ** 2 / np.square(scaled).sum())

    def of_cells(self, cells: Float64, where: str) -> float:
        """Score the weights of rows of each class (first axis) that are predicted as each.

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
        ask = self._of_cells if self._metric is None else self._metric
        found = self._named(partial(ask, cells), where)
        self._metric = self._metric or _Metric(self._scorer, self._rows.classes)
        return found

    def of_rows(self, model: LeftOut, where: str) -> float:
        """Score all rows, as `of_cells`."""
        every = slice(None)
        return self._named(lambda: self._of_rows(model, every), where)

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

        Raises
        ------
        UnknownError
            If the scorer fails without the rows of cells that hold half of the weight.
        """
        metric = self._metric or _Metric(self._scorer, self._rows.classes)
        with np.errstate(over="ignore"):
            cells = cells * (worth / cells.sum())
        places = np.argwhere(cells)
        mass = cells[tuple(places.T)]
        if len(places) > _MOST_CELLS:
            rng = np.random.default_rng(0)
            places = rng.choice(places, _MOST_CELLS, p=mass / mass.sum())
            mass = np.ones(_MOST_CELLS)
        gone = np.minimum(mass, 1.0)

        def without(place: int) -> float:
            fewer = cells.copy()
            fewer[tuple(places[place])] -= gone[place]
            if not fewer.any():
                raise ValueError("no other row has a weight")
            return metric(fewer)

        left = self._of_parts(without, mass, "one row")
        moves = (worth - gone) / gone * (left - score)
        moves, mass = moves[np.isfinite(left)], mass[np.isfinite(left)]
        variance = np.average((moves - np.average(moves, weights=mass)) ** 2, weights=mass)
        return float(np.sqrt(variance / max(worth - 1.0, _LEAST_ROOM)))

    def error_of_rows(self, model: LeftOut) -> float:
        """Return the standard error of a score by the jackknife over groups of rows.

        There are twenty, or as many as rows.

        Raises
        ------
        UnknownError
            If the scorer fails without every other of the groups.
        """
        groups = jackknife_groups(self._rows.codes.size)
        mass = np.ones(groups.max() + 1)

        def without(group: int) -> float:
            return self._of_rows(model, np.flatnonzero(groups != group))

        scores = self._of_parts(without, mass, f"one of {mass.size} groups of rows")
        scores = scores[np.isfinite(scores)]
        return float(np.sqrt((scores.size - 1) * scores.var()))

    def _of_parts(self, score: Callable[[int], float], mass: Float64, what: str) -> Float64:
        """Ask for the scores without each part.

        There need not be all: without a class's last row a metric may have no value. Any other
        failure of a user's function is no property of the rows, and leaves the error unknown.
        """
        scores, failure = np.full(mass.size, np.nan), None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for part in range(mass.size):
                try:
                    scores[part] = score(part)
                except (ValueError, ArithmeticError) as error:
                    failure = failure or error
                except Exception as error:  # a user's function may raise any: named, with its cause
                    raise self._unknown(what, error) from error
        known = np.isfinite(scores)
        if np.count_nonzero(known) < min(2, mass.size) or mass[~known].sum() > mass.sum() / 2:
            raise self._unknown(what, failure) from failure
        return scores

    def _unknown(self, what: str, failure: Exception | None) -> UnknownError:
        return UnknownError(
            f"The standard error of a score is how far it moves without {what}, and "
            f"scoring={self._scoring!r} fails there ({failure or 'it is no number'}): take a "
            'scorer that can score a part of the rows, or rule="best".'
        )

    def _of_cells(self, cells: Float64) -> float:
        true, predicted = np.nonzero(cells)
        classes, X = self._rows.classes, np.column_stack([true, predicted])
        metadata = {"sample_weight": cells[true, predicted]}
        model = LeftOut(X, classes, predicted)
        return asked(self._scorer, model, X, classes[true], metadata)

    def _of_rows(self, model: LeftOut, rows: slice | Indices) -> float:
        metadata, codes = self._metadata, self._rows.codes
        if not isinstance(rows, slice):
            metadata = _check_method_params(codes, metadata, rows)
            model, codes = model.take(rows), codes[rows]
        return asked(self._scorer, model, model.X, self._rows.classes[codes], metadata)

    def _named(self, score: Callable[[], float], where: str) -> float:
        try:
            found = score()
        except Exception as error:  # of whatever kind a user's function raises, with its place
            raise ValueError(f"scoring={self._scoring!r} fails {where}: {error}") from error
        if not np.isfinite(found):
            raise ValueError(
                f"scoring={self._scoring!r} is {found} {where}: take a scorer that is a number "
                "there."
            )
        return found


class _Metric:
    """The metric of a scorer of cells: by its formula, or once more by scikit-learn.

    Its like has passed all of the scorer's checks before.
    """

    def __init__(self, scorer: Any, classes: Labels) -> None:
        if are_beyond_64_bits(classes):
            classes = np.arange(classes.size)
        informed: Any = with_classes(scorer, classes, {})
        self._metric, self._options, self._sign = (
            informed._score_func,
            informed._kwargs,
            informed._sign,
        )
        self._classes = classes
        self._formula: Formula | None = formula_of(self._metric, classes, self._options)

    def __call__(self, cells: Float64) -> float:
        found = np.nan if self._formula is None else self._formula(cells)
        if not np.isfinite(found):
            found = self._by_labels(cells)
        return float(self._sign * found)

    def _by_labels(self, cells: Float64) -> float:
        true, predicted = np.nonzero(cells)
        with config_context(skip_parameter_validation=True, assume_finite=True):
            found: float = self._metric(
                self._classes[true],
                self._classes[predicted],
                sample_weight=cells[true, predicted],
                **self._options,
            )
        return found


def goes_by_cells(scorer: Any) -> bool:
    """Whether a scorer depends only on the weight of each class that is predicted as each.

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


def error_of_best(
    scores: Float64, error_of: Callable[[int], float], rule: str, *, tied: int = -1
) -> Float64:
    """Return standard errors: that of the best score, which rules ask for, and NaN for others.

    Each takes as many askings of the scorer as there are cells, or groups of rows.

    Parameters
    ----------
    scores : ndarray of shape (m,)
    error_of : callable
        Returns the standard error of a score by its place.
    rule : {"one-standard-error", "best"}
        As of `choose`; the best needs no error, which is NaN where it cannot be computed.
    tied : {-1, 0}
        As of `choose`.

    Raises
    ------
    UnknownError
        If the rule needs the error and it cannot be computed.
    """
    errors = np.full(scores.size, np.nan)
    best = choose(scores, np.zeros(scores.size), "best", tied=tied)
    try:
        errors[best] = error_of(best)
    except UnknownError:
        if rule != "best":
            raise
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
