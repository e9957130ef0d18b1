"""Labels as the user gives them, and their positions among the classes."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets

from trivium.arrays import Indices, Labels
from trivium.containers import as_array, is_whole
from trivium.containers import shown as shown

_KINDS = "labels are strings, whole numbers, booleans or NumPy's dates."
_BEYOND_INTEGERS = np.float64(2.0**63)  # as in scikit-learn, floats from here on are no labels
_SPAN = 4  # of integer labels, in numbers of rows: positions are looked up in a table


def as_labels(values: Any, name: str = "y", *, each: str = "row") -> Labels:
    """Return labels as a NumPy array of the kind that they have, whatever holds them.

    Parameters
    ----------
    values : array-like of shape (n,), or of (n, 1) with a warning
        Strings, whole numbers, booleans or NumPy's dates.
    name : str
        What an error calls them.
    each : str
        What an error calls the place of one.

    Returns
    -------
    ndarray of shape (n,)
        Strings may be objects, as they come; integers beyond 64 bits are.

    Raises
    ------
    ValueError
        If one is missing, masked, infinite or no label, or strings and others are mixed (the
        message names the place), or the shape is another.
    TypeError
        If they are sparse, or bytes.

    Warns
    -----
    DataConversionWarning
        If they are a column of a table.

    Examples
    --------
    >>> import numpy as np
    >>> as_labels(np.array([2**53, 2**53 + 1], dtype=object))
    array([9007199254740992, 9007199254740993])
    """
    if values is None:
        raise ValueError(f"{name} should be a 1d array, got None instead.")
    labels = as_array(values, name, what="label", each=each)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warnings.warn(
            f"A column-vector {name} was passed when a 1d array was expected: it is read as one.",
            DataConversionWarning,
            stacklevel=4,
        )
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"{name} should be a 1d array, got an array of shape {labels.shape} instead."
        )
    if labels.dtype.kind == "O":
        _require_one_kind(labels, name, each)
    elif labels.dtype.kind in "fmM":
        _require_discrete(labels, name, each)
    elif labels.dtype.kind == "S":
        raise _bytes(name)
    elif labels.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} is made of complex numbers.")
    elif labels.dtype.kind not in "biuU":
        raise ValueError(f"{name} is made of {labels.dtype.type.__name__}: {_KINDS}")
    return labels


def encoded(y: Labels) -> tuple[Labels, Indices]:
    """Return the labels there are, sorted, and the position of each row's among them."""
    if y.dtype.kind == "O":
        labels = y.tolist()
        found = sorted(set(labels))
        code_of = {label: code for code, label in enumerate(found)}
        codes = np.fromiter(map(code_of.__getitem__, labels), dtype=np.intp, count=y.size)
        return np.array(found, dtype=object), codes
    if y.dtype.kind in "biu" and y.size:
        least, most = int(y.min()), int(y.max())
        span = most - least + 1
        if span <= _SPAN * y.size and most <= np.iinfo(np.intp).max:  # no need to sort
            offsets = np.subtract(y, least, dtype=np.intp)
            if span <= 2:  # the least and the greatest are there
                return (np.arange(span) + least).astype(y.dtype), offsets
            present = np.zeros(span, dtype=np.bool_)
            present[offsets] = True
            classes = np.flatnonzero(present)
            if classes.size == span:
                return (classes + least).astype(y.dtype), offsets
            return (classes + least).astype(y.dtype), (np.cumsum(present) - 1)[offsets]
    elif y.dtype.kind == "f" and y.size:
        check_classification_targets(y)  # warns where nearly every row has a class of its own
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
    codes = codes_among(y, classes)
    if codes.size and codes.min() < 0:
        first = int(np.flatnonzero(codes < 0)[0])
        row = first if rows is None else int(rows[first])
        raise ValueError(
            f"{name} holds {shown(y[first])} in row {row}, which is none of the "
            f"{classes.size} known classes ({', '.join(map(shown, classes[:5]))}"
            f"{', ...' if classes.size > 5 else ''})."
        )
    return codes


def codes_among(y: Labels, classes: Labels) -> Indices:
    """Return each label's position among sorted classes, -1 of one that is none of them.

    Numbers of different kinds are compared to the last digit, as NumPy does not.
    """
    unique = np.unique(y, return_inverse=True) if y.dtype.kind == "f" else encoded(y)
    found, place = unique  # of floats, which may be few, `encoded` returns more than is needed
    code_of = {label: code for code, label in enumerate(hashable(classes))}
    code = np.array([code_of.get(label, -1) for label in hashable(found)], dtype=np.intp)
    codes: Indices = code[place]
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
    given = as_labels(classes, "classes", each="place")
    known: Labels = np.unique(given)
    if known.size < 2 or known.size < given.size:
        raise ValueError(
            f"classes={given.tolist()!r}: expected at least two classes, each given once."
        )
    if first is not None and hashable(known) != hashable(first):
        raise ValueError(
            f"classes={known.tolist()!r} are not those of the first call, {first.tolist()!r}."
        )
    return known


def hashable(labels: Labels) -> list[Any]:
    """Labels as values of which equal ones have the same hash, dates of any unit among them."""
    return list(labels) if labels.dtype.kind in "mM" else labels.tolist()


def are_beyond_64_bits(labels: Labels) -> bool:
    """Whether labels are integers of which NumPy, and so scikit-learn, knows no kind."""
    return labels.dtype.kind == "O" and labels.size > 0 and not isinstance(labels[0], str)


def require_alike(y: Labels, classes: Labels, name: str = "y") -> None:
    """Raise a ValueError where labels and classes are of kinds that nothing can be equal in."""
    kinds = _kind_name(y), _kind_name(classes)
    if kinds[0] != kinds[1]:
        raise ValueError(f"{name} holds {kinds[0]}, but the classes are {kinds[1]}.")


def _kind_name(labels: Labels) -> str:
    if labels.dtype.kind == "U" or (labels.dtype.kind == "O" and isinstance(labels[0], str)):
        return "strings"
    return {"M": "dates", "m": "times"}.get(labels.dtype.kind, "numbers")


def _require_one_kind(labels: Labels, name: str, each: str) -> None:
    """Raise unless all are strings, or all are integers."""
    kinds = set(map(type, labels))
    if all(issubclass(kind, str) for kind in kinds) or all(map(is_whole, kinds)):
        return
    if any(issubclass(kind, bytes) for kind in kinds):
        raise _bytes(name)
    text = any(issubclass(kind, str) for kind in kinds)
    for place, label in enumerate(labels):
        if text and isinstance(label, str) != isinstance(labels[0], str):
            raise ValueError(
                f"{name} mixes strings and others: {shown(labels[0])} in {each} 0, "
                f"{shown(label)} in {each} {place}."
            )
        if not (text or is_whole(type(label))):
            raise ValueError(f"{name} holds {shown(label)} in {each} {place}: {_KINDS}")


def _require_discrete(labels: Labels, name: str, each: str) -> None:
    """Raise at the first number that is not whole, and the first that is missing."""
    if labels.dtype.kind in "mM":
        if np.isnat(labels).any():
            place = int(np.isnat(labels).argmax())
            raise ValueError(f"{name} holds no label in {each} {place}, but NaT.")
        return
    for kind, bad in (("NaN", np.isnan(labels)), ("infinity", np.isinf(labels))):
        if bad.any():
            place = int(bad.argmax())
            raise ValueError(f"Input {name} contains {kind}. The first is in {each} {place}.")
    broken = (labels != np.trunc(labels)) | (np.abs(labels) >= _BEYOND_INTEGERS)
    if broken.any():
        place = int(broken.argmax())
        raise ValueError(
            f"Unknown label type: continuous. {name} holds {shown(labels[place])} in {each} "
            f"{place}, and a classifier takes classes: is this a target of regression?"
        )


def _bytes(name: str) -> TypeError:
    return TypeError(f"{name} holds bytes: decode them to strings first.")
