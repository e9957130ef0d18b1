"""The contenders of a fit.

Each is imported when it is asked for, so that one that is not installed is absent.
scikit-learn's RidgeClassifier tells every class from the others by -1 and +1; its
answers are brought to Trivium's 0 and 1.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.peers import limit_intel, make_or_miss
from benchmarks.harness.settings import Setting, kernels, options
from benchmarks.harness.tables import SUBJECT
from benchmarks.harness.timing import Absent, Contender, one_step
from benchmarks.least_squares.limits import BLOCKED, LIMITS, PLAIN, bare_product
from benchmarks.least_squares.task import Fitted, Task
from benchmarks.linear.data import Array

TRIVIUM = SUBJECT
LINEAR = "scikit-learn LinearRegression"
RIDGE = "scikit-learn RidgeClassifier"
INTEL_LINEAR = "scikit-learn-intelex LinearRegression"
INTEL_RIDGE = "scikit-learn-intelex Ridge"
STATSMODELS = "statsmodels OLS"
GLUM = "glum"
INTEL = (INTEL_LINEAR, INTEL_RIDGE)
PEERS = (LINEAR, RIDGE, INTEL_LINEAR, INTEL_RIDGE, STATSMODELS, GLUM)
ALL = (TRIVIUM, *PEERS, *LIMITS)

_MANY_COLUMNS = 500
_TOO_LONG = "left out: finds singular values, for a minute"
_ONE_TARGET = "fits one column of targets at a time"


def classifier() -> Any:
    """`trivium.LeastSquaresClassifier` without a penalty."""
    from trivium import LeastSquaresClassifier

    return LeastSquaresClassifier()


def ridge_classifier() -> Any:
    """scikit-learn's `RidgeClassifier` without a penalty."""
    from sklearn.linear_model import RidgeClassifier

    return RidgeClassifier(alpha=0.0)


MODELS = {TRIVIUM: classifier, RIDGE: ridge_classifier}
"""Classifiers that are asked about single rows and measured for memory."""


def trivium(task: Task) -> Contender:
    """Trivium's own fit."""
    return _fit(TRIVIUM, classifier, task.X, task.y, role="subject")


def ridge(task: Task) -> Contender:
    """scikit-learn's `RidgeClassifier`, which makes targets itself as Trivium does."""
    two = task.n_classes == 2

    def answer(model: Any) -> Fitted:
        found = _fitted(model)
        return found if two else Fitted(found.coef / 2, (found.intercept + 1) / 2)

    return _fit(RIDGE, ridge_classifier, task.X, task.y, answer=answer)


def linear(task: Task) -> Contender | Absent:
    """scikit-learn's `LinearRegression`, on targets that were made before."""
    from sklearn.linear_model import LinearRegression

    if task.X.shape[1] >= _MANY_COLUMNS:
        return Absent(LINEAR, "peer", "float64", _TOO_LONG)
    return _fit(LINEAR, LinearRegression, task.X, task.targets)


def intel(task: Task, name: str) -> Contender:
    """scikit-learn-intelex's estimators, without patching scikit-learn."""
    limit_intel(task.threads)
    from sklearnex.linear_model import LinearRegression, Ridge

    make = LinearRegression if name == INTEL_LINEAR else partial(Ridge, alpha=0.0)
    return _fit(name, make, task.X, task.targets)


def statsmodels(task: Task, method: str = "pinv") -> Contender | Absent:
    """Fit the `OLS` of statsmodels, the column of ones made before."""
    from statsmodels.api import OLS

    if task.n_classes > 2 or task.X.shape[1] >= _MANY_COLUMNS:
        reason = _ONE_TARGET if task.n_classes > 2 else _TOO_LONG
        return Absent(STATSMODELS, "peer", "float64", reason)
    A = with_ones(task.X)

    def answer(result: Any) -> Fitted:
        return Fitted(result.params[None, 1:], result.params[:1])

    return one_step(
        STATSMODELS, lambda: OLS(task.targets, A).fit(method=method), most_rounds=1, finish=answer
    )


def glum(task: Task) -> Contender | Absent:
    """Fit glum's `GeneralizedLinearRegressor` of normal targets, without a penalty."""
    from glum import GeneralizedLinearRegressor

    if task.n_classes > 2:
        return Absent(GLUM, "peer", "float64", _ONE_TARGET)
    make = partial(GeneralizedLinearRegressor, alpha=0.0, family="normal", gradient_tol=1e-10)
    return _fit(GLUM, make, task.X, task.targets)


def with_ones(X: Array) -> Array:
    """Columns after one of ones."""
    return np.hstack([np.ones((len(X), 1)), X])


MAKERS: dict[str, Callable[..., Contender | Absent]] = {
    TRIVIUM: trivium,
    LINEAR: linear,
    RIDGE: ridge,
    INTEL_LINEAR: partial(intel, name=INTEL_LINEAR),
    INTEL_RIDGE: partial(intel, name=INTEL_RIDGE),
    STATSMODELS: statsmodels,
    GLUM: glum,
    **{name: partial(bare_product, name=name) for name in LIMITS},
}
"""Contenders by name."""


def settings() -> dict[str, list[Setting]]:
    """List what is tried of each, beside as it comes."""
    numpy = [
        Setting(f"{each.words}, NumPy's", each.environment, {"library": "NumPy"})
        for each in kernels()
    ]
    return {
        RIDGE: kernels(),
        BLOCKED: kernels(),
        PLAIN: [*kernels(), *options("library", ["NumPy"]), *numpy],
        STATSMODELS: options("method", ["qr"]),
    }


def make(task: Task, name: str, **chosen: Any) -> Contender | Absent:
    """Make a contender by name; one that cannot be imported is absent."""
    return make_or_miss(name, "float64", lambda: MAKERS[name](task, **chosen))


def _fitted(model: Any) -> Fitted:
    return Fitted(np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))


def _fit(
    name: str,
    make: Callable[[], Any],
    X: Array,
    y: Array,
    *,
    role: Any = "peer",
    answer: Callable[[Any], Fitted] = _fitted,
) -> Contender:
    work = lambda: make().fit(X, y)  # noqa: E731
    return one_step(name, work, role=role, finish=answer)
