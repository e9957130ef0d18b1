"""The classifier: votes of exact neighbours, weights, paths and ties."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.neighbors.reference import ALGORITHMS, METRICS, MODEST, class_shares

from trivium import KNeighborsClassifier
from trivium.neighbors import voting

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")


def tent(distances):
    """Weight a neighbour by itself alone."""
    return 1.0 / (1.0 + distances)


def within_the_farthest(distances):
    """Weight a neighbour by the place of the last one: a function of the whole list."""
    return 1.5 - distances / distances[:, -1:].clip(1e-300)


RULES = {"uniform": "uniform", "distance": "distance", "callable": tent}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
new_or_own = pytest.mark.parametrize("own", [False, True])
tables = arrays(float, (24, 2), elements=st.integers(-2, 2))
labels = arrays(np.intp, 24, elements=st.integers(0, 2)).filter(lambda y: len(set(y)) > 1)


def grid(seed=0, n=120):
    """Rows with many ties and duplicates, and three classes."""
    rng = np.random.default_rng(seed)
    return rng.integers(-3, 4, size=(n, 2)).astype(float), rng.integers(0, 3, size=n)


def blobs(seed=0, n=150):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, size=n)
    return rng.normal(size=(n, 3)) + 1.5 * y[:, None], y


class TestVotes:
    @every_rule
    @new_or_own
    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("data", [grid, blobs])
    def test_shares_are_those_of_counting_by_hand(self, data, metric, own, rule):
        X, y = data()
        queries = None if own else X[:40] + 0.5
        model = KNeighborsClassifier(6, weights=rule, metric=metric).fit(X, y)
        found = model.predict_proba(queries)
        expected = class_shares(queries, X, y, 6, weights=rule, metric=metric)
        np.testing.assert_allclose(found, expected, rtol=1e-15)
        np.testing.assert_array_equal(model.predict(queries), expected.argmax(axis=1))

    @pytest.mark.parametrize("own", [False, True])
    def test_logarithms_of_shares(self, own):
        X, y = blobs()
        model = KNeighborsClassifier(5).fit(X, y)
        shares = model.predict_proba(None if own else X)
        assert (shares == 0).any()
        logs = model.predict_log_proba(None if own else X)
        np.testing.assert_array_equal(np.exp(logs) > 0, shares > 0)
        np.testing.assert_allclose(np.exp(logs), shares, rtol=1e-15)
        with pytest.raises(NotFittedError):
            KNeighborsClassifier().predict_log_proba(X)

    def test_one_class_is_predicted(self):
        X, _ = blobs(n=30)
        model = KNeighborsClassifier(3).fit(X, ["same"] * 30)
        for queries in (X, None):
            assert set(model.predict(queries)) == {"same"}
            np.testing.assert_array_equal(model.predict_proba(queries), np.ones((30, 1)))
            np.testing.assert_array_equal(model.predict_log_proba(queries), np.zeros((30, 1)))

    def test_no_rule_for_the_votes_is_that_all_are_alike(self):
        X, y = grid()
        model = KNeighborsClassifier(4, weights=None).fit(X, y)
        right = KNeighborsClassifier(4).fit(X, y)
        np.testing.assert_array_equal(model.predict_proba(X), right.predict_proba(X))
        np.testing.assert_array_equal(model.predict(None), right.predict(None))

    @given(tables, labels, st.integers(1, 23))
    @MODEST
    def test_a_tied_vote_goes_to_the_smallest_class(self, X, y, k):
        names = np.array(["a", "b", "c"])
        for queries in (None, X + 0.5):
            counts = np.rint(k * class_shares(queries, X, y, k))
            present = np.unique(y)
            expected = names[present[counts.argmax(axis=1)]]
            for algorithm in ALGORITHMS:
                model = KNeighborsClassifier(k, algorithm=algorithm).fit(X, names[y])
                assert model.predict(queries).tolist() == expected.tolist()

    def test_two_neighbours_of_two_classes(self):
        X = [[0.0], [2.0]]
        for y in (["b", "a"], ["a", "b"]):
            model = KNeighborsClassifier(2).fit(X, y)
            assert model.predict([[0.1], [1.0], [1.9]]).tolist() == ["a"] * 3
            model.set_params(weights="distance")
            assert model.predict([[1.0]]).tolist() == ["a"]
            assert model.predict([[0.0], [2.0]]).tolist() == y

    @pytest.mark.parametrize("names", [["x", "y"], [True, False], [7, -3], [2.0, 10.0]], ids=str)
    def test_labels_keep_their_kind(self, names):
        X, y = blobs()
        y = np.array(names)[y % 2]
        model = KNeighborsClassifier(3).fit(X, y)
        found = model.predict(X)
        assert found.dtype == y.dtype
        assert model.classes_.tolist() == sorted(set(y.tolist()))
        assert model.score(X, y) == (found == y).mean()

    @every_rule
    def test_threads_algorithms_and_batches_do_not_show(self, rule):
        X, y = grid(n=900)
        right = KNeighborsClassifier(7, weights=rule, algorithm="brute", n_jobs=1).fit(X, y)
        weights = np.random.default_rng(0).integers(0, 4, size=900)
        light = KNeighborsClassifier(7, weights=rule, algorithm="brute", n_jobs=1).fit(
            X, y, weights
        )
        for algorithm in ALGORITHMS:
            for n_jobs in (1, 2, 4, -1, None):
                model = KNeighborsClassifier(7, weights=rule, algorithm=algorithm, n_jobs=n_jobs)
                for fitted, other in (
                    (model.fit(X, y), right),
                    (clone(model).fit(X, y, weights), light),
                ):
                    np.testing.assert_array_equal(fitted.predict_proba(X), other.predict_proba(X))
                    np.testing.assert_array_equal(
                        fitted.predict_proba(None), other.predict_proba(None)
                    )
        for model in (right, light):
            parts = [model.predict_proba(X[start : start + 13]) for start in range(0, 900, 13)]
            np.testing.assert_array_equal(np.concatenate(parts), model.predict_proba(X))


class TestPath:
    KS = (5, 1, 12, 2, 5, 40)

    @every_rule
    @new_or_own
    @pytest.mark.parametrize("weighted", [False, True])
    def test_every_k_is_what_an_estimator_of_that_k_says(self, rule, own, weighted):
        X, y = grid()
        weights = np.random.default_rng(1).integers(0, 4, size=len(X)) if weighted else None
        queries = None if own else X[:50] + 0.25
        model = KNeighborsClassifier(3, weights=rule).fit(X, y, weights)
        labels = model.predict_path(queries, self.KS)
        shares = model.predict_proba_path(queries, self.KS)
        assert labels.shape == shares.shape[:2] == (len(self.KS), labels.shape[1])
        for k, label, share in zip(self.KS, labels, shares, strict=True):
            alone = KNeighborsClassifier(k, weights=rule).fit(X, y, weights)
            np.testing.assert_array_equal(label, alone.predict(queries))
            np.testing.assert_array_equal(share, alone.predict_proba(queries))

    def test_a_callable_may_look_at_the_whole_list(self):
        X, y = blobs()
        model = KNeighborsClassifier(3, weights=within_the_farthest).fit(X, y)
        for k, share in zip((2, 9), model.predict_proba_path(X + 0.1, (2, 9)), strict=True):
            expected = class_shares(X + 0.1, X, y, k, weights=within_the_farthest)
            np.testing.assert_allclose(share, expected, rtol=1e-14)

    @pytest.mark.parametrize("n_jobs", [1, 4])
    @pytest.mark.parametrize("n_queries", [3, 3000])
    def test_a_callable_that_runs_dry_is_an_error(self, n_jobs, n_queries):
        X = np.random.default_rng(0).random((5000, 3))
        nothing = iter([])

        def weights(distances):
            next(nothing)

        model = KNeighborsClassifier(weights=weights, n_jobs=n_jobs).fit(X, X[:, 0] > 0.5)
        for ask in (model.predict, model.predict_proba):
            with pytest.raises(RuntimeError, match="StopIteration"):
                ask(X[:n_queries])

    def test_a_callable_that_writes_into_its_argument_harms_nobody(self):
        def writes(distances):
            distances += 1.0
            return 1.0 / distances

        X, y = blobs()
        model = KNeighborsClassifier(3, weights=writes).fit(X, y)
        path = model.predict_proba_path(X + 0.1, [2, 3, 9])
        for k, share in zip([2, 3, 9], path, strict=True):
            expected = class_shares(X + 0.1, X, y, k, weights=tent)
            np.testing.assert_allclose(share, expected, rtol=1e-14)

    @every_rule
    @pytest.mark.parametrize("weights", [None, "whole", "fractions"])
    def test_blocks_and_threads_do_not_show(self, rule, weights, monkeypatch):
        X, y = grid(n=400)
        rng = np.random.default_rng(4)
        kinds = {"whole": rng.integers(0, 4, 400), "fractions": rng.uniform(0.2, 2, 400)}
        fit = X, y, kinds.get(weights)
        right = KNeighborsClassifier(3, weights=rule, n_jobs=1).fit(*fit)
        labels, shares = right.predict_path(X, self.KS), right.predict_proba_path(X, self.KS)
        np.testing.assert_array_equal(labels, shares.argmax(axis=2))
        for entries in (1, 500, 5000):
            monkeypatch.setattr(voting, "_ENTRIES_A_BLOCK", entries)
            for n_jobs in (1, 3):
                model = KNeighborsClassifier(3, weights=rule, n_jobs=n_jobs).fit(*fit)
                np.testing.assert_array_equal(model.predict_path(X, self.KS), labels)
                np.testing.assert_array_equal(model.predict_proba_path(X, self.KS), shares)

    def test_labels_alone_need_no_memory_for_shares(self):
        X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 300
        model = KNeighborsClassifier(1, n_jobs=1).fit(X, y)
        ks = np.arange(1, 101)
        for rule in ("uniform", "distance"):
            model.set_params(weights=rule).predict_path(X, ks)  # compiles what it needs
            tracemalloc.start()
            model.predict_path(X, ks)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 600 * 100 * 300 * 8 / 10  # of what the shares would take

    def test_ks_may_be_an_array(self):
        X, y = blobs()
        model = KNeighborsClassifier().fit(X, y)
        found = model.predict_path(X, np.arange(1, 4))
        np.testing.assert_array_equal(found, model.predict_path(X, [1, 2, 3]))

    @pytest.mark.parametrize(
        ("ks", "error", "match"),
        [
            ([], ValueError, "ks is empty"),
            ([1, 0], ValueError, "n_neighbors=0"),
            ([151], ValueError, "n_neighbors=151 is more than there are rows.*150"),
            ([1, 2.5], TypeError, "n_neighbors=2.5: expected an integer"),
            ([True], TypeError, "n_neighbors=True"),
        ],
    )
    def test_bad_ks(self, ks, error, match):
        X, y = blobs()
        model = KNeighborsClassifier().fit(X, y)
        for ask in (model.predict_path, model.predict_proba_path):
            with pytest.raises(error, match=match):
                ask(X, ks)

    def test_own_rows_have_one_neighbour_less(self):
        X, y = blobs()
        model = KNeighborsClassifier().fit(X, y)
        model.predict_path(None, [149])
        with pytest.raises(
            ValueError, match="n_neighbors=150 is more than there are other rows.*149"
        ):
            model.predict_path(None, [150])


class TestWeights:
    @staticmethod
    def pair(rule, k, X, y, weights):
        """A model of weighted rows, and one of repeated rows."""
        copies = np.repeat(np.arange(len(y)), weights)
        one = KNeighborsClassifier(k, weights=rule).fit(X, y, weights)
        return one, KNeighborsClassifier(k, weights=rule).fit(X[copies], y[copies]), copies

    @every_rule
    @new_or_own
    @pytest.mark.parametrize("data", [grid, blobs])
    @pytest.mark.parametrize("k", [1, 4, 17])
    def test_an_integer_weight_is_that_many_rows(self, rule, own, data, k):
        X, y = data()
        weights = np.random.default_rng(2).integers(0, 3, size=len(X))
        weighted, repeated, copies = self.pair(rule, k, X, y, weights)
        queries = None if own else X + 0.125
        _, first = np.unique(copies, return_index=True)
        rows = first if own else slice(None)
        there = weights > 0 if own else slice(None)
        told = weighted.predict(queries)[there]
        np.testing.assert_array_equal(told, repeated.predict(queries)[rows])
        ks = [k, 1, 9]
        for found, right in zip(
            weighted.predict_proba_path(queries, ks),
            repeated.predict_proba_path(queries, ks),
            strict=True,
        ):
            np.testing.assert_allclose(found[there], right[rows], rtol=1e-15)
            if rule == "uniform":
                np.testing.assert_array_equal(found[there], right[rows])

    @pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
    @given(tables, labels, arrays(np.intp, 24, elements=st.integers(0, 4)), st.integers(1, 12))
    @MODEST
    def test_so_it_is_for_any_small_table(self, X, y, weights, k):
        weights[:13] += 1
        y[:2] = 0, 1
        weighted, repeated, copies = self.pair("uniform", k, X, y, weights)
        there = np.isin(weighted.classes_, repeated.classes_)
        told, own = weighted.predict_proba(X + 0.5), weighted.predict_proba(None)
        np.testing.assert_array_equal(told[:, there], repeated.predict_proba(X + 0.5))
        _, first = np.unique(copies, return_index=True)
        right = repeated.predict_proba(None)[first]
        np.testing.assert_array_equal(own[weights > 0][:, there], right)
        np.testing.assert_array_equal(told[:, ~there], 0.0)
        np.testing.assert_array_equal(own[:, ~there], 0.0)

    @pytest.mark.parametrize("n", [3, 6, 7, 10, 12, 49])
    def test_many_small_votes_tie_as_one_large_one_does(self, n):
        # n rows at distance n have together the vote of one at distance 1: a tie, whichever
        # way the rows are written down.
        X, y = np.array([[float(n)], [-1.0]]), np.array([0, 1])
        weighted, repeated, _ = self.pair("distance", n + 1, X, y, [n, 1])
        assert weighted.predict([[0.0]]).tolist() == repeated.predict([[0.0]]).tolist()
        np.testing.assert_array_equal(
            weighted.predict_proba([[0.0]]), repeated.predict_proba([[0.0]])
        )

    @new_or_own
    def test_a_callable_that_looks_at_the_whole_list_sees_the_neighbours_alone(self, own):
        X, y = blobs()
        weights = np.random.default_rng(3).integers(1, 4, size=len(X))
        weighted, repeated, copies = self.pair(within_the_farthest, 7, X, y, weights)
        _, first = np.unique(copies, return_index=True)
        found = weighted.predict_proba(None if own else X + 0.1)
        right = repeated.predict_proba(None if own else X + 0.1)
        np.testing.assert_allclose(found, right[first] if own else right, rtol=1e-13)

    def test_and_the_same_whoever_else_is_asked_about(self):
        X, y = blobs()
        weights = np.where(X[:, 0] > 1, 0.05, 5.0)  # some queries need many rows, some few
        model = KNeighborsClassifier(3, weights=within_the_farthest).fit(X, y, weights)
        together = model.predict_proba(X)
        alone = np.concatenate([model.predict_proba(row[None]) for row in X])
        np.testing.assert_array_equal(together, alone)

    def test_the_weight_of_a_callable_beyond_the_kth_neighbour_does_not_matter(self):
        def short(distances):
            return np.where(distances < 5, 1.0, -1.0)

        X, y = np.array([[0.0], [1.0], [100.0]]), [0, 1, 1]
        model = KNeighborsClassifier(2, weights=short).fit(X, y, [2, 1, 1])
        assert model.predict_proba([[0.0]]).tolist() == [[1.0, 0.0]]

    @every_rule
    def test_weight_zero_is_a_row_removed(self, rule):
        X, y = grid()
        keep = np.arange(len(y)) % 4 > 0
        weighted = KNeighborsClassifier(5, weights=rule).fit(X, y, keep)
        removed = KNeighborsClassifier(5, weights=rule).fit(X[keep], y[keep])
        assert weighted.n_samples_fit_ == keep.sum()
        told = weighted.predict_proba(X + 0.5)
        np.testing.assert_array_equal(told, removed.predict_proba(X + 0.5))
        own = weighted.predict_proba(None)  # of the rows given: those without weight are queries
        np.testing.assert_array_equal(own[keep], removed.predict_proba(None))
        np.testing.assert_array_equal(own[~keep], removed.predict_proba(X[~keep]))
        assert weighted.score(None, y) == np.mean(weighted.predict(None) == y)
        indices = weighted.kneighbors(X + 0.5, return_distance=False)
        right = removed.kneighbors(X + 0.5, return_distance=False)
        np.testing.assert_array_equal(indices, np.flatnonzero(keep)[right])
        assert weighted.kneighbors_graph(X + 0.5).shape == (len(X), len(X))

    @pytest.mark.parametrize("mode", ["connectivity", "distance"])
    def test_a_graph_of_the_rows_given_has_all_of_them(self, mode):
        X, y = blobs()
        keep = np.arange(len(y)) % 5 > 0
        numbers = np.flatnonzero(keep)
        graph = KNeighborsClassifier(4).fit(X, y, keep).kneighbors_graph(None, mode=mode).toarray()
        removed = KNeighborsClassifier(4).fit(X[keep], y[keep])
        expected = np.zeros((len(y), len(y)))
        expected[np.ix_(numbers, numbers)] = removed.kneighbors_graph(None, mode=mode).toarray()
        strangers = removed.kneighbors_graph(X[~keep], mode=mode).toarray()
        expected[np.ix_(np.flatnonzero(~keep), numbers)] = strangers
        np.testing.assert_array_equal(graph, expected)

    def test_a_query_without_votes_is_named_by_its_number_among_the_rows_given(self):
        X, y = np.array([[0.0], [0.5], [1.0], [9.0]]), [0, 0, 1, 1]
        model = KNeighborsClassifier(2, weights=lambda d: 1.0 * (d < 2)).fit(X, y, [1, 0, 1, 1])
        with pytest.raises(ValueError, match="No neighbour of query 3 has a vote"):
            model.predict(None)

    @pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
    def test_fractions_are_masses_relative_to_their_mean(self):
        X = np.array([[1.0], [2.0], [3.0]])
        # Brought to 0.5, 1 and 1.5 from any unit.
        for unit in (0.3, 1e-200, 1e200):
            model = KNeighborsClassifier(2).fit(X, [0, 1, 0], unit * np.array([0.5, 1.0, 1.5]))
            np.testing.assert_allclose(model.predict_proba([[0.0]]), [[0.5, 0.5]])
            np.testing.assert_allclose(model.predict_proba([[9.0]]), [[0.75, 0.25]])

    def test_equal_weights_that_reach_k_anew_change_the_neighbourhood_only(self):
        X, y = blobs()
        doubled = KNeighborsClassifier(6).fit(X, y, np.full(len(y), 2.0))
        plain = KNeighborsClassifier(3).fit(X, y)
        np.testing.assert_array_equal(doubled.predict_proba(X), plain.predict_proba(X))

    def test_equal_fractions_are_no_weights(self):
        X, y = blobs()
        light = KNeighborsClassifier(5).fit(X, y, np.full(len(y), 0.25))
        plain = KNeighborsClassifier(5).fit(X, y)
        np.testing.assert_array_equal(light.predict_proba(X), plain.predict_proba(X))
        np.testing.assert_array_equal(light.predict_proba(None), plain.predict_proba(None))

    def test_boosting_which_gives_weights_that_sum_to_one(self):
        X, y = blobs()
        model = AdaBoostClassifier(KNeighborsClassifier(5), n_estimators=3).fit(X, y)
        assert model.score(X, y) >= KNeighborsClassifier(5).fit(X, y).score(X, y)

    def test_nobody_else_who_is_asked_about_shows_in_the_last_bits(self):
        # Sevenths, sums of which come near a number of neighbours, from below or above.
        weights = np.tile([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 2.8], 10)
        for seed, k in [(2, 12), (2, 30), (4, 20), (6, 13), (8, 34)]:
            rng = np.random.default_rng(seed)
            X, y = rng.permutation(70)[:, None] / 1.0, rng.integers(0, 3, 70)
            model = KNeighborsClassifier(k).fit(X, y, weights[rng.permutation(70)])
            together = model.predict_proba(X)
            alone = [model.predict_proba(X[[i]])[0] for i in range(70)]
            np.testing.assert_array_equal(together, alone)

    def test_weights_too_light_for_k(self):
        X = np.arange(3.0)[:, None]
        with pytest.raises(ValueError, match=r"n_neighbors=4 is more than.*n_samples = 3"):
            KNeighborsClassifier(4).fit(X, [0, 1, 0], [0.5, 0.5, 2.5])
        # Brought to 2.5, 0.25 and 0.25: without the heavy row's first unit there are two.
        model = KNeighborsClassifier(3).fit(X, [0, 1, 0], [2.5, 0.25, 0.25])
        with pytest.raises(ValueError, match=r"other rows: n_samples = 2"):
            model.predict(None)

    def test_a_path_of_one_number_is_refused(self):
        X, y = blobs()
        with pytest.raises(TypeError, match="ks=3: expected several"):
            KNeighborsClassifier(5).fit(X, y).predict_path(X, 3)


class TestCallables:
    def test_no_vote_for_a_query_names_it(self):
        X, y = blobs()
        model = KNeighborsClassifier(3, weights=lambda d: (d < 1e3).astype(float)).fit(X, y)
        with pytest.raises(ValueError, match="No neighbour of query 2 has a vote"):
            model.predict(np.concatenate([X[:2], X[:1] + 1e6]))

    @pytest.mark.parametrize(
        ("rule", "match"),
        [
            (lambda d: d[:, 0], "returned shape"),
            (lambda d: -d - 1, "not negative"),
            (lambda d: d * np.nan, "finite"),
        ],
    )
    def test_bad_weights_are_an_error(self, rule, match):
        X, y = blobs()
        for weights in (None, np.full(len(y), 2)):
            model = KNeighborsClassifier(3, weights=rule).fit(X, y, weights)
            with pytest.raises(ValueError, match=match):
                model.predict(X)

    def test_the_query_is_named_by_its_number_wherever_its_block_begins(self, monkeypatch):
        monkeypatch.setattr(voting, "_ENTRIES_A_BLOCK", 1)
        X, y = blobs()
        model = KNeighborsClassifier(3, weights=lambda d: (d < 1e3).astype(float)).fit(X, y)
        with pytest.raises(ValueError, match="No neighbour of query 20 has a vote"):
            model.predict(np.concatenate([X[:20], X[:1] + 1e6]))

    def test_distances_near_both_ends_of_the_range_vote(self):
        model = KNeighborsClassifier(3, weights="distance")
        model.fit([[1e-308], [2e-308], [2e-308]], [0, 1, 1])
        np.testing.assert_allclose(model.predict_proba([[0.0]]), [[0.5, 0.5]])
        model = KNeighborsClassifier(2, weights="distance").fit([[1e308], [1.7e308]], [0, 1])
        np.testing.assert_allclose(model.predict_proba([[0.0]]), [[17 / 27, 10 / 27]])


class TestErrors:
    X, y = blobs(n=30)

    @pytest.mark.parametrize(
        ("parameters", "error", "match"),
        [
            (
                {"weights": "inverse"},
                ValueError,
                "weights='inverse': expected one of 'uniform', 'd",
            ),
            ({"weights": 3}, ValueError, "weights=3"),
            (
                {"metric": "l3"},
                ValueError,
                "metric='l3': expected a function of two rows, or one of 'euclidean', 'l2', 'manh",
            ),
            (
                {"algorithm": "ball"},
                ValueError,
                "algorithm='ball': expected one of 'auto'",
            ),
            ({"n_neighbors": 0}, ValueError, "n_neighbors=0: expected an integer at least 1"),
            ({"n_neighbors": -3}, ValueError, "n_neighbors=-3"),
            ({"n_neighbors": 31}, ValueError, "n_neighbors=31 is more than there are rows.*= 30"),
            ({"n_neighbors": 2.0}, TypeError, "n_neighbors=2.0: expected an integer"),
            ({"n_neighbors": True}, TypeError, "n_neighbors=True"),
            ({"n_neighbors": "3"}, TypeError, "n_neighbors='3'"),
            ({"n_neighbors": None}, TypeError, "n_neighbors=None"),
        ],
    )
    def test_a_bad_parameter_is_named_in_fit(self, parameters, error, match):
        with pytest.raises(error, match=match):
            KNeighborsClassifier(**parameters).fit(self.X, self.y)

    def test_parameters_changed_after_fit_are_checked_too(self):
        model = KNeighborsClassifier().fit(self.X, self.y)
        with pytest.raises(ValueError, match="n_neighbors=31 is more"):
            model.set_params(n_neighbors=31).predict(self.X)

    def test_all_rows_are_neighbours_but_a_row_of_itself(self):
        model = KNeighborsClassifier(30).fit(self.X, self.y)
        shares = np.bincount(self.y) / 30
        np.testing.assert_allclose(model.predict_proba(self.X), np.tile(shares, (30, 1)))
        for ask in (model.predict, model.predict_proba):
            with pytest.raises(
                ValueError, match="n_neighbors=30 is more than there are other rows"
            ):
                ask(None)

    @pytest.mark.parametrize(
        ("X", "y", "weights", "error", "match"),
        [
            (X[:, 0], y, None, ValueError, "Expected 2D array"),
            (X[:0], y[:0], None, ValueError, "0 sample"),
            (X, y[:-1], None, ValueError, "inconsistent numbers of samples"),
            (X, X[:, 0], None, ValueError, "continuous"),
            (X, None, None, ValueError, "requires y"),
            (sparse.csr_array(X), y[:-1], None, ValueError, "inconsistent numbers of samples"),
            (X, y, [1, 2], ValueError, "sample_weight has shape"),
            (X, y, -np.ones(30), ValueError, "row 0 weighs -1"),
            (X, y, np.zeros(30), ValueError, "zero in every row"),
            (np.where(X[4, 1] == X, np.nan, X), y, None, ValueError, "NaN: row 4, column 1"),
        ],
    )
    def test_bad_data_are_named_in_fit(self, X, y, weights, error, match):
        with pytest.raises(error, match=match):
            KNeighborsClassifier(3).fit(X, y, weights)

    @pytest.mark.parametrize("ask", ["predict", "predict_proba", "kneighbors"])
    def test_bad_queries_are_named(self, ask):
        model = KNeighborsClassifier(3).fit(self.X, self.y)
        for X, match in [
            (self.X[:, :2], "X has 2 features.*expecting 3"),
            (self.X[0], "Expected 2D array"),
            (np.where(self.X[4, 1] == self.X, np.inf, self.X), "infinity: row 4, column 1"),
            ([[1.0, 2.0, "many"]], "many"),
        ]:
            with pytest.raises(ValueError, match=match):
                getattr(model, ask)(X)

    def test_nothing_works_before_fit(self):
        model = KNeighborsClassifier()
        for ask in (model.predict, model.predict_proba, model.kneighbors, model.kneighbors_graph):
            with pytest.raises(NotFittedError):
                ask(self.X)
        with pytest.raises(NotFittedError):
            model.predict_path(self.X, [1])
        for name in ("algorithm_", "algorithm_reason_", "n_samples_fit_"):
            with pytest.raises(NotFittedError):
                getattr(model, name)


class TestAmongOthers:
    NAMES = ("width", "height", "depth")

    @pytest.mark.parametrize(
        "table",
        [pd.DataFrame, pl.DataFrame, pa.table],
        ids=["pandas", "polars", "pyarrow"],
    )
    def test_a_table_gives_the_arrays_answers(self, table):
        X, y = blobs()
        named = table({name: X[:, j] for j, name in enumerate(self.NAMES)})
        model = KNeighborsClassifier(4, weights="distance").fit(named, y)
        plain = KNeighborsClassifier(4, weights="distance").fit(X, y)
        assert tuple(model.feature_names_in_) == self.NAMES
        assert model.n_features_in_ == 3
        np.testing.assert_array_equal(model.predict_proba(named), plain.predict_proba(X))
        np.testing.assert_array_equal(model.predict(None), plain.predict(None))
        for one, other in zip(model.kneighbors(named), plain.kneighbors(X), strict=True):
            np.testing.assert_array_equal(one, other)
        turned = table({name: X[:, j] for j, name in enumerate(reversed(self.NAMES))})
        with pytest.raises(ValueError, match="same order"):
            model.predict(turned)

    def test_labels_from_a_table(self):
        X, y = blobs()
        names = np.array(["a", "b", "c"])[y]
        right = KNeighborsClassifier(4).fit(X, names).predict(X).tolist()
        for labels in (pd.Series(names), pl.Series(names), pd.Series(names, dtype="category")):
            assert KNeighborsClassifier(4).fit(X, labels).predict(X).tolist() == right

    def test_a_pipeline_and_a_search(self):
        X, y = blobs()
        pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
        search = GridSearchCV(
            pipeline,
            {
                "kneighborsclassifier__n_neighbors": [1, 9],
                "kneighborsclassifier__weights": ["uniform", tent],
            },
            cv=3,
        ).fit(X, y)
        assert search.best_score_ > 0.5
        Z = StandardScaler().fit_transform(X)
        best = search.best_estimator_[-1]
        np.testing.assert_array_equal(search.predict(X), clone(best).fit(Z, y).predict(Z))

    def test_leave_one_out_is_what_own_rows_are_told(self):
        X, y = blobs(n=40)
        model = KNeighborsClassifier(3)
        right = cross_val_predict(model, X, y, cv=LeaveOneOut())
        np.testing.assert_array_equal(model.fit(X, y).predict(None), right)

    def test_clones_have_the_parameters_and_nothing_learnt(self):
        model = KNeighborsClassifier(3, weights=tent, algorithm="brute", metric="cosine", n_jobs=2)
        before = model.get_params()
        copy = clone(model.fit(*blobs()))
        assert copy.get_params() == before == model.get_params()
        assert not hasattr(copy, "classes_")
