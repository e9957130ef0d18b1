"""Separation by single columns, against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium import SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax.separation import directions, single_columns
from trivium.softmax.separation.directions import SeparationWarning, Verdict, find_separation
from trivium.softmax.separation.single_columns import separating_columns

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")


def dummies(seed, n, levels, n_classes):
    rng = np.random.default_rng(seed)
    level = rng.integers(0, levels, size=(n, 2))
    X = np.hstack([np.eye(levels)[level[:, 0]], np.eye(levels)[level[:, 1]]])
    return X, np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(4, 2500),
    d=st.integers(1, 4),
    n_classes=st.integers(2, 4),
    fit_intercept=st.booleans(),
)
def test_equals_the_definition(seed, n, d, n_classes, fit_intercept):
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
    X = rng.integers(-1, 2, size=(n, d)) * (rng.random((n, d)) < 2.0 / n)
    X[:, 0] = codes >= rng.integers(0, n_classes)
    rows = ArrayRows(X.astype(float), codes, n_classes)
    found = separating_columns(rows, fit_intercept=fit_intercept)
    signs = np.zeros((n_classes, d)) if found is None else found[0]
    for j in range(d):
        for c in range(n_classes):
            own, others = X[codes == c, j], X[codes != c, j]
            between = (
                [0] if not fit_intercept else [own.min(), own.max(), others.min(), others.max()]
            )
            varies = np.ptp(X[:, j]) > 0
            above = varies and any(own.min() >= t >= others.max() for t in between)
            below = varies and any(own.max() <= t <= others.min() for t in between)
            assert signs[c, j] == (1 if above else -1 if below else 0)
            if signs[c, j]:
                sides = signs[c, j] * (X[:, j] - found[1][c, j])
                assert (sides[codes == c] >= 0).all()
                assert (sides[codes != c] <= 0).all()


def test_too_many_values_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(single_columns, "_MOST_VALUES", 1)
    assert separating_columns(ArrayRows(np.eye(2), np.arange(2), 2), fit_intercept=True) is None


def test_a_level_of_one_class_and_a_level_without_one(monkeypatch):
    monkeypatch.setattr(directions, "_by_programme", None)
    X, codes = dummies(0, 400, 5, 3)
    pure = np.where(X[:, 2] == 1, 1, codes)
    without = np.where((X[:, 7] == 1) & (codes == 0), 2, codes)
    for labels, column in ((pure, 2), (without, 7)):
        rows = ArrayRows(X, labels, 3)
        found = find_separation(rows, np.zeros((3, 10)), np.zeros(3), fit_intercept=True)
        assert found.verdict is Verdict.PARTIAL
        assert np.flatnonzero(np.abs(found.direction).max(axis=0)).tolist() == [column]


def test_fits_of_dummies_need_no_programme(monkeypatch):
    monkeypatch.setattr(directions, "_by_programme", None)
    X, codes = dummies(1, 2000, 20, 4)
    model = SoftmaxRegression(0.0).fit(X, codes)
    assert model.separating_direction_ is None
    assert model.optimality_gap_ < 1e-6
    with pytest.warns(SeparationWarning, match="column 3"):
        model.fit(X, np.where(X[:, 3] == 1, 1, codes))
    assert model.n_iter_ <= 30
    assert model.optimality_gap_ < 1e-6
    assert np.flatnonzero(np.abs(model.separating_direction_).max(axis=0)).tolist() == [3]
