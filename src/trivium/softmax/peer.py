"""The same model as scikit-learn's logistic regression."""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression


def logistic_regression(model: Any) -> LogisticRegression:
    """Return the counterpart of a fitted softmax model.

    Parameters
    ----------
    model : SoftmaxRegression or SoftmaxRegressionCV
        Of two classes with a weight at least.

    Returns
    -------
    LogisticRegression
        Fitted. Of two classes its one row of coefficients is the difference of the model's two.

    Examples
    --------
    >>> from trivium import SoftmaxRegression
    >>> model = SoftmaxRegression(0.1).fit([[0.0], [1.0], [2.0]], [0, 1, 2])
    >>> logistic_regression(model).predict([[0.5], [1.8]])
    array([0, 2])
    """
    coef, intercept = model.coef_, model.intercept_
    if model.classes_.size == 2:
        coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    peer = LogisticRegression()
    peer.coef_, peer.intercept_ = np.array(coef), np.array(intercept)
    peer.n_iter_ = np.array([model.n_iter_], dtype=np.int32)
    peer.classes_, peer.n_features_in_ = model.classes_, model.n_features_in_
    if hasattr(model, "feature_names_in_"):
        peer.feature_names_in_ = model.feature_names_in_
    return peer
