"""The preconditioner: its blocks are the Hessian's, or samples that stand for them."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context

from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.curvature import preconditioner
from trivium.softmax.curvature.preconditioner import (
    Blocks,
    class_blocks,
    common_block,
    common_diagonal,
    inverted,
    threshold_sample,
)
from trivium.softmax.objective.cross_entropy import CrossEntropy


def problem(seed, n=300, d=4, n_classes=3, alpha=0.01, weighted=True, intercept=True):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.geomspace(1e-3, 1e3, d) + 0.5
    w = rng.uniform(0.2, 2.0, size=n) if weighted else None
    rows = ArrayRows(X, rng.integers(0, n_classes, size=n), n_classes, w)
    frame = frame_of(rows.summary(), centred=intercept)
    center = frame.origin if frame.far else None
    objective = CrossEntropy(rows, alpha=alpha, fit_intercept=intercept, center=center)
    found = Problem(objective, frame)
    return found, found.evaluate(rng.normal(size=objective.shape))


def hessian(at):
    shape = at.gradient.shape
    units = np.eye(at.gradient.size).reshape(-1, *shape)
    return np.array([at.hessian_product(unit).ravel() for unit in units])


class TestInverse:
    def test_solves(self):
        rng = np.random.default_rng(10)
        root = rng.normal(size=(20, 5)) * [1.0, 1e6, 1e-6, 1e100, 1.0]
        matrix = root.T @ root
        unit = 1 / np.sqrt(np.diagonal(matrix))
        product = inverted(matrix) / unit / unit[:, None] @ (matrix * unit * unit[:, None])
        np.testing.assert_allclose(product, np.eye(5), rtol=0, atol=1e-7)

    @pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
    def test_dependent_and_empty_columns_do_no_harm(self, scale):
        rng = np.random.default_rng(11)
        root = rng.normal(size=(20, 4))
        root[:, 1], root[:, 2] = root[:, 0], 0.0
        inverse = inverted(scale * (root.T @ root))
        assert np.all(np.isfinite(inverse))
        unit = 1 / np.sqrt(np.diagonal(inverse))
        np.testing.assert_array_equal(inverse, inverse.T)
        assert scipy.linalg.eigvalsh(inverse * unit * unit[:, None])[0] > 0

    def test_a_matrix_that_rounding_made_indefinite_is_lifted_until_it_is_not(self):
        matrix = np.array([[1.0, 1.001], [1.001, 1.0]])
        assert scipy.linalg.eigvalsh(inverted(matrix))[0] > 0


class TestSample:
    @settings(max_examples=50, deadline=None)
    @given(seed=st.integers(0, 10**6), n=st.integers(1, 200), size=st.integers(1, 250))
    def test_shares_stand_for_all_weights(self, seed, n, size):
        weights = np.random.default_rng(seed).lognormal(sigma=3.0, size=n)
        rows, shares = threshold_sample(weights, size)
        assert np.all(np.diff(rows) > 0)
        assert np.all(shares >= weights[rows])
        assert rows.size <= size + 1
        # Any run of rows is stood for up to one threshold, which only light rows are given.
        light = shares > weights[rows]
        threshold = shares[light].max(initial=0.0)
        stand = np.zeros(n)
        stand[rows] = shares
        assert np.abs(np.cumsum(stand) - np.cumsum(weights)).max() <= threshold * (0.5 + 1e-9)

    @settings(max_examples=30, deadline=None)
    @given(seed=st.integers(0, 10**6), bad=st.sampled_from([1.0, 0.0, np.nan, np.inf, 1e308]))
    def test_python_chooses_as_compiled_loops_do(self, seed, bad):
        weights = np.random.default_rng(seed).lognormal(sigma=3.0, size=90)
        weights[seed % 90 :: 13] = bad
        chosen = []
        with pytest.MonkeyPatch.context() as monkeypatch:
            for limit in (-1.0, np.inf):
                monkeypatch.setattr(preconditioner.patience, "limit", limit)
                chosen.append(threshold_sample(weights, 30))
        for one, other in zip(*chosen, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_no_row_without_weight_is_taken(self):
        weights = np.array([0.0, 1.0, 0.0, 2.0])
        for size in (1, 2, 10):
            rows, _ = threshold_sample(weights, size)
            assert set(rows) <= {1, 3}
        rows, shares = threshold_sample(np.zeros(4), 2)
        assert rows.size == shares.size == 0

    def test_heavy_rows_are_all_there(self):
        weights = np.r_[np.full(1000, 1e-6), 1.0, 3.0, 2.0]
        rows, shares = threshold_sample(weights, 8)
        np.testing.assert_array_equal(rows[-3:], [1000, 1001, 1002])
        np.testing.assert_array_equal(shares[-3:], [1.0, 3.0, 2.0])
        assert shares[:-3].sum() == pytest.approx(1e-3, rel=0.2)


class TestBlocks:
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("intercept", [False, True])
    @pytest.mark.parametrize("n_classes", [2, 5])
    def test_of_all_rows_they_are_the_hessians(self, weighted, intercept, n_classes):
        found, at = problem(0, n_classes=n_classes, weighted=weighted, intercept=intercept)
        size = at.gradient.shape[1]
        whole = hessian(at)
        for k, inverse in enumerate(class_blocks(found, at, 300).inverses):
            own = slice(k * size, (k + 1) * size)
            penalty = np.diag(found.penalty)
            block = (whole[own, own] - penalty) * n_classes / (n_classes - 1) + penalty
            np.testing.assert_allclose(inverse @ block, np.eye(size), rtol=0, atol=1e-5)

    def test_two_classes_have_all_of_the_curvature(self):
        found, at = problem(1, n_classes=2, alpha=0.0)
        direction = np.random.default_rng(0).normal(size=at.gradient.shape)
        direction -= direction.mean(axis=0)
        again = class_blocks(found, at, 300)(at.hessian_product(direction))
        np.testing.assert_allclose(again, direction, rtol=0, atol=1e-6)

    def test_where_all_classes_are_alike_one_block_is_the_hessian(self):
        found, _ = problem(2, n_classes=4, alpha=0.0)
        at = found.evaluate(np.zeros((4, 5)))
        direction = np.random.default_rng(0).normal(size=at.gradient.shape)
        direction -= direction.mean(axis=0)
        again = common_block(found, 300)(at.hessian_product(direction))
        np.testing.assert_allclose(again, direction, rtol=0, atol=1e-6)
        diagonal = common_diagonal(found)
        units = [np.diagonal(hessian(at)).reshape(4, 5)[0] * 4 / 3]
        np.testing.assert_allclose(diagonal.inverse, 1 / units[0], rtol=1e-9)

    @pytest.mark.parametrize("n_classes", [3, 40])
    def test_applied_they_are_symmetric_and_stay_where_classes_sum_to_zero(self, n_classes):
        rng = np.random.default_rng(3)
        root = rng.normal(size=(n_classes, 130, 140))
        blocks = Blocks(root @ root.transpose(0, 2, 1))
        one, other = rng.normal(size=(2, n_classes, 130))
        np.testing.assert_allclose(
            np.vdot(one, blocks(other)), np.vdot(blocks(one), other), rtol=1e-9
        )
        np.testing.assert_allclose(blocks(one).sum(axis=0), 0.0, atol=1e-9)
        np.testing.assert_allclose(blocks(one + 7.0), blocks(one), rtol=1e-6, atol=1e-6)
        assert np.vdot(one, blocks(one)) > 0

    def test_without_the_memory_for_all_there_is_one(self):
        found, at = problem(4)
        assert class_blocks(found, at, 300).inverses.shape[0] == 3
        with config_context(working_memory=0):
            assert class_blocks(found, at, 300).inverses.shape[0] == 1

    def test_rows_read_are_counted(self):
        found, at = problem(5, weighted=False)
        at.plain.probabilities_of(slice(0, 3))  # reads all once
        before = found.objective.rows.reads
        class_blocks(found, at, 30)
        assert 0.2 < found.objective.rows.reads - before < 0.4
        common_diagonal(found)
        assert found.objective.rows.reads - before > 1.0
