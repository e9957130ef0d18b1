"""What classifiers answer, whichever of the three they are."""

from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices


class Answers(NamedTuple):
    """Answers for rows of a table.

    Attributes
    ----------
    codes : ndarray of int of shape (n,)
        Places of the classes.
    probabilities : ndarray of shape (n, n_classes)
        Of shape (n, 0) where nobody has asked.
    unseen : dict
        From names of columns to how many cells are of a level that no training row has.
    gaps : dict
        From names of columns to how many cells are missing, where no training row's is.
    """

    codes: Indices
    probabilities: Float64
    unseen: dict[str, int]
    gaps: dict[str, int]


def answers_of(estimator: Any, X: Any, n_classes: int) -> tuple[Indices, Float64]:
    """Return predicted classes, and probabilities of all, those unknown to the estimator too.

    Parameters
    ----------
    estimator : classifier
        Of classes that are numbers below `n_classes`.
    X : ndarray or sparse of shape (n, d)
    n_classes : int

    Returns
    -------
    codes : ndarray of int of shape (n,)
    probabilities : ndarray of shape (n, n_classes)
    """
    found = estimator.predict_proba(X)
    if hasattr(estimator, "calibration"):  # which may round scores, by which classes go
        codes = estimator.predict(X)
    else:  # as they predict themselves: neighbours are searched for once
        codes = estimator.classes_[found.argmax(axis=1)]
    if found.shape[1] == n_classes:
        return codes, found
    whole = np.zeros((found.shape[0], n_classes))
    whole[:, estimator.classes_] = found
    return codes, whole
