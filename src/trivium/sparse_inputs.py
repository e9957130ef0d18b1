"""Sparse rows that come in from outside, checked before SciPy converts them."""

from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import validate_data

from trivium.magnitudes import require_finite
from trivium.rows.csr import Csr


def is_sparse(X: Any) -> bool:
    """Whether X is a sparse matrix of SciPy's, or a table of pandas of sparse columns."""
    return scipy.sparse.issparse(X) or _has_sparse_columns(X)


def check_sparse_rows(estimator: Any, X: Any, *, reset: bool, name: str, finite: bool) -> Csr:
    """Check rows that are sparse.

    Parameters
    ----------
    estimator, X, reset, name, finite
        As in `inputs.check_rows`.

    Raises
    ------
    ValueError
        If X is malformed, of complex numbers, of a wrong shape, or not finite.
    """
    if getattr(getattr(X, "dtype", None), "kind", "") == "c":
        raise ValueError(f"Complex data not supported: {name} is made of complex numbers.")
    try:
        matrix = validate_data(
            estimator,
            _well_formed(X) if scipy.sparse.issparse(X) else X,
            reset=reset,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
        )
        rows = Csr.of(matrix)
    except _Malformed as error:
        raise ValueError(f"{name} is a malformed sparse matrix: {error}.") from error
    if finite:
        require_finite(estimator, rows, name)
    return rows


class _Malformed(ValueError):
    """A sparse matrix whose arrays do not fit together."""


def _well_formed(X: Any) -> Any:
    """Return a sparse matrix that shares X's numbers, once it is known that SciPy can convert it.

    SciPy reads and writes beyond its arrays where an index is too large, and checks by
    changing the matrix itself: so one of its own is checked.
    """
    try:
        if X.format in ("csr", "csc", "bsr"):
            shared = type(X)((X.data, X.indices, X.indptr), shape=X.shape, copy=False)
            shared.check_format(full_check=True)
            return shared
        if X.format == "coo":
            for places, length in zip(X.coords, X.shape, strict=True):
                if places.size and not 0 <= places.min() <= places.max() < length:
                    raise ValueError(f"an index is not from 0 to {length - 1}")
    except ValueError as error:
        raise _Malformed(error) from error
    return X


def _has_sparse_columns(X: Any) -> bool:
    """Whether X is a table of pandas all of whose columns are sparse."""
    kinds = getattr(X, "dtypes", None)
    if getattr(X, "sparse", None) is None or kinds is None or not len(kinds):
        return False
    return all(type(kind).__name__ == "SparseDtype" for kind in kinds)
