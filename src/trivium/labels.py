"""Labels as the user gives them, and their positions among the classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from trivium.arrays import Indices, Labels

_SPAN = 4  # of integer labels, in numbers of rows: positions are looked up in a table


def encoded(y: Labels) -> tuple[Labels, Indices]:
    """Return the labels there are, sorted, and the position of each row's among them."""
    if y.dtype.kind in "biu":
        least, most = int(y.min()), int(y.max())
        span = most - least + 1
        if span <= _SPAN * y.size and most <= np.iinfo(np.intp).max:  # no need to sort
            offsets = np.subtract(y, least, dtype=np.intp)
            present = np.zeros(span, dtype=np.bool_)
            present[offsets] = True
            classes = np.flatnonzero(present)
            if classes.size == span:
                return (classes + least).astype(y.dtype), offsets
            return (classes + least).astype(y.dtype), (np.cumsum(present) - 1)[offsets]
    else:
        check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    return classes, codes.astype(np.intp, copy=False)


def known_codes(
    y: Labels, classes: Labels, rows: Indices | None = None, name: str = "y"
) -> Indices:
    """Return each label's position among known classes.

    Parameters
    ----------
    y : ndarray of shape (n,)
    classes : ndarray
        Sorted.
    rows : ndarray of int of shape (n,) or None
        Numbers of these rows in the user's table, if they are not 0, 1, ...
    name : str
        What an error calls `y`.

    Raises
    ------
    ValueError
        At the first label that names no class.
    """
    code_of = {label: code for code, label in enumerate(classes.tolist())}
    found, place = encoded(y)
    code = np.array([code_of.get(label, -1) for label in found.tolist()], dtype=np.intp)
    codes: Indices = code[place]
    if found.size and code.min() < 0:
        first = int(np.flatnonzero(codes < 0)[0])
        row = first if rows is None else int(rows[first])
        raise ValueError(
            f"{name} holds {shown(y[first])} in row {row}, which is none of the "
            f"{classes.size} known classes ({', '.join(map(shown, classes[:5]))}"
            f"{', ...' if classes.size > 5 else ''})."
        )
    return codes


def check_classes(classes: ArrayLike, first: Labels | None = None) -> Labels:
    """Check the classes given to ``partial_fit``, and return them sorted.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
    first : ndarray or None
        Those of the first call, if this is a later one.

    Raises
    ------
    ValueError
        If they are fewer than two, one is given twice, they are no list of labels, or not
        those of the first call.
    """
    given = column_or_1d(classes)
    known: Labels = np.unique(given)
    if known.size < 2 or known.size < given.size:
        raise ValueError(
            f"classes={given.tolist()!r}: expected at least two classes, each given once."
        )
    if first is not None and not np.array_equal(known, first):
        raise ValueError(
            f"classes={known.tolist()!r} are not those of the first call, {first.tolist()!r}."
        )
    return known


def shown(label: Any) -> str:
    """Write a label as the user would: 3 and 'a', not np.int64(3) and np.str_('a')."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def require_one_kind(y: Labels, name: str = "y") -> None:
    """Raise a ValueError at the first label that is missing, or no string among strings."""
    for row, label in enumerate(y):
        if label is None or label != label:
            raise ValueError(f"{name} holds no label in row {row}, but {shown(label)}.")
        if isinstance(label, str) != isinstance(y[0], str):
            raise ValueError(
                f"{name} mixes strings and others: {shown(y[0])} in row 0, {shown(label)} in "
                f"row {row}."
            )
