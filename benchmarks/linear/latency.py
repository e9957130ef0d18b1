"""One row at a time."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.harness.peers import NOT_INSTALLED
from benchmarks.harness.results import Entry, Race
from benchmarks.harness.suite import Disagreement
from benchmarks.harness.tables import SUBJECT
from benchmarks.harness.timing import Conditions, interleaved_medians
from benchmarks.linear.data import Array


def race_single_rows(
    label: str,
    models: Mapping[str, Callable[[], Any]],
    X: Array,
    y: Array,
    conditions: Conditions,
) -> Race:
    """Fit everyone, and predict the class of single rows in turn, call by call.

    Parameters
    ----------
    label : str
    models : mapping of str to callable
        Make unfitted classifiers; ImportError where one is not installed.
    X, y : ndarray
    conditions : Conditions

    Raises
    ------
    Disagreement
        If two of them name other classes.
    """
    print(label, flush=True)
    entries, fitted = [], {}
    for name, make in models.items():
        entry = Entry(name, "subject" if name == SUBJECT else "peer", "float64")
        entries.append(entry)
        try:
            fitted[name] = make().fit(X, y)
        except ImportError:
            entry.absent = NOT_INSTALLED
    _require_same_classes({name: model.predict(X) for name, model in fitted.items()})
    predicts = {name: model.predict for name, model in fitted.items()}
    calls = conditions.size(1_000, 50)
    rounds = [interleaved_medians(predicts, X, calls) for _ in range(conditions.rounds)]
    for entry in entries:
        if entry.name in fitted:
            entry.agreement = "agree"
            entry.laps = [{"call": medians[entry.name]} for medians in rounds]
    return Race(label, entries, items=1)


def _require_same_classes(answers: Mapping[str, Array]) -> None:
    for name, labels in answers.items():
        if not np.array_equal(labels, answers[SUBJECT]):
            other = int((labels != answers[SUBJECT]).sum())
            raise Disagreement(f"{name}: {other} of {len(labels)} classes are others.")
