"""What a run of a comparison takes."""

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.costs.experiments import Watch, fitted
from trivium.tabular.training import Training
from trivium.tabular.tuning import TUNED
from trivium.tabular.validation import answers_of, quiet

Size = tuple[int, int, int]
Counts = dict[str, float]

_FOLDS = 10  # of a run: one is timed
_SIZES = ((100, 4, 2), (1_000, 10, 2), (600, 10, 8), (1_000, 60, 3))
_WIDE, _LARGE = (400, 300, 2), (3_000, 128, 2)


def models(watch: Watch) -> dict[str, float]:
    """Time a fold of each model, in tables of several sizes."""
    found = [
        _model(watch, "least-squares", (*_SIZES, _WIDE), _of_squares),
        _model(watch, "softmax", _SIZES, _of_softmax),
        _model(watch, "neighbors", (*_SIZES, _LARGE), _of_neighbors),
    ]
    run = sum(each["run"] for each in found)
    return {name: value for each in found for name, value in each.items()} | {"run": run}


def _of_squares(n: int, d: int, _: int) -> dict[str, float]:
    return {"run": 1.0, "squares_number": n * d, "squares_pair": n * d**2}


def _of_softmax(n: int, d: int, n_classes: int) -> dict[str, float]:
    return {"run": 1.0, "softmax_number": n * n_classes * d, "softmax_row": n * n_classes}


def _of_neighbors(n: int, d: int, n_classes: int) -> dict[str, float]:
    return {"run": 1.0, "votes": n, "votes_class": n * n_classes, "distance": n * n * d}


def _model(
    watch: Watch, name: str, sizes: tuple[Size, ...], counted: Callable[[int, int, int], Counts]
) -> dict[str, float]:
    """Time a model at several sizes."""
    counts = [counted(*size) for size in sizes]
    times = [_FOLDS * watch(partial(_fold, name, *_table(*size))) for size in sizes]
    return fitted(list(counts[0]), [list(each.values()) for each in counts], times)


def _table(n: int, d: int, n_classes: int) -> tuple[Training, int]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    scores = X[:, :4] @ rng.normal(size=(4, n_classes)) + rng.normal(size=(n, n_classes))
    codes = scores.argmax(axis=1)
    codes[:n_classes] = np.arange(n_classes)
    return Training(X, codes, np.arange(n), False, 0), n_classes


def _fold(model: str, rows: Training, n_classes: int) -> None:
    with quiet():
        learnt = TUNED[model](rows)
    answers_of(learnt, rows.X[: len(rows.X) // _FOLDS], n_classes)
