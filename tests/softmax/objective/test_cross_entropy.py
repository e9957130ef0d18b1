"""The objective: value, gradient, Hessian product and curvature bound against plain NumPy."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp
from scipy.special import softmax as scipy_softmax
from sklearn import config_context
from threadpoolctl import threadpool_limits

from trivium.rows.memory import ArrayRows
from trivium.softmax.objective import cross_entropy as module
from trivium.softmax.objective.cross_entropy import CrossEntropy, softmax

EPS = np.finfo(float).eps


class Case:
    """A problem, the objective under test, and the same loss written down plainly."""

    def __init__(
        self, seed, n=30, d=3, n_classes=3, alpha=0.0, weighted=True, intercept=True, center=False
    ):
        rng = np.random.default_rng(seed)
        self.X = rng.normal(size=(n, d)) + 0.5
        self.codes = rng.integers(0, n_classes, size=n)
        self.w = rng.uniform(0.1, 3.0, size=n)
        self.alpha, self.intercept = alpha, intercept
        self.center = rng.normal(size=d) if center else np.zeros(d)
        self.objective = CrossEntropy(
            ArrayRows(self.X, self.codes, n_classes, self.w if weighted else None),
            alpha=alpha,
            fit_intercept=intercept,
            center=self.center if center else None,
        )
        if not weighted:
            self.w = np.ones(n)
        self.point = rng.normal(size=self.objective.shape)
        self.direction = rng.normal(size=self.objective.shape)

    def logits(self, parameters):
        d = self.X.shape[1]
        logits = (self.X - self.center) @ parameters[:, :d].T
        return logits + parameters[:, d] if self.intercept else logits

    def loss(self, parameters):
        log_p = log_softmax(self.logits(parameters), axis=1)
        mean = -self.w @ log_p[np.arange(len(self.X)), self.codes] / self.w.sum()
        return mean + self.alpha / 2 * (parameters[:, : self.X.shape[1]] ** 2).sum()


def cases():
    return st.builds(
        Case,
        st.integers(0, 10**6),
        n=st.integers(1, 40),
        d=st.integers(1, 4),
        n_classes=st.integers(2, 6),
        alpha=st.sampled_from([0.0, 1e-3, 0.7]),
        weighted=st.booleans(),
        intercept=st.booleans(),
        center=st.booleans(),
    )


def unit_steps(shape):
    for index in np.ndindex(shape):
        step = np.zeros(shape)
        step[index] = 1.0
        yield index, step


def hessian(at, shape):
    return np.array([at.hessian_product(step).ravel() for _, step in unit_steps(shape)])


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "_LEAST_ROWS", 7)
    monkeypatch.setattr(module, "_MOST_ROWS", 7)


class TestSoftmax:
    @settings(max_examples=30, deadline=None)
    @given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-8, 1.0, 30.0, 1e4, 1e300]))
    def test_equals_scipys_and_its_rows_sum_to_one(self, seed, scale):
        logits = scale * np.random.default_rng(seed).uniform(-1, 1, size=(5, 4))
        given_logits = logits.copy()
        probabilities, log_sum = softmax(logits)
        np.testing.assert_array_equal(logits, given_logits)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-15)
        np.testing.assert_allclose(
            probabilities, scipy_softmax(logits, axis=1), rtol=1e-14, atol=1e-300
        )
        np.testing.assert_allclose(log_sum, logsumexp(logits, axis=1), rtol=1e-14, atol=1e-15)

    def test_logits_far_apart_neither_overflow_nor_divide_by_zero(self):
        logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]])
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            probabilities, log_sum = softmax(logits)
        np.testing.assert_array_equal(
            probabilities, [[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0.0]]
        )
        np.testing.assert_allclose(log_sum, [1e4, np.log(3) - 1e4, 1e4 + np.log(2)], rtol=1e-15)

    def test_rows_do_not_see_each_other(self):
        # The sheet subtracts the maximum of the whole matrix: rows far below it become 0/0.
        logits = np.array([[0.0, 1.0], [1e4, 1e4 + 1.0]])
        probabilities, _ = softmax(logits)
        np.testing.assert_array_equal(probabilities[0], probabilities[1])


class TestLossAndGradient:
    @settings(max_examples=60, deadline=None)
    @given(case=cases())
    def test_loss_equals_the_plain_one(self, case):
        at = case.objective.evaluate(case.point)
        assert at.loss == pytest.approx(case.loss(case.point), rel=1e-13)
        right = case.logits(case.point).argmax(axis=1) == case.codes
        assert at.accuracy == pytest.approx(case.w @ right / case.w.sum(), rel=1e-13)

    @pytest.mark.parametrize("seed", range(20))
    def test_accuracy_is_one_exactly_where_all_is_right_and_never_above(self, seed, small_blocks):
        case = Case(seed, n=100, n_classes=4)
        X = np.eye(4)[case.codes]
        w = case.w * 10.0 ** np.random.default_rng(seed).integers(-9, 9, size=100)
        for weights in (case.w, w, None):
            objective = CrossEntropy(ArrayRows(X, case.codes, 4, weights), fit_intercept=False)
            assert objective.evaluate(np.eye(4)).accuracy == 1.0
            none = objective.evaluate(np.eye(4)[[1, 2, 3, 0]]).accuracy
            assert none == pytest.approx(0.0, abs=100 * EPS)  # of a sum of as many
        light = w.argmin()
        codes = case.codes.copy()
        codes[light] = (codes[light] + 1) % 4
        objective = CrossEntropy(ArrayRows(X, codes, 4, w), fit_intercept=False)
        assert 1.0 - 2 * w[light] / w.sum() - EPS <= objective.evaluate(np.eye(4)).accuracy <= 1.0

    @settings(max_examples=60, deadline=None)
    @given(case=cases())
    def test_gradient_agrees_with_central_differences(self, case):
        gradient = case.objective.evaluate(case.point).gradient
        assert gradient.shape == case.objective.shape
        h = 1e-5  # truncation h² and rounding eps/h are both below 1e-9
        for index, step in unit_steps(case.objective.shape):
            ahead, behind = case.loss(case.point + h * step), case.loss(case.point - h * step)
            own = [case.objective.evaluate(case.point + s * h * step).loss for s in (1, -1)]
            assert gradient[index] == pytest.approx((ahead - behind) / (2 * h), abs=1e-8)
            assert gradient[index] == pytest.approx((own[0] - own[1]) / (2 * h), abs=1e-8)

    @settings(max_examples=60, deadline=None)
    @given(case=cases())
    def test_hessian_product_agrees_with_central_differences(self, case):
        h = 1e-5
        product = case.objective.evaluate(case.point).hessian_product(case.direction)
        ahead = case.objective.evaluate(case.point + h * case.direction).gradient
        behind = case.objective.evaluate(case.point - h * case.direction).gradient
        np.testing.assert_allclose(product, (ahead - behind) / (2 * h), rtol=0, atol=2e-7)

    @pytest.mark.parametrize("n_classes", [2, 3, 10, 200])
    def test_at_zero_the_loss_is_the_logarithm_of_the_number_of_classes(self, n_classes):
        case = Case(0, n_classes=n_classes, alpha=0.5)
        assert case.objective.evaluate(np.zeros(case.objective.shape)).loss == pytest.approx(
            np.log(n_classes), rel=1e-14
        )

    @pytest.mark.parametrize("weighted", [False, True])
    def test_several_blocks_of_rows(self, weighted, small_blocks):
        case = Case(1, n=100, n_classes=4, alpha=0.3, weighted=weighted, center=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_MOST_ROWS", 100)
            patch.setattr(module, "_LEAST_ROWS", 100)
            whole = Case(1, n=100, n_classes=4, alpha=0.3, weighted=weighted, center=True)
        at, expected = case.objective.evaluate(case.point), whole.objective.evaluate(case.point)
        assert (case.objective.length, whole.objective.length) == (7, 100)
        assert at.loss == pytest.approx(case.loss(case.point), rel=1e-13)
        assert at.accuracy == pytest.approx(expected.accuracy, rel=1e-14)
        np.testing.assert_allclose(at.gradient, expected.gradient, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(
            at.hessian_product(case.direction),
            expected.hessian_product(case.direction),
            rtol=1e-11,
            atol=1e-14,
        )
        np.testing.assert_allclose(
            case.objective.curvature_bound(), whole.objective.curvature_bound(), rtol=1e-12
        )

    @pytest.mark.parametrize("length", [1, 7, 64])
    @pytest.mark.parametrize("n_classes", [2, 9, 30])
    def test_products_are_the_same_whether_probabilities_are_kept(
        self, length, n_classes, monkeypatch
    ):
        monkeypatch.setattr(module, "_LEAST_ROWS", length)
        monkeypatch.setattr(module, "_MOST_ROWS", length)
        case = Case(length, n=50, n_classes=n_classes, center=True)
        products, reads = [], []
        for mebibytes in (1024, 0):
            at = case.objective.evaluate(case.point)
            before = case.objective.rows.reads
            with config_context(working_memory=mebibytes):
                products += [at.hessian_product(case.direction) for _ in range(3)]
                some = at.probabilities_of(slice(1, 2)), at.curvature()
            reads.append(case.objective.rows.reads - before)
            np.testing.assert_allclose(
                some[0][0], scipy_softmax(case.logits(case.point), axis=1)[:, 1]
            )
            p = at.probabilities_of(slice(None))
            np.testing.assert_allclose(some[1], (p * (1 - p)).mean(axis=0), rtol=1e-12)
        assert reads == [4.0, 5.0]
        for product in products[1:]:
            np.testing.assert_array_equal(product, products[0])

    def test_a_common_shift_of_all_classes_changes_nothing(self):
        case = Case(2, n_classes=4)
        shift = np.random.default_rng(0).normal(size=case.objective.shape[1])
        here, there = (
            case.objective.evaluate(case.point),
            case.objective.evaluate(case.point + shift),
        )
        assert there.loss == pytest.approx(here.loss, rel=1e-13)
        np.testing.assert_allclose(there.gradient, here.gradient, rtol=0, atol=1e-14)
        np.testing.assert_allclose(here.gradient.sum(axis=0), 0.0, atol=1e-14)
        everywhere = np.tile(shift, (4, 1))
        np.testing.assert_allclose(here.hessian_product(everywhere), 0.0, atol=1e-14)

    def test_the_intercepts_are_free(self):
        free, penalised = Case(3, alpha=0.0), Case(3, alpha=10.0)
        here, there = free.objective.evaluate(free.point), penalised.objective.evaluate(free.point)
        np.testing.assert_array_equal(here.gradient[:, -1], there.gradient[:, -1])
        assert (
            np.abs(here.gradient[:, :-1] - there.gradient[:, :-1] + 10.0 * free.point[:, :-1]).max()
            < 1e-13
        )
        difference = there.hessian_product(free.direction) - here.hessian_product(free.direction)
        np.testing.assert_allclose(difference[:, :-1], 10.0 * free.direction[:, :-1], rtol=1e-13)
        assert not difference[:, -1].any()

    def test_the_centre_moves_the_intercepts_and_nothing_else(self):
        case, plain = Case(4, center=True, alpha=0.2), Case(4, alpha=0.2)
        moved = case.point.copy()
        moved[:, -1] -= case.point[:, :-1] @ case.center
        here, there = case.objective.evaluate(case.point), plain.objective.evaluate(moved)
        assert here.loss == pytest.approx(there.loss, rel=1e-13)
        np.testing.assert_allclose(here.gradient[:, -1], there.gradient[:, -1], atol=1e-14)

    def test_float32_rows_are_computed_with_in_float64(self):
        case = Case(5, alpha=0.1)
        X = case.X.astype(np.float32)
        given = case.codes, 3, case.w
        at = CrossEntropy(ArrayRows(X, *given), alpha=0.1).evaluate(case.point)
        wide = CrossEntropy(ArrayRows(X.astype(float), *given), alpha=0.1).evaluate(case.point)
        assert at.loss == wide.loss
        assert at.gradient.dtype == np.float64
        np.testing.assert_array_equal(at.gradient, wide.gradient)

    def test_no_argument_is_written_to(self):
        case = Case(6, alpha=0.1, center=True)
        arrays = [case.X, case.codes, case.w, case.center, case.point, case.direction]
        before = [array.copy() for array in arrays]
        at = case.objective.evaluate(case.point)
        first = at.hessian_product(case.direction)
        np.testing.assert_array_equal(at.hessian_product(case.direction), first)
        case.objective.curvature_bound()
        for array, copy in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, copy)

    def test_logits_far_apart(self):
        case = Case(7, n_classes=3)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            at = case.objective.evaluate(1e5 * case.point)
        assert at.loss == pytest.approx(case.loss(1e5 * case.point), rel=1e-12)


class TestCurvature:
    @settings(max_examples=40, deadline=None)
    @given(case=cases(), scale=st.sampled_from([0.0, 0.3, 3.0]))
    def test_the_hessian_is_symmetric_positive_semidefinite_and_bounded(self, case, scale):
        H = hessian(case.objective.evaluate(scale * case.point), case.objective.shape)
        bound = case.objective.curvature_bound()
        rounding = 100 * EPS * np.abs(bound).max()
        np.testing.assert_allclose(H, H.T, rtol=0, atol=rounding)
        assert scipy.linalg.eigvalsh(H)[0] >= -rounding
        whole = np.kron(np.eye(case.objective.shape[0]), bound)
        assert scipy.linalg.eigvalsh(whole - H)[0] >= -rounding

    @pytest.mark.parametrize("intercept", [False, True])
    def test_two_classes_of_equal_probability_reach_the_bound(self, intercept):
        case = Case(8, n_classes=2, alpha=0.3, intercept=intercept)
        H = hessian(case.objective.evaluate(np.zeros(case.objective.shape)), case.objective.shape)
        bound = case.objective.curvature_bound()
        d = bound.shape[0]
        # In the direction (v, -v), diag p - p pᵀ is one half, which is the most it can be.
        np.testing.assert_allclose(H[:d, :d] - H[:d, d:], bound, rtol=1e-12, atol=1e-14)

    def test_bound_is_the_gram_matrix_halved_and_the_penalty(self):
        case = Case(9, alpha=0.4, center=True)
        X = np.column_stack([case.X - case.center, np.ones(len(case.X))])
        expected = X.T @ (case.w[:, None] * X) / (2 * case.w.sum()) + np.diag([0.4, 0.4, 0.4, 0])
        np.testing.assert_allclose(case.objective.curvature_bound(), expected, rtol=1e-12)


def test_bit_identical_for_any_number_of_workers_and_blas_threads(monkeypatch):
    answers = []
    for workers in (1, 2, 4):
        monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None, k=workers: k)
        for threads in (1, 2):
            with threadpool_limits(threads):
                case = Case(12, n=6000, d=60, n_classes=5, alpha=0.1, center=True)
                at = case.objective.evaluate(case.point)
                answers.append(
                    np.vstack(
                        [
                            at.gradient,
                            at.hessian_product(case.direction),
                            case.objective.curvature_bound(),
                            np.full((1, 61), at.loss),
                        ]
                    )
                )
    assert 2 * case.objective.length < 6000
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])
