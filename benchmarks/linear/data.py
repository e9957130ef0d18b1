"""Labelled rows, float64 and C-ordered, the same in every run."""

from typing import Any

import numpy as np
import scipy.sparse

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


def sparse_rows(n: int, d: int, stored: int, n_classes: int) -> tuple[Any, Array]:
    """Rows as of counted words: columns by a power law, rarer ones with more weight, of length one.

    The class is the greatest of noisy linear scores. About `stored` numbers a row are drawn; a
    column that is drawn twice counts twice.
    """
    rng = np.random.default_rng(0)
    mass = np.cumsum(1.0 / (np.arange(d) + 10.0))
    columns = np.searchsorted(mass, rng.random(n * stored) * mass[-1])
    counts = (
        np.ones(n * stored),
        columns.astype(np.int32),
        np.arange(n + 1, dtype=np.int32) * stored,
    )
    X = scipy.sparse.csr_array(counts, shape=(n, d))
    X.sum_duplicates()
    there = np.bincount(X.indices, minlength=d)
    X.data *= np.log((1.0 + n) / (1.0 + there))[X.indices] + 1.0
    rows = np.repeat(np.arange(n), np.diff(X.indptr))
    X.data /= np.sqrt(np.bincount(rows, X.data**2, minlength=n))[rows]
    scores = X @ rng.normal(size=(d, n_classes)) + rng.normal(size=(n, n_classes))
    return X, scores.argmax(axis=1)
