"""Labelled rows, float64 and C-ordered, the same in every run."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 4096


def labelled_rows(n: int, d: int, n_classes: int) -> tuple[Array, Array]:
    """Columns of several means and scales; the class is the greatest of noisy linear scores.

    Nothing as large as the rows is made beside them, so that memory can be measured.
    """
    rng = np.random.default_rng(0)
    means, scales = rng.normal(size=d), rng.uniform(0.5, 2.0, size=d)
    directions = rng.normal(size=(d, n_classes)) / np.sqrt(d)
    X, y = np.empty((n, d)), np.empty(n, dtype=np.intp)
    for start in range(0, n, _ROWS_AT_ONCE):
        block = X[start : start + _ROWS_AT_ONCE]
        rng.standard_normal(out=block)
        scores = block @ directions + rng.normal(size=(len(block), n_classes))
        y[start : start + len(block)] = scores.argmax(axis=1)
        block *= scales
        block += means
    return X, y
