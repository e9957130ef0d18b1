"""Weights of classes: in fits they are factors on weights of rows, and each fold has its own."""

import warnings

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss
from tests.neighbors.reference import MODEST, distance_matrix

from trivium import KNeighborsClassifier, KNeighborsClassifierCV
from trivium.class_weights import class_factors
from trivium.neighbors import folds
from trivium.neighbors.neighborhoods import counting_scale

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

N = 36
RULES = {"uniform": "uniform", "distance": "distance", "callable": lambda d: 1.0 / (1.0 + d)}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
WEIGHTS = {
    "balanced": "balanced",
    "whole": {0: 1, 1: 3, 2: 2},
    "halves": {0: 0.5, 1: 2.0},
    "others": {0: 0.3, 1: 1.7, 2: 1.1},
    "one is silent": {2: 0, 1: 1.3},
}
every_weight = pytest.mark.parametrize("class_weight", WEIGHTS.values(), ids=WEIGHTS)
SAMPLES = {
    "none": None,
    "whole": np.random.default_rng(1).integers(0, 4, N).astype(float),
    "even": np.random.default_rng(2).integers(0, 3, N) * 2.0,
    "fractions": np.random.default_rng(3).choice([0.25, 0.7, 1.0, 1.9], N),
}
every_sample = pytest.mark.parametrize("sample_weight", SAMPLES.values(), ids=SAMPLES)


def table(seed=0, n=N):
    """Rows with ties and duplicates, of a frequent class, a rare one, and one of one row."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=[0.65, 0.25, 0.1])
    y[:5] = [0, 1, 2, 2, 7]
    return rng.integers(-2, 3, (n, 2)) / 1.0, y


def times(class_weight, y, sample_weight=None):
    """Multiply weights of rows with those of their classes."""
    weights = np.ones(len(y)) if sample_weight is None else sample_weight
    classes = np.unique(y)
    codes = np.searchsorted(classes, y)
    factors = class_factors(class_weight, classes, np.bincount(codes, weights))
    return factors[codes] * weights


def refitted(X, y, i, sample_weight, k, classes, **options):
    """Shares of row i from a fit without it: of a row that stands for several, without one."""
    weights = np.ones(len(y)) if sample_weight is None else sample_weight.copy()
    counts = weights
    if (weights != np.rint(weights)).any():
        counts = weights * len(y) / weights.sum()
    weights[i] -= weights[i] / max(counts[i], 1.0)
    kept = weights > 0
    model = KNeighborsClassifier(k, **options).fit(X[kept], y[kept], weights[kept])
    shares = np.zeros(len(classes))
    shares[np.searchsorted(classes, model.classes_)] = model.predict_proba(X[i : i + 1])[0]
    return shares


class TestFit:
    @every_sample
    @every_weight
    @pytest.mark.parametrize("rule", ["uniform", "distance"])
    def test_they_are_factors_on_the_weights_of_rows(self, class_weight, sample_weight, rule):
        X, y = table()
        product = times(class_weight, y, sample_weight)
        model = KNeighborsClassifier(4, weights=rule, class_weight=class_weight)
        model.fit(X, y, sample_weight)
        right = KNeighborsClassifier(4, weights=rule).fit(X, y, product)
        queries = X[:20] + 0.25
        np.testing.assert_array_equal(model.predict(queries), right.predict(queries))
        np.testing.assert_array_equal(
            model.predict_proba_path(queries, [1, 3, 7]),
            right.predict_proba_path(queries, [1, 3, 7]),
        )
        np.testing.assert_array_equal(
            model.kneighbors(None, return_distance=False),
            right.kneighbors(None, return_distance=False),
        )

    def test_factors_of_one_are_none(self):
        X, y = table()
        for weights in SAMPLES.values():
            model = KNeighborsClassifierCV(9, class_weight={1: 1.0}).fit(X, y, weights)
            right = KNeighborsClassifierCV(9).fit(X, y, weights)
            np.testing.assert_array_equal(model.predict_proba(None), right.predict_proba(None))
            for name, found in model.cv_results_.items():
                np.testing.assert_array_equal(found, right.cv_results_[name])

    def test_a_rare_class_is_mentioned_unless_its_own_weight_makes_it_rare(self):
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(200, 2)), np.repeat([0, 1], [196, 4])
        for estimator in (KNeighborsClassifier(9), KNeighborsClassifierCV(9)):
            for class_weight, rows, mentioned in [
                ({0: 1.0, 1: 1.1}, y, True),
                ({1: 60}, y, False),
                ("balanced", y, False),
                ({1: 0.01}, np.arange(200) % 2, False),
            ]:
                with warnings.catch_warnings(record=True) as said:
                    warnings.simplefilter("always")
                    estimator.set_params(class_weight=class_weight).fit(X, rows)
                assert bool(said) == mentioned

    def test_setting_it_after_the_fit_changes_nothing(self):
        X, y = table()
        model = KNeighborsClassifier(4, class_weight="balanced").fit(X, y)
        before = model.predict_proba(X), model.predict_proba(None)
        model.set_params(class_weight={0: 9.0})
        for one, other in zip(
            (model.predict_proba(X), model.predict_proba(None)), before, strict=True
        ):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("estimator", [KNeighborsClassifier, KNeighborsClassifierCV])
    def test_malformed_ones_are_refused(self, estimator):
        X, y = table()
        for bad, error in [("even", ValueError), (3.0, TypeError), ({"a": 2.0}, ValueError)]:
            with pytest.raises(error, match="class_weight"):
                estimator(class_weight=bad).fit(X, y)


class TestFolds:
    @every_sample
    @every_weight
    @pytest.mark.parametrize("rule", ["uniform", "distance"])
    def test_each_row_is_told_by_a_fit_without_it(self, class_weight, sample_weight, rule):
        X, y = table()
        ks = [1, 3, 7]
        options = {"weights": rule, "class_weight": class_weight}
        model = KNeighborsClassifier(2, **options).fit(X, y, sample_weight)
        found = model.predict_proba_path(None, ks)
        exact = sample_weight is None or (sample_weight == np.rint(sample_weight)).all()
        weights = np.ones(N) if sample_weight is None else sample_weight
        for place, k in enumerate(ks):
            for i in np.flatnonzero(weights):
                right = refitted(X, y, i, sample_weight, k, model.classes_, **options)
                if exact:
                    np.testing.assert_array_equal(found[place, i], right)
                else:
                    np.testing.assert_allclose(found[place, i], right, rtol=1e-9, atol=1e-12)

    @every_rule
    @every_sample
    @every_weight
    def test_scores_are_those_of_the_folds_by_weights_of_rows_alone(
        self, class_weight, sample_weight, rule
    ):
        X, y = table()
        options = {"weights": rule, "class_weight": class_weight}
        model = KNeighborsClassifierCV(12, **options).fit(X, y, sample_weight)
        shares = model.predict_proba_path(None, range(1, 13))
        kept = np.arange(N) if sample_weight is None else np.flatnonzero(sample_weight)
        w = None if sample_weight is None else sample_weight[kept]
        for k in range(1, 13):
            told = model.classes_[shares[k - 1].argmax(axis=1)]
            accuracy = np.average(told[kept] == y[kept], weights=w)
            assert model.cv_results_["accuracy"][k - 1] == pytest.approx(accuracy, rel=1e-13)
            loss = log_loss(y[kept], shares[k - 1, kept], labels=model.classes_, sample_weight=w)
            assert model.cv_results_["log_loss"][k - 1] == pytest.approx(loss, rel=1e-12)
        score = model.score(None, y, sample_weight)
        assert score == pytest.approx(model.best_score_, rel=1e-13)

    @given(
        arrays(float, (14, 1), elements=st.integers(-3, 3)),
        arrays(np.intp, 14, elements=st.integers(0, 3)).filter(lambda y: len(set(y)) > 1),
        arrays(float, 14, elements=st.integers(1, 3)),
    )
    @settings(MODEST, max_examples=6, phases=[Phase.explicit, Phase.generate])
    def test_so_it_is_in_any_small_table(self, X, y, weights):
        model = KNeighborsClassifier(1, class_weight="balanced").fit(X, y, weights)
        ks = range(1, int(model._folds.least * (1 + 1e-12)) + 1)
        found = model.predict_proba_path(None, ks)
        for i in range(14):
            for k, shares in zip(ks, found[:, i], strict=True):
                right = refitted(X, y, i, weights, k, model.classes_, class_weight="balanced")
                np.testing.assert_array_equal(shares, right)

    @every_sample
    @every_weight
    def test_many_folds_are_weighed_from_sums(self, class_weight, sample_weight, monkeypatch):
        X, y = table()
        if sample_weight is not None:
            sample_weight = sample_weight.copy()
            sample_weight[4:6] = 1e20, 0.5  # one row is nearly all of its class
        models = []
        for many in (folds._MANY, 0):
            monkeypatch.setattr(folds, "_MANY", many)
            model = KNeighborsClassifier(2, class_weight=class_weight).fit(X, y, sample_weight)
            models.append(model)
        for name, right in models[0]._folds._asdict().items():
            np.testing.assert_allclose(models[1]._folds._asdict()[name], right, rtol=1e-13)

    def test_many_neighbours_are_checked_against_the_lightest_fold(self):
        X, y = np.arange(6.0)[:, None], np.array([0, 0, 0, 0, 1, 1])
        model = KNeighborsClassifierCV(class_weight={1: 3}).fit(X, y)
        assert model.cv_results_["accuracy"].shape == (7,)  # of ten, three leave with a row
        with pytest.raises(ValueError, match="k_max=8 is more than a row has others: there are 7"):
            KNeighborsClassifierCV(8, class_weight={1: 3}).fit(X, y)
        with pytest.raises(ValueError, match="more than there are other rows: n_samples = 7"):
            KNeighborsClassifier(8, class_weight={1: 3}).fit(X, y).predict(None)

    def test_a_fold_without_weight_is_refused(self):
        X, y = np.arange(3.0)[:, None], np.array([0, 0, 1])
        with pytest.raises(ValueError, match="leave one out takes a row and others"):
            KNeighborsClassifierCV(class_weight={0: 0}).fit(X, y)

    @pytest.mark.parametrize("class_weight", ["balanced", {2: 0, 1: 1.3}])
    def test_distances_that_are_given_tell_the_same(self, class_weight):
        X, y = table()
        weights = SAMPLES["whole"]
        options = {"class_weight": class_weight, "scoring": "f1_macro"}
        right = KNeighborsClassifierCV(9, **options).fit(X, y, weights)
        model = KNeighborsClassifierCV(9, metric="precomputed", **options)
        model.fit(distance_matrix(X, X), y, weights)
        np.testing.assert_array_equal(model.predict_proba(None), right.predict_proba(None))
        for name, found in model.cv_results_.items():
            np.testing.assert_array_equal(found, right.cv_results_[name])

    def test_threads_and_algorithms_do_not_show(self):
        X, y = table(n=400)
        right = KNeighborsClassifierCV(20, class_weight="balanced", n_jobs=1).fit(X, y)
        for algorithm in ("brute", "kd_tree"):
            model = KNeighborsClassifierCV(
                20, class_weight="balanced", algorithm=algorithm, n_jobs=3
            ).fit(X, y)
            for name, found in model.cv_results_.items():
                np.testing.assert_array_equal(found, right.cv_results_[name])


@given(arrays(float, 30, elements=st.floats(1e-6, 1e6)), st.permutations(range(30)))
@MODEST
def test_the_scale_of_weights_knows_no_order(weights, order):
    assert counting_scale(weights) == counting_scale(weights[np.array(order)])
    counts = np.array(order) + 1
    assert counting_scale(weights, counts) == counting_scale(np.repeat(weights, counts))
