"""Fits from moments alone, where the rows are gone."""

import warnings
from typing import Any

import numpy as np

from trivium.arrays import Float64, Labels
from trivium.inputs import column_name, shown
from trivium.least_squares.gram import Moments
from trivium.least_squares.solve import Solution, by_moments, by_squares
from trivium.least_squares.table import Frame

_ROUNDING = 1e-9  # share of a sum that merging and removing may leave over or take too much
_HALF_OF_THE_DIGITS = 1e-8


def solve_moments(moments: Moments, alpha: float) -> Solution:
    """Minimise as `solve.solve` does, from the moments of the rows."""
    return by_squares(moments, alpha) or by_moments(moments, alpha)


def class_weights(moments: Moments, n_classes: int) -> Float64:
    """Weight of each class's rows, from the means of the indicators.

    Parameters
    ----------
    moments : Moments
        About the means.
    n_classes : int
    """
    means = moments.target_center
    share = 0.5 * np.array([1.0 - means[0], 1.0 + means[0]]) if n_classes == 2 else means
    weight: Float64 = share * moments.total
    return weight


def removed(
    estimator: Any, moments: Moments, gone: Moments, classes: Labels, *, centred: bool
) -> Moments:
    """Take some rows' moments from those of all, if they can be among them.

    Raises
    ------
    ValueError
        If no weight would be left, or less than none of a class or of a column's spread; the
        message names it.

    Warns
    -----
    RuntimeWarning
        If the rows spread so far that half of the digits of what is left have gone with them.
    """
    if not gone.total < (1.0 - _ROUNDING) * moments.total:
        raise ValueError(
            f"These rows weigh {gone.total:g}, and those that the model was fitted to "
            f"{moments.total:g}: nothing would be left."
        )
    if centred:
        there, taken = (class_weights(some, classes.size) for some in (moments, gone))
        short = np.flatnonzero(taken > there + _ROUNDING * moments.total)
        if short.size:
            name = shown(classes[short[0]])
            raise ValueError(
                f"These rows weigh {taken[short[0]]:g} in class {name}, of which the model was "
                f"fitted to {there[short[0]]:g}: they are not among its rows."
            )
    left = moments.remove(gone)
    before, after, theirs = (_spread(some, left.frame) for some in (moments, left, gone))
    missing = np.flatnonzero(after < -_ROUNDING * np.maximum(before, theirs))
    if missing.size:
        raise ValueError(
            f"These rows spread farther in {column_name(estimator, int(missing[0]))} than those "
            "that the model was fitted to: they are not among its rows."
        )
    faint = np.flatnonzero((after < _HALF_OF_THE_DIGITS * before) & (before > 0))
    if faint.size:
        warnings.warn(
            f"The rows forgotten spread so far in {column_name(estimator, int(faint[0]))} that "
            "what is left of it has lost half of its digits or more. Fit to the rest again.",
            RuntimeWarning,
            stacklevel=3,
        )
    return left


def _spread(moments: Moments, frame: Frame) -> Float64:
    """Weighted mean square of each column, in units of a frame at least as great."""
    shift = 2 * (moments.frame.exponent - frame.exponent)
    spread: Float64 = np.ldexp(moments.gram.diagonal() / moments.weight, shift)
    return spread
