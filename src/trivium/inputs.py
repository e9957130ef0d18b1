"""What comes in from outside: rows, labels and weights, checked once at the door.

scikit-learn's ``validate_data`` does the conversion and keeps the feature names;
this module adds what it leaves out: an error names the row and the column.
"""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import validate_data

from trivium.arrays import Float64, Floats, Indices, Labels
from trivium.blocks.unlocked import unlocked
from trivium.class_weights import ClassWeight
from trivium.containers import as_numbers, require_unmasked
from trivium.elsewhere_inputs import labelled_elsewhere, queries_elsewhere
from trivium.labels import as_labels, encoded, known_codes, shown
from trivium.magnitudes import require_finite
from trivium.refused_rows import first_non_number, require_columns, require_reals
from trivium.rows.csr import Csr
from trivium.rows.elsewhere import elsewhere_of
from trivium.rows.labelled import LabelledRows, unless_ones
from trivium.rows.source import Rows
from trivium.rows.table import rows_of
from trivium.sparse_inputs import check_sparse_rows, is_sparse


@overload
def check_rows(
    estimator: Any, X: Any, *, reset: bool = False, name: str = "X", finite: bool = True
) -> Floats: ...


@overload
def check_rows(
    estimator: Any,
    X: Any,
    *,
    reset: bool = False,
    name: str = "X",
    finite: bool = True,
    sparse: bool,
) -> Floats | Csr: ...


def check_rows(
    estimator: Any,
    X: Any,
    *,
    reset: bool = False,
    name: str = "X",
    finite: bool = True,
    sparse: bool = False,
) -> Floats | Csr:
    """Check rows and return them as a C-ordered float64 or float32 array, or as sparse rows.

    Parameters
    ----------
    estimator : estimator
        Receives ``n_features_in_`` and ``feature_names_in_`` when `reset`, and is
        compared with them otherwise.
    X : array-like or table of shape (n, d)
    reset : bool
        Whether this is a call of ``fit``.
    name : str
        What an error calls it.
    finite : bool
        False leaves it to the caller to find values that are not finite where it reads X
        anyway, and to name them by `require_finite`, `require_finite_rows` or `require_moderate`.
    sparse : bool
        Whether X may be one of SciPy's sparse matrices or arrays.

    Returns
    -------
    ndarray or Csr of shape (n, d)

    Raises
    ------
    ValueError
        If X is not a finite numeric table of the right shape, or is masked somewhere; the
        message names the row and the column.
    TypeError
        If X is sparse and must not be, or holds something that is neither a number nor a string.
    """
    if _is_plain(X) and _is_expected(estimator, X.shape[1], reset=reset):
        if finite:
            require_finite(estimator, X, name)
        return unlocked(X)
    require_unmasked(X, name)
    require_columns(estimator, X, name)
    require_reals(X, name)
    if sparse and is_sparse(X):
        return check_sparse_rows(estimator, X, reset=reset, name=name, finite=finite)
    try:
        rows: Floats = validate_data(
            estimator,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            order="C",
            ensure_all_finite=False,
        )
    except (TypeError, ValueError, OverflowError) as error:
        place = first_non_number(estimator, X)
        if place is not None:
            kind = ValueError if isinstance(error, OverflowError) else type(error)
            raise kind(f"{error}. In {name}, {place}.") from error
        raise
    if finite:
        require_finite(estimator, rows, name)
    return unlocked(rows)


def _is_plain(X: Any) -> bool:
    """Whether X is an array as it is wanted, so that there is nothing to convert."""
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.size > 0
        and X.dtype in (np.float64, np.float32)
        and X.flags.c_contiguous
        and X.flags.aligned
    )


def _is_expected(estimator: Any, n_columns: int, *, reset: bool) -> bool:
    """Do what ``validate_data`` does for an array without names, in less time; False leaves it."""
    if hasattr(estimator, "feature_names_in_"):
        return False
    if reset:
        estimator.n_features_in_ = n_columns
        return True
    return getattr(estimator, "n_features_in_", None) == n_columns


def check_queries(estimator: Any, X: Any) -> Rows:
    """Check rows to predict, which may be sparse, in files or on a cluster.

    Parameters
    ----------
    estimator, X
        As in `check_rows`.

    Raises
    ------
    ValueError, TypeError
        As `check_rows`.
    """
    table = elsewhere_of(X)
    if table is not None:
        return queries_elsewhere(estimator, table)
    return rows_of(check_rows(estimator, X, sparse=True))


def check_labelled_rows(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: ArrayLike | None = None,
    *,
    least_classes: int = 2,
    finite: bool = True,
    reset: bool = True,
    classes: Labels | None = None,
    allow_none_left: bool = False,
    class_weight: ClassWeight = None,
    sparse: bool = False,
) -> LabelledRows:
    """Check the arguments of a ``fit`` that takes labels.

    Rows of weight zero are taken out before anything is learnt, so that they count as removed.
    A class that only they carry is one of the classes all the same.

    Parameters
    ----------
    estimator, X, y, sample_weight : as given to ``fit``
    least_classes : int
    finite : bool
        As in `check_rows`.
    reset : bool
        Whether columns are learnt, not compared with those of an earlier call.
    classes : ndarray or None
        The classes that labels may name, sorted; None means those that they do name.
    allow_none_left : bool
        Whether there may be no row that weighs anything, where the classes are given.
    class_weight : dict, "balanced" or None
        Factors on the weights, as in `class_factors`.
    sparse : bool
        As in `check_rows`.

    Raises
    ------
    ValueError
        If X, y or the weights are malformed, there are fewer than `least_classes` classes, or
        a label names none of `classes`.
    TypeError
        If `class_weight` is of a wrong kind.
    """
    table = elsewhere_of(X)
    if table is not None:
        labelled = labelled_elsewhere(
            estimator,
            table,
            y,
            sample_weight,
            reset=reset,
            finite=finite,
            least_classes=least_classes,
            classes=classes,
            allow_none_left=allow_none_left,
        )
        return labelled.times(class_weight, allow_none_left=allow_none_left)
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    y = as_labels(y)
    X = check_rows(estimator, X, reset=reset, finite=finite, sparse=sparse)
    n_given = X.shape[0]
    require_same_length(n_given, y)
    weights, kept = check_weights(sample_weight, n_given, allow_none_left=allow_none_left)
    given = None if kept is None else rows_of(X)
    if kept is not None:
        X = X.take(kept, axis=0)
    if classes is not None:
        codes = known_codes(y if kept is None else y[kept], classes, kept)
        rows = rows_of(X, codes, classes.size, weights)
        labelled = LabelledRows(rows, classes, kept, n_given, given)
        return labelled.times(class_weight, allow_none_left=allow_none_left)
    classes, codes = encoded(y)
    if classes.size < least_classes:
        raise ValueError(
            f"y holds one class only ({shown(classes[0])}, in all {n_given} rows); "
            f"{type(estimator).__name__} needs at least two."
        )
    rows = rows_of(X, codes if kept is None else codes[kept], classes.size, weights)
    labelled = LabelledRows(rows, classes, kept, n_given, given, all_there=kept is None)
    return labelled.times(class_weight)


def check_unlabelled_rows(
    estimator: Any, X: Any, sample_weight: ArrayLike | None = None, *, sparse: bool = False
) -> LabelledRows:
    """Check the arguments of a ``fit`` without labels: the rows have no classes.

    Parameters
    ----------
    estimator, X, sample_weight : as given to ``fit``
    sparse : bool
        As in `check_rows`.

    Raises
    ------
    ValueError
        If X or the weights are malformed.
    """
    table = elsewhere_of(X)
    if table is not None:
        return labelled_elsewhere(estimator, table, None, sample_weight, reset=True, finite=True)
    X = check_rows(estimator, X, reset=True, sparse=sparse)
    weights, kept = check_weights(sample_weight, X.shape[0])
    given = None if kept is None else rows_of(X)
    rows = rows_of(X if kept is None else X.take(kept, axis=0), weights=weights)
    return LabelledRows(rows, np.empty(0, dtype=np.intp), kept, X.shape[0], given)


def check_weights(
    sample_weight: ArrayLike | None, n_rows: int, *, allow_none_left: bool = False
) -> tuple[Float64 | None, Indices | None]:
    """Check sample weights and drop the rows that weigh nothing.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,), float or None
    n_rows : int
    allow_none_left : bool
        Whether all may be zero.

    Returns
    -------
    weights : ndarray or None
        The positive weights; None where every row weighs one.
    kept : ndarray of int or None
        Which rows they belong to; None means all.

    Raises
    ------
    ValueError
        As `require_weights`, or if no weight is positive and one has to be.
    """
    if sample_weight is None:
        return None, None
    weights = require_weights(sample_weight, n_rows)
    kept = np.flatnonzero(weights)
    if kept.size == 0 and not allow_none_left:
        raise ValueError("sample_weight is zero in every row: nothing is left to learn from.")
    if kept.size == n_rows:
        return unless_ones(weights), None
    return unless_ones(weights[kept]), kept


def require_weights(sample_weight: ArrayLike, n_rows: int) -> Float64:
    """Return sample weights, one a row; a single number weighs every row.

    Raises
    ------
    ValueError
        If a weight is masked, missing, no real number, negative or not finite (the message
        names its row), or if the shape does not fit.
    TypeError
        If they are sparse.
    """
    weights = as_numbers(sample_weight, "sample_weight")
    if weights.ndim == 0:
        weights = np.full(n_rows, weights)
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}; expected ({n_rows},), one weight a row."
        )
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise ValueError(
            f"sample_weight must be finite and not negative; row {bad[0]} weighs {weights[bad[0]]}."
        )
    return weights


def require_same_length(n_rows: int, y: Labels, *, X_name: str = "X", y_name: str = "y") -> None:
    """Raise a ValueError unless there is one label for each row."""
    if y.shape[0] != n_rows:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {X_name} has {n_rows} "
            f"rows, but {y_name} has {y.shape[0]}."
        )
