"""Rows in float32 stay so in memory, and what comes back is float64."""

import tracemalloc

import numpy as np
import pytest

from trivium import (
    KNeighborsClassifier,
    KNeighborsDensity,
    LeastSquaresClassifier,
    NearestNeighbors,
    SoftmaxRegression,
)

N, D = 150_000, 16
QUERIES = 200


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D)).astype(np.float32)
    return X, (X[:, 0] + rng.normal(size=N) > 0).astype(int)


def answers(model, X):
    if isinstance(model, NearestNeighbors):
        return [model.kneighbors(X)[0]]
    names = ("predict_proba", "predict_log_proba", "decision_function", "score_samples")
    return [getattr(model, name)(X) for name in names if hasattr(model, name)]


@pytest.mark.parametrize(
    "model",
    [
        NearestNeighbors(algorithm="brute"),
        KNeighborsClassifier(algorithm="brute"),
        KNeighborsDensity(algorithm="brute"),
        LeastSquaresClassifier(0.1),
        SoftmaxRegression(0.1, tol=1e-3, max_iter=3, solver="newton-cg"),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_are_not_copied_into_float64(model, table):
    X, y = table
    model.fit(X, y)  # compiles, which takes memory of its own
    answers(model, X[:QUERIES])
    tracemalloc.start()
    try:
        model.fit(X, y)
        found = answers(model, X[:QUERIES])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Less than the rows in float64: what a fit keeps for each row and class, and its blocks.
    assert peak < 8 * N * D
    assert {each.dtype for each in found} == {np.dtype(np.float64)}


def test_float32_is_exact_in_float64(table):
    X, y = (part[:400] for part in table)
    for model in (LeastSquaresClassifier(), SoftmaxRegression(), KNeighborsClassifier()):
        narrow, wide = model.fit(X, y), None
        one = answers(narrow, X)
        wide = model.fit(X.astype(np.float64), y)
        for a, b in zip(one, answers(wide, X.astype(np.float64)), strict=True):
            np.testing.assert_array_equal(a, b)
