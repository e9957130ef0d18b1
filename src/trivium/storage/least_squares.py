"""Least squares as data: linear functions, and what turns their values into probabilities.

Sums over the rows, from which `partial_fit` and `forget` go on, are not kept: they take the square
of the columns many times, and no prediction needs them.
"""

from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.validation import check_is_fitted

from trivium.labels import codes_among
from trivium.least_squares.calibrator import Calibrator, Range, Sigmoid, Steps
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.least_squares.classifier_cv import LeastSquaresClassifierCV
from trivium.storage.canaries import of_slopes
from trivium.storage.columns import read_columns, read_penalty, write_columns, write_penalty
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed
from trivium.storage.estimators import LEARNT, MOMENTS, EstimatorCodec
from trivium.storage.frame import Arrays
from trivium.storage.labels import classes_of, labels_written
from trivium.storage.values import value_of, value_written

_GREATEST = float(np.finfo(np.float64).max)


class Indicators(EstimatorCodec):
    """What both estimators have learnt."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write the functions, and what is said of them."""
        check_is_fitted(model, "coef_")
        write_columns(model, written)
        written.record["classes"] = labels_written(model.classes_)
        for name in ("coef", "intercept"):
            written.put(name, getattr(model, f"{name}_"))
        written.put("class_weights", model._class_weights)
        written.record["fitted_class_weight"] = value_written(
            model._class_weight, "class_weight", written
        )
        written.record["fitted_alpha"] = float(model._alpha)
        written.record["centred"] = bool(model._centred)
        written.record["rank"] = int(model.rank_)
        written.put("aliased", _places_of_columns(model))
        written.record["masked"] = None
        if hasattr(model, "masked_classes_"):
            masked = codes_among(model.masked_classes_, model.classes_)
            written.record["masked"] = masked.tolist()

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give it the functions."""
        d = read_columns(model, stored)
        model.classes_ = classes_of(stored.value("classes"), least=2)
        n_classes = model.classes_.size
        n_targets = 1 if n_classes == 2 else n_classes
        model.coef_ = stored.array("coef", "float64", (n_targets, d))
        model.intercept_ = stored.array("intercept", "float64", (n_targets,))
        model._class_weights = stored.array(
            "class_weights", "float64", (n_classes,), least=0.0, finite=False
        )
        model._class_weight = value_of(stored.value("fitted_class_weight"), "class_weight", stored)
        model._alpha = stored.number("fitted_alpha", 0.0)
        model._centred = stored.flag("centred")
        model.rank_ = stored.integer("rank", 0, d)
        aliased = _rising(stored, "aliased", d)
        names = getattr(model, "feature_names_in_", None)
        model.aliased_ = aliased if names is None else names[aliased]
        masked = stored.value("masked")
        if masked is not None:
            model.masked_classes_ = model.classes_[_places(masked, n_classes, "masked", stored)]
        model._moments = model._sums = None

    def canaries(self, model: Any, m: int) -> Any:
        """Make rows in which each column moves the values by about as much."""
        return of_slopes(model.coef_, m)

    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Values of the functions."""
        return {"scores": model._of_scores(rows, lambda scores: scores)}

    def fingerprint(self, model: Any, written: Written) -> tuple[int | None, str, Arrays]:
        """Return the moments of the rows, as long as the model has them, or what it learnt."""
        rows = getattr(model, "_n_rows", None)
        moments = model._moments
        if moments is None:
            return rows, LEARNT, written.own_arrays()
        arrays = {name: getattr(moments, name) for name in ("center", "gram", "cross")}
        return rows, MOMENTS, arrays


class Plain(Indicators):
    """`LeastSquaresClassifier`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write what the robust fit and the calibration add."""
        super().write_learnt(model, written)
        written.record["rows"] = int(model._n_rows)
        written.record["n_iter"] = None
        if hasattr(model, "robust_weights_"):
            written.record["n_iter"] = int(model.n_iter_)
            written.put("robust_weights", model.robust_weights_)
            written.put("scale", model.scale_)
        written.record["calibrator"] = None
        if hasattr(model, "_calibrator"):
            _write_calibrator(model._calibrator, written.part("calibrator"))

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give it those."""
        super().read_learnt(model, stored)
        model._check_parameters()
        n_classes = model.classes_.size
        model._n_rows = stored.integer("rows", 0)
        n_iter = stored.value("n_iter")
        if n_iter is not None:
            if type(n_iter) is not int or n_iter < 1:
                raise stored.wrong("n_iter", "no number of fits")
            model.n_iter_ = n_iter
            shares = stored.array("robust_weights", "float64", (None,), least=0.0, most=_GREATEST)
            model.robust_weights_ = shares
            model.scale_ = stored.array("scale", "float64", (n_classes,), least=0.0)
        if stored.is_none("calibrator"):
            return
        present = np.flatnonzero(model._class_weights)
        model._calibrator = _calibrator_of(stored.part("calibrator"), n_classes)
        if not np.array_equal(present, model._calibrator.present):
            raise Malformed("calibrator is not of the classes that have a weight")

    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Values of the functions, or log-odds."""
        answers = super().answers(model, rows)
        if hasattr(model, "_calibrator"):
            answers["log_odds"] = model.decision_function(rows)
        return answers


class Chosen(Indicators):
    """`LeastSquaresClassifierCV`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write how the penalty was chosen."""
        super().write_learnt(model, written)
        write_penalty(model, written)

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give it that."""
        super().read_learnt(model, stored)
        read_penalty(model, stored)


CODECS = {
    codec.kind.__name__: codec
    for codec in (Plain(LeastSquaresClassifier), Chosen(LeastSquaresClassifierCV))
}
"""By the name of the class."""


def _places_of_columns(model: Any) -> Any:
    """Return the places of the columns that are aliased, which may be known by name."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return model.aliased_.astype(np.int64)
    place_of = {name: place for place, name in enumerate(names.tolist())}
    return np.array([place_of[name] for name in model.aliased_.tolist()], dtype=np.int64)


def _rising(stored: Stored, name: str, most: int) -> Any:
    values = stored.array(name, "int64", (None,), least=0, most=most - 1)
    if np.any(np.diff(values) <= 0):
        raise stored.wrong(name, "not rising")
    return values.astype(np.intp)


def _places(values: Any, n: int, name: str, stored: Stored) -> Any:
    """Check a list of places that rise."""
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise stored.wrong(name, "no list of places")
    if sorted(set(values)) != values or (values and not 0 <= values[0] <= values[-1] < n):
        raise stored.wrong(name, f"no list of places among {n}")
    return np.array(values, dtype=np.intp)


def _write_calibrator(calibrator: Calibrator, written: Written) -> None:
    written.record["present"] = calibrator.present.tolist()
    written.record["temperature"] = float(calibrator.temperature)
    written.record["curves"] = None
    written.put("ranges", np.array(calibrator.ranges, dtype=np.float64).reshape(-1, 2))
    if calibrator.curves is None:
        return
    kinds = {type(curve).__name__.lower() for curve in calibrator.curves}
    (written.record["curves"],) = kinds
    for place, curve in enumerate(calibrator.curves):
        if isinstance(curve, Sigmoid):
            written.put(f"curve_{place}", np.array(curve, dtype=np.float64))
        else:
            steps = curve.steps
            written.put(f"curve_{place}", np.array([steps.X_thresholds_, steps.y_thresholds_]))


def _calibrator_of(stored: Stored, n_classes: int) -> Calibrator:
    present = _places(stored.value("present"), n_classes, "present", stored)
    temperature = stored.number("temperature", 0.0)
    kind = stored.value("curves")
    n_ranges = 0 if present.size <= 1 else 1 if n_classes == 2 else present.size
    ranges = stored.array("ranges", "float64", (n_ranges, 2))
    if temperature == 0.0 or present.size == 0 or not (ranges[:, 1] > 0.0).all():
        raise Malformed("calibrator has no temperature, no classes or no ranges")
    curves: Any = None
    if kind == "sigmoid":
        curves = [_sigmoid(stored, f"curve_{place}") for place in range(n_ranges)]
    elif kind == "steps":
        curves = [_steps(stored, f"curve_{place}") for place in range(n_ranges)]
    elif kind is not None:
        raise stored.wrong("curves", "neither sigmoid nor steps")
    return Calibrator(
        n_classes, present, [Range(*pair) for pair in ranges.tolist()], curves, temperature
    )


def _sigmoid(stored: Stored, name: str) -> Sigmoid:
    slope, intercept = stored.array(name, "float64", (2,)).tolist()
    if slope <= 0.0:
        raise stored.wrong(name, "falling")
    return Sigmoid(slope, intercept)


def _steps(stored: Stored, name: str) -> Steps:
    """Return the step function, as scikit-learn copies one."""
    places, shares = stored.array(name, "float64", (2, None), least=-1.0, most=1.0)
    rising = np.all(np.diff(places) > 0.0) and np.all(np.diff(shares) >= 0.0)
    if not places.size or not rising or shares[0] < 0.0:
        raise stored.wrong(name, "not rising")
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    steps.X_thresholds_, steps.y_thresholds_ = places.copy(), shares.copy()
    steps.X_min_, steps.X_max_, steps.increasing_ = places[0], places[-1], True
    steps.n_features_in_ = 1
    steps.__setstate__(steps.__getstate__())  # which makes the function of the thresholds
    return Steps(steps)
