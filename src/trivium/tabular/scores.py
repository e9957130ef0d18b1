"""How well rows are predicted: accuracy, balanced accuracy and log-loss, with standard errors."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices


class Score(NamedTuple):
    """Scores of predictions, and their standard errors.

    Attributes
    ----------
    accuracy, accuracy_se : float
        Share of rows that are predicted right.
    balanced_accuracy, balanced_accuracy_se : float
        Mean of these shares over classes.
    log_loss, log_loss_se : float
        Mean of minus the logarithm of the probability of what is right.
    """

    accuracy: float
    accuracy_se: float
    balanced_accuracy: float
    balanced_accuracy_se: float
    log_loss: float
    log_loss_se: float


def score(codes: Indices, predicted: Indices, probabilities: Float64) -> Score:
    """Score predictions.

    Parameters
    ----------
    codes, predicted : ndarray of int of shape (n,)
        Right classes and predicted ones. A class that is right nowhere counts in no mean.
    probabilities : ndarray of shape (n, n_classes)
        Of which none is zero.
    """
    n = codes.size
    counts = np.bincount(codes, minlength=probabilities.shape[1])
    hits = np.bincount(codes[codes == predicted], minlength=counts.size)[counts > 0]
    counts = counts[counts > 0]
    recalls = hits / counts
    accuracy = hits.sum() / n
    losses = -np.log(probabilities[np.arange(n), codes])
    return Score(
        float(accuracy),
        float(np.sqrt(accuracy * (1.0 - accuracy) / n)),
        float(recalls.mean()),
        float(np.sqrt((recalls * (1.0 - recalls) / counts).sum()) / counts.size),
        float(losses.mean()),
        float(losses.std(ddof=1) / np.sqrt(n)),
    )


def bounded(probabilities: Float64, n_training: int) -> Float64:
    """Bring probabilities up to half a row in the training rows, so that losses are finite.

    None of n training rows being of a class does not say that no row is: a probability of less
    than 1/(2n) counts as that, and all are divided by their sum.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
    n_training : int

    Examples
    --------
    >>> import numpy as np
    >>> bounded(np.array([[1.0, 0.0]]), 5).round(4)
    array([[0.9091, 0.0909]])
    """
    raised = np.maximum(probabilities, 0.5 / n_training)
    result: Float64 = raised / raised.sum(axis=1, keepdims=True)
    return result
