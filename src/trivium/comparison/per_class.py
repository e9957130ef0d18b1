"""Right and wrong, class by class, from the table of true and predicted classes."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices

_Z = 1.959963984540054  # of 95 %


class PerClass(NamedTuple):
    """Shares of rows of a class, each with its 95 % interval; NaN where there are no rows.

    Attributes
    ----------
    rows, predicted : ndarray of int of shape (n_classes,)
        Rows of a class, and rows that were predicted as it.
    recall, recall_low, recall_high : ndarray of shape (n_classes,)
        Of the rows of a class, those that were predicted as it.
    precision, precision_low, precision_high : ndarray of shape (n_classes,)
        Of the rows that were predicted as a class, those that are of it.
    """

    rows: Indices
    predicted: Indices
    recall: Float64
    recall_low: Float64
    recall_high: Float64
    precision: Float64
    precision_low: Float64
    precision_high: Float64


def per_class(confusion: Indices) -> PerClass:
    """Return recall and precision of each class.

    Parameters
    ----------
    confusion : ndarray of int of shape (n_classes, n_classes)
        Rows of a class (first index) that were predicted as another.

    Examples
    --------
    >>> import numpy as np
    >>> per_class(np.array([[8, 2], [0, 5]])).recall
    array([0.8, 1. ])
    """
    right = np.diagonal(confusion)
    rows, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return PerClass(rows, predicted, *wilson(right, rows), *wilson(right, predicted))


def wilson(hits: Indices, n: Indices) -> tuple[Float64, Float64, Float64]:
    """Return shares and their 95 % intervals, which stay within 0 and 1 and hold for few rows.

    Parameters
    ----------
    hits, n : ndarray of int of shape (m,)
        Successes and trials.

    Returns
    -------
    share, low, high : ndarray of shape (m,)
        NaN where n is 0.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> import numpy as np
    >>> np.round(wilson(np.array([0, 8]), np.array([10, 10])), 3)
    array([[0.   , 0.8  ],
           [0.   , 0.49 ],
           [0.278, 0.943]])
    """
    trials = np.where(n > 0, n, np.nan).astype(np.float64)
    share = hits / trials
    middle = share + _Z**2 / (2.0 * trials)
    half = _Z * np.sqrt(share * (1.0 - share) / trials + (_Z / (2.0 * trials)) ** 2)
    scale = 1.0 + _Z**2 / trials
    # Beyond an end by rounding alone, where no trial or every trial succeeds.
    low = np.where(hits == 0, 0.0 * share, np.maximum((middle - half) / scale, 0.0))
    high = np.where(hits == n, 1.0 * share, np.minimum((middle + half) / scale, 1.0))
    return share, low, high
