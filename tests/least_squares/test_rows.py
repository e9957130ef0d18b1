"""Least squares learns from rows wherever they live, reads them seldom, and keeps none."""

import importlib
import inspect
import pkgutil
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rows.away import Away
from tests.rows.split_rows import SplitRows
from tests.rows.strict_rows import StrictRows

import trivium.least_squares
from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV
from trivium.blocks.map_reduce import cut
from trivium.least_squares import robust as robust_fit
from trivium.masking import MaskedClassWarning
from trivium.rows.block import Block

N = 70


def problem(seed=0, n=N, n_classes=3, d=4):
    rng = np.random.default_rng(seed)
    y = np.sort(np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    X = rng.normal(size=(n, d)) + 0.7 * y[:, None] * np.arange(1, d + 1)
    return X, y, rng.integers(0, 4, n).astype(float)


def independent(n, d):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, d)), rng.integers(0, 3, n), rng.integers(0, 3, n).astype(float)


def state(model):
    return {name: value for name, value in vars(model).items() if name.endswith("_")}


def plain(X, y, w):
    return state(LeastSquaresClassifier(0.01).fit(X, y, w))


def without_intercept(X, y, w):
    return state(LeastSquaresClassifier(fit_intercept=False).fit(X, y))


def far_from_zero(X, y, w):
    X = X + np.array([0.0, 1e9, 0.0, 0.0])
    X[0, 2] = 1e5  # what some rows say of the scale is not so of all
    return state(LeastSquaresClassifier().fit(X, y, w))


def dependent(X, y, w):
    X = np.column_stack([X, X[:, 0] + X[:, 1], X[:, 2] + 1e-6 * X[:, 3]])
    return state(LeastSquaresClassifier().fit(X, y, w))


def robust(X, y, w):
    X = X.copy()
    X[5] *= 50.0
    return state(LeastSquaresClassifier(robust=True).fit(X, y, w))


def robust_met(X, y, w):
    X, y = (
        np.r_[np.repeat(np.eye(4), 15, axis=0), X[60:]],
        np.r_[np.repeat(np.arange(4) % 3, 15), y[60:]],
    )
    return state(LeastSquaresClassifier(robust=True).fit(X, y))


def influence(X, y, w):
    found = []
    for alpha in (0.0, 0.1):
        model = LeastSquaresClassifier(alpha).fit(X, y)
        told = model.influence(X, y)
        coef, intercept = told.loo_coef([3, 3, 60, 1])
        found += [told.leverage, told.loo_scores, told.shift, told.cooks_distance, coef, intercept]
    return dict(enumerate(found))


def rows_far_out(X, y, w):
    X = X.copy()
    X[[4, 40]] *= [[1e4], [-1e6]]
    model = LeastSquaresClassifier().fit(X, y)
    told = model.influence(X, y)
    return {"residuals": told.loo_residuals, "shift": told.shift}


def a_row_beyond(X, y, w):
    X = X.copy()
    X[5] *= 1e15
    X = np.column_stack([X, X[:, ::-1] ** 2])
    model = LeastSquaresClassifier().fit(X, y)
    with pytest.raises(ValueError, match="rounding hides"):
        model.influence(X, y)
    return {}


def calibrated(X, y, w):
    model = LeastSquaresClassifier(calibration="sigmoid").fit(X, y, w)
    return {"p": model.predict_proba(X), "masked": model.masked_classes_}


def elsewhere(X, y, w):
    model = LeastSquaresClassifier().fit(Away(X, y, w))
    sure = LeastSquaresClassifier(calibration="sigmoid").fit(Away(X, y))
    p, scores = sure.predict_proba(Away(X)), model.decision_function(Away(X))
    return state(model) | {"p": p, "scores": scores, "labels": model.predict(Away(X))}


def chosen(X, y, w):
    return state(LeastSquaresClassifierCV(5, rule="best").fit(X, y, w))


def chosen_by_a_scorer(X, y, w):
    return state(LeastSquaresClassifierCV(5, scoring="roc_auc").fit(X, y == 1, w))


def chosen_with_class_weights(X, y, w):
    model = LeastSquaresClassifierCV(5, class_weight="balanced").fit(X, y)
    without = LeastSquaresClassifierCV(3, class_weight={0: 0.0}).fit(X, y, w)
    score = LeastSquaresClassifierCV(3, scoring="neg_mean_squared_error").fit(X, y).score(X, y, w)
    return {"one": state(model), "two": state(without), "score": score}


def come_and_go(X, y, w):
    model = LeastSquaresClassifier().partial_fit(X[:50], y[:50], [0, 1, 2], w[:50])
    model.partial_fit(X[50:], y[50:], sample_weight=w[50:])
    return state(model.forget(X[:20], y[:20], w[:20]))


def wide(X, y, w):
    some = np.column_stack([np.tile(X[::3], 300), np.random.default_rng(1).normal(size=(24, 3))])
    model = LeastSquaresClassifier(0.1).fit(some, y[::3])
    return {"values": model.decision_function(some), "shift": model.influence(some, y[::3]).shift}


EXACT = (
    plain,
    without_intercept,
    far_from_zero,
    dependent,
    influence,
    elsewhere,
    chosen,
    come_and_go,
)
OTHERS = (
    robust,
    robust_met,
    rows_far_out,
    a_row_beyond,
    calibrated,
    chosen_by_a_scorer,
    chosen_with_class_weights,
    wide,
)


def answer(ask, table, rows_of=None):
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", MaskedClassWarning)
        if rows_of is not None:
            patch.setattr("trivium.rows.table.ArrayRows", rows_of)
        return ask(*table)


def compare(one, other, **tolerance):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name, value in one.items():
            compare(value, other[name], **tolerance)
    elif not tolerance or np.asarray(one).dtype.kind not in "f":
        np.testing.assert_array_equal(one, other)
    else:
        scale = np.abs(np.asarray(one)[np.isfinite(one)]).max(initial=0.0)
        np.testing.assert_allclose(other, one, rtol=0, atol=tolerance["of"] * scale)


CUTS = st.one_of(
    st.lists(st.integers(0, N), max_size=6),
    st.just(list(range(N))),  # a row a piece
    st.just(np.searchsorted(problem()[1], [1, 2]).tolist()),  # a class a piece
)
KNOWN = {ask: answer(ask, problem()) for ask in (*EXACT, *OTHERS)}


@pytest.mark.parametrize("ask", [*EXACT, *OTHERS], ids=lambda ask: ask.__name__)
@settings(max_examples=8, deadline=None)
@given(cuts=CUTS)
def test_rows_in_pieces_that_are_cut_anew_say_the_same_to_the_bit(ask, cuts):
    def rows_of(*args):
        return SplitRows(*args, cuts=cuts)

    compare(KNOWN[ask], answer(ask, problem(), rows_of))


@pytest.mark.parametrize("ask", [*EXACT, *OTHERS], ids=lambda ask: ask.__name__)
@settings(max_examples=8, deadline=None)
@given(cuts=CUTS)
def test_rows_in_pieces_as_they_are_say_the_same_to_rounding(ask, cuts):
    def rows_of(*args):
        return SplitRows(*args, cuts=cuts, recut=False)

    compare(KNOWN[ask], answer(ask, problem(), rows_of), of=1e-10 if ask in EXACT else 1e-7)


def statistics_of_the_wing():
    for found in pkgutil.walk_packages(trivium.least_squares.__path__, "trivium.least_squares."):
        module = importlib.import_module(found.name)
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and kind.__module__ == found.name and "__call__" in vars(kind):
                first = list(inspect.signature(kind.__call__, eval_str=True).parameters.values())[1]
                # Those of sparse rows are in `test_sparse.py`.
                if first.annotation is Block and not found.name.endswith("sparse_sums"):
                    yield name


def test_statistics_are_sent_without_rows_and_merges_may_be_asked_twice(monkeypatch):
    made = []

    def rows_of(*args):
        made.append(StrictRows(*args))
        return made[-1]

    monkeypatch.setattr(robust_fit, "_FEW", 0)
    monkeypatch.setattr(StrictRows, "_cuts", lambda rows, length: cut(rows.shape[0], 16))
    for ask in (*EXACT, *OTHERS):
        tolerance = 1e-10 if ask in EXACT else 1e-7
        compare(KNOWN[ask], answer(ask, problem(), rows_of), of=tolerance)
    seen = set().union(*(rows.seen for rows in made))
    assert set(statistics_of_the_wing()) - seen == set()


class TestReads:
    """How often a fit reads its rows, by what is read of an array."""

    @staticmethod
    def reads_of(ask, *table):
        made = []

        def rows_of(*args):
            made.append(SplitRows(*args, cuts=[100]))
            return made[-1]

        answer(ask, table, rows_of)
        (rows,) = made
        assert rows._X.read == pytest.approx(rows.reads, rel=1e-12)
        return rows.reads

    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_a_table_that_squares_suffice_for_is_read_once(self, alpha):
        X, y, w = independent(30_000, 40)
        model = LeastSquaresClassifier(alpha)
        assert 1.0 < self.reads_of(model.fit, X, y, w + 1.0) < 1.0 + 0.2
        assert model._sums is None

    def test_one_correction_is_one_read_more(self):
        X, y, _ = independent(30_000, 40)
        X[:, 0] = 20 * X[:, 1] + X[:, 0]
        assert 2.0 < self.reads_of(LeastSquaresClassifier().fit, X, y) < 2.0 + 0.2

    def test_a_small_table_is_read_so_often_that_rows_can_come_and_go(self):
        X, y, _ = independent(900, 4)  # all of which are its samples, too
        assert self.reads_of(LeastSquaresClassifier().fit, X, y) < 6.5

    def test_penalties_share_what_is_read(self):
        X, y, _ = independent(30_000, 40)
        few, many = (
            self.reads_of(LeastSquaresClassifierCV(number).fit, X, y) for number in (2, 60)
        )
        assert 2.0 < few == many < 2.5

    def test_what_a_fit_and_an_influence_ask_is_counted_whatever_the_way(self):
        for ask in (robust, robust_met, dependent, far_from_zero, wide, calibrated):
            counted = []

            def rows_of(*args, counted=counted):
                counted.append(SplitRows(*args, cuts=[20, 30]))
                return counted[-1]

            answer(ask, problem(), rows_of)
            for rows in counted:
                assert rows._X.read == pytest.approx(rows.reads, rel=1e-12)


def test_files_with_their_labels_need_no_others(tmp_path):
    X, y = problem()[:2]
    for name, some in (("all", slice(None)), ("gone", slice(9, 20))):
        np.save(tmp_path / f"{name}.npy", np.column_stack([X, y])[some])
    whole, gone = (trivium.scan(tmp_path / f"{name}.npy", target=-1) for name in ("all", "gone"))
    y = y.astype(float)
    plain = LeastSquaresClassifier().fit(X, y)
    model = LeastSquaresClassifier().fit(whole)
    assert np.array_equal(model.influence(whole).shift, plain.influence(X, y).shift)
    assert np.array_equal(model.forget(gone).coef_, plain.forget(X[9:20], y[9:20]).coef_)
    with pytest.raises(ValueError, match="requires y to be passed"):
        plain.influence(X)
