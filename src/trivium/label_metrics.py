"""Metrics of predicted labels, from the weights of rows of each class that are predicted as each.

scikit-learn's functions take labels row by row and look at them for most of a millisecond; the
search for a number of neighbours or a penalty asks for hundreds of such scores.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics

from trivium.arrays import Float64, Labels

Formula = Callable[[Float64], float]
_Ratio = Callable[[Float64, Float64, Float64], tuple[Float64, Float64]]

# Numerator and denominator a class, from its rows predicted rightly, all its rows, and all rows
# that are predicted as it.
_RATIOS: dict[Any, _Ratio] = {
    metrics.f1_score: lambda right, true, predicted: (2.0 * right, true + predicted),
    metrics.jaccard_score: lambda right, true, predicted: (right, true + predicted - right),
    metrics.precision_score: lambda right, _, predicted: (right, predicted),
    metrics.recall_score: lambda right, true, _: (right, true),
}


def formula_of(metric: Any, classes: Labels, options: dict[str, Any]) -> Formula | None:
    """Return the same metric as a function of a table of classes, where it is a known one.

    Parameters
    ----------
    metric : callable
        As ``metric(y_true, y_pred, sample_weight=..., **options)``.
    classes : ndarray of shape (n_classes,)
    options : dict
        What the metric is asked with.

    Returns
    -------
    callable or None
        Takes an array of shape (n_classes, n_classes), weights of rows by their class (first axis)
        and by what is predicted; returns NaN where the metric divides by zero, of which
        scikit-learn warns. None if the metric or an option is not known here.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.metrics import f1_score
    >>> classes, options = np.array(["no", "yes"]), {"pos_label": "yes"}
    >>> formula_of(f1_score, classes, options)(np.array([[5.0, 1.0], [1.0, 3.0]]))
    0.75
    """
    if metric is metrics.balanced_accuracy_score and not options:
        return _balanced_accuracy
    if metric is metrics.matthews_corrcoef and not options:
        return _matthews
    if metric not in _RATIOS or not options.keys() <= {"average", "pos_label"}:
        return None
    ratio, average = _RATIOS[metric], options.get("average", "binary")
    if average == "binary":
        positive = np.flatnonzero(classes == options.get("pos_label", 1))
        return (lambda table: _of_class(ratio, table, positive)) if positive.size == 1 else None
    mean = {"macro": _macro, "micro": _micro, "weighted": _weighted}.get(average)
    return None if mean is None else lambda table: mean(ratio, table)


def _counts(table: Float64) -> tuple[Float64, Float64, Float64]:
    """Weights a class: predicted rightly, in truth, predicted; of classes that occur."""
    true, predicted = table.sum(axis=1), table.sum(axis=0)
    occurs = (true > 0.0) | (predicted > 0.0)
    return table.diagonal()[occurs], true[occurs], predicted[occurs]


def _divided(above: Float64, below: Float64) -> Float64:
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def _of_class(ratio: _Ratio, table: Float64, place: Any) -> float:
    right, true, predicted = table.diagonal(), table.sum(axis=1), table.sum(axis=0)
    return float(_divided(*ratio(right[place], true[place], predicted[place]))[0])


def _macro(ratio: _Ratio, table: Float64) -> float:
    return float(_divided(*ratio(*_counts(table))).mean())


def _micro(ratio: _Ratio, table: Float64) -> float:
    right, true, predicted = (each.sum(keepdims=True) for each in _counts(table))
    return float(_divided(*ratio(right, true, predicted))[0])


def _weighted(ratio: _Ratio, table: Float64) -> float:
    counts = _counts(table)
    return float(_divided(_divided(*ratio(*counts)) @ counts[1], counts[1].sum()))


def _balanced_accuracy(table: Float64) -> float:
    right, true, _ = _counts(table)
    return float(_divided(right, true).mean())


def _matthews(table: Float64) -> float:
    """Return the correlation of classes and predictions (Gorodkin 2004, equation 8)."""
    right, true, predicted = _counts(table)
    total = true.sum()
    of_both = right.sum() * total - true @ predicted
    of_true, of_predicted = total**2 - true @ true, total**2 - predicted @ predicted
    return float(of_both / np.sqrt(of_true * of_predicted)) if of_true * of_predicted else np.nan
