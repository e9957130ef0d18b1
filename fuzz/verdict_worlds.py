"""Tables in which two or three models are equally good, or one is better by what is known.

A world draws tables: columns for each model, and labels. Models are equally good by symmetry where
each has columns of its own and the columns are exchangeable; models of two kinds were brought to
the same accuracy by a parameter of the world.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import norm

Rng = np.random.Generator
FOLDS = 10


class Linear:
    """Least squares to labels -1 and 1, from sums over folds: all runs at once."""

    def __init__(self, *, balanced: bool = False) -> None:
        self.balanced = balanced

    def cross_validate(self, X: Any, y: Any, folds: Any, n_folds: int = FOLDS) -> Any:
        """Return which rows are predicted right in each run, of shape (repeats, n)."""
        design, sums = _sums(X, y, self.balanced)
        n, d = design.shape
        of_fold = folds[:, None, :] == np.arange(n_folds)[:, None]
        held = (of_fold.reshape(-1, n).astype(float) @ sums).reshape(len(folds), n_folds, -1)
        weights = _solve(held.sum(axis=1, keepdims=True) - held, n, d)
        scores = (design @ weights.reshape(-1, d).T).reshape(n, len(folds), n_folds)
        own = np.take_along_axis(scores, folds.T[:, :, None], axis=2)[..., 0].T
        return (own > 0) == (y == 1)

    def predict(self, X: Any, y: Any, new: Any) -> Any:
        """Learn from all rows and predict new ones."""
        design, sums = _sums(X, y, self.balanced)
        weights = _solve(sums.sum(axis=0), *design.shape)
        return np.column_stack([np.ones(len(new)), new]) @ weights > 0


def class_weights(y: Any) -> Any:
    """Return weights by which classes weigh alike, of mean 1."""
    return 0.5 / np.where(y == 1, y.mean(), 1.0 - y.mean())


def _sums(X: Any, y: Any, balanced: bool) -> tuple[Any, Any]:
    design = np.column_stack([np.ones(len(y)), X])
    products = (design[:, :, None] * design[:, None, :]).reshape(len(y), -1)
    sums = np.hstack([products, design * (2.0 * y - 1.0)[:, None]])
    return design, sums * class_weights(y)[:, None] if balanced else sums


def _solve(sums: Any, n: int, d: int) -> Any:
    gram = sums[..., : d * d].reshape(*sums.shape[:-1], d, d) + 1e-9 * n * np.eye(d)
    return np.linalg.solve(gram, sums[..., d * d :, None])[..., 0]


class Neighbours:
    """The vote of the k nearest rows; of a tie, the nearest row."""

    def __init__(self, k: int) -> None:
        self.k = k

    def cross_validate(self, X: Any, y: Any, folds: Any, n_folds: int = FOLDS) -> Any:
        """Return which rows are predicted right in each run, of shape (repeats, n)."""
        most = len(y) - 1 if n_folds < 5 else min(len(y) - 1, int(1.4 * self.k) + 14)
        near = _nearest(X, X, most, but_itself=True)
        signs = 2 * y[near] - 1
        hits = []
        for run in folds:
            learnt = run[near] != run[:, None]
            votes = (signs * (learnt & (learnt.cumsum(axis=1) <= self.k))).sum(axis=1)
            nearest = signs[np.arange(len(y)), learnt.argmax(axis=1)]
            hits.append((np.where(votes == 0, nearest, votes) > 0) == (y == 1))
        return np.array(hits)

    def predict(self, X: Any, y: Any, new: Any) -> Any:
        """Learn from all rows and predict new ones."""
        signs = 2 * y - 1
        found = []
        for some in np.array_split(new, max(1, len(new) * len(X) // 10**7)):
            near = signs[_nearest(some, X, min(self.k, len(y)))]
            votes = near.sum(axis=1)
            found.append(np.where(votes == 0, near[:, 0], votes) > 0)
        return np.concatenate(found)


def _nearest(queries: Any, X: Any, most: int, *, but_itself: bool = False) -> Any:
    squares = (X**2).sum(axis=1) - 2.0 * queries @ X.T
    if but_itself:
        np.fill_diagonal(squares, np.inf)
    near = np.argpartition(squares, most - 1, axis=1)[:, :most]
    order = np.take_along_axis(squares, near, axis=1).argsort(axis=1)
    return np.take_along_axis(near, order, axis=1)


class Majority:
    """The more frequent class, always: with equal classes, class 0."""

    def cross_validate(self, X: Any, y: Any, folds: Any, n_folds: int = FOLDS) -> Any:
        """Return which rows are predicted right in each run, of shape (repeats, n)."""
        return np.broadcast_to((y == 1) == (y.mean() > 0.5), folds.shape)

    def predict(self, X: Any, y: Any, new: Any) -> Any:
        """Predict the more frequent class."""
        return np.full(len(new), y.mean() > 0.5)


class World(NamedTuple):
    """A world.

    Attributes
    ----------
    draw : callable
        From the number of rows and a generator to a table of columns for each model, of shape
        (n, n_models, d), and labels 0 and 1.
    models : tuple of learners
    together : int
        Rows in a row that belong together.
    balanced : bool
        Whether classes weigh alike.
    """

    draw: Callable[[int, Rng], tuple[Any, Any]]
    models: tuple[Any, ...] = (Linear(), Linear())
    together: int = 1
    balanced: bool = False


def _exchangeable(
    shifts: tuple[float, ...],
    *,
    d: int = 1,
    alike: float = 0.0,
    share: float = 0.5,
    copies: int = 1,
) -> Callable[[int, Rng], tuple[Any, Any]]:
    """Draw normal columns, of which the first of each model is moved by its shift."""

    def draw(n: int, rng: Rng) -> tuple[Any, Any]:
        n = n // copies
        y = rng.permutation((np.arange(n) < max(2, round(share * n))).astype(int))
        own = rng.normal(size=(n, len(shifts), d))
        X = np.sqrt(alike) * rng.normal(size=(n, 1, d)) + np.sqrt(1.0 - alike) * own
        X[..., 0] += np.array(shifts) * (2 * y - 1)[:, None]
        return np.repeat(X, copies, axis=0), np.repeat(y, copies)

    return draw


def _curved(curves: dict[int, float]) -> Callable[[int, Rng], tuple[Any, Any]]:
    """Draw labels of which the logit is curved so much as suits the number of rows."""

    def draw(n: int, rng: Rng) -> tuple[Any, Any]:
        X = rng.normal(size=(n, 2))
        nearest = min(curves, key=lambda rows: abs(np.log(rows / n)))
        logits = 1.2 * X[:, 0] + curves[nearest] * (X[:, 0] ** 2 - 1.0)
        y = (rng.random(n) < 1.0 / (1.0 + np.exp(-logits))).astype(int)
        return np.stack([X, X], axis=1), y

    return draw


def _coin(d: int) -> Callable[[int, Rng], tuple[Any, Any]]:
    return _exchangeable((0.0, 0.0), d=d)


EQUAL = {
    "a column each": World(_exchangeable((0.8, 0.8))),
    "the same, nearly alike": World(_exchangeable((0.8, 0.8), alike=0.95)),
    "the same, hard": World(_exchangeable((0.2, 0.2))),
    "the same, easy": World(_exchangeable((2.0, 2.0))),
    "classes of 9 and 1": World(_exchangeable((0.8, 0.8), share=0.1)),
    "the same, balanced": World(
        _exchangeable((0.8, 0.8), share=0.1), (Linear(balanced=True),) * 2, balanced=True
    ),
    "ten columns each": World(_exchangeable((0.8, 0.8), d=10)),
    "three models": World(_exchangeable((0.8, 0.8, 0.8)), (Linear(),) * 3),
    "linear, 15 neighbours": World(_curved({200: 0.805}), (Linear(), Neighbours(15))),
    "linear, 31 neighbours": World(_curved({1000: 0.542}), (Linear(), Neighbours(31))),
    "coin, linear and floor": World(_coin(3), (Linear(), Majority())),
    "coin, 1 neighbour and floor": World(_coin(3), (Neighbours(1), Majority())),
    "five copies of each row": World(_exchangeable((0.8, 0.8), copies=5), together=5),
}
"""All expect as many errors, learnt from so many rows."""

UNSTABLE = {
    "15 neighbours each": World(
        _exchangeable((0.8, 0.8), d=2, alike=0.8), (Neighbours(15), Neighbours(15))
    ),
    "1 neighbour each": World(_exchangeable((0.8, 0.8), d=2), (Neighbours(1), Neighbours(1))),
}
"""As many errors expected over tables, but on each table one of the two does learn better."""


def better_by(points: float, *, alike: float, accuracy: float = 0.85) -> World:
    """Return a world of which the first model's best accuracy is better by so many points."""
    shifts = (norm.ppf(accuracy), norm.ppf(accuracy - points / 100.0))
    return World(_exchangeable(shifts, alike=alike))


def deal(y: Any, repeats: int, n_folds: int, rng: Rng, together: int = 1) -> Any:
    """Deal rows to folds, evenly by class; rows that belong together to the same."""
    labels = y[::together]
    order = np.lexsort(
        (rng.random((repeats, labels.size)), np.broadcast_to(labels, (repeats, labels.size)))
    )
    folds = np.empty_like(order)
    places = np.broadcast_to(np.arange(labels.size) % n_folds, order.shape)
    np.put_along_axis(folds, order, places, axis=1)
    return np.repeat(folds, together, axis=1)
