"""Case: one row at a time, and the memory of many small calls."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits

from benchmarks.harness.peers import NOT_INSTALLED
from benchmarks.harness.results import Case, Entry, Race
from benchmarks.harness.timing import Conditions, interleaved_medians
from benchmarks.neighbors.agreement import check_labels
from benchmarks.neighbors.grid import classifiers
from benchmarks.neighbors.peers import TRIVIUM
from benchmarks.neighbors.task import Array

_WARM_UP = 1_000


def latency_case(conditions: Conditions) -> Case:
    """Predict the class of single rows."""
    X, y = load_digits(return_X_y=True)
    calls = conditions.size(1_000, 100)
    label = f"class of one row: digits, {len(X):,} rows, {X.shape[1]} columns, k = 5"
    print(label, flush=True)
    entries, models = [], {}
    for name, make in classifiers(5, None).items():
        entry = Entry(name, "subject" if name == TRIVIUM else "peer", "float64")
        entries.append(entry)
        try:
            models[name] = make().fit(X, y)
        except ImportError:
            entry.absent = NOT_INSTALLED
    agreements = _compare(models, X[: conditions.size(200, 20)])
    predicts = {name: model.predict for name, model in models.items()}
    rounds = [interleaved_medians(predicts, X, calls) for _ in range(conditions.rounds)]
    for entry in entries:
        entry.agreement = agreements.get(entry.name)
        if entry.name in models:
            entry.laps = [{"call": medians[entry.name]} for medians in rounds]
    memory = memory_growth(predicts[TRIVIUM], X, conditions.calls)
    return Case("latency", [Race(label, entries, items=1)], {"memory": memory})


def memory_growth(function: Callable[[Array], Any], X: Array, calls: int) -> dict[str, Any]:
    """Resident memory before and after many calls on one row, in MiB."""
    for number in range(_WARM_UP):
        function(X[number % len(X)][None])
    before = resident_mib()
    for number in range(calls):
        function(X[number % len(X)][None])
    after = resident_mib()
    if before is None or after is None:
        return {"calls": calls}
    return {"calls": calls, "before": before, "growth": round(after - before, 3)}


def resident_mib() -> float | None:
    """Resident memory of this process, where the system tells."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return None
    return int(pages.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _compare(models: dict[str, Any], X: Array) -> dict[str, str]:
    shares = models[TRIVIUM].predict_proba(X)
    tied = (shares == shares.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return check_labels(TRIVIUM, tied)({name: model.predict(X) for name, model in models.items()})
