"""Rows added and forgotten in random sequences, beside one fit to the rows that remain.

``python -m fuzz.partial_fit --problems 2000 --seed 0``
"""

import argparse
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits

from trivium import LeastSquaresClassifier
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.solve import solve
from trivium.rows.memory import ArrayRows

_CLOSE = 1e-8
Rng = np.random.Generator


class Sequence(NamedTuple):
    """Rows, and those that are to be there before the others and to go at last.

    Attributes
    ----------
    kind : str
    X : ndarray of shape (n, d)
    y : ndarray of int of shape (n,)
    n_classes : int
    weights : ndarray of shape (n,) or None
    gone : ndarray of int
        Rows that are forgotten.
    """

    kind: str
    X: Any
    y: Any
    n_classes: int
    weights: Any
    gone: Any


def _normal(rng: Rng, n: int) -> Any:
    return rng.normal(size=(n, rng.integers(1, 7)))


def _digits(rng: Rng, n: int) -> Any:
    pixels, _ = load_digits(return_X_y=True)
    return pixels[rng.permutation(len(pixels))[:n]]


def _one_hot(rng: Rng, n: int) -> Any:
    levels = int(rng.integers(2, 7))
    dummies = np.eye(levels)[rng.integers(0, levels, size=n)]
    return np.hstack([dummies, rng.normal(size=(n, rng.integers(0, 3)))])


def _poisson(rng: Rng, n: int) -> Any:
    d = int(rng.integers(1, 9))
    return rng.poisson(rng.uniform(0.02, 2.0, size=d), size=(n, d)).astype(float)


def _dependent(rng: Rng, n: int) -> Any:
    X = rng.normal(size=(n, rng.integers(2, 5)))
    more = [
        X[:, 0],
        X[:, 0] * rng.choice([2.0, 1e6, -3.0]),
        X[:, 0] + X[:, 1],
        X @ rng.normal(size=X.shape[1]),
    ]
    return np.column_stack([X, *rng.permutation(more)[: rng.integers(1, 4)]])


def _constant(rng: Rng, n: int) -> Any:
    values = rng.choice([0.0, 5.0, 0.1, -7.3e4, 1e8 + 0.1, 1 / 3], size=2)
    X = np.column_stack([_normal(rng, n), np.tile(values, (n, 1))])
    return X[:, rng.permutation(X.shape[1])]


TABLES = {
    "normal": _normal,
    "digits": _digits,
    "one-hot": _one_hot,
    "counts": _poisson,
    "dependent": _dependent,
    "constant": _constant,
}


def sequence(seed: int) -> Sequence:
    """Draw a table, and the rows that are to go."""
    rng = np.random.default_rng(seed)
    kind = list(TABLES)[seed % len(TABLES)]
    n = int(rng.integers(8, 80)) if kind != "digits" else int(rng.integers(40, 300))
    X = TABLES[kind](rng, n)
    d = X.shape[1]
    if rng.random() < 0.3:
        X = X * 10.0 ** rng.integers(-6, 7, size=d)
    if rng.random() < 0.2:
        X = X + rng.normal(size=d) * 10.0 ** rng.integers(0, 7, size=d)
    n_classes = int(rng.choice([2, 2, 3, 5]))
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    gone = rng.permutation(np.arange(n_classes, n))[: rng.integers(0, (n - n_classes) * 3 // 4 + 1)]
    stays = np.setdiff1d(np.arange(n), gone)
    ending = rng.random()
    if ending < 0.2:  # a column that becomes constant
        X[stays, rng.integers(d)] = rng.choice([0.0, 1.0, 0.1, -3e5, 1e-7])
    elif ending < 0.3 and d > 1:  # a column that comes to depend on another
        i, j = rng.permutation(d)[:2]
        X[stays, i] = X[stays, j] * rng.choice([1.0, -2.0, 0.5])
    elif ending < 0.45 and gone.size:  # a wild row that goes
        X[gone[0], rng.integers(d)] *= 10.0 ** rng.integers(1, 10)
    elif ending < 0.5:  # rows of another unit that go
        X[gone] *= 1e5
    weights = None
    if rng.random() < 0.4:
        whole = rng.random() < 0.4
        weights = rng.integers(1, 5, size=n).astype(float) if whole else rng.uniform(0.1, 3, size=n)
    return Sequence(kind, X, y, n_classes, weights, gone)


def _some(values: Any, rows: Any) -> Any:
    return None if values is None else values[rows]


def one_fit(given: Sequence, alpha: float, *, centred: bool) -> Any:
    """Fit to the rows that remain, all classes known."""
    stays = np.setdiff1d(np.arange(len(given.X)), given.gone)
    w = _some(given.weights, stays)
    table = Table(ArrayRows(given.X[stays], given.y[stays], given.n_classes, w))
    solved: Any = solve(table, alpha, centred=centred)
    return solved.solution


def in_parts(given: Sequence, model: Any, rng: Rng) -> Any:
    """Add all rows in random parts, and forget some in others, early or late."""
    X, y, w = given.X, given.y, given.weights
    order = rng.permutation(len(X))
    parts = np.array_split(order, rng.integers(1, min(12, len(X)) + 1))
    going = np.array_split(rng.permutation(given.gone), rng.integers(1, 6))
    first = order[:0]
    if rng.random() < 0.4:
        first = np.union1d(parts.pop(0), np.arange(given.n_classes))
        model.fit(X[first], y[first], _some(w, first))
    classes = np.arange(given.n_classes)
    there = set(first.tolist())
    for part in parts:
        new = np.setdiff1d(part, first)
        if not new.size:
            continue
        model.partial_fit(X[new], y[new], classes, _some(w, new))
        there |= set(new.tolist())
        if going and rng.random() < 0.5 and set(going[0].tolist()) < there:
            some = going.pop(0)
            there -= set(some.tolist())
            if some.size:
                model.forget(X[some], y[some], _some(w, some))
    for some in going:
        if some.size:
            model.forget(X[some], y[some], _some(w, some))
    return model


def mismatches(seed: int) -> Iterator[str]:
    """Name what differs from one fit."""
    given = sequence(seed)
    rng = np.random.default_rng(seed + 10**6)
    alpha = float(rng.choice([0.0, 0.0, 1e-3, 1.0]))
    centred = bool(rng.random() < 0.75)
    right = one_fit(given, alpha, centred=centred)
    model = LeastSquaresClassifier(alpha, fit_intercept=centred)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        in_parts(given, model, rng)
    if model.rank_ != right.rank:
        yield f"rank {model.rank_}, not {right.rank}"
    if not np.array_equal(model.aliased_, right.aliased):
        yield f"aliased {model.aliased_}, not {right.aliased}"
    rest = np.delete(given.X, given.gone, axis=0)
    spread = np.abs(rest - rest.mean(axis=0)).max(axis=0)
    for unit in (np.ones(len(spread)), spread):
        error = np.abs((model.coef_.T - right.coef) * unit[:, None]).max()
        size = np.abs(right.coef * unit[:, None]).max()
        if not error <= _CLOSE * size:
            yield f"coefficients differ by {error / max(size, 1e-300):.2g}"
    error = np.abs(model.intercept_ - right.intercept).max()
    if not error <= _CLOSE * max(1.0, np.abs(right.intercept).max()):
        yield f"intercepts differ by {error:.2g}"


def main(n: int, seed: int) -> int:
    """Try so many sequences, print what differs, and return how many do."""
    wrong = 0
    for number in range(seed, seed + n):
        try:
            found = list(mismatches(number))
        except Exception as error:  # an error is a finding too, and the next sequence is tried
            found = [f"{type(error).__name__}: {error}"]
        wrong += bool(found)
        for what in found:
            print(f"{number} ({sequence(number).kind}): {what}", flush=True)
    print(f"partial_fit and forget: {wrong} of {n} sequences differ from one fit")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m fuzz.partial_fit", description=__doc__)
    parser.add_argument("--problems", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    raise SystemExit(main(asked.problems, asked.seed) > 0)
