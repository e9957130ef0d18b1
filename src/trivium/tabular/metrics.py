"""Metrics of predictions, each of one fold or of all rows."""

import warnings
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices


class Predictions(NamedTuple):
    """Predictions of some rows.

    Attributes
    ----------
    codes, predicted : ndarray of int of shape (n,)
    probabilities : ndarray of shape (n, n_classes)
    positive : int or None
        The class that metrics of one class are about.
    """

    codes: Indices
    predicted: Indices
    probabilities: Float64
    positive: int | None = None

    @property
    def told(self) -> tuple[Float64, Float64, Float64]:
        """Of the positive class: truth, prediction and probability."""
        positive = self.positive
        return (
            np.asarray(self.codes == positive, dtype=np.float64),
            np.asarray(self.predicted == positive, dtype=np.float64),
            self.probabilities[:, positive],
        )


class Metric(NamedTuple):
    """A metric.

    Attributes
    ----------
    name : str
    measure : callable
        From `Predictions` to a number; NaN where there is none.
    greater_is_better : bool
    needs_positive : bool
        Whether it is about one class.
    """

    name: str
    measure: Callable[[Predictions], float]
    greater_is_better: bool = True
    needs_positive: bool = False


def accuracy(of: Predictions) -> float:
    """Share of rows that are predicted right."""
    return float(np.mean(of.codes == of.predicted))


def balanced_accuracy(of: Predictions) -> float:
    """Mean of these shares over the classes that are there."""
    counts = np.bincount(of.codes)
    hits = np.bincount(of.codes[of.codes == of.predicted], minlength=counts.size)
    return float((hits[counts > 0] / counts[counts > 0]).mean())


def log_loss(of: Predictions) -> float:
    """Mean of minus the logarithm of the probability of what is right."""
    return float(-np.log(of.probabilities[np.arange(of.codes.size), of.codes]).mean())


def brier(of: Predictions) -> float:
    """Mean over rows of the squared distance of probabilities from what is right.

    Of two classes half of it, as in scikit-learn.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review
    78 (1950).
    """
    return float(squared_distances(of).mean())


def squared_distances(of: Predictions) -> Float64:
    """Return what `brier` is the mean of."""
    own = of.probabilities[np.arange(of.codes.size), of.codes]
    all_squares = np.einsum("ij,ij->i", of.probabilities, of.probabilities)
    distances: Float64 = np.maximum(all_squares - 2.0 * own + 1.0, 0.0)
    return 0.5 * distances if of.probabilities.shape[1] == 2 else distances


def macro_f1(of: Predictions) -> float:
    """Mean over classes of the F1 score."""
    from sklearn.metrics import f1_score

    return float(f1_score(of.codes, of.predicted, average="macro", zero_division=0.0))


def _of_the_positive(name: str) -> Callable[[Predictions], float]:
    def measure(of: Predictions) -> float:
        import sklearn.metrics

        true, told, _ = of.told
        return float(getattr(sklearn.metrics, name)(true, told, zero_division=0.0))

    return measure


def roc_auc(of: Predictions) -> float:
    """Probability that a row of the positive class is ranked above another one."""
    from sklearn.metrics import roc_auc_score

    true, _, chance = of.told
    if true.min() == true.max():
        return np.nan
    return float(roc_auc_score(true, chance))


def average_precision(of: Predictions) -> float:
    """Mean precision over the recalls of the positive class."""
    from sklearn.metrics import average_precision_score

    true, _, chance = of.told
    if not true.any():
        return np.nan
    return float(average_precision_score(true, chance))


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", accuracy),
        Metric("balanced_accuracy", balanced_accuracy),
        Metric("log_loss", log_loss, greater_is_better=False),
        Metric("brier", brier, greater_is_better=False),
        Metric("macro_f1", macro_f1),
        Metric("f1", _of_the_positive("f1_score"), needs_positive=True),
        Metric("precision", _of_the_positive("precision_score"), needs_positive=True),
        Metric("recall", _of_the_positive("recall_score"), needs_positive=True),
        Metric("roc_auc", roc_auc, needs_positive=True),
        Metric("average_precision", average_precision, needs_positive=True),
    )
}
"""By name."""

ALWAYS = ("accuracy", "balanced_accuracy", "log_loss", "brier")
"""Those that every comparison shows."""


def by_fold(metric: Metric, folds: list[Predictions]) -> Float64:
    """Return a metric fold by fold, NaN where it has no value."""
    with warnings.catch_warnings(action="ignore"):
        return np.array([metric.measure(fold) for fold in folds])
