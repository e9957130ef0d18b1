"""Softmax regression as data: logits, how they were found, and what `partial_fit` goes on from."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from trivium.softmax.classifier import SoftmaxRegression
from trivium.softmax.classifier_cv import SoftmaxRegressionCV
from trivium.softmax.past import Past
from trivium.storage.canaries import of_slopes
from trivium.storage.columns import read_columns, read_penalty, write_columns, write_penalty
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import NotStorableError
from trivium.storage.estimators import LEARNT, EstimatorCodec
from trivium.storage.frame import Arrays
from trivium.storage.labels import classes_of, labels_written

_SOLVERS = ("newton-cg", "lbfgs", "newton", "gradient-descent")
_HISTORY = r"history\.[a-z_]{1,40}"
_NUMBERS = ("n_passes", "optimality_gap")


class Plain(EstimatorCodec):
    """`SoftmaxRegression`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write the logits, and what is said of the fit."""
        check_is_fitted(model, "coef_")
        write_columns(model, written)
        written.record["classes"] = labels_written(model.classes_)
        if not np.isfinite(model.coef_).all():
            raise NotStorableError("coefficients are not finite: the fit has diverged")
        written.put("coef", model.coef_)
        written.put("intercept", model.intercept_)
        written.record["n_iter"] = int(model.n_iter_)
        written.record["solver"] = model.solver_
        for name in _NUMBERS:  # which partial_fit takes away
            if hasattr(model, f"{name}_"):
                written.put(name, np.array([getattr(model, f"{name}_")], dtype=np.float64))
        for name, values in getattr(model, "history_", {}).items():
            written.put(f"history.{name}", values)
        direction = getattr(model, "separating_direction_", None)
        if direction is not None:
            written.put("separating_direction", direction)
        if getattr(model, "_past", None) is not None:
            _write_past(model._past, written.part("past"))
        else:
            written.record["past"] = None

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give it those."""
        d = read_columns(model, stored)
        model.classes_ = classes_of(stored.value("classes"), least=2)
        n_classes = model.classes_.size
        model.coef_ = stored.array("coef", "float64", (n_classes, d))
        model.intercept_ = stored.array("intercept", "float64", (n_classes,), finite=False)
        absent = np.isneginf(model.intercept_)
        if absent.all() or not np.isfinite(model.intercept_[~absent]).all():
            raise stored.wrong("intercept", "not finite of the classes that have a weight")
        if model.coef_[absent].any():
            raise stored.wrong("coef", "not zero of a class without weight")
        model.n_iter_ = stored.integer("n_iter", 0)
        model.solver_ = stored.choice("solver", _SOLVERS)
        self._read_fit(model, stored)
        model._past = None
        if not stored.is_none("past"):
            model._past = _past_of(stored.part("past"), model)

    def canaries(self, model: Any, m: int) -> Any:
        """Make rows in which each column moves the logits by about as much."""
        return of_slopes(model.coef_, m)

    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Logits."""
        return {"logits": model.decision_function(rows)}

    def fingerprint(self, model: Any, written: Written) -> tuple[int | None, str, Arrays]:
        """Return what was learnt: nothing else is kept of the rows."""
        return None, LEARNT, written.own_arrays()

    def _read_fit(self, model: Any, stored: Stored) -> None:
        """Give it what is said of one fit, which is there in full or not at all."""
        names = sorted(stored.names(_HISTORY))
        if not stored.has("n_passes"):
            if names or stored.has("optimality_gap") or stored.has("separating_direction"):
                raise stored.wrong("history", "there without n_passes")
            return
        for name in _NUMBERS:
            value = stored.array(name, "float64", (1,), least=0.0, finite=False)
            setattr(model, f"{name}_", float(value[0]))
        model.history_ = {}
        for name in names:
            values = stored.array(name, "float64", (model.n_iter_ + 1,), finite=False)
            model.history_[name.removeprefix("history.")] = values
        model.separating_direction_ = None
        if stored.has("separating_direction"):
            direction = stored.array("separating_direction", "float64", model.coef_.shape)
            model.separating_direction_ = direction


class Chosen(Plain):
    """`SoftmaxRegressionCV`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write how the penalty was chosen."""
        super().write_learnt(model, written)
        write_penalty(model, written)

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give it that."""
        super().read_learnt(model, stored)
        read_penalty(model, stored)


CODECS = {
    codec.kind.__name__: codec for codec in (Plain(SoftmaxRegression), Chosen(SoftmaxRegressionCV))
}
"""By the name of the class."""


def _write_past(past: Past, written: Written) -> None:
    for name in ("center", "slope", "curvature"):
        written.put(name, getattr(past, name))
    written.put("seen", np.asarray(past.seen, dtype=np.bool_))
    for name in ("weight", "value"):
        written.record[name] = float(getattr(past, name))
    written.record["exponent"] = int(past.exponent)
    for name in ("apart", "fit_intercept"):
        written.record[name] = bool(getattr(past, name))


def _past_of(stored: Stored, model: Any) -> Past:
    n_classes, d = model.coef_.shape
    size = d + stored.flag("fit_intercept")
    return Past(
        center=stored.array("center", "float64", (d,)),
        weight=stored.number("weight", 0.0),
        exponent=stored.integer("exponent", -(1 << 20), 1 << 20),
        seen=stored.array("seen", "bool", (n_classes,)),
        apart=stored.flag("apart"),
        value=stored.number("value"),
        slope=stored.array("slope", "float64", (n_classes, size)),
        curvature=stored.array("curvature", "float64", (n_classes * size, n_classes * size)),
    )
