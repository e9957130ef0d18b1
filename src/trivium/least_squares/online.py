"""Fits from moments alone, where the rows are gone."""

import warnings
from typing import Any

import numpy as np

from trivium.arrays import Float64, Labels
from trivium.inputs import column_name
from trivium.labels import shown
from trivium.least_squares.gram import Moments
from trivium.least_squares.solve import Solution, by_moments, by_squares

_ROUNDING = 1e-9  # share of a sum that merging and removing may leave over or take too much
_HALF_OF_THE_DIGITS = 1e-8
_SURELY = 8.0  # times what rounding may do


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
    after, noise = left.gram.diagonal(), left.noise
    missing = np.flatnonzero(after < -_SURELY * noise)
    if missing.size:
        raise ValueError(
            f"These rows spread farther in {column_name(estimator, int(missing[0]))} than those "
            "that the model was fitted to: they are not among its rows."
        )
    faint = np.flatnonzero((moments.gram.diagonal() > 0) & (after < noise / _HALF_OF_THE_DIGITS))
    if faint.size:
        warnings.warn(
            f"The rows forgotten spread so far in {column_name(estimator, int(faint[0]))}, beside "
            "the others, that what is left of it has lost half of its digits or more; where all "
            "are lost, it counts as constant. Fit to the rest again, unless it is.",
            RuntimeWarning,
            stacklevel=3,
        )
    return left.cleaned()
