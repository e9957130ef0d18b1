"""Rows that come in from files or a cluster, checked before any is read."""

from typing import Any

import numpy as np

from trivium.arrays import Indices, Labels
from trivium.labels import known_codes, shown
from trivium.magnitudes import require_finite_rows
from trivium.rows.elsewhere import Elsewhere, Given
from trivium.rows.labelled import LabelledRows, unless_ones
from trivium.rows.source import Rows


def labelled_elsewhere(
    estimator: Any,
    table: Elsewhere,
    y: Any,
    sample_weight: Any,
    *,
    reset: bool,
    finite: bool,
    least_classes: int = 0,
    classes: Labels | None = None,
    allow_none_left: bool = False,
) -> LabelledRows:
    """Check what a ``fit`` is given, and read labels and weights.

    Parameters
    ----------
    estimator, y, sample_weight, reset, finite, least_classes, classes, allow_none_left
        As in `inputs.check_labelled_rows`; no classes at least means that labels are not wanted.
    table : Elsewhere

    Raises
    ------
    ValueError
        As `inputs.check_labelled_rows`.
    """
    check_columns(estimator, table, reset=reset)
    given = table.given(y, sample_weight, labelled=least_classes > 0)
    n = given.rows.shape[0]
    if n == 0:
        raise ValueError(f"X has no rows; {type(estimator).__name__} needs one at least.")
    kept, weights = _weighing(given, allow_none_left=allow_none_left)
    codes, found = given.codes, given.classes
    if classes is not None and codes is not None:
        known = np.append(known_codes(found, classes), 0)  # which NumPy takes of none, too
        codes = known.astype(np.min_scalar_type(max(classes.size - 1, 0)))[codes]
    elif found.size < least_classes:
        raise ValueError(
            f"y holds one class only ({shown(found[0])}, in all {n} rows); "
            f"{type(estimator).__name__} needs at least two."
        )
    found = found if classes is None else classes
    rows = given.rows if codes is None else given.rows.relabelled(codes, found.size)
    if finite:
        require_finite_rows(estimator, rows)
    some = rows if kept is None else rows.subset(kept)
    return LabelledRows(
        some.reweighted(weights),
        found,
        kept,
        n,
        None if kept is None else rows,
        all_there=kept is None and classes is None and given.all_there,
    )


def check_columns(estimator: Any, table: Elsewhere, *, reset: bool) -> None:
    """Learn the names of columns, or compare them with those that were learnt.

    Raises
    ------
    ValueError
        If they are others, in another order or number than those of the fit.
    """
    names, d = table.column_names, table.n_columns
    if reset:
        estimator.n_features_in_ = d
        vars(estimator).pop("feature_names_in_", None)
        if names is not None:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        return
    known = getattr(estimator, "feature_names_in_", None)
    if known is not None and names is not None and list(known) != list(names):
        lacking = [name for name in known if name not in names]
        more = [name for name in names if name not in set(known)]
        what = (
            f"lacks {', '.join(map(repr, lacking))}"
            if lacking
            else f"has {', '.join(map(repr, more))}, too"
            if more
            else "has them in another order"
        )
        raise ValueError(
            f"The columns are not those that {type(estimator).__name__} was fitted to: X {what}. "
            "Name them by `columns`."
        )
    if d != estimator.n_features_in_:
        raise ValueError(
            f"X has {d} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )


def queries_elsewhere(estimator: Any, table: Elsewhere) -> Rows:
    """Return rows to predict, without labels.

    Raises
    ------
    ValueError
        If the columns are not those of the fit, or there are no rows.
    """
    check_columns(estimator, table, reset=False)
    rows = table.given(labelled=False).rows
    if rows.shape[0] == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (shape={rows.shape}) while a minimum of 1 is required "
            f"by {type(estimator).__name__}."
        )
    return rows


def _weighing(given: Given, *, allow_none_left: bool) -> tuple[Indices | None, Any]:
    """Return the numbers of the rows that weigh something, and their weights."""
    weights = given.weights
    if weights is None:
        return None, None
    kept = np.flatnonzero(weights)
    if kept.size == 0 and not allow_none_left:
        raise ValueError("The weights are zero in every row: nothing is left to learn from.")
    if kept.size == weights.size:
        return None, unless_ones(weights)
    return kept, unless_ones(weights[kept])
