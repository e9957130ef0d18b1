"""Who minimises, and with which solver.

Each is imported when it is asked for, so that one that is not installed is absent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse

from benchmarks.harness.peers import limit_intel
from benchmarks.harness.tables import SUBJECT
from benchmarks.harness.timing import Contender, Role, one_step
from benchmarks.linear.data import Array
from benchmarks.softmax.problem import Problem

TRIVIUM = SUBJECT
OWN_SOLVERS = ("newton-cg", "lbfgs", "newton")
SKLEARN_SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")
INTEL_SOLVERS = ("lbfgs", "newton-cg")
GLUM = "glum"
LOGISTIC = "scikit-learn LogisticRegression"
READ, PASS = "one read of the rows", "two bare products"
LIMITS = (READ, PASS)


def own_name(solver: str) -> str:
    """Name of Trivium with a solver that was asked for."""
    return f"{TRIVIUM}, {solver}"


def sklearn_name(solver: str) -> str:
    """Name of scikit-learn with a solver."""
    return f"scikit-learn {solver}"


def intel_name(solver: str) -> str:
    """Name of scikit-learn-intelex with a solver."""
    return f"scikit-learn-intelex {solver}"


SKLEARN = tuple(map(sklearn_name, SKLEARN_SOLVERS))
INTEL = tuple(map(intel_name, INTEL_SOLVERS))

# scikit-learn's solvers of the second order and L-BFGS compare the gradient with their tolerance;
# what the others compare is not of its size.
_OF_THE_GRADIENT = [10.0**-power for power in range(6, 12)]
_OF_SOMETHING_ELSE = [10.0**-power for power in range(5, 12)]

# Solvers whose matrices have a row and a column for each of that many unknowns.
_MOST_UNKNOWNS = {"newton": 1_500, "newton-cholesky": 3_000}


@dataclass(frozen=True)
class Approach:
    """An estimator with a solver.

    `make` takes the tolerance and the most iterations. `tolerances` are tried in turn,
    until the gradient is as small as it has to be. With more than `most_unknowns` the
    solver is left out.
    """

    name: str
    role: Role
    make: Callable[[float, int], Any]
    tolerances: Sequence[float]
    most_unknowns: int | None = None


def classifier(alpha: float = 1e-4, solver: str | None = None, **options: Any) -> Any:
    """`trivium.SoftmaxRegression`; without a solver it chooses by itself."""
    from trivium import SoftmaxRegression

    chosen = {} if solver is None else {"solver": solver}
    return SoftmaxRegression(alpha, **chosen, **options)


def logistic(solver: str = "lbfgs", C: float = 1.0, **options: Any) -> Any:
    """scikit-learn's `LogisticRegression`."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, solver=solver, random_state=0, **options)


def intel_logistic(solver: str, threads: int, C: float = 1.0, **options: Any) -> Any:
    """scikit-learn-intelex's, without patching scikit-learn."""
    limit_intel(threads)
    from sklearnex.linear_model import LogisticRegression

    return LogisticRegression(C=C, solver=solver, **options)


class Glum:
    """glum's `GeneralizedLinearRegressor` of two classes, with coefficients as a table.

    Its objective is the mean loss + alpha/2 times the squared coefficients.
    """

    def __init__(self, alpha: float, tol: float, max_iter: int) -> None:
        from glum import GeneralizedLinearRegressor

        self._model = GeneralizedLinearRegressor(
            alpha=alpha, family="binomial", gradient_tol=tol, max_iter=max_iter
        )

    def fit(self, X: Array, y: Array) -> Self:
        """Fit classes 0 and 1."""
        self._model.fit(X, y.astype(np.float64))
        self.coef_ = self._model.coef_[None]
        self.intercept_ = np.atleast_1d(self._model.intercept_)
        self.n_iter_ = self._model.n_iter_
        return self


MODELS = {TRIVIUM: classifier, LOGISTIC: partial(logistic, max_iter=10_000)}
"""Classifiers that are asked about single rows and measured for memory."""


def approaches(problem: Problem) -> list[Approach]:
    """Everyone, Trivium choosing by itself first; of sparse rows those who take them."""

    def own(name: str, solver: str | None) -> Approach:
        make = lambda tol, most: classifier(problem.alpha, solver, tol=tol, max_iter=most)  # noqa: E731
        tolerances = [each for each in _OF_THE_GRADIENT if each <= problem.gradient]
        return Approach(name, "subject", make, tolerances, _MOST_UNKNOWNS.get(solver or ""))

    def sklearn(solver: str) -> Approach:
        make = lambda tol, most: logistic(solver, problem.C, tol=tol, max_iter=most)  # noqa: E731
        tolerances = _OF_SOMETHING_ELSE if solver in ("sag", "saga") else _OF_THE_GRADIENT
        most = _MOST_UNKNOWNS.get(solver)
        if issparse(problem.X):  # where rough answers do, and half a step counts
            tolerances = [each * 10.0**-power for power in range(3, 12) for each in (1.0, 0.3)]
        return Approach(sklearn_name(solver), "peer", make, tolerances, most)

    def intel(solver: str) -> Approach:
        threads, C = problem.threads, problem.C
        make = lambda tol, most: intel_logistic(solver, threads, C, tol=tol, max_iter=most)  # noqa: E731
        tolerances = _OF_THE_GRADIENT if solver == "newton-cg" else _OF_SOMETHING_ELSE
        return Approach(intel_name(solver), "peer", make, tolerances)

    def glum() -> Approach:
        alpha = 0.5 * problem.alpha  # of half its coefficients, for each of two classes
        return Approach(GLUM, "peer", lambda tol, most: Glum(alpha, tol, most), _OF_THE_GRADIENT)

    if issparse(problem.X):
        some = [solver for solver in SKLEARN_SOLVERS if solver != "newton-cholesky"]
        return [own(TRIVIUM, None), own(own_name("newton-cg"), "newton-cg"), *map(sklearn, some)]
    return [
        own(TRIVIUM, None),
        *(own(own_name(solver), solver) for solver in OWN_SOLVERS),
        *map(sklearn, SKLEARN_SOLVERS),
        *map(intel, INTEL_SOLVERS),
        *([glum()] if problem.n_classes == 2 else []),
    ]


def limits(problem: Problem) -> list[Contender]:
    """One read of the rows, and the products that a loss with its gradient cannot do without."""
    coef = np.zeros((problem.n_classes, problem.X.shape[1]))

    def products() -> None:
        scores = problem.X @ coef.T
        scores.T @ problem.X

    return [
        one_step(name, work, role="limit", compared=False)
        for name, work in ((READ, problem.X.sum), (PASS, products))
    ]
