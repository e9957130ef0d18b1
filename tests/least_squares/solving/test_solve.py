"""The solvers: against exact rational answers, on both paths, at any rank."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from tests.least_squares.tables import table_of

from trivium import LeastSquaresClassifier
from trivium.blocks.costs import EXACT_SUMS
from trivium.least_squares.solving import by_sums, qr
from trivium.least_squares.solving import solve as module
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.solve import solve
from trivium.least_squares.solving.svd import principal_axes
from trivium.least_squares.solving.targets import targets

EPS = np.finfo(float).eps


def fit(X, codes, *, alpha=0.0, weights=None, fit_intercept=True):
    n_classes = int(codes.max()) + 1
    table = table_of(np.ascontiguousarray(X), codes, n_classes, weights)
    return solve(table, alpha, centred=fit_intercept).solution


def centred(X, codes, weights=None):
    """Weighted, centred rows and targets, plainly."""
    w = np.ones(len(X)) if weights is None else weights
    X, Y = X - X[0], targets(codes, int(codes.max()) + 1)
    root = np.sqrt(w)[:, None]
    return (
        root * (X - np.average(X, axis=0, weights=w)),
        root * (Y - np.average(Y, axis=0, weights=w)),
    )


def exact_coef(X, codes, alpha=0):
    """Solve the normal equations in rational numbers; the floats given are taken as exact."""
    rows = [[Fraction(float(value)) for value in row] for row in X]
    Y = [[Fraction(int(value)) for value in row] for row in targets(codes, int(codes.max()) + 1)]
    n, d, t = len(rows), len(rows[0]), len(Y[0])

    def centred_columns(table):
        return [
            [value - sum(column) / n for value in column] for column in zip(*table, strict=True)
        ]

    A, B = centred_columns(rows), centred_columns(Y)
    system = [[sum(map(Fraction.__mul__, A[i], column)) for column in A + B] for i in range(d)]
    for i in range(d):
        system[i][i] += Fraction(alpha) * n
    for i in range(d):  # Gauss and Jordan
        pivot = next(k for k in range(i, d) if system[k][i] != 0)
        system[i], system[pivot] = system[pivot], system[i]
        system[i] = [value / system[i][i] for value in system[i]]
        for k in range(d):
            if k != i:
                factor = system[k][i]
                system[k] = [a - factor * b for a, b in zip(system[k], system[i], strict=True)]
    return np.array([[float(system[i][d + c]) for c in range(t)] for i in range(d)])


def perturbation_bound(X, codes, coef):
    """How much a backward stable solver may err, to first order and in the scaled columns.

    Björck, Numerical Methods for Least Squares Problems, 1996, theorem 1.4.6:
    eps·(κ + κ²·‖r‖/(‖A‖·‖x‖)), for each target.
    """
    A, Y = centred(X, codes)
    size = np.linalg.norm(A, axis=0)
    A, x = A / size, coef * size[:, None]
    values = scipy.linalg.svdvals(A)
    condition = values[0] / values[-1]
    residual = np.linalg.norm(Y - A @ x, axis=0)
    length = np.linalg.norm(x, axis=0)
    return EPS * (condition + condition**2 * residual / (values[0] * length)), size


def hilbert_rows(n, d):
    return 1.0 / (np.arange(n)[:, None] + np.arange(1, d + 1))


def vandermonde_rows(n, d):
    return np.linspace(0.0, 1.0, n)[:, None] ** np.arange(1, d + 1)


ILL_CONDITIONED = {
    "hilbert": hilbert_rows(24, 8),
    "hilbert, wider": hilbert_rows(30, 9),
    "vandermonde": vandermonde_rows(24, 11),
    "vandermonde, wider": vandermonde_rows(30, 13),
}


class TestIllConditioned:
    @pytest.mark.parametrize("name", ILL_CONDITIONED)
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_as_near_the_exact_answer_as_a_stable_solver_comes(self, name, n_classes):
        X = ILL_CONDITIONED[name]
        codes = np.random.default_rng(0).permutation(np.arange(len(X)) % n_classes)
        exact = exact_coef(X, codes)
        bound, size = perturbation_bound(X, codes, exact)
        solution = fit(X, codes)
        error = np.linalg.norm((solution.coef - exact) * size[:, None], axis=0)
        assert np.all(error <= 100 * bound * np.linalg.norm(exact * size[:, None], axis=0))
        assert solution.rank == X.shape[1]
        assert solution.aliased.size == 0

    def test_the_tables_are_as_ill_conditioned_as_meant(self):
        conditions = []
        for X in ILL_CONDITIONED.values():
            A, _ = centred(X, np.arange(len(X)) % 2)
            values = scipy.linalg.svdvals(A / np.linalg.norm(A, axis=0))
            conditions.append(values[0] / values[-1])
        assert min(conditions) > 1e7
        assert max(conditions) > 1e9

    @pytest.mark.parametrize("tilt", [1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8])
    def test_nothing_is_lost_where_one_path_hands_over_to_the_other(self, tilt):
        rng = np.random.default_rng(1)
        X = rng.normal(size=(40, 3))
        X[:, 2] = X[:, 0] + tilt * X[:, 2]
        codes = np.arange(40) % 2
        exact = exact_coef(X, codes)
        allowed = 100 * EPS / tilt  # squares are mended, or not taken
        np.testing.assert_allclose(fit(X, codes).coef, exact, rtol=0, atol=allowed / tilt)

    @pytest.mark.parametrize("alpha", [2.0**-40, 2.0**-10, 1.0, 64.0])
    def test_penalty_against_the_exact_answer(self, alpha):
        X = vandermonde_rows(24, 5)
        codes = np.random.default_rng(2).permutation(np.arange(24) % 3)
        exact = exact_coef(X, codes, alpha)
        np.testing.assert_allclose(fit(X, codes, alpha=alpha).coef, exact, rtol=1e-8, atol=1e-12)

    @pytest.mark.parametrize("exponent", range(0, 50, 7))
    @pytest.mark.parametrize("kind", ["equal", "one-hot", "wide", "small beside"])
    def test_dependent_columns_share_by_the_penalty_alone(self, kind, exponent):
        rng = np.random.default_rng(13)
        n, s = 12 if kind == "wide" else 30, 2.0**exponent
        X = s * rng.integers(-100, 100, size=(n, 15 if kind == "wide" else 3))
        of_three = s * (rng.integers(3, size=n)[:, None] == np.arange(3))
        more = {"equal": 3 * X[:, :1], "one-hot": of_three, "wide": X[:, :0]}
        more["small beside"] = np.c_[X[:, 0] + X[:, 1], rng.normal(size=n)]
        X, codes = np.c_[X, more[kind]], np.arange(n) % 2
        found, wanted = fit(X, codes, alpha=1e-3), exact_coef(X, codes, 1e-3)
        assert found.rank == X.shape[1]
        np.testing.assert_allclose(found.coef, wanted, rtol=1e-13, atol=1e-13 * abs(wanted).max())


class TestPaths:
    @pytest.mark.parametrize("alpha", [0.0, 0.3])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_both_paths_agree_where_both_are_safe(
        self, alpha, weighted, fit_intercept, monkeypatch
    ):
        rng = np.random.default_rng(3)
        X, codes = rng.normal(size=(200, 5)) + 1.0, rng.integers(0, 3, size=200)
        weights = rng.uniform(0.5, 2.0, size=200) if weighted else None
        options = {"alpha": alpha, "weights": weights, "fit_intercept": fit_intercept}
        fast = fit(X, codes, **options)
        monkeypatch.setattr(module, "by_squares", lambda *args, **options: None)
        doubled = fit(X, codes, **options)
        monkeypatch.setattr(module, "sum_exactly", lambda *args, **options: None)
        careful = fit(X, codes, **options)
        for other in (doubled, careful):
            np.testing.assert_allclose(fast.coef, other.coef, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(fast.intercept, other.intercept, rtol=1e-11, atol=1e-13)
            assert fast.rank == other.rank == 5

    def test_constant_columns_alone_under_a_penalty_have_no_part(self, monkeypatch):
        monkeypatch.setattr(module, "by_squares", lambda *args, **options: None)
        monkeypatch.setattr(by_sums, "_by_squares", lambda *args: None)
        found = fit(np.full((6, 2), 0.1), np.arange(6) % 3, alpha=0.5)
        assert found.rank == 2
        np.testing.assert_array_equal(found.coef, 0.0)

    def test_exact_sums_are_taken_where_their_factor_is_cheap(self, monkeypatch):
        budgets = []

        def take_none(*_, budget):
            budgets.append(budget)

        monkeypatch.setattr(module, "by_squares", lambda *args, **options: None)
        monkeypatch.setattr(module, "sum_exactly", take_none)
        rng = np.random.default_rng(5)
        X, codes = rng.normal(size=(20, 4)), rng.integers(0, 3, size=20)
        for double in (16.0, 32.0):
            costs = EXACT_SUMS._replace(product=1.0, double=double)
            monkeypatch.setattr(module, "EXACT_SUMS", costs)
            fit(X, codes)
        assert budgets == [2.0**27 - 16.0 * 4**3, 2.0**27 - 32.0 * 4**3]

    def test_well_conditioned_rows_go_the_fast_way(self, monkeypatch):
        monkeypatch.setattr(module, "by_rows", None)
        rng = np.random.default_rng(4)
        fit(rng.normal(size=(50, 4)), np.arange(50) % 2)

    @pytest.mark.parametrize("n", [30, 4000])
    def test_dependent_columns_never_go_the_fast_way(self, n, monkeypatch):
        answers = []
        original = module.by_squares
        monkeypatch.setattr(
            module,
            "by_squares",
            lambda *args, **options: answers.append(original(*args)) or answers[-1],
        )
        rng = np.random.default_rng(5)
        X = rng.normal(size=(n, 3))
        codes = np.arange(n) % 2
        fit(np.column_stack([X, X[:, 0]]), codes)
        fit(np.column_stack([X, np.ones(n)]), codes)
        fit(np.column_stack([X, X @ [1.0, -2.0, 0.5]]), codes)
        assert answers == [None, None, None]

    @pytest.mark.parametrize("alpha", [1e-9, 0.3])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_many_columns_under_a_penalty(self, alpha, fit_intercept, monkeypatch):
        rng = np.random.default_rng(11)
        X = rng.normal(size=(20, 50)) * np.exp(rng.normal(size=50))
        codes, weights = np.arange(20) % 3, rng.uniform(0.5, 2.0, size=20)
        options = {"alpha": alpha, "weights": weights, "fit_intercept": fit_intercept}
        expected = fit(X, codes, **options)
        monkeypatch.setattr(module, "_MANY_COLUMNS", 40)
        monkeypatch.setattr(module, "by_squares", None)
        monkeypatch.setattr(module, "by_rows", None)
        got = fit(X, codes, **options)
        np.testing.assert_allclose(got.coef, expected.coef, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(got.intercept, expected.intercept, rtol=1e-9, atol=1e-12)
        assert got.rank == expected.rank == 50

    @pytest.mark.parametrize("graded", [False, True])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_axes_of_wide_tables(self, graded, fit_intercept, monkeypatch):
        rng = np.random.default_rng(12)
        X = rng.normal(size=(20, 50)) * (10.0 ** rng.uniform(-4, 4, size=50) if graded else 1.0)
        X[3] = X[4]
        X[:, 7] = 2.0
        table = table_of(X, np.arange(20) % 3, 3, rng.uniform(0.5, 2.0, size=20))
        monkeypatch.setattr(module, "_MANY_COLUMNS", 40)
        design, _ = module.take(table, centred=fit_intercept)
        axes = principal_axes(table, design)
        rows, Y = design.block(table.rows.take(np.arange(20)))
        Q = rows @ axes.into
        assert axes.values.size == 19 - fit_intercept
        np.testing.assert_allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-11)
        np.testing.assert_allclose(Q.T @ Y, axes.targets, atol=1e-11)
        users = rows / design.scaling.unit
        np.testing.assert_allclose(
            users @ axes.vectors, Q * axes.values, atol=1e-11 * abs(users).max()
        )

    @pytest.mark.parametrize("length", [1, 3, 8, 100])
    def test_any_partition_of_rows_gives_the_same_answer(self, length, monkeypatch):
        rng = np.random.default_rng(6)
        X, codes = rng.normal(size=(40, 4)), np.sort(np.arange(40) % 3)
        dependent = np.column_stack([X, X[:, 0] - X[:, 1]])
        whole = fit(X, codes), fit(dependent, codes)

        monkeypatch.setattr(Table, "length", length)
        monkeypatch.setattr(qr, "block_length", lambda d, *, least: max(length, least))
        for table, expected in zip((X, dependent), whole, strict=True):
            got = fit(table, codes)
            np.testing.assert_allclose(got.coef, expected.coef, rtol=1e-11, atol=1e-13)
            assert got.rank == expected.rank

    @pytest.mark.parametrize("tall", [False, True])
    def test_the_careful_way_over_several_blocks(self, tall, monkeypatch):
        # Columns as many as make one block too few rows for a triangle of its own.
        rng = np.random.default_rng(7)
        n, d = (5000, 60) if tall else (150, 60)
        X = rng.normal(size=(n, d))
        X[:, -1] = X[:, 0] + X[:, 1]
        codes = rng.integers(0, 4, size=n)
        solution = fit(X, codes)
        A, Y = centred(X, codes)
        np.testing.assert_allclose(
            solution.coef, np.linalg.lstsq(A, Y, rcond=1e-12)[0], rtol=0, atol=1e-11
        )
        assert solution.rank == d - 1


class TestLeastNorm:
    @pytest.mark.parametrize("shape", [(30, 6, 3), (6, 6, 6), (5, 9, 9), (4, 40, 2), (2, 3, 3)])
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_equals_the_pseudoinverse(self, shape, n_classes, fit_intercept):
        n, d, inner = shape
        n_classes = min(n, n_classes)
        rng = np.random.default_rng(8)
        X = rng.normal(size=(n, inner)) @ rng.normal(size=(inner, d))
        codes = rng.permutation(np.arange(n) % n_classes)
        A, Y = centred(X, codes) if fit_intercept else (X, targets(codes, n_classes))
        expected, _, rank, values = np.linalg.lstsq(A, Y, rcond=1e-11)
        solution = fit(X, codes, fit_intercept=fit_intercept)
        tolerance = 1e-12 * values[0] / values[rank - 1]
        np.testing.assert_allclose(
            solution.coef, expected, rtol=0, atol=tolerance * np.abs(expected).max()
        )
        assert solution.rank == rank == min(n - fit_intercept, inner)
        assert solution.aliased.size == d - rank

    def test_columns_left_over_are_those_that_add_no_rank(self):
        rng = np.random.default_rng(9)
        X = rng.normal(size=(25, 3))
        X = np.column_stack([X, X[:, 1], X[:, 0] + X[:, 2], np.full(25, 7.0)])
        solution = fit(X, np.arange(25) % 2)
        A, _ = centred(X, np.arange(25) % 2)
        kept = np.setdiff1d(np.arange(6), solution.aliased)
        assert solution.rank == kept.size == np.linalg.matrix_rank(A[:, kept]) == 3
        assert 5 in solution.aliased

    def test_units_of_a_lone_column_do_not_swamp_the_dependent_ones(self):
        rng = np.random.default_rng(10)
        X = rng.normal(size=(30, 3))
        X = np.column_stack([X, X[:, 0] + X[:, 1]])
        codes = np.arange(30) % 2
        expected = fit(X, codes).coef
        for power in (-400, 400):
            scaled = X.copy()
            scaled[:, 2] = np.ldexp(scaled[:, 2], power)
            got = fit(scaled, codes).coef
            got[2] = np.ldexp(got[2], power)
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-13)

    def test_no_columns_of_use_at_all(self):
        X = np.tile([3.0, -1e8, 0.1], (7, 1))
        codes = np.array([0, 1, 0, 1, 1, 0, 1])
        solution = fit(X, codes)
        assert solution.rank == 0
        np.testing.assert_array_equal(solution.coef, np.zeros((3, 1)))
        np.testing.assert_allclose(solution.intercept, 1 / 7, rtol=1e-15)
        np.testing.assert_array_equal(solution.aliased, [0, 1, 2])


class TestWideTablesOfColumnsInAnyUnit:
    @pytest.mark.parametrize("factor", [1e4, 1e8, 1e14, 1e150])
    @pytest.mark.parametrize("n", [12, 40])
    def test_a_column_far_larger_than_the_others(self, factor, n, monkeypatch):
        monkeypatch.setattr(module, "_MANY_COLUMNS", 5)
        rng = np.random.default_rng(n)
        unit, y = rng.normal(size=(n, 45)), np.arange(n) % 2
        X = unit.copy()
        X[:, 3] *= factor
        model = LeastSquaresClassifier(0.1).fit(X, y)
        # In units of one, where the penalty on that column is as good as none.
        penalty = np.full(45, np.sqrt(0.1 * n))
        penalty[3] /= factor
        rows = np.vstack([unit - unit.mean(axis=0), np.diag(penalty)])
        right = np.r_[
            np.where(y == 1, 1.0, -1.0) - np.where(y == 1, 1.0, -1.0).mean(), np.zeros(45)
        ]
        coef = np.linalg.lstsq(rows, right, rcond=None)[0]
        coef[3] /= factor
        np.testing.assert_allclose(model.coef_[0], coef, rtol=1e-9)
        influence = model.influence(X, y)
        assert np.isfinite(influence.loo_residuals).all()

    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("graded", [False, True])
    def test_rows_are_met_and_known_whatever_the_units(self, seed, graded):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(5, 40))
        d = n + int(rng.integers(1, 60))
        powers = rng.uniform(-6, 6, size=d) if graded else rng.choice([-6.0, 6.0], size=d)
        X, n_classes = rng.normal(size=(n, d)) * 10.0**powers, 2 + seed % 2
        y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
        model = LeastSquaresClassifier().fit(X, y)
        A, Y = centred(X, y)
        plain = np.linalg.lstsq(A, Y, rcond=None)[0]
        missed = np.abs(A @ model.coef_.T - Y).max()
        assert missed <= max(10 * np.abs(A @ plain - Y).max(), 1e-14)
        assert np.isfinite(model.influence(X, y).loo_residuals).all()

    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("graded", [False, True])
    def test_the_norm_is_the_least_to_the_last_digits(self, seed, graded):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(3, 9))
        d = n + int(rng.integers(1, 12))
        powers = rng.uniform(-6, 6, size=d) if graded else rng.choice([-6.0, 6.0], size=d)
        X, y = rng.normal(size=(n, d)) * 10.0**powers, np.r_[0, 1, rng.integers(0, 2, size=n - 2)]
        model = LeastSquaresClassifier(fit_intercept=False).fit(X, y)
        rows = np.vectorize(Fraction, otypes=[object])(X)
        system = np.column_stack([rows @ rows.T, [Fraction(2 * int(k) - 1) for k in y]])
        for i in range(n):
            system[i] /= system[i, i]
            for k in set(range(n)) - {i}:
                system[k] -= system[k, i] * system[i]
        exact = (rows.T @ system[:, n]).astype(float)
        np.testing.assert_allclose(model.coef_[0], exact, rtol=0, atol=1e-12 * abs(exact).max())

    def test_the_aliased_are_those_that_depend_on_earlier_ones(self):
        rng = np.random.default_rng(13)
        for _ in range(20):
            n, inner, d = 30, int(rng.integers(1, 6)), int(rng.integers(3, 12))
            X = rng.normal(size=(n, inner)) @ rng.integers(-1, 2, size=(inner, d))
            A, _ = centred(X, np.arange(n) % 2)
            ranks = [np.linalg.matrix_rank(A[:, : k + 1], tol=1e-9) for k in range(d)]
            expected = np.flatnonzero(np.diff(ranks, prepend=0) == 0)
            np.testing.assert_array_equal(fit(X, np.arange(n) % 2).aliased, expected)
