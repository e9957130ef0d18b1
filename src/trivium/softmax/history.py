"""A record of what a solver did, step by step."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Indices
from trivium.blocks.products import greatest
from trivium.inputs import check_rows, require_same_length
from trivium.labels import as_labels, known_codes
from trivium.rows.table import rows_of
from trivium.softmax.objective.cross_entropy import CrossEntropy, CrossEntropyAt


class History:
    """Observer of a solver: one entry for the start and one for each step.

    Parameters
    ----------
    validation : CrossEntropy, WithUnfittedClasses or None
        Objective of the validation rows, without penalty.
    """

    def __init__(self, validation: "CrossEntropy | WithUnfittedClasses | None" = None) -> None:
        self._validation = validation
        self._entries: list[dict[str, float]] = []

    def __call__(self, parameters: Float64, at: CrossEntropyAt, step: float) -> None:
        """Record one point."""
        entry = {
            "loss": at.loss,
            "gradient_norm": at.norm,
            "step": step,
            "train_accuracy": at.accuracy,
        }
        if self._validation is not None:
            there = self._validation.evaluate(parameters)
            entry["validation_loss"] = there.loss
            entry["validation_accuracy"] = there.accuracy
        self._entries.append(entry)

    def amend(self, loss: float, gradient: Float64, accuracy: float) -> None:
        """Correct the last record by what the rows themselves say."""
        values = loss, greatest(gradient), accuracy
        names = "loss", "gradient_norm", "train_accuracy"
        self._entries[-1].update(zip(names, values, strict=True))

    def arrays(self) -> dict[str, Float64]:
        """Return the record as one array a quantity."""
        return {
            name: np.array([entry[name] for entry in self._entries]) for name in self._entries[0]
        }


class _LossAndAccuracy(NamedTuple):
    """Loss and accuracy at one point."""

    loss: float
    accuracy: float


class WithUnfittedClasses(NamedTuple):
    """Objective of rows some of which are of classes that are not fitted: their loss is infinite.

    Attributes
    ----------
    known : CrossEntropy or None
        Of the rows of fitted classes; None where there are none.
    share : float
        Of these.
    """

    known: CrossEntropy | None
    share: float

    def evaluate(self, parameters: Float64) -> _LossAndAccuracy:
        """Evaluate loss and accuracy."""
        accuracy = 0.0 if self.known is None else self.known.evaluate(parameters).accuracy
        return _LossAndAccuracy(np.inf, self.share * accuracy)


def validation_of(
    estimator: Any, X_val: ArrayLike | None, y_val: ArrayLike | None, present: Indices
) -> CrossEntropy | WithUnfittedClasses | None:
    """Objective of validation rows, without penalty; None where there are none.

    Parameters
    ----------
    estimator : SoftmaxRegression
        Its `classes_` are those that labels may name.
    X_val, y_val : as given to ``fit``
    present : ndarray of int
        Positions of the classes that have a weight, which alone are fitted.

    Raises
    ------
    ValueError
        If they are malformed, one of them is missing, or a label is none of the classes.
    """
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        raise ValueError("X_val and y_val go together: one of them is missing.")
    X, labels = check_rows(estimator, X_val, name="X_val", sparse=True), as_labels(y_val, "y_val")
    require_same_length(X.shape[0], labels, X_name="X_val", y_name="y_val")
    codes = known_codes(labels, estimator.classes_, name="y_val")
    place = np.full(estimator.classes_.size, -1)
    place[present] = np.arange(present.size)
    codes = place[codes]
    known = np.flatnonzero(codes >= 0)
    if known.size == 0:
        return WithUnfittedClasses(None, 0.0)
    share = known.size / codes.size
    rows = rows_of(X, codes, present.size)
    if share < 1.0:
        rows = rows.subset(known)
    objective = CrossEntropy(rows, fit_intercept=estimator.fit_intercept)
    return objective if share == 1.0 else WithUnfittedClasses(objective, share)
