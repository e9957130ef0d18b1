"""Targets of classes, and how values of their functions name a class."""

import numpy as np

from trivium.arrays import Float64, Indices


def n_targets_of(n_classes: int) -> int:
    """Return the number of columns in which the targets of so many classes are."""
    return 1 if n_classes == 2 else n_classes


def targets(codes: Indices, n_classes: int) -> Float64:
    """Make indicator targets: -1 and +1 in one column for two classes, else one column a class.

    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> targets(np.array([0, 1]), 2).ravel()
    array([-1.,  1.])
    >>> targets(np.array([0, 2]), 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    if n_classes == 2:
        return np.where(codes == 1, 1.0, -1.0)[:, None]
    indicators: Float64 = (codes[:, None] == np.arange(n_classes)).astype(np.float64)
    return indicators


def leading(scores: Float64, absent: Indices) -> Indices:
    """Return the class with the greatest score, the smallest of those that tie and have a weight.

    Of two classes the one score is that of the second, and zero that of the first.

    Parameters
    ----------
    scores : ndarray of shape (n, 1) for two classes, else (n, n_classes)
    absent : ndarray of int
        Classes without weight.

    Examples
    --------
    >>> import numpy as np
    >>> leading(np.array([[-1.0], [0.0], [2.0]]), np.array([], dtype=int))
    array([0, 0, 1])
    >>> leading(np.array([[0.0, 2.0, 0.0], [3.0, 1.0, 0.0]]), np.array([1]))
    array([0, 0])
    """
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.intp)
    present = np.delete(np.arange(scores.shape[1]), absent)
    best: Indices = present[scores[:, present].argmax(axis=1)] if absent.size else scores.argmax(1)
    return best


def decisions(scores: Float64) -> Float64:
    """Return scores as a `decision_function` has them: of two classes in one dimension."""
    return scores[:, 0] if scores.shape[1] == 1 else scores
