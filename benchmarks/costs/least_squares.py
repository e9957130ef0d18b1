"""What least squares from exact sums take."""

from functools import partial

import numpy as np

from benchmarks.costs.experiments import Watch
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.digits import Double
from trivium.least_squares.solving.double_factor import pivoted_factor
from trivium.least_squares.solving.exact_sums import sum_exactly
from trivium.rows.memory import ArrayRows


def sums(watch: Watch, n: int = 4_096, d: int = 256) -> dict[str, float]:
    """Time exact sums over rows of whole numbers, a digit each."""
    rng = np.random.default_rng(0)
    rows = ArrayRows(rng.integers(0, 100, (n, d)) / 1.0, rng.integers(0, 3, n), 3)
    return {"product": watch(partial(sum_exactly, Table(rows))) / (n * (d + 1.0) ** 2)}


def doubles(watch: Watch, d: int = 128) -> dict[str, float]:
    """Time factoring in pairs of float64."""
    X = np.random.default_rng(0).normal(size=(4 * d, d))
    gram = X.T @ X / (4 * d)
    right = np.ones((d, 1))
    given = (Double(each, np.zeros_like(each)) for each in (gram, right))
    return {"double": watch(partial(pivoted_factor, *given, np.full(d, 1e-25))) / d**3}
