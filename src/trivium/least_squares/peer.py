"""The same linear functions as scikit-learn's estimators."""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import LabelBinarizer

from trivium.arrays import Float64
from trivium.least_squares.calibrator import Calibrator, Sigmoid

_NEVER = -1e300  # of a class without weight: lower than any value of the others


def linear_classifier(model: Any) -> Any:
    """Return the counterpart of a fitted least-squares model.

    Parameters
    ----------
    model : LeastSquaresClassifier or LeastSquaresClassifierCV

    Returns
    -------
    RidgeClassifier, LogisticRegression or OneVsRestClassifier
        Fitted. Without calibration the first; with "temperature", or "sigmoid" and two classes,
        the second, and with "sigmoid" and more the third, of the second ones.

    Raises
    ------
    ValueError
        If it was calibrated by steps, or calibrated and a class has no weight: scikit-learn has no
        function like that.
    """
    coef, intercept = model.coef_, model.intercept_.copy()
    calibrator: Calibrator | None = getattr(model, "_calibrator", None)
    if calibrator is None:
        if model.classes_.size > 2:
            intercept[model._absent()] = _NEVER
        peer = RidgeClassifier(model._alpha)
        peer._label_binarizer = LabelBinarizer(neg_label=-1).fit(np.arange(model.classes_.size))
        peer.solver_, peer.n_iter_ = "cholesky", None
        return _fitted(peer, model, coef, intercept)
    if calibrator.present.size < calibrator.n_classes:
        raise ValueError(
            "scikit-learn has no counterpart of a calibrated model in which a class has no weight."
        )
    if calibrator.curves is None:
        factor = calibrator.temperature * (2.0 if calibrator.n_classes == 2 else 1.0)
        return _fitted(LogisticRegression(), model, factor * coef, factor * intercept)
    factors, offsets = _of_sigmoids(calibrator)
    coef, intercept = factors[:, None] * coef, factors * intercept + offsets
    if calibrator.n_classes == 2:
        return _fitted(LogisticRegression(), model, coef, intercept)
    each = [
        _fitted(LogisticRegression(), model, coef[place : place + 1], intercept[place : place + 1])
        for place in range(calibrator.n_classes)
    ]
    for one in each:
        one.classes_ = np.array([0, 1])
    rest = OneVsRestClassifier(LogisticRegression())
    rest.estimators_, rest.n_features_in_ = each, model.n_features_in_
    rest.label_binarizer_ = LabelBinarizer().fit(np.arange(calibrator.n_classes))
    rest.classes_ = rest.label_binarizer_.classes_ = model.classes_
    return rest


def _of_sigmoids(calibrator: Calibrator) -> tuple[Float64, Float64]:
    """Return what sigmoids multiply values by, and what they add then."""
    factors, offsets = [], []
    for curve, known in zip(calibrator.curves or [], calibrator.ranges, strict=True):
        if not isinstance(curve, Sigmoid):
            raise ValueError("scikit-learn has no counterpart of calibration by steps.")
        factors.append(curve.slope / known.reach)
        offsets.append(curve.intercept - curve.slope * known.middle / known.reach)
    return np.array(factors), np.array(offsets)


def _fitted(peer: Any, model: Any, coef: Float64, intercept: Float64) -> Any:
    peer.coef_, peer.intercept_ = np.array(coef), np.array(intercept)
    peer.classes_, peer.n_features_in_ = model.classes_, model.n_features_in_
    if isinstance(peer, LogisticRegression):
        peer.n_iter_ = np.array([1], dtype=np.int32)
    if hasattr(model, "feature_names_in_"):
        peer.feature_names_in_ = model.feature_names_in_
    return peer
