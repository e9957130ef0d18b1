"""A record of what a solver did, step by step."""

import numpy as np

from trivium.arrays import Float64
from trivium.softmax.cross_entropy import CrossEntropy, CrossEntropyAt


class History:
    """Observer of a solver: one entry for the start and one for each step.

    Parameters
    ----------
    validation : CrossEntropy or None
        Objective of the validation rows, without penalty.
    """

    def __init__(self, validation: CrossEntropy | None = None) -> None:
        self._validation = validation
        self._entries: list[dict[str, float]] = []

    def __call__(self, parameters: Float64, at: CrossEntropyAt, step: float) -> None:
        """Record one point."""
        entry = {
            "loss": at.loss,
            "gradient_norm": float(np.abs(at.gradient).max()),
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
        told = loss, float(np.abs(gradient).max()), accuracy
        names = "loss", "gradient_norm", "train_accuracy"
        self._entries[-1].update(zip(names, told, strict=True))

    def arrays(self) -> dict[str, Float64]:
        """Return the record as one array a quantity."""
        return {
            name: np.array([entry[name] for entry in self._entries]) for name in self._entries[0]
        }
