"""Cross-validation of tuned classifiers, with all that is learnt learnt inside each fold."""

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.tabular.answers import answers_of
from trivium.tabular.folds import Split
from trivium.tabular.scores import Score, bounded, score
from trivium.tabular.task import Part, Task
from trivium.tabular.training import Training
from trivium.tabular.tuning import TUNED, parameter_of

Progress = Callable[[str], None]
"""Is told what runs next, in a few words."""


class Validation(NamedTuple):
    """What cross-validation has found of one model.

    Attributes
    ----------
    score : Score
        Of the rows that were tested.
    predicted : ndarray of int of shape (n,)
        Class of each row, by the model that was fitted without it; -1 where it was never tested.
    probabilities : ndarray of shape (n, n_classes)
    parameters : tuple of dict
        What was tuned, fold by fold.
    said : tuple of str
        Names of warnings, each once.
    seconds : (float, float)
        To tune and fit, and to predict, in all folds together.
    """

    score: Score
    predicted: Indices
    probabilities: Float64
    parameters: tuple[dict[str, float], ...]
    said: tuple[str, ...]
    seconds: tuple[float, float] = (0.0, 0.0)


def cross_validate(
    task: Task, splits: Sequence[Split], models: Iterable[str], progress: Progress
) -> dict[str, Validation]:
    """Predict every row by models that were tuned and fitted without its fold.

    Parameters
    ----------
    task : Task
    splits : sequence of (ndarray of int, ndarray of int)
        Rows to learn from and rows to test, fold by fold; no row is tested twice.
    models : iterable of str
        Names in `TUNED`.
    progress : callable

    Returns
    -------
    dict
        From names to what was found; "floor" is the most frequent class.
    """
    trials = {"floor": Trial(task), **{name: Trial(task, TUNED[name]) for name in models}}
    for number, split in enumerate(splits, start=1):
        part = task.part(*split)
        for name, trial in trials.items():
            progress(f"{name}, fold {number} of {len(splits)}")
            trial.run(part)
    return {name: trial.validation(splits) for name, trial in trials.items()}


class _Fold(NamedTuple):
    """What a model has made of one fold."""

    predicted: Indices
    probabilities: Float64
    parameters: dict[str, float] | None
    said: list[str]
    seconds: tuple[float, float]


class Trial:
    """A model that is tuned and fitted anew for each fold, and predicts the fold's rows.

    Parameters
    ----------
    task : Task
    learner : callable or None
        Tunes and fits. None stands for the floor: the most frequent class, with the classes' shares
        as probabilities. By time it is that of each training part. Else it is that of all rows:
        what a fold has more of, its training part has less of, so that by training parts two
        classes of equal size would be predicted worse than by a coin.
    """

    def __init__(self, task: Task, learner: Callable[[Training], Any] | None = None) -> None:
        self.task, self._learner = task, learner
        self._folds: list[_Fold] = []

    @property
    def n_folds(self) -> int:
        """How many are done."""
        return len(self._folds)

    def run(self, part: Part) -> None:
        """Do one more fold."""
        if self._learner is None:
            of = part.learn if self.task.when is not None else None
            self._folds.append(self._shares(part, of))
        elif part.rows is None:  # one class alone: every model says so
            self._folds.append(self._shares(part, part.learn))
        else:
            self._folds.append(self._fold(self._learner, part.rows, part))

    def _fold(self, learner: Callable[[Training], Any], rows: Training, part: Part) -> _Fold:
        with quiet() as heard:
            began = time.perf_counter()
            model = learner(rows)
            fitted = time.perf_counter()
            predicted, own = answers_of(model, part.X, self.task.n_classes)
        seconds = (fitted - began, time.perf_counter() - fitted)
        chances = bounded(own, part.learn.size)
        return _Fold(predicted, chances, parameter_of(model), kinds_of(heard), seconds)

    def _shares(self, part: Part, of: Indices | None) -> _Fold:
        """Answer by the shares of classes in some rows, or in all."""
        codes = self.task.codes if of is None else self.task.codes[of]
        shares = np.bincount(codes, minlength=self.task.n_classes) / codes.size
        n = part.test.size
        chances = bounded(np.tile(shares, (n, 1)), part.learn.size)
        return _Fold(np.full(n, shares.argmax()), chances, None, [], (0.0, 0.0))

    def validation(self, splits: Sequence[Split]) -> Validation:
        """Return what was found in the first folds, whose rows these are."""
        codes, folds = self.task.codes, self._folds[: len(splits)]
        predicted = np.full(codes.size, -1, dtype=np.intp)
        chances = np.full((codes.size, self.task.n_classes), np.nan)
        for (_, test), fold in zip(splits, folds, strict=True):
            predicted[test], chances[test] = fold.predicted, fold.probabilities
        some = predicted >= 0
        return Validation(
            score(codes[some], predicted[some], chances[some]),
            predicted,
            chances,
            tuple(fold.parameters for fold in folds if fold.parameters is not None),
            tuple(dict.fromkeys(kind for fold in folds for kind in fold.said)),
            (sum(fold.seconds[0] for fold in folds), sum(fold.seconds[1] for fold in folds)),
        )


def quiet() -> Any:
    """Keep warnings, to be said in plain words, from being printed or raised."""
    return warnings.catch_warnings(record=True, action="always")


def kinds_of(heard: Sequence[warnings.WarningMessage]) -> list[str]:
    """Names of the kinds of warnings."""
    return [warning.category.__name__ for warning in heard]
