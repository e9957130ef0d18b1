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
from trivium.tabular.task import Part, Parts, Task
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
    parts = Parts(task, splits)
    found = {"floor": validate_floor(parts)}
    for name in models:
        found[name] = validate(parts, name, TUNED[name], progress)
    return found


def validate_floor(parts: Parts) -> Validation:
    """Predict the most frequent class, with the classes' shares as probabilities.

    By time it is that of each training part. Else it is that of all rows: what a fold has more of,
    its training part has less of, so that by training parts two classes of equal size would be
    predicted worse than by a coin.
    """
    answers = _Answers(parts)
    for part in parts:
        answers.take_shares(part, of=part.learn if parts.task.when is not None else None)
    return answers.validation((), ())


def validate(
    parts: Parts, name: str, learner: Callable[[Training], Any], progress: Progress
) -> Validation:
    """Predict every row by a model that was tuned and fitted without its fold.

    Parameters
    ----------
    parts : Parts
    name : str
        For `progress`.
    learner : callable
        Tunes and fits.
    progress : callable
        Is told of every fold, before it begins.
    """
    answers = _Answers(parts)
    parameters: list[dict[str, float]] = []
    said: dict[str, None] = {}
    for number in range(len(parts)):
        progress(f"{name}, fold {number + 1} of {len(parts)}")
        part = parts[number]
        if part.rows is None:  # one class alone: every model says so
            answers.take_shares(part, of=part.learn)
            continue
        with quiet() as heard:
            began = time.perf_counter()
            model = learner(part.rows)
            fitted = time.perf_counter()
            predicted, own = answers_of(model, part.X, parts.task.n_classes)
        answers.take(part, predicted, own, (fitted - began, time.perf_counter() - fitted))
        parameters.append(parameter_of(model))
        said.update(dict.fromkeys(kinds_of(heard)))
    return answers.validation(tuple(parameters), tuple(said))


class _Answers:
    """Predictions of all rows, as folds bring them."""

    def __init__(self, parts: Parts) -> None:
        self._codes, self._tested = parts.task.codes, parts.tested()
        self._predicted = np.full(self._codes.size, -1, dtype=np.intp)
        self._chances = np.full((self._codes.size, parts.task.n_classes), np.nan)
        self._seconds = (0.0, 0.0)

    def take(
        self, part: Part, predicted: Indices, chances: Float64, seconds: tuple[float, float]
    ) -> None:
        self._predicted[part.test] = predicted
        self._chances[part.test] = bounded(chances, part.learn.size)
        self._seconds = (self._seconds[0] + seconds[0], self._seconds[1] + seconds[1])

    def take_shares(self, part: Part, of: Indices | None) -> None:
        """Answer by the shares of classes in some rows, or in all."""
        codes = self._codes if of is None else self._codes[of]
        shares = np.bincount(codes, minlength=self._chances.shape[1]) / codes.size
        most = np.full(part.test.size, shares.argmax())
        self.take(part, most, np.tile(shares, (part.test.size, 1)), (0.0, 0.0))

    def validation(
        self, parameters: tuple[dict[str, float], ...], said: tuple[str, ...]
    ) -> Validation:
        some = self._tested
        found = score(self._codes[some], self._predicted[some], self._chances[some])
        return Validation(found, self._predicted, self._chances, parameters, said, self._seconds)


def quiet() -> Any:
    """Keep warnings, to be said in plain words, from being printed or raised."""
    return warnings.catch_warnings(record=True, action="always")


def kinds_of(heard: Sequence[warnings.WarningMessage]) -> list[str]:
    """Names of the kinds of warnings."""
    return [warning.category.__name__ for warning in heard]
