"""Folds of rows: which to learn from, which to test on."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import check_cv

from trivium.arrays import Indices, Labels
from trivium.containers import as_array
from trivium.inputs import check_weights
from trivium.labels import are_beyond_64_bits, encoded, shown
from trivium.rows.labelled import LabelledRows


class Fold(NamedTuple):
    """Rows to learn from and rows to test on, of one fold, by their places among those kept."""

    number: int
    train: Indices
    test: Indices


def check_groups(groups: ArrayLike | None, n_given: int) -> Any:
    """Return the groups of the rows given.

    Raises
    ------
    ValueError
        If they are not one a row, or one is missing.
    """
    if groups is None:
        return None
    given = as_array(groups, "groups")
    if given.shape != (n_given,):
        raise ValueError(f"groups has shape {given.shape}; expected ({n_given},), one a row.")
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise ValueError(f"groups holds no value in row {int(np.isnan(given).argmax())}, but NaN.")
    return given


def weighed(rows: LabelledRows, sample_weight: ArrayLike | None) -> LabelledRows:
    """Keep the rows that weigh something; the classes stay.

    Raises
    ------
    ValueError
        If the weights are malformed, or none is positive.
    """
    weights, kept = check_weights(sample_weight, rows.n_given)
    if kept is None:
        return rows.reweighted(weights)
    remains = np.zeros(rows.n_given, dtype=np.bool_)
    remains[kept] = True
    return rows.where(remains).reweighted(weights)


def folds_of(
    cv: Any, X: ArrayLike, y: Labels, rows: LabelledRows, metadata: dict[str, Any]
) -> list[Fold]:
    """Split rows, and check every part.

    A splitter sees the rows as they were given, and so does who lists the folds; a number of
    folds is of the rows that weigh something.

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test) or None
    X : array-like of shape (n_given, n_features)
    y : ndarray of shape (n_given,)
    rows : LabelledRows
        Those that weigh something.
    metadata : dict
        What the splitter is to be given besides.

    Raises
    ------
    ValueError
        If there is no fold, one names rows that there are not, has none that weighs something
        to test on, or has fewer than two classes to learn from.
    """
    place = np.arange(rows.n_given)
    if not hasattr(cv, "split") and not isinstance(cv, Iterable):
        X, y = np.zeros(rows.codes.size), rows.codes  # splits by classes read no columns
        if rows.kept is not None:
            metadata = {name: value[rows.kept] for name, value in metadata.items()}
    else:
        if rows.kept is not None:
            place = np.full(rows.n_given, -1)
            place[rows.kept] = np.arange(rows.kept.size)
        if are_beyond_64_bits(y) and type(cv).__module__.startswith("sklearn."):
            _, y = encoded(y)  # which its splitters can stratify
    splitter = check_cv(cv, y, classifier=True)
    folds = []
    for number, (train, test) in enumerate(splitter.split(X, y, **metadata)):
        train, test = (as_array(part, f"Fold {number}", each="place") for part in (train, test))
        try:
            train, test = place[train], place[test]
        except IndexError as error:
            raise ValueError(
                f"Fold {number} does not fit the {place.size} rows of X: {error}."
            ) from error
        fold = Fold(number, train[train >= 0], test[test >= 0])
        _check(rows, fold)
        folds.append(fold)
    if not folds:
        raise ValueError(f"cv={cv!r} names no fold: give at least one.")
    return folds


def _check(rows: LabelledRows, fold: Fold) -> None:
    """Look for rows to test on, and for two classes to learn from, if there are two."""
    if fold.test.size == 0:
        raise ValueError(f"Fold {fold.number} has an empty test set.")
    present = np.unique(rows.codes[fold.train])
    require_classes(rows, fold, present, min(rows.classes.size, 2))


def require_classes(rows: LabelledRows, fold: Fold, present: Indices, least: int) -> None:
    """Raise a ValueError where a fold learns from fewer classes than that."""
    if present.size == 0:
        raise ValueError(f"Fold {fold.number} has no row to learn from.")
    if present.size < least:
        raise ValueError(
            f"The rows that fold {fold.number} learns from are all of class "
            f"{shown(rows.classes[present[0]])}: take fewer folds, or a splitter that stratifies."
        )
