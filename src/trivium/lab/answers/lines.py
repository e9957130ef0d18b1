"""Straight boundaries, in the user's units."""

from __future__ import annotations

import numpy as np

from trivium.arrays import Float64
from trivium.displays.lines import clip_boundary
from trivium.lab.answers.learning import Rows
from trivium.lab.view import View


def linear_boundary(rows: Rows, view: View, coef: Float64, intercept: float) -> Float64:
    """Return the two ends of x·coef + intercept = 0 within a view.

    Parameters
    ----------
    rows : Rows
        In whose units, as classifiers see them, the coefficients are.
    view : View
    coef : ndarray of shape (2,)
    intercept : float

    Returns
    -------
    ndarray of shape (2, 2), or (0, 2) where the line misses the view
    """
    left, right, bottom, top = view.window
    corners = rows.of(np.array([[left, bottom], [right, top]]))
    (left, bottom), (right, top) = corners.tolist()
    ends = clip_boundary(coef, intercept, (left, right, bottom, top))
    return np.empty((0, 2)) if ends is None else rows.back(ends)
