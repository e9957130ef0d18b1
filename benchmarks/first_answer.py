"""Processor seconds of a first answer, where no kernel is compiled yet and where all are kept.

Each case runs in a process of its own with a folder for Numba's cache that is empty the first
time and full the second; imports are not counted, what they load late is. `python -m
benchmarks first-answer` shows the table; as a program (``python -m benchmarks.first_answer
CASE``) this runs one case and prints its seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[1]


class Goal(NamedTuple):
    """What a case is about, and the most processor seconds with an empty cache.

    `more` is counted from the time with a full one.
    """

    about: str
    most: float | None = None
    more: float | None = None


GOALS = {
    f"{name}-{d}": Goal(f"{about}: 900 rows, 100 queries, {d} columns", most=2.0)
    for d in (2, 64)
    for name, about in {
        "search": "NearestNeighbors",
        "classifier": "KNeighborsClassifier, labels and shares",
        "density": "KNeighborsDensity",
        "leave-one-out": "KNeighborsClassifierCV",
        "least-squares": "LeastSquaresClassifier",
        "least-squares-cv": "LeastSquaresClassifierCV",
        "softmax": "SoftmaxRegression",
        "softmax-cv": "SoftmaxRegressionCV",
    }.items()
} | {
    "large-2": Goal("NearestNeighbors: 100,000 rows and queries, 2 columns", most=6.0),
    "large-64": Goal("NearestNeighbors: 50,000 rows, 5,000 queries, 64 columns", most=6.0),
    "sheet": Goal("trivium sheet", more=3.0),
}


def measure() -> Iterator[tuple[str, float, float]]:
    """Yield each case with its processor seconds, by an empty cache and by a full one."""
    for case in GOALS:
        with tempfile.TemporaryDirectory() as cache:
            yield case, _in_fresh_process(case, cache), _in_fresh_process(case, cache)


def reached(case: str, empty: float, warm: float) -> bool:
    """Whether a case took no longer than its goal says."""
    goal = GOALS[case]
    if goal.most is not None:
        return empty <= goal.most
    return goal.more is None or empty <= warm + goal.more


def _in_fresh_process(case: str, cache: str) -> float:
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "benchmarks.first_answer", case],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(json.loads(done.stdout))


def _run(case: str) -> float:
    """Answer once and return the processor seconds, those of children included."""
    name, _, columns = case.rpartition("-")
    start = _ask_sheet if case == "sheet" else _ask(name, int(columns))
    before = os.times()
    start()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def _ask_sheet() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-m", "trivium", "sheet", "--out", folder],
            check=True,
            capture_output=True,
        )


def _ask(name: str, d: int) -> Callable[[], Any]:
    import numpy as np

    import trivium

    rng = np.random.default_rng(0)
    search = trivium.NearestNeighbors()  # modules are loaded when they are first named
    if name == "large":
        n, m = (100_000, 100_000) if d == 2 else (50_000, 5_000)
        rows, queries = rng.random((n, d)), rng.random((m, d))
        return lambda: search.fit(rows).kneighbors(queries)
    X, Q = rng.normal(size=(900, d)), rng.normal(size=(100, d))
    y = X[:, 0] + rng.normal(size=900) > 0
    if name == "search":
        return lambda: search.fit(X).kneighbors(Q)
    if name == "density":
        density = trivium.KNeighborsDensity()
        return lambda: density.fit(X, y).score_samples(Q)
    model = {
        "classifier": trivium.KNeighborsClassifier,
        "leave-one-out": trivium.KNeighborsClassifierCV,
        "least-squares": trivium.LeastSquaresClassifier,
        "least-squares-cv": trivium.LeastSquaresClassifierCV,
        "softmax": trivium.SoftmaxRegression,
        "softmax-cv": trivium.SoftmaxRegressionCV,
    }[name]()

    def answer() -> None:
        model.fit(X, y).predict(Q)
        if name in ("classifier", "softmax"):
            model.predict_proba(Q)

    return answer


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(sys.argv[1])))
