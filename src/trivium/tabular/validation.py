"""Cross-validation of tuned classifiers, with all that is learnt learnt inside each fold."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.preparation.parsing import Values
from trivium.preparation.plan import Plan
from trivium.tables.kinds import Column
from trivium.tabular.scores import Score, bounded, score
from trivium.tabular.tuning import TUNED, Training, answers_of, parameter_of

Progress = Callable[[str], None]
"""Is told what runs next, in a few words."""


class Task(NamedTuple):
    """A table to learn from, read.

    Attributes
    ----------
    columns : tuple of Column
        Those that are used.
    values : mapping
        From their names to their cells.
    codes : ndarray of int of shape (n,)
        Classes of the rows, every number below `n_classes` among them.
    n_classes : int
    copies : ndarray of int of shape (n,)
        Rows that belong together: the same number.
    balanced : bool
        Whether classes weigh alike.
    seed : int
    """

    columns: tuple[Column, ...]
    values: Mapping[str, Values]
    codes: Indices
    n_classes: int
    copies: Indices
    balanced: bool
    seed: int

    def learn(self, rows: Indices | None = None) -> tuple[Plan, Training]:
        """Learn the preparation of some rows, None being all, and prepare them."""
        plan = Plan.learn(self.columns, self.values, rows=rows)
        X, _ = plan.matrix(self.values, rows)
        some = slice(None) if rows is None else rows
        return plan, Training(X, self.codes[some], self.copies[some], self.balanced, self.seed)


class Validation(NamedTuple):
    """What cross-validation has found of one model.

    Attributes
    ----------
    score : Score
    predicted : ndarray of int of shape (n,)
        Class of each row, by the model that was fitted without it.
    probabilities : ndarray of shape (n, n_classes)
    parameters : tuple of dict
        What was tuned, fold by fold.
    said : tuple of str
        Names of warnings, each once.
    """

    score: Score
    predicted: Indices
    probabilities: Float64
    parameters: tuple[dict[str, float], ...]
    said: tuple[str, ...]


def cross_validate(
    task: Task, fold: Indices, models: Sequence[str], progress: Progress
) -> dict[str, Validation]:
    """Predict every row by models that were tuned and fitted without its fold.

    Parameters
    ----------
    task : Task
    fold : ndarray of int of shape (n,)
        Numbers of folds from 0.
    models : sequence of str
        Names in `TUNED`.
    progress : callable

    Returns
    -------
    dict
        From names to what was found; "majority" is the most frequent class of each training part.
    """
    shape, n_folds = (task.codes.size, task.n_classes), int(fold.max()) + 1
    predicted = {name: np.empty(shape[0], dtype=np.intp) for name in ("majority", *models)}
    chances = {name: np.empty(shape) for name in predicted}
    parameters: dict[str, list[dict[str, float]]] = {name: [] for name in predicted}
    said: dict[str, dict[str, None]] = {name: {} for name in predicted}
    for number in range(n_folds):
        learn, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        shares = np.bincount(task.codes[learn], minlength=task.n_classes) / learn.size
        for name in predicted:
            predicted[name][test] = shares.argmax()
            chances[name][test] = bounded(shares[None, :], learn.size)
        if np.count_nonzero(shares) == 1:
            continue  # one class alone: every model says so
        plan, rows = task.learn(learn)
        X, _ = plan.matrix(task.values, test)
        for name in models:
            progress(f"{name}, fold {number + 1} of {n_folds}")
            with quiet() as heard:
                model = TUNED[name](rows)
                predicted[name][test], own = answers_of(model, X, task.n_classes)
            chances[name][test] = bounded(own, learn.size)
            parameters[name].append(parameter_of(model))
            said[name].update(dict.fromkeys(kinds_of(heard)))
    return {
        name: Validation(
            score(task.codes, predicted[name], chances[name]),
            predicted[name],
            chances[name],
            tuple(parameters[name]),
            tuple(said[name]),
        )
        for name in predicted
    }


def quiet() -> Any:
    """Keep warnings, to be said in plain words, from being printed or raised."""
    return warnings.catch_warnings(record=True, action="always")


def kinds_of(heard: Sequence[warnings.WarningMessage]) -> list[str]:
    """Names of the kinds of warnings."""
    return [warning.category.__name__ for warning in heard]
