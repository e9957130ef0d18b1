"""Classes that no row with a weight is of: they stay, with functions that are zero.

That is what their indicators, zero in every row, are fitted to. The functions of the other
classes sum to one where there are intercepts, so that one of them is above it; where there are
none, scores are put right here.
"""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.exact_sums import ExactSums
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.solution import Solution
from trivium.rows.labelled import LabelledRows

_ROUNDING = 1e-9  # share of a class's weight that taking rows away may leave over


def without(weights: Float64, gone: Float64) -> Float64:
    """Take weights of classes away, of which nothing remains where rounding may have made it."""
    with np.errstate(invalid="ignore"):
        left = weights - gone
        return np.where(left <= _ROUNDING * weights, 0.0, left)


def indicator_table(rows: LabelledRows, *, alone: bool = False) -> Table:
    """Make a table of the classes that have a weight, or of all where these are two or one.

    So three and more are fitted to the bit as if there were no other rows. Two of more than two
    keep a column each, as the moments of the rows need it, unless the solution `alone` is kept.
    """
    some, present = rows.of_weight()
    if present.size > 2 or (alone and present.size == 2):
        return Table(some.rows)
    return Table(rows.rows)


def with_all_classes(
    solution: Solution,
    moments: Moments | None,
    present: Indices,
    n_classes: int,
    *,
    centred: bool,
) -> tuple[Solution, Moments | None]:
    """Give a solution, and moments, of some classes a column of zeros for each of the others."""
    coef = _widened(solution.coef.T, present, n_classes).T
    intercept = _widened(solution.intercept, present, n_classes)
    if centred and present.size == 2:  # indicators sum to one, targets of -1 and +1 to zero
        intercept[present] += 0.5
    solution = solution._replace(coef=coef, intercept=intercept)
    if moments is not None:
        origin = _widened(moments.scaling.target_origin, present, n_classes)
        moments = moments._replace(
            scaling=moments.scaling._replace(target_origin=origin),
            target_center=_widened(moments.target_center, present, n_classes),
            cross=_widened(moments.cross, present, n_classes),
            target_means=_widened(moments.target_means, present, n_classes),
        )
    return solution, moments


def scores_of_all(scores: Float64, rows: LabelledRows, *, centred: bool) -> Float64:
    """Give scores of the targets of an `indicator_table` as the model's functions have them."""
    n_classes = rows.classes.size
    if scores.shape[1] == n_classes or n_classes == 2:
        return scores
    present = rows.classes_of_weight()
    wide = _widened(scores.T, present, n_classes).T
    if centred and present.size == 2:
        wide[:, present] += 0.5
    return wide


def sums_of_all(sums: ExactSums, rows: LabelledRows) -> ExactSums:
    """Give sums of an `indicator_table` a group, of nothing, for each class without weight."""
    n_classes = rows.classes.size
    if sums.groups.shape[1] == n_classes:
        return sums
    groups = np.zeros((len(sums.groups), n_classes, sums.groups.shape[2]), dtype=np.int64)
    groups[:, rows.classes_of_weight()] = sums.groups
    return sums._replace(groups=groups)


def _widened(values: Float64, present: Indices, n_classes: int) -> Float64:
    """Add zeros for the other classes; targets of -1 and +1, in one row, are halved for two."""
    wide = np.zeros((n_classes, *values.shape[1:]))
    wide[present] = values if len(values) == present.size else [-0.5 * values[0], 0.5 * values[0]]
    return wide


def below_others(scores: Float64, absent: Indices) -> Float64:
    """Put right, in place, scores by which a class without weight would be predicted.

    Parameters
    ----------
    scores : ndarray of shape (n, 1) for two classes, else (n, n_classes)
    absent : ndarray of int
        Classes without weight.

    Examples
    --------
    >>> import numpy as np
    >>> below_others(np.array([[0.2, 0.0, 0.8], [-1.0, 0.0, -3.0]]), np.array([1]))
    array([[ 0.2,  0. ,  0.8],
           [-1. , -2. , -3. ]])
    >>> below_others(np.array([[0.5], [-1.5]]), np.array([1]))
    array([[-1. ],
           [-1.5]])
    """
    if absent.size == 0:
        return scores
    if scores.shape[1] == 1:  # all weight lies on one class, whose target this is
        clip = np.maximum if absent[0] == 0 else np.minimum
        return clip(scores, 1.0 if absent[0] == 0 else -1.0, out=scores)
    greatest = np.delete(scores, absent, axis=1).max(axis=1, keepdims=True)
    scores[:, absent] = np.where(greatest > 0, 0.0, greatest - 1.0)
    return scores
