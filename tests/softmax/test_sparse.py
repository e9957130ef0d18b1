"""Softmax regression on sparse rows says what it says on the same rows as an array."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from tests.rows.split_rows import SplitCsrRows
from tests.rows.strict_rows import StrictCsrRows

from trivium import SeparationWarning, SoftmaxRegression, SoftmaxRegressionCV
from trivium.rows import csr
from trivium.rows.csr import Csr
from trivium.rows.table import rows_of
from trivium.softmax import distinct as merging
from trivium.softmax.certificate.duality_gap import certify
from trivium.softmax.certificate.residuals import Model
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.curvature.preconditioner import common_diagonal
from trivium.softmax.distinct import distinct
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.objective.penalties import alpha_grid

CONTAINERS = [
    scipy.sparse.csr_array,
    scipy.sparse.csr_matrix,
    scipy.sparse.csc_array,
    scipy.sparse.coo_matrix,
    scipy.sparse.lil_array,
]


@pytest.fixture(params=["arrays", "stored"])
def way(request, monkeypatch):
    """Let small tables go the ways of large ones."""
    if request.param == "stored":
        as_large(monkeypatch)
    return request.param


def as_large(patch):
    patch.setattr(csr, "_FEW_VALUES", 0)
    patch.setattr(merging, "_SMALL", 0)
    patch.setattr("trivium.softmax.unpenalised._MOST_BYTES", 0)


def table(n=120, d=12, n_classes=3, seed=0, dtype=np.float64):
    """Rows of which columns are the rarer the later they come, one empty, and one row empty."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
    there = rng.random((n, d)) < 0.5 / (1 + np.arange(d) / 3)
    X = np.where(there, rng.gamma(2.0, size=(n, d)) + 0.3 * y[:, None], 0.0)
    X[:, d // 2] = 0.0
    X[n // 2] = 0.0
    return X.astype(dtype), y


def malformed(X):
    """Entries out of order, some in two parts, and zeros that are stored; in CSR all the same."""
    rng = np.random.default_rng(1)
    rows, columns = np.nonzero((X != 0) | (rng.random(X.shape) < 0.1))
    order = np.lexsort((rng.random(rows.size), rows))
    rows, columns = np.repeat(rows[order], 2), np.repeat(columns[order], 2)
    values = X[rows, columns]
    values[::2], values[1::2] = 0.25 * values[::2], 0.75 * values[1::2]
    indptr = np.searchsorted(rows, np.arange(len(X) + 1))
    return scipy.sparse.csr_array((values, columns.astype(np.int64), indptr), shape=X.shape)


def assert_alike(found, expected, tol=1e-10):
    """Compare fits that both end at the optimum."""
    size = np.abs(expected.coef_).max()
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=0, atol=tol * size)
    np.testing.assert_allclose(found.intercept_, expected.intercept_, rtol=0, atol=tol * (1 + size))
    losses = [model.history_["loss"][-1] for model in (found, expected)]
    np.testing.assert_allclose(*losses, rtol=1e-12)


class TestFit:
    @pytest.mark.parametrize("solver", ["newton", "newton-cg", "lbfgs", "gradient-descent"])
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("fit_intercept", [True, False])
    def test_the_optimum_is_that_of_the_array(self, way, solver, n_classes, fit_intercept):
        X, y = table(n_classes=n_classes)
        w = np.random.default_rng(2).uniform(0.5, 2.0, len(y)) * (np.arange(len(y)) % 7 > 0)
        model = SoftmaxRegression(
            0.1, solver=solver, tol=1e-13, max_iter=20_000, fit_intercept=fit_intercept
        )
        found = model.fit(scipy.sparse.csr_array(X), y, w)
        sparse = found.coef_, found.intercept_, found.history_, found.optimality_gap_
        expected = SoftmaxRegression(0.1, tol=1e-13, fit_intercept=fit_intercept).fit(X, y, w)
        assert_alike(found, expected)
        assert sparse[3] < 1e-14

    @pytest.mark.parametrize("container", CONTAINERS)
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_any_container_has_the_same_bits(self, way, container, dtype):
        X, y = table(dtype=dtype)
        first = SoftmaxRegression(0.01).fit(scipy.sparse.csr_array(X), y)
        other = SoftmaxRegression(0.01).fit(container(X), y)
        np.testing.assert_array_equal(other.coef_, first.coef_)
        for method in ("predict_proba", "predict_log_proba", "decision_function", "predict"):
            one, two = (getattr(first, method)(rows) for rows in (X, container(X)))
            np.testing.assert_array_equal(one, two)

    def test_what_is_stored_out_of_order_or_in_parts_counts_once(self, way):
        X, y = table()
        found = SoftmaxRegression(0.01, tol=1e-12).fit(malformed(X), y)
        assert_alike(found, SoftmaxRegression(0.01, tol=1e-12).fit(X, y))

    @pytest.mark.parametrize("solver", ["newton", "newton-cg", "lbfgs"])
    def test_columns_far_from_zero_that_are_stored_in_full(self, way, solver):
        X, y = table()
        X[:, 1] = 1e6 + np.random.default_rng(5).normal(size=len(X)) + y
        X[:, 2] = 0.1
        expected = SoftmaxRegression(0.01, tol=1e-9).fit(X, y)
        found = SoftmaxRegression(0.01, solver=solver, tol=1e-9)
        found.fit(scipy.sparse.csr_array(X), y)
        np.testing.assert_allclose(found.coef_, expected.coef_, rtol=0, atol=1e-8)
        assert found.optimality_gap_ < 1e-10
        proba = found.predict_proba(scipy.sparse.csr_array(X))
        np.testing.assert_allclose(proba, expected.predict_proba(X), atol=1e-7)

    def test_a_full_table(self, way):
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(90, 5)) + 3.0, rng.integers(0, 3, 90)
        found = SoftmaxRegression(0.01, tol=1e-12).fit(scipy.sparse.csr_array(X), y)
        assert_alike(found, SoftmaxRegression(0.01, tol=1e-12).fit(X, y))

    def test_a_table_of_zeros(self, way):
        X, y = scipy.sparse.csr_array((40, 6)), np.arange(40) % 3
        model = SoftmaxRegression(0.1).fit(X, y)
        assert not model.coef_.any()
        np.testing.assert_allclose(model.predict_proba(X)[0], [14 / 40, 13 / 40, 13 / 40])

    def test_more_columns_than_rows(self, way):
        X, y = table(n=40, d=300, seed=3)
        found = SoftmaxRegression(0.01, tol=1e-12).fit(scipy.sparse.csr_array(X), y)
        assert_alike(found, SoftmaxRegression(0.01, tol=1e-12).fit(X, y), tol=1e-9)
        assert found.optimality_gap_ < 1e-12

    def test_scikit_learn_agrees(self, way):
        X, y = table()
        X = scipy.sparse.csr_array(X)
        found = SoftmaxRegression(1 / len(y), tol=1e-10).fit(X, y)
        peer = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(X, y)
        np.testing.assert_allclose(found.predict_proba(X), peer.predict_proba(X), atol=1e-6)

    def test_warm_starts_and_validation_rows(self, way):
        X, y = table()
        rows = scipy.sparse.csc_array(X)
        model = SoftmaxRegression(0.01, warm_start=True, tol=1e-10).fit(
            rows, y, X_val=rows, y_val=y
        )
        plain = SoftmaxRegression(0.01, tol=1e-10).fit(X, y, X_val=X, y_val=y)
        np.testing.assert_allclose(
            model.history_["validation_loss"][-1], plain.history_["validation_loss"][-1]
        )
        assert model.fit(rows, y).n_iter_ <= 1

    def test_rows_in_parts(self, way):
        X, y = table()
        found, expected = SoftmaxRegression(0.1, tol=1e-12), SoftmaxRegression(0.1, tol=1e-12)
        for part in (slice(0, 50), slice(50, 120)):
            found.partial_fit(scipy.sparse.csr_array(X[part]), y[part], [0, 1, 2])
            expected.partial_fit(X[part], y[part], [0, 1, 2])
        np.testing.assert_allclose(found.coef_, expected.coef_, atol=1e-10)

    @pytest.mark.parametrize("scoring", ["neg_log_loss", "balanced_accuracy"])
    def test_folds_choose_alike(self, way, scoring):
        X, y = table()
        model = SoftmaxRegressionCV(5, cv=3, scoring=scoring, tol=1e-10)
        found = model.fit(scipy.sparse.coo_array(X), y)
        alpha, table_of = found.alpha_, found.cv_results_
        expected = SoftmaxRegressionCV(5, cv=3, scoring=scoring, tol=1e-10).fit(X, y)
        np.testing.assert_allclose(alpha, expected.alpha_, rtol=1e-12)
        for name, values in expected.cv_results_.items():
            np.testing.assert_allclose(table_of[name], values, atol=1e-8)

    def test_logits_beyond_float64(self, way):
        X, y = table()
        beyond = np.flatnonzero(X.any(axis=1))[1:9:2]
        model = SoftmaxRegression(0.1).fit(X, y)
        X[beyond] *= 1e299
        model.coef_ = model.coef_ * 1e30
        np.testing.assert_array_equal(
            model.predict_proba(scipy.sparse.csr_array(X)), model.predict_proba(X)
        )
        for i in beyond:
            alone = model.predict_proba(scipy.sparse.csr_array(X[[i]]))
            np.testing.assert_array_equal(alone[0], model.predict_proba(X)[i])

    def test_values_that_are_not_finite_are_named(self, way):
        X, y = table()
        X[5, 3] = np.nan
        with pytest.raises(ValueError, match="NaN: row 5, column 3"):
            SoftmaxRegression(0.1).fit(scipy.sparse.csr_array(X), y)


class TestCertificate:
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("fit_intercept", [True, False])
    @pytest.mark.parametrize("unbalanced", [0.0, 0.3])
    def test_bounds_are_those_of_the_array(self, n_classes, fit_intercept, unbalanced, monkeypatch):
        """Where the intercepts are off, rows are read again to balance them."""
        as_large(monkeypatch)
        X, y = table(n_classes=n_classes)
        X[:, 1] = 40.0 + np.random.default_rng(5).random(len(y))
        w = np.random.default_rng(2).uniform(0.5, 2.0, len(y))
        model = SoftmaxRegression(0.1, fit_intercept=fit_intercept).fit(X, y, w)
        intercept = model.intercept_ + unbalanced * fit_intercept * np.arange(n_classes)
        given = model.coef_ * 1.01, intercept
        gaps = [
            certify(rows_of(rows, y, n_classes, w), *given, alpha=0.1, fit_intercept=fit_intercept)
            for rows in (X, Csr.of_array(X))
        ]
        assert gaps[1].gap == pytest.approx(gaps[0].gap, rel=1e-6)
        assert gaps[0].exists
        assert gaps[1].exists

    def test_a_second_bound_is_left_out_where_it_costs_more_than_the_fit(self, monkeypatch):
        as_large(monkeypatch)
        X, y = table()
        model = SoftmaxRegression(1e-2, tol=1e-2).fit(X, y)
        given = model.coef_, model.intercept_
        options = {"alpha": 1e-2, "fit_intercept": True}
        rows = rows_of(Csr.of_array(X), y, 3)
        both = certify(rows, *given, **options).gap
        monkeypatch.setattr("trivium.softmax.certificate.residuals._MOST_PASSES", 0)
        before = rows.reads
        one = certify(rows, *given, **options).gap
        assert rows.reads - before <= 2
        assert both <= one < np.inf


class TestDiagonal:
    @pytest.mark.parametrize("fit_intercept", [True, False])
    def test_it_is_that_of_the_array(self, fit_intercept, monkeypatch):
        as_large(monkeypatch)
        X, y = table()
        X[:, 1] = 40.0 + np.random.default_rng(5).random(len(y))
        w = np.random.default_rng(2).uniform(0.5, 2.0, len(y))
        diagonals = []
        for given in (X, Csr.of_array(X)):
            rows = rows_of(given, y, 3, w)
            frame = frame_of(rows.summary(), centred=fit_intercept, sparse=given is not X)
            objective = CrossEntropy(
                rows, alpha=0.01, fit_intercept=fit_intercept, center=frame.center
            )
            diagonals.append(common_diagonal(Problem(objective, frame)).inverse)
        np.testing.assert_allclose(diagonals[1], diagonals[0], rtol=1e-9)


class TestUnpenalised:
    def test_an_optimum_is_proved(self, way):
        X, y = table(n=400, d=6)
        found = SoftmaxRegression(0.0, tol=1e-11).fit(scipy.sparse.csr_array(X), y)
        assert_alike(found, SoftmaxRegression(0.0, tol=1e-11).fit(X, y), tol=1e-8)
        assert found.optimality_gap_ < 1e-12
        assert found.separating_direction_ is None

    def test_dummies_of_all_levels(self, way):
        rng = np.random.default_rng(0)
        levels, y = rng.integers(0, 4, 300), rng.integers(0, 3, 300)
        X = np.eye(4)[levels]
        found = SoftmaxRegression(0.0, tol=1e-11).fit(scipy.sparse.csr_array(X), y)
        assert_alike(found, SoftmaxRegression(0.0, tol=1e-11).fit(X, y), tol=1e-8)
        assert found.optimality_gap_ < 1e-12

    @pytest.mark.parametrize("whole", [True, False])
    def test_separation_is_found(self, way, whole):
        X, y = table(n=60, d=200 if whole else 5)
        if not whole:
            X[:, 0] = y == 0
        with pytest.warns(SeparationWarning):
            found = SoftmaxRegression(0.0).fit(scipy.sparse.csr_array(X), y)
        with pytest.warns(SeparationWarning):
            expected = SoftmaxRegression(0.0).fit(X, y)
        assert found.separating_direction_ is not None
        assert found.optimality_gap_ <= max(1e-6, 2 * expected.optimality_gap_)


class TestDistinct:
    def test_rows_that_store_the_same_are_one(self, monkeypatch):
        as_large(monkeypatch)
        X, y = table(n=60)
        X = np.vstack([X, X[:20], X[5:9]])
        y = np.r_[y, y[:19], (y[19] + 1) % 3, y[5:9]]
        X[0] = -X[0]  # zeros with a sign are zeros as well
        rows = rows_of(Csr.of(malformed(X)), y, 3)
        merged = distinct(rows)
        (block,) = merged.slabs(1 << 30)
        found = {
            (row.tobytes(), c): w
            for row, c, w in zip(block.X.toarray() + 0.0, block.codes, block.weights, strict=True)
        }
        unique, counts = np.unique(np.column_stack([X + 0.0, y]), axis=0, return_counts=True)
        assert len(found) == len(unique)
        for row, count in zip(unique, counts, strict=True):
            assert found[row[:-1].tobytes(), int(row[-1])] == count

    def test_rows_that_differ_in_one_number_are_two(self, monkeypatch):
        as_large(monkeypatch)
        monkeypatch.setattr(merging, "_hash_stored", lambda *given: given[-1].fill(1))
        X = np.zeros((5, 4))
        X[1, 2], X[2, 1], X[3, 2], X[4, 2:] = 1.0, 1.0, 2.0, 1.0
        rows = rows_of(Csr.of_array(np.repeat(X, 2, axis=0)), np.zeros(10, dtype=np.intp), 1)
        assert distinct(rows).shape[0] == 5

    def test_what_remains_few_is_an_array(self):
        X = scipy.sparse.csr_array(np.eye(3)[np.arange(3000) % 3])
        merged = distinct(rows_of(Csr.of(X), np.zeros(3000, dtype=np.intp), 1))
        assert merged.n_stored is None
        assert merged.shape == (3, 3)
        assert merged.reads >= 1


def learnt(n_classes, alpha):
    X, y = table(n=150, n_classes=n_classes)
    X[:, 1] = 40.0 + np.random.default_rng(5).random(150)
    w = np.random.default_rng(2).uniform(0.5, 2.0, 150)
    X = scipy.sparse.csr_array(X)
    model = SoftmaxRegression(alpha, solver="newton-cg" if n_classes == 2 else "lbfgs", tol=1e-9)
    model.fit(X, y, w)
    found = [model.coef_, model.intercept_, model.optimality_gap_, model.n_passes_]
    return [
        *found,
        model.predict_proba(X),
        alpha_grid(rows_of(Csr.of(X), y, n_classes, w), 3, fit_intercept=True),
    ]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("alpha", [0.01, 0.0])
def test_rows_in_pieces_are_learnt_from_to_the_bit(n_classes, alpha, monkeypatch):
    as_large(monkeypatch)
    monkeypatch.setattr("trivium.softmax.curvature.preconditioner_schedule._MOST_PASSES", 0)
    expected = learnt(n_classes, alpha)
    seen = set()

    def strict(*given):
        rows = StrictCsrRows(*given)
        rows.seen = seen
        return rows

    for door in (partial(SplitCsrRows, cuts=[3, 3, 90]), strict):
        monkeypatch.setattr("trivium.rows.table.CsrRows", door)
        for value, plain in zip(learnt(n_classes, alpha), expected, strict=True):
            np.testing.assert_array_equal(value, plain)
    assert seen >= {"LossAndGradient", "_SummaryAndHeads", "_Moments", "Linear.residuals"}
    if alpha:
        assert "SquaresOfStored" in seen


def test_nothing_is_dense_where_columns_are_many(monkeypatch):
    rng = np.random.default_rng(0)
    n, d, stored = 3000, 20_000, 20
    indptr = np.arange(n + 1) * stored
    parts = rng.random(n * stored), np.sort(rng.integers(0, d, (n, stored))).ravel(), indptr
    X = scipy.sparse.csr_array(parts, shape=(n, d))
    y = (X[:, :9000].sum(axis=1) > 4.5).astype(int)
    made, toarray = [], Csr.toarray
    monkeypatch.setattr(Csr, "toarray", lambda rows: made.append(rows.shape) or toarray(rows))
    found = SoftmaxRegression(1e-3, tol=1e-9).fit(X, y)
    found.predict_proba(X)
    assert {rows for rows, _ in made} == {1}  # the first row, from which deviations are taken
    assert found.solver_ == "lbfgs"
    assert found.optimality_gap_ < 1e-9


class TestManyParameters:
    @pytest.mark.parametrize("fit_intercept", [True, False])
    @pytest.mark.parametrize("weighted", [True, False])
    def test_a_block_that_threads_share_has_the_bits_of_two(
        self, fit_intercept, weighted, monkeypatch
    ):
        as_large(monkeypatch)
        X, y = table(n=301, d=80, n_classes=4)
        w = np.random.default_rng(2).uniform(0.5, 2.0, len(y)) if weighted else None
        rows = rows_of(Csr.of_array(X), y, 4, w)
        parameters = np.random.default_rng(3).normal(size=(4, 80 + fit_intercept))
        found = []
        for large in (1 << 17, 0):
            monkeypatch.setattr("trivium.softmax.objective.gradients._LARGE", large)
            objective = CrossEntropy(rows, alpha=0.1, fit_intercept=fit_intercept)
            assert bool(objective.shared) == (large == 0)
            at = objective.evaluate(parameters)
            model = Model(rows, parameters[:, :80], np.arange(4.0), alpha=0.1, centred=True)
            change = model.change(np.arange(4.0))
            found.append((at.loss, at.accuracy, at.gradient, at.sums.edges, change))
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_few_arrays_of_them_are_held_at_once(self):
        n, d, n_classes = 400, 80_000, 20
        rng = np.random.default_rng(0)
        stored = rng.random(n * 30), rng.integers(0, d, n * 30).astype(np.int32)
        X = scipy.sparse.csr_array((*stored, np.arange(n + 1, dtype=np.int32) * 30), shape=(n, d))
        y = np.arange(n) % n_classes
        SoftmaxRegression(1e-3).fit(X, y)
        tracemalloc.start()
        model = SoftmaxRegression(1e-3).fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert model.n_iter_ > 2
        assert peak < 6.6 * model.coef_.nbytes  # five, and what each column has a number of
