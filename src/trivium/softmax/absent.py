"""Classes that no row with a weight is of: they stay, with the probability zero.

Their logit is minus infinity, which no parameters but an intercept of -inf give; the model of
the other classes is as it would be without them.
"""

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.masking import masked_classes, rare_classes, warn_of_masked
from trivium.rows.labelled import LabelledRows
from trivium.softmax.fitting import Fitted
from trivium.softmax.solvers.protocol import Status

_FAR_BELOW = 10.0  # a logit to go on from


def with_absent(
    coef: Float64, intercept: Float64, present: Indices, n_classes: int
) -> tuple[Float64, Float64]:
    """Add to parameters of some classes those of the others, which have no weight.

    Examples
    --------
    >>> import numpy as np
    >>> with_absent(np.array([[-1.0], [1.0]]), np.array([0.5, -0.5]), np.array([0, 2]), 3)
    (array([[-1.],
           [ 0.],
           [ 1.]]), array([ 0.5, -inf, -0.5]))
    """
    all_coef, all_intercept = np.zeros((n_classes, coef.shape[1])), np.full(n_classes, -np.inf)
    all_coef[present], all_intercept[present] = coef, intercept
    return all_coef, all_intercept


def of_classes_seen(coef: Float64, intercept: Float64, seen: Indices) -> tuple[Float64, Float64]:
    """Keep the parameters of the classes that rows have been seen of, so that each sums to zero."""
    present = np.flatnonzero(seen)
    if present.size == seen.size:
        return coef, intercept
    some, offsets = coef[present], intercept[present]
    return with_absent(some - some.mean(axis=0), offsets - offsets.mean(), present, seen.size)


def finite_intercepts(intercept: Float64) -> Float64:
    """Give classes that had no weight an intercept from which a fit can go on."""
    there = np.isfinite(intercept)
    if there.all():
        return intercept
    return np.where(there, intercept, intercept[there].min(initial=0.0) - _FAR_BELOW)


def warn_of_unpredicted(
    rows: LabelledRows, fitted: Fitted, given: Labels, present: Indices, *, stacklevel: int
) -> None:
    """Warn of classes that have a weight and are predicted for no training row.

    Parameters
    ----------
    rows : LabelledRows
        With the classes that have a weight alone.
    fitted : Fitted
    given : ndarray
        All classes.
    present : ndarray of int
        Positions among them of those that have a weight.

    Warns
    -----
    MaskedClassWarning
    """
    mass = rows.class_weights()
    rare = rare_classes(rows, mass)
    if rare.size == 0 or fitted.status in (Status.DIVERGED, Status.OUT_OF_STEPS):
        return
    wrong = 1.0 - fitted.accuracy  # of a class that is never predicted all rows are
    with np.errstate(invalid="ignore"):  # a sum of weights may be infinite
        mass = mass / mass.max()
    rare = rare[~(mass[rare] > (1.0 + 1e-9) * wrong * mass.sum())]
    if rare.size == 0:
        return
    masked = np.intersect1d(rare, masked_classes(rows.rows, fitted.coef, fitted.intercept))
    warn_of_masked(
        given,
        present[masked],
        "their probabilities are nowhere the greatest",
        "Less alpha may help, too.",
        stacklevel=stacklevel + 1,
    )
