"""Tables most of whose numbers are zero, and some that are not, to be searched as sparse rows."""

import numpy as np
import scipy.sparse

from trivium.rows.csr import Csr


def thinned(rng, n, d, share, values=None):
    """Make an array of which a share is not zero."""
    full = rng.normal(size=(n, d)) if values is None else values
    return np.where(rng.random((n, d)) < share, full, 0.0)


def _words(rng):
    """Columns of which few are common, and rows of zeros, as texts have them."""
    share = 3.0 / np.arange(2, 152)
    counts = np.where(rng.random((250, 150)) < share, rng.geometric(0.5, (250, 150)), 0)
    return counts * np.log(250.0 / np.maximum(1.0, (counts > 0).sum(axis=0)))


def _far_off(rng):
    """A column far from zero, stored in full: its square hides what else differs."""
    X = thinned(rng, 300, 30, 0.1)
    X[:, 7] = 1e8 + rng.normal(size=300)
    return X


def _near_copies(rng):
    """Rows whose distances differ by less than sums of products are right to."""
    X = np.repeat(thinned(rng, 15, 30, 0.2), 20, axis=0)
    X[:, 3] = 1e6
    return np.where(X != 0, X + 1e-5 * rng.normal(size=X.shape), 0.0)


def _long_columns(rng):
    """Columns that nearly all rows store something small in."""
    X = thinned(rng, 300, 60, 0.1)
    X[:, 20:24] = 0.05 * thinned(rng, 300, 4, 0.9)
    return X


def _sizes(rng):
    return thinned(rng, 200, 20, 0.3) * 10.0 ** rng.integers(-170, 150, size=(200, 1))


TABLES = {
    "words": _words,
    "ties": lambda rng: thinned(rng, 300, 12, 0.2, rng.integers(-2, 3, (300, 12)).astype(float)),
    "duplicates": lambda rng: np.repeat(thinned(rng, 50, 40, 0.1), 6, axis=0)[rng.permutation(300)],
    "empty columns": lambda rng: thinned(rng, 200, 50, 0.1) * (np.arange(50) % 3 == 0),
    "empty": lambda rng: np.zeros((30, 7)),
    "full": lambda rng: rng.normal(size=(150, 9)),
    "far off": _far_off,
    "near copies": _near_copies,
    "long columns": _long_columns,
    "float32": lambda rng: thinned(rng, 200, 30, 0.15).astype(np.float32),
    "wide": lambda rng: thinned(rng, 60, 900, 0.02),
    "vast": lambda rng: thinned(rng, 200, 20, 0.3) * 1e200,
    "tiny": lambda rng: thinned(rng, 200, 20, 0.3) * 1e-200,
    "subnormal": lambda rng: thinned(rng, 100, 10, 0.4) * 1e-310,
    "of all sizes": _sizes,
    "one row": lambda rng: thinned(rng, 1, 5, 0.6),
    "one column": lambda rng: thinned(rng, 80, 1, 0.5),
}
"""Arrays by name, each a function of a random generator."""


def table(name, seed=0, n_queries=40):
    """Return an array of `TABLES` and queries: some of its rows, mixed ones, one of zeros."""
    rng = np.random.default_rng(seed)
    rows = TABLES[name](rng)
    some, others = (rows[rng.integers(0, len(rows), n_queries)] for _ in range(2))
    queries = some.copy()
    half = n_queries // 2
    queries[half:] = np.where(rng.random(some[half:].shape) < 0.5, some[half:], others[half:])
    queries[-1] = 0.0
    return rows, queries


def sparse(X, *, zeros=0, long=False, seed=1):
    """Store an array: with some zeros as well, and with long column numbers."""
    rng = np.random.default_rng(seed)
    stored = X != 0
    if zeros:
        stored.reshape(-1)[rng.integers(0, X.size, zeros)] = True
    rows, columns = np.nonzero(stored)
    matrix = scipy.sparse.csr_array((X[rows, columns], (rows, columns)), shape=X.shape)
    kind = np.int64 if long else np.int32
    return Csr(matrix.data, matrix.indices.astype(kind), matrix.indptr.astype(kind), X.shape)
