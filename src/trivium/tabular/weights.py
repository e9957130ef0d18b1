"""Weights of classes that are unequal."""

import numpy as np

from trivium.arrays import Float64, Indices

UNEQUAL = 10.0
"""Classes are unequal where the greatest has more than so many times the rows of the least."""

LEAST_ROWS = 10
"""A class of fewer rows weighs as its rows would among so many: one row does not speak for all."""


def are_unequal(counts: Indices) -> bool:
    """Whether classes are so unequal that the rare ones would not be heard.

    Parameters
    ----------
    counts : ndarray of int of shape (n_classes,)
        Rows. Classes of fewer than ten do not count: too little is known of them.
    """
    enough = counts[counts >= LEAST_ROWS]
    return bool(enough.size and enough.max() > UNEQUAL * enough.min())


def balance(counts: Indices) -> Float64:
    """Return factors on the weights of classes that make them weigh alike.

    They are those of class_weight="balanced", n/(n_classes · the class's rows), but for classes of
    fewer than ten rows, which get the factor of ten.

    Parameters
    ----------
    counts : ndarray of int of shape (n_classes,)
        Rows.

    Examples
    --------
    >>> import numpy as np
    >>> balance(np.array([100, 20, 3])).round(2)
    array([0.41, 2.05, 4.1 ])
    """
    factors: Float64 = counts.sum() / (counts.size * np.maximum(counts, LEAST_ROWS))
    return factors
