"""Least squares on sparse rows says what it says on the same rows as an array."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import accuracy_score
from tests.rows.split_rows import SplitCsrRows
from tests.rows.strict_rows import StrictCsrRows

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV, MaskedClassWarning
from trivium.least_squares.solving import by_iteration, design, moments, sparse_sums
from trivium.rows import csr
from trivium.rows.sparse import CsrRows

pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

CONTAINERS = [
    scipy.sparse.csr_array,
    scipy.sparse.csr_matrix,
    scipy.sparse.csc_array,
    scipy.sparse.csc_matrix,
    scipy.sparse.coo_array,
]


@pytest.fixture(params=["arrays", "squares", "steps"])
def way(request, monkeypatch):
    """Let small tables go the ways of large ones."""
    set_way(monkeypatch, request.param)
    return request.param


def set_way(patch, name):
    if name != "arrays":
        patch.setattr(csr, "_FEW_VALUES", 0)
        patch.setattr(sparse_sums, "_FEW_VALUES", 0)
        patch.setattr(sparse_sums, "MOST_STORED", 1.0)
        patch.setattr(design, "MOST_STORED", 1.0)
    patch.setattr(by_iteration, "MANY_COLUMNS", 0 if name == "steps" else 10**9)


def table(n=80, d=12, share=0.25, n_classes=3, seed=0, dtype=np.float64):
    """Rows of which columns are the rarer the later they come, one empty, and one row empty."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
    there = rng.random((n, d)) < share * 2 / (1 + np.arange(d) / 3)
    X = np.where(there, rng.gamma(2.0, size=(n, d)) + 0.5 * y[:, None], 0.0)
    X[:, d // 2] = 0.0
    X[n // 2] = 0.0
    return X.astype(dtype), y


def full_and_far(X):
    X = X.copy()
    X[:, 1] = 1e6 + np.random.default_rng(5).normal(size=len(X))
    X[:, 2] = 0.1
    return X


def all_but_one_far(X):
    X = full_and_far(X)
    X[7, 1] = 0.0
    return X


TABLES = {
    "as it is": lambda X: X,
    "columns stored in full, one far from zero and one constant": full_and_far,
    "a zero among values far from it": all_but_one_far,
    "stored in full": lambda X: X + 1.0,
    "large and small columns": lambda X: X * np.logspace(-100, 100, X.shape[1]),
    "very large and very small columns": lambda X: X * np.logspace(-150, 150, X.shape[1]),
}


def assert_alike(found, wanted, to):
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=to * scale)


def assert_same_fit(found, wanted, X, to=1e-10):
    """Compare what columns add, by their lengths: in those units digits are lost or not."""
    about = X.mean(axis=0, dtype=np.float64) if wanted.fit_intercept else 0.0
    size = np.maximum(np.abs(X - about).max(axis=0), 1e-200)
    assert_alike(found.coef_ * size, wanted.coef_ * size, to)
    assert_alike(found.intercept_, wanted.intercept_, to)
    assert found.rank_ == wanted.rank_
    assert np.array_equal(found.aliased_, wanted.aliased_)
    assert np.array_equal(found.masked_classes_, wanted.masked_classes_)


# Without an intercept, a penalty says next to nothing beside the squares of a column at 1e6.
@pytest.mark.filterwarnings("ignore:The penalty is so small")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("alpha", [0.0, 1e-2])
@pytest.mark.parametrize("change", TABLES.values(), ids=list(TABLES))
def test_a_fit_is_that_of_the_array(way, alpha, n_classes, change):
    X, y = table(n_classes=n_classes)
    X = change(X)
    for w in (None, np.random.default_rng(1).integers(0, 3, len(y)).astype(float)):
        for fit_intercept in (True, False):
            model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept)
            wanted = model.fit(X, y, w)
            wanted, model = model, LeastSquaresClassifier(alpha, fit_intercept=fit_intercept)
            sparse = scipy.sparse.csr_array(X)
            found = model.fit(sparse, y, w)
            assert_same_fit(found, wanted, X)
            assert_alike(found.decision_function(sparse), wanted.decision_function(X), 1e-9)
            assert np.array_equal(wanted.decision_function(sparse), wanted.decision_function(X))
            assert np.array_equal(wanted.predict(sparse), wanted.predict(X))


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_any_container_will_do(way, container, dtype):
    X, y = table(dtype=dtype)
    wanted = LeastSquaresClassifier(0.01).fit(X, y)
    found = LeastSquaresClassifier(0.01).fit(container(X), y)
    assert_same_fit(found, wanted, X)
    assert found.score(container(X), y) == wanted.score(X, y)


def test_large_indices_zeros_and_entries_out_of_order_change_nothing(way):
    X, y = table()
    rng = np.random.default_rng(2)
    places = np.argwhere(rng.random(X.shape) < 0.6)  # zeros among them
    order = rng.permutation(len(places))
    rows, columns = places[order].T
    values = X[rows, columns] / 2.0
    left = X.copy()
    left[rows, columns] = values
    there = np.argwhere(left != 0)
    all_rows, all_columns = np.r_[rows, there[:, 0]], np.r_[columns, there[:, 1]]
    parts = np.r_[values, left[tuple(there.T)]], (all_rows, all_columns)
    given = scipy.sparse.coo_array(parts, shape=X.shape).tocsr()
    halves = scipy.sparse.coo_array((values, (rows, columns)), shape=X.shape).toarray()
    assert np.array_equal(halves + left, X)
    given.indices, given.indptr = given.indices.astype(np.int64), given.indptr.astype(np.int64)
    wanted = LeastSquaresClassifier(0.01).fit(X, y)
    assert_same_fit(LeastSquaresClassifier(0.01).fit(given, y), wanted, X)


def test_nothing_but_zeros_says_nothing(way):
    y = np.array([0, 0, 1, 1, 1])
    model = LeastSquaresClassifier(0.1).fit(scipy.sparse.csr_array((5, 4)), y)
    assert not model.coef_.any()
    assert model.intercept_ == pytest.approx([0.2], rel=1e-15)


def test_what_is_left_of_the_normal_equations_is_rounding(monkeypatch):
    set_way(monkeypatch, "steps")
    X, y = table(200, 60, 0.1)
    alpha, w = 1e-3, np.random.default_rng(3).random(200) + 0.1
    model = LeastSquaresClassifier(alpha).fit(scipy.sparse.csc_array(X), y, w)
    Y = np.eye(3)[y]
    mean, target_mean = w @ X / w.sum(), w @ Y / w.sum()
    Z = X - mean
    left = (Z * w[:, None]).T @ (Y - target_mean - Z @ model.coef_.T)
    left -= alpha * w.sum() * model.coef_.T
    assert np.abs(left).max() <= 1e-12 * np.abs((Z * w[:, None]).T @ (Y - target_mean)).max()
    assert_alike(model.intercept_, target_mean - model.coef_ @ mean, 1e-14)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_ridge_classifier_agrees(n_classes):
    X, y = table(300, 1200, 0.1, n_classes)  # many columns: by steps
    sparse = scipy.sparse.csr_array(X)
    ours = LeastSquaresClassifier(1.0 / 300).fit(sparse, y)
    theirs = RidgeClassifier(1.0, solver="sparse_cg", tol=1e-14).fit(sparse, y)
    assert ours._moments is None
    factor = 1.0 if n_classes == 2 else 2.0
    assert_alike(ours.coef_ * factor, np.atleast_2d(theirs.coef_), 1e-9)
    assert_alike(ours.intercept_ * factor - (n_classes > 2), theirs.intercept_, 1e-9)


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("change", list(TABLES.values())[:5], ids=list(TABLES)[:5])
def test_moments_are_those_of_the_array(monkeypatch, change, n_classes, centred):
    set_way(monkeypatch, "squares")
    X, y = table(n_classes=n_classes)
    X, w = change(X), np.random.default_rng(1).random(len(y)) + 0.1
    rows = csr.Csr.of(scipy.sparse.csr_array(X))
    found = moments.gather(design.Table(CsrRows(rows, y, n_classes, w)), centred=centred)
    Y = np.eye(n_classes)[y] if n_classes > 2 else np.where(y == 1, 1.0, -1.0)[:, None]
    mean, target_mean = w @ X * centred / w.sum(), w @ Y * centred / w.sum()
    Z = (X - mean) * found.scaling.unit
    scale = np.ldexp(1.0, -found.scaling.weight_exponent)
    size = np.maximum(np.abs(Z).max(axis=0), 1e-9)  # of scaled columns: those left are constant
    gram, cross = (Z.T * w) @ Z * scale, ((Y - target_mean).T * w) @ Z * scale
    assert found.scaling.by_stored
    assert_alike(found.gram / size / size[:, None], gram / size / size[:, None], 1e-9)
    assert_alike(found.cross / size, cross / size, 1e-9)
    assert_alike(found.means / np.abs(X).max(), mean / np.abs(X).max(), 1e-14)


class TestRowsLeftOut:
    @pytest.mark.parametrize("alpha", [0.0, 1e-2])
    def test_influence_is_that_of_the_array(self, way, alpha):
        X, y = table(200)
        sparse = scipy.sparse.csr_array(X)
        wanted = LeastSquaresClassifier(alpha).fit(X, y).influence(X, y)
        model = LeastSquaresClassifier(alpha).fit(sparse, y)
        for rows in (sparse, X):
            found = model.influence(rows, y)
            assert_alike(found.leverage, wanted.leverage, 1e-10)
            assert_alike(found.loo_residuals, wanted.loo_residuals, 1e-9)
            assert_alike(found.shift, wanted.shift, 1e-9)
            assert_alike(found.cooks_distance, wanted.cooks_distance, 1e-9)
            for one, other in zip(found.loo_coef([3, 0]), wanted.loo_coef([3, 0]), strict=True):
                assert_alike(one, other, 1e-9)

    def test_of_more_columns_than_rows(self, way):
        X, y = table(30, 50)
        wanted = LeastSquaresClassifier(0.1).fit(X, y).influence(X, y)
        sparse = scipy.sparse.csr_array(X)
        found = LeastSquaresClassifier(0.1).fit(sparse, y).influence(sparse, y)
        assert_alike(found.loo_residuals, wanted.loo_residuals, 1e-8)

    @pytest.mark.parametrize("scoring", ["accuracy", "neg_mean_squared_error", "f1_macro"])
    @pytest.mark.parametrize("class_weight", [None, "balanced"])
    def test_the_penalty_chosen_is_that_of_the_array(self, way, scoring, class_weight):
        X, y = table(120)
        words = {"scoring": scoring, "class_weight": class_weight}
        wanted = LeastSquaresClassifierCV(5, **words).fit(X, y)
        sparse = scipy.sparse.csr_array(X)
        found = LeastSquaresClassifierCV(5, **words).fit(sparse, y)
        assert found.alpha_ == pytest.approx(wanted.alpha_, rel=1e-9)
        for name, values in wanted.cv_results_.items():
            assert_alike(found.cv_results_[name], values, 1e-8)
        assert found.score(sparse, y) == pytest.approx(wanted.score(X, y), rel=1e-9)

    def test_a_scorer_sees_the_rows_as_they_came(self):
        X, y = table(120)
        seen = []

        def scorer(model, rows, labels):
            seen.append(rows)
            same = rows.copy()
            return accuracy_score(labels, model.predict(same))

        words = {"scoring": scorer, "rule": "best"}
        wanted = LeastSquaresClassifierCV(3, **words).fit(X, y)
        assert not scipy.sparse.issparse(seen[0])
        seen.clear()
        found = LeastSquaresClassifierCV(3, **words).fit(scipy.sparse.csc_array(X), y)
        assert seen[-1].format == "csr"
        assert np.array_equal(seen[0].toarray(), X)
        assert found.best_score_ == wanted.best_score_

    def test_a_scorer_cannot_ask_about_other_sparse_rows(self):
        X, y = table(120)

        def scorer(model, rows, labels):
            return accuracy_score(labels, model.predict(rows * 2.0))

        with pytest.raises(ValueError, match="about no other rows"):
            LeastSquaresClassifierCV(3, scoring=scorer).fit(scipy.sparse.csr_array(X), y)

    @pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
    def test_probabilities_are_those_of_the_array(self, way, method):
        X, y = table(150)
        sparse = scipy.sparse.csr_array(X)
        wanted = LeastSquaresClassifier(0.01, calibration=method).fit(X, y)
        found = LeastSquaresClassifier(0.01, calibration=method).fit(sparse, y)
        assert_alike(found.predict_proba(sparse), wanted.predict_proba(X), 1e-7)

    def test_robust_weights_are_those_of_the_array(self, way):
        X, y = table(150)
        X[5] *= 50.0
        wanted = LeastSquaresClassifier(0.01, robust=True).fit(X, y)
        found = LeastSquaresClassifier(0.01, robust=True).fit(scipy.sparse.csr_array(X), y)
        assert_alike(found.robust_weights_, wanted.robust_weights_, 1e-7)
        assert_alike(found.coef_, wanted.coef_, 1e-7)


class TestRowsComeAndGo:
    def test_parts_have_the_bits_of_the_array(self):
        X, y = table(100)
        sparse, models = scipy.sparse.csr_array(X), []
        for rows in (X, sparse):
            model = LeastSquaresClassifier(0.01).partial_fit(rows[:40], y[:40], classes=[0, 1, 2])
            model.partial_fit(rows[40:], y[40:])
            models.append(model.forget(rows[:10], y[:10]))
        assert np.array_equal(models[0].coef_, models[1].coef_)

    def test_after_a_fit(self, monkeypatch):
        set_way(monkeypatch, "squares")
        X, y = table(100)
        model = LeastSquaresClassifier(0.01).fit(scipy.sparse.csr_array(X[:60]), y[:60])
        model.partial_fit(scipy.sparse.csr_array(X[60:]), y[60:])
        assert_alike(model.coef_, LeastSquaresClassifier(0.01).fit(X, y).coef_, 1e-10)

    def test_a_fit_by_steps_keeps_no_moments(self, monkeypatch):
        set_way(monkeypatch, "steps")
        X, y = table(100)
        model = LeastSquaresClassifier(0.01).fit(scipy.sparse.csr_array(X), y)
        with pytest.raises(ValueError, match="needs the moments"):
            model.partial_fit(X, y)


class TestRefused:
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_values_that_are_not_finite_are_named(self, way, value):
        X, y = table()
        sparse = scipy.sparse.csr_array(X)
        row = int(np.searchsorted(sparse.indptr, 17, side="right")) - 1
        sparse.data[17] = value
        place = f"row {row}, column {sparse.indices[17]}"
        for model in (LeastSquaresClassifier(0.1), LeastSquaresClassifierCV(3)):
            with pytest.raises(ValueError, match=place):
                model.fit(sparse, y)
        fitted = LeastSquaresClassifier(0.1).fit(X, y)
        for ask in (fitted.predict, lambda rows: fitted.partial_fit(rows, y)):
            with pytest.raises(ValueError, match=place):
                ask(sparse)

    def test_columns_beyond_magnitude_are_named(self, way):
        X, y = table()
        X[3, 1] = 1e301
        with pytest.raises(ValueError, match=r"column 1: .* computes with"):
            LeastSquaresClassifier(0.1).fit(scipy.sparse.csr_array(X), y)

    def test_other_columns_than_those_of_the_fit(self):
        X, y = table()
        model = LeastSquaresClassifier().fit(scipy.sparse.csr_array(X), y)
        with pytest.raises(ValueError, match="11 features"):
            model.predict(scipy.sparse.csr_array(X[:, 1:]))

    def test_matrices_that_no_memory_holds(self):
        rng = np.random.default_rng(0)
        n, d = 40_000, 100_000
        X = scipy.sparse.csr_array(
            (np.ones(n), rng.integers(0, d, n), np.arange(n + 1)), shape=(n, d)
        )
        y = np.arange(n) % 2
        for model in (
            LeastSquaresClassifier(),
            LeastSquaresClassifierCV(3),
            LeastSquaresClassifier(0.1, robust=True),
            LeastSquaresClassifier(0.1, calibration="sigmoid"),
        ):
            with pytest.raises(ValueError, match="too many for least squares without a penalty"):
                model.fit(X, y)
        model = LeastSquaresClassifier(0.1).fit(X, y)
        with pytest.raises(ValueError, match="to leave rows out"):
            model.influence(X, y)
        X.data[5] = np.nan
        for alpha in (0.0, 0.1):
            with pytest.raises(ValueError, match="NaN: row 5"):
                LeastSquaresClassifier(alpha).fit(X, y)
        X.data[5] = 1.0
        with pytest.raises(ValueError, match="matrices of 80 GB"):
            LeastSquaresClassifier(0.1).partial_fit(X[:9], y[:9], classes=[0, 1])

    def test_a_penalty_next_to_nothing_is_said(self, monkeypatch):
        set_way(monkeypatch, "steps")
        X, y = table(100, 40)
        X[:, 1] = X[:, 0]
        monkeypatch.setattr(by_iteration, "_MOST_STEPS", 8)
        with pytest.warns(ConvergenceWarning, match="so small beside the rows"):
            LeastSquaresClassifier(1e-9).fit(scipy.sparse.csr_array(X), y)


def test_weights_that_hide_zeros_are_taken_as_arrays(monkeypatch):
    set_way(monkeypatch, "steps")
    X, y = table()
    X[:, 1] = 1e6 + np.random.default_rng(5).normal(size=len(X))
    X[7, 1] = 0.0
    w = np.ones(len(y))
    w[7] = 1e-9
    found = LeastSquaresClassifier(1e-2).fit(scipy.sparse.csr_array(X), y, w)
    assert found._moments is not None  # steps would have kept none
    assert_same_fit(found, LeastSquaresClassifier(1e-2).fit(X, y, w), X)


@pytest.mark.parametrize("name", ["squares", "steps"])
def test_rows_in_pieces_have_the_same_bits_and_statistics_are_sent_without_rows(name):
    X, y = table(200, 40, 0.1)
    sparse, found, made = scipy.sparse.csr_array(X), [], []

    def in_pieces(*args):
        return SplitCsrRows(*args, cuts=[3, 3, 90])

    def strict(*args):
        made.append(StrictCsrRows(*args))
        return made[-1]

    for rows_of in (None, in_pieces, strict):
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore", MaskedClassWarning)
            set_way(patch, name)
            if rows_of is not None:
                patch.setattr("trivium.rows.table.CsrRows", rows_of)
            model = LeastSquaresClassifier(0.01).fit(sparse, y)
            told = model.influence(sparse, y)
            found.append([model.coef_, told.leverage, told.shift, model.score(sparse, y)])
    seen = set().union(*(rows.seen for rows in made))
    assert seen >= {"_SumColumns", "_Squares" if name == "squares" else "_ThereAndBack"}
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            assert np.array_equal(one, other)


def test_targets_of_many_columns_are_solved_for_some_at_a_time(monkeypatch):
    set_way(monkeypatch, "steps")
    X, y = table(400, 40, 0.1, n_classes=11)
    sparse, w = scipy.sparse.csr_array(X), np.random.default_rng(1).random(400) + 0.1
    wanted = LeastSquaresClassifier(0.01).fit(sparse, y, w)
    monkeypatch.setattr(by_iteration, "_MANY_NUMBERS", 0)
    assert_same_fit(LeastSquaresClassifier(0.01).fit(sparse, y, w), wanted, X, 1e-12)


def test_threads_do_not_show(monkeypatch):
    set_way(monkeypatch, "steps")
    X, y = table(200, 40, 0.1)
    sparse, found = scipy.sparse.csr_array(X), []
    for count in (1, 2, 5):
        monkeypatch.setattr("joblib.cpu_count", lambda count=count: count)
        found.append(LeastSquaresClassifier(0.01).fit(sparse, y).coef_)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_few_columns_of_many_rows_are_not_made_dense():
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((20_000, 300), density=0.02, rng=rng, format="csr")
    y = (X @ rng.normal(size=300) > 0.1).astype(int)
    found = LeastSquaresClassifier(1e-3).fit(X, y)
    assert found._moments.scaling.by_stored
    full = X.toarray()
    assert_same_fit(found, LeastSquaresClassifier(1e-3).fit(full, y), full, 1e-12)
