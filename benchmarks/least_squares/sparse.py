"""Cases of sparse rows: coefficients under a penalty."""

from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.peers import make_or_miss
from benchmarks.harness.results import Case, Race
from benchmarks.harness.suite import run_race
from benchmarks.harness.timing import Conditions, Contender, one_step
from benchmarks.least_squares.fits import agree
from benchmarks.least_squares.peers import TRIVIUM
from benchmarks.least_squares.task import Fitted
from benchmarks.linear.data import Array, sparse_rows

SPARSE_CG = "scikit-learn RidgeClassifier, sparse_cg"
LSQR = "scikit-learn RidgeClassifier, lsqr"
SAG = "scikit-learn RidgeClassifier, sag"
SOLVERS = {SPARSE_CG: ("sparse_cg", 1e-12), LSQR: ("lsqr", 1e-12), SAG: ("sag", 1e-10)}
"""Solvers of scikit-learn that fit an intercept to sparse rows, the first of them "auto"; each with
a tolerance by which its coefficients agree with ours."""

_STORED = 60
_MOST_STEPS = 2000


def sparse_case(conditions: Conditions) -> Case:
    """Fit rows like those of counted words, with 5,000 columns and with 100,000."""
    n = conditions.size(50_000, 800)
    columns = conditions.size(5_000, 500), conditions.size(100_000, 1_600)
    return Case("sparse", [_race(n, d, k, conditions) for d in columns for k in (2, 20)])


def _race(n: int, d: int, n_classes: int, conditions: Conditions) -> Race:
    X, y = sparse_rows(n, d, _STORED, n_classes)
    label = f"fit: {n:,} rows, {d:,} columns, {X.nnz / n:.0f} stored a row, {n_classes} classes"
    print(label, flush=True)
    some = [
        _trivium(X, y),
        *(make_or_miss(name, "float64", partial(_ridge, name, X, y)) for name in SOLVERS),
    ]
    return run_race(label, some, conditions, agree, items=n)


def _trivium(X: Any, y: Array) -> Contender:
    from trivium import LeastSquaresClassifier

    def fit() -> Any:
        return LeastSquaresClassifier(1.0 / X.shape[0]).fit(X, y)

    return one_step(TRIVIUM, fit, role="subject", finish=_fitted)


def _ridge(name: str, X: Any, y: Array) -> Contender:
    from sklearn.linear_model import RidgeClassifier

    n_classes, (solver, tolerance) = int(y.max()) + 1, SOLVERS[name]

    def fit() -> Any:
        return RidgeClassifier(
            1.0, solver=solver, tol=tolerance, max_iter=_MOST_STEPS, random_state=0
        ).fit(X, y)

    def answer(model: Any) -> Fitted:
        found = _fitted(model)
        return found if n_classes == 2 else Fitted(found.coef / 2, (found.intercept + 1) / 2)

    return one_step(name, fit, finish=answer, most_rounds=2 if n_classes == 2 else 1)


def _fitted(model: Any) -> Fitted:
    return Fitted(np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))
