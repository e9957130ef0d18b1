"""Plain answers for Minkowski distances and for places on a sphere, and tables of these."""

import math

import numpy as np

EXPONENTS = (1.0, 1.5, 2.0, 2.5, 3.0, 7.0, np.inf)


def power(base, exponent):
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf


def minkowski(query, row, p):
    """Sum of powers over the columns in order, and its root; squares and sums as they are."""
    apart = [abs(float(q) - float(r)) for q, r in zip(query, row, strict=True)]
    if p == 1.0:
        total = 0.0
        for each in apart:
            total += each
        return total
    if p == np.inf:
        return max(apart)
    total = 0.0
    for each in apart:
        total += each * each if p == 2.0 else power(each, p)
    if 2.0**-960 <= total < np.inf:
        return math.sqrt(total) if p == 2.0 else power(total, 1.0 / p)
    largest = max(apart)
    if largest in (0.0, np.inf):
        return largest
    if p == 2.0:
        _, exponent = math.frexp(largest)
        total = 0.0
        for each in apart:
            scaled = math.ldexp(each, -exponent)
            total += scaled * scaled
        return math.ldexp(math.sqrt(total), exponent)
    total = 0.0
    for each in apart:
        total += power(each / largest, p)
    return largest * power(total, 1.0 / p)


def minkowski_matrix(queries, rows, p):
    return np.array([[minkowski(query, row, p) for row in rows.tolist()] for query in queries])


def angle_matrix(places, others, dtype=np.float64):
    """Angles by the formula of `trivium.neighbors.search.sphere`, in any precision."""
    (φ, λ), (ψ, μ) = (np.asarray(each).astype(dtype).T for each in (places, others))
    half = dtype(0.5)
    circle = np.sqrt(np.cos(φ)[:, None] * np.cos(ψ))
    sine = np.hypot(np.sin(half * (φ[:, None] - ψ)), circle * np.sin(half * (λ[:, None] - μ)))
    cosine = np.hypot(np.sin(half * (φ[:, None] + ψ)), circle * np.cos(half * (λ[:, None] - μ)))
    return 2 * np.arctan2(sine, cosine)


def sort_all(matrix, k, own=False):
    """Sort each row of a matrix by (distance, number); leave out the diagonal if `own`."""
    order = np.argsort(matrix, axis=1, kind="stable")
    if own:
        others = order != np.arange(len(matrix))[:, None]
        order = order[others].reshape(len(matrix), -1)
    order = order[:, :k]
    return np.take_along_axis(matrix, order, axis=1), order


TABLES = {
    "uniform": lambda rng: rng.uniform(size=(150, 2)),
    "integers that tie": lambda rng: rng.integers(-2, 3, size=(150, 3)).astype(float),
    "duplicates": lambda rng: np.repeat(rng.normal(size=(40, 3)), 4, axis=0),
    "shifted by 1e8": lambda rng: 1e8 + rng.normal(size=(150, 3)),
    "tiny": lambda rng: rng.normal(size=(150, 2)) * 1e-150,
    "small": lambda rng: rng.normal(size=(150, 2)) * 1e-40,
    "huge": lambda rng: rng.normal(size=(150, 2)) * 1e120,
    "columns of many sizes": lambda rng: rng.normal(size=(150, 4)) * [1e-9, 1.0, 1e5, 1e60],
    "float32": lambda rng: rng.normal(size=(150, 3)).astype(np.float32),
    "one column": lambda rng: rng.integers(0, 30, size=(150, 1)).astype(float),
}
"""Rows by name, each a function of a random generator."""


def _sphere(rng, n=150):
    return np.column_stack([np.arcsin(rng.uniform(-1, 1, n)), rng.uniform(-np.pi, np.pi, n)])


def _antipodes(rng):
    half = _sphere(rng, 75)
    far = np.column_stack([-half[:, 0], half[:, 1] - np.copysign(np.pi, half[:, 1])])
    return np.vstack(
        [half, far + rng.normal(size=far.shape) * 10.0 ** rng.uniform(-17, -6, (75, 1))]
    )


PLACES = {
    "all over": _sphere,
    "whole degrees": lambda rng: np.radians(rng.integers(-4, 5, size=(150, 2)) * 1.0),
    "whole degrees at a pole": lambda rng: np.radians(
        np.column_stack([90.0 - rng.integers(0, 3, 150), rng.integers(-180, 181, 150)])
    ),
    "duplicates": lambda rng: np.repeat(_sphere(rng, 40), 4, axis=0),
    "a town": lambda rng: [0.8, 2.0] + rng.normal(size=(150, 2)) * 1e-10,
    "closer than vectors tell": lambda rng: [0.8, 2.0] + rng.integers(-5, 6, (150, 2)) * 2.0**-51,
    "about the date line": lambda rng: np.column_stack(
        [rng.normal(size=150) * 1e-3, np.copysign(np.pi, rng.normal(size=150))]
    ),
    "antipodes": _antipodes,
    "float32": lambda rng: _sphere(rng).astype(np.float32),
}
"""Latitudes and longitudes by name."""
