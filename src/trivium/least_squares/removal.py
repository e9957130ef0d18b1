"""Rows taken away from sums, if they can be among them."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices, Labels
from trivium.labels import shown
from trivium.least_squares.solving.centred_sums import CentredSums, centred_sums
from trivium.least_squares.solving.exact_sums import ExactSums
from trivium.least_squares.solving.moments import Moments
from trivium.magnitudes import column_name

_ROUNDING = 1e-9  # share of a sum that rounding of what is given may take too much
_HALF_OF_THE_DIGITS = 1e-8
_MOST_NAMES = 8
_SURELY = 8.0  # times what rounding may do


def removed(
    estimator: Any,
    sums: ExactSums,
    gone: ExactSums,
    classes: Labels,
    *,
    centred: bool,
) -> ExactSums:
    """Take some rows' sums from those of all, if they can be among them.

    Parameters
    ----------
    estimator : estimator
    sums, gone : ExactSums
    classes : ndarray of shape (n_classes,)
    centred : bool

    Raises
    ------
    ValueError
        If no weight would be left, or less than none of a class or of a column's spread; the
        message names it.

    Warns
    -----
    RuntimeWarning
        If half of the digits of what is left have gone, of sums that had been rounded.
    """
    taken = centred_sums(gone, centred=centred)
    there = taken if sums.empty else centred_sums(sums, centred=centred)
    # In units of what is there, for sums of weights may leave float64.
    unit = there.moments.scaling.weight_exponent
    step = taken.moments.scaling.weight_exponent - unit
    total = 0.0 if sums.empty else there.moments.weight
    weight, by_class = np.ldexp(taken.moments.weight, step), np.ldexp(taken.class_weights, step)
    if not weight < (1.0 - _ROUNDING) * total:
        raise ValueError(
            f"These rows weigh {_given(weight, unit)}, and those that the model was fitted to "
            f"{_given(total, unit)}: nothing would be left."
        )
    short = np.flatnonzero(by_class > there.class_weights + _ROUNDING * total)
    if short.size:
        c = short[0]
        raise ValueError(
            f"These rows weigh {_given(by_class[c], unit)} in class {shown(classes[c])}, of which "
            f"the model was fitted to {_given(there.class_weights[c], unit)}: they are not among "
            "its rows."
        )
    left = sums.remove(gone)
    about = centred_sums(left, centred=centred)
    _compare(estimator, there, about, _spread(taken, about))
    return left


def _given(weight: float, unit: int) -> str:
    """Write a weight as it was given."""
    with np.errstate(over="ignore"):
        return f"{np.ldexp(weight, unit):g}"


def _spread(gone: CentredSums, left: CentredSums) -> Float64:
    """Root of the sum of squares of the rows removed, about the mean of the others."""
    apart = gone.moments.means - left.moments.means
    exponent = gone.moments.scaling.weight_exponent
    weight_root = np.ldexp(np.sqrt(np.ldexp(gone.moments.weight, exponent & 1)), exponent >> 1)
    root: Float64 = np.hypot(gone.moments.roots, weight_root * apart)
    return root


def _compare(estimator: Any, there: CentredSums, left: CentredSums, gone: Float64) -> None:
    """Raise or warn if less than nothing, or hardly anything, is left of a column's spread."""
    scaling = left.moments.scaling
    with np.errstate(over="ignore"):
        gone = np.ldexp(np.square(np.ldexp(gone, -scaling.exponent)), -scaling.weight_exponent)
    missing = np.flatnonzero(left.spread < -_SURELY * left.moments.noise - _ROUNDING * gone)
    if missing.size:
        raise ValueError(
            f"These rows spread farther in {column_name(estimator, int(missing[0]))} than those "
            "that the model was fitted to: they are not among its rows."
        )
    faint = _is_faint(left.spread, left.moments.noise)
    lost = np.flatnonzero((there.moments.gram.diagonal() > 0) & faint)
    if lost.size:
        warnings.warn(
            f"The rows forgotten spread so far in {_names(estimator, lost)}, beside "
            "the others, that what is left of it has lost half of its digits or more; where all "
            "are lost, it counts as constant. Fit to the rest again, unless it is.",
            RuntimeWarning,
            stacklevel=3,
        )


def warn_of_hidden(estimator: Any, moments: Moments, aliased: Indices, before: Indices) -> None:
    """Say which columns now depend on others to the noise of sums that had been rounded.

    Parameters
    ----------
    estimator : estimator
    moments : Moments
        Of all rows now.
    aliased, before : ndarray of int
        Columns that depend on others, now and before rows came or went.

    Warns
    -----
    RuntimeWarning
        If there are such columns, other than those whose digits `removed` calls lost.
    """
    varies = ~_is_faint(moments.gram.diagonal(), moments.noise)
    hidden = np.setdiff1d(aliased[varies[aliased]], before)
    if moments.noise.any() and hidden.size:
        warnings.warn(
            f"What is left of {_names(estimator, hidden)} beside other columns cannot be told from "
            "the rounding of the sums over the rows fitted before: it counts as dependent on them. "
            "Fit to all rows that there are again, unless it is.",
            RuntimeWarning,
            stacklevel=4,
        )


def _is_faint(spread: Float64, noise: Float64) -> NDArray[np.bool_]:
    """Whether half of the digits have gone; never of sums that were not rounded."""
    return (noise > 0) & (spread < noise / _HALF_OF_THE_DIGITS)


def _names(estimator: Any, columns: Indices) -> str:
    """Name columns, the first few of many."""
    names = [column_name(estimator, column) for column in columns[:_MOST_NAMES].tolist()]
    more = columns.size - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
