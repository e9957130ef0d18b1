"""Separated classes: found where they are, by a direction that is a proof, and nowhere else."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.rows.memory import ArrayRows
from trivium.softmax.separation import directions
from trivium.softmax.separation.directions import SeparationWarning, Verdict, find_separation


def find(X, codes, coef=None, intercept=None, *, fit_intercept=True):
    n_classes = codes.max() + 1
    coef = np.zeros((n_classes, X.shape[1])) if coef is None else coef
    intercept = np.zeros(n_classes) if intercept is None else intercept
    rows = ArrayRows(X, codes, n_classes)
    return find_separation(rows, coef, intercept, fit_intercept=fit_intercept)


def margins(X, codes, direction, *, fit_intercept=True, of=np.min):
    """Least margins over every other class, each class's offset chosen as well as can be."""
    own = X @ direction.T
    over = np.stack(
        [of(own[codes == c, c, None] - own[codes == c], axis=0) for c in range(len(direction))]
    )
    # With offsets, two classes' least margins must only add up to nothing negative.
    return over + over.T if fit_intercept else over


def overlap(seed, n, d, n_classes):
    """Random labels: every class has rows amid those of the others."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    codes = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
    return rng, X, codes


class TestSeparated:
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        d=st.integers(1, 5),
        n_classes=st.integers(2, 5),
        fit_intercept=st.booleans(),
        scaled=st.booleans(),
    )
    def test_a_linear_rule_is_found(self, seed, d, n_classes, fit_intercept, scaled):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, d)) * (10.0 ** rng.integers(-5, 6, size=d) if scaled else 1.0)
        rule = rng.normal(size=(n_classes, d)) / np.abs(X).max(axis=0)
        codes = (X @ rule.T).argmax(axis=1)
        present, codes = np.unique(codes, return_inverse=True)
        if present.size < 2:
            return
        found = find(X, codes, fit_intercept=fit_intercept)
        assert found.verdict in (Verdict.COMPLETE, Verdict.PARTIAL)
        unit = np.abs(X).max(axis=0)
        given = (X / unit, codes, found.direction * unit)
        assert margins(*given, fit_intercept=fit_intercept).min() >= -1e-12
        assert margins(*given, fit_intercept=fit_intercept, of=np.mean).max() > 1e-6
        known = find(X, codes, rule[present], np.zeros(present.size), fit_intercept=fit_intercept)
        assert known.verdict is Verdict.COMPLETE
        assert known.pairs.sum() == present.size * (present.size - 1)

    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("n_classes", [2, 4])
    @pytest.mark.parametrize("offset", [0.0, 1e3])
    def test_a_rare_indicator_separates_in_part(self, n_classes, fit_intercept, offset):
        rng, X, codes = overlap(0, 3000, 5, n_classes)
        X[:, 3] = (rng.random(3000) < 0.01) & (codes == 1)
        X[:, :3] += offset
        found = find(X, codes, fit_intercept=fit_intercept)
        assert found.verdict is Verdict.PARTIAL
        assert not found.direction[:, [0, 1, 2, 4]].any()
        assert found.direction[1, 3] > found.direction[np.arange(n_classes) != 1, 3].max()
        np.testing.assert_array_equal(np.flatnonzero(found.pairs.any(axis=1)), [1])

    def test_rows_on_the_border_belong_to_both(self):
        X = np.array([[0.0], [1.0], [1.0], [2.0]])
        found = find(X, np.array([0, 0, 1, 1]))
        assert found.verdict is Verdict.PARTIAL
        assert margins(X, np.array([0, 0, 1, 1]), found.direction).min() == 0.0

    def test_dependent_columns_do_not_blur_the_direction(self):
        rng, X, codes = overlap(1, 500, 4, 2)
        X[:, 3] = (rng.random(500) < 0.05) & (codes == 1)
        X = np.column_stack([X, X[:, 0] + X[:, 1], X[:, 2]])
        found = find(X, codes)
        assert found.verdict is Verdict.PARTIAL
        np.testing.assert_array_equal(np.flatnonzero(found.parts > 1e-9), [3])

    def test_constraints_are_taken_in_as_they_are_violated(self, monkeypatch):
        rounds = []
        best = directions._best
        monkeypatch.setattr(directions, "_best", lambda *a: rounds.append(1) or best(*a))
        rng, X, codes = overlap(2, 20_000, 3, 2)
        X[:, 2] = (rng.random(20_000) < 0.001) & (codes == 0)
        assert find(X, codes).verdict is Verdict.PARTIAL
        rule = rng.normal(size=3)
        codes = (X @ rule > 0.1).astype(int)
        assert find(X, codes).verdict is not Verdict.NONE
        assert len(rounds) > 2


class TestOverlap:
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        d=st.integers(1, 4),
        n_classes=st.integers(2, 4),
        fit_intercept=st.booleans(),
    )
    def test_random_labels_overlap(self, seed, d, n_classes, fit_intercept):
        _, X, codes = overlap(seed, 200, d, n_classes)
        assert find(X, codes, fit_intercept=fit_intercept).verdict is Verdict.NONE

    def test_one_row_decides(self):
        X, codes = np.arange(10.0)[:, None], np.repeat([0, 1], 5)
        assert find(X, codes).verdict is not Verdict.NONE
        assert find(np.append(X, [[4.5]], axis=0), np.append(codes, 0)).verdict is not Verdict.NONE
        assert find(np.append(X, [[5.5]], axis=0), np.append(codes, 0)).verdict is Verdict.NONE

    def test_the_same_rows_in_every_class(self):
        X = np.tile(np.random.default_rng(3).normal(size=(20, 3)), (2, 1))
        assert find(X, np.repeat([0, 1], 20)).verdict is Verdict.NONE

    @pytest.mark.parametrize("value", [0.0, 0.1])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_constant_columns_say_nothing(self, value, fit_intercept):
        X = np.full((6, 2), value)
        found = find(X, np.array([0, 1, 2] * 2), fit_intercept=fit_intercept)
        assert found.verdict is Verdict.NONE
        assert found.direction is None

    def test_many_rows_take_little_time(self):
        _, X, codes = overlap(4, 100_000, 50, 3)
        assert find(X, codes).verdict is Verdict.NONE


def test_what_must_vanish_vanishes_from_a_programmes_answer():
    # Two rows nearly equal span two columns: of an answer along what tells them apart, which
    # both nearly leave at zero, only the third column may remain.
    rows = np.array([[0.6, 0.8, 0.0], [0.6 + 8e-9, 0.8 - 6e-9, 0.0]])
    answer = np.array([0.8, -0.6, 1e-6])
    assert np.abs(rows @ answer).max() < 1e-7
    polished = directions._polished(scipy.sparse.csr_array(rows), answer)
    np.testing.assert_array_equal(polished, [0.0, 0.0, 1e-6])
    free = directions._polished(scipy.sparse.csr_array(rows[:, [0, 2, 1]] + [1.0, 0, 0]), answer)
    np.testing.assert_array_equal(free, answer)


class TestTooLarge:
    def test_too_many_variables(self, monkeypatch):
        monkeypatch.setattr(directions, "_MOST_VARIABLES", 5)
        _, X, codes = overlap(5, 50, 3, 3)
        assert find(X, codes).verdict is Verdict.UNKNOWN

    def test_too_many_steps(self, monkeypatch):
        monkeypatch.setattr(directions, "_MOST_STEPS", 1)
        _, X, codes = overlap(6, 500, 5, 3)
        assert find(X, codes).verdict is Verdict.UNKNOWN

    def test_too_many_rounds(self, monkeypatch):
        monkeypatch.setattr(directions, "_ROUNDS", 0)
        _, X, codes = overlap(7, 50, 3, 3)
        assert find(X, codes).verdict is Verdict.UNKNOWN

    def test_parameters_that_are_not_finite_say_nothing(self):
        _, X, codes = overlap(8, 50, 2, 2)
        assert find(X, codes, np.full((2, 2), np.inf)).verdict is Verdict.NONE


def test_the_warning_is_one_of_convergence():
    from sklearn.exceptions import ConvergenceWarning

    assert issubclass(SeparationWarning, ConvergenceWarning)
