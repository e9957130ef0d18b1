"""A strong model of another kind, beside which the three may be seen: boosted trees."""

from collections.abc import Callable
from typing import Any

import numpy as np

from trivium.tabular.training import Training

NAME = "hist-gradient-boosting"


def reference(seed: int) -> Callable[[Training], Any]:
    """Return what fits scikit-learn's `HistGradientBoostingClassifier`, as it comes.

    Parameters
    ----------
    seed : int
    """

    def fit(rows: Training) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier

        X = rows.X if isinstance(rows.X, np.ndarray) else rows.X.toarray()
        model = HistGradientBoostingClassifier(random_state=seed, class_weight=rows.class_weight)
        return _Dense(model.fit(X, rows.codes))

    return fit


class _Dense:
    """A model that takes dense rows alone."""

    def __init__(self, model: Any) -> None:
        self._model, self.classes_ = model, model.classes_

    def predict_proba(self, X: Any) -> Any:
        return self._model.predict_proba(X if isinstance(X, np.ndarray) else X.toarray())
