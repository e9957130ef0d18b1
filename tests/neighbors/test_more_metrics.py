"""Minkowski distances, places on a sphere and distances that are given: lists to the bit."""

import copy
import re

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier as TheirClassifier
from sklearn.neighbors import NearestNeighbors as Theirs
from tests.neighbors.more_metrics import (
    EXPONENTS,
    PLACES,
    TABLES,
    angle_matrix,
    minkowski_matrix,
    sort_all,
)

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)
from trivium.neighbors.search import sphere
from trivium.neighbors.search.metrics import METRICS, NAMES, metric_of
from trivium.neighbors.search.sphere import central_angles, chord_limit, unit_vectors

ALGORITHMS = ("brute", "kd_tree", "ball_tree", "auto")
every_estimator = pytest.mark.parametrize(
    "estimator",
    [KNeighborsClassifier, KNeighborsClassifierCV, KNeighborsDensity, NearestNeighbors],
)


def table(tables, name, seed=0):
    """Rows, and queries: some of the rows, some between them and some farther out."""
    rng = np.random.default_rng(seed)
    rows = tables[name](rng)
    one, other = rows[rng.integers(0, len(rows), (2, 14))]
    return rows, np.vstack([one[:5], (one[5:10] + other[5:10]) / 2, 1.1 * one[10:]])


def assert_same(found, right):
    for one, other in zip(found, right, strict=True):
        np.testing.assert_array_equal(one, other)


def check_lists(matrix, own, rows, queries, parameters):
    """Whatever is asked in whatever way, the answer is that of sorting everything."""
    radius = float(np.median(matrix))
    for algorithm, n_jobs in (("brute", 1), ("kd_tree", 2), ("auto", 1)):
        search = NearestNeighbors(algorithm=algorithm, n_jobs=n_jobs, **parameters).fit(rows)
        for k in (1, 6, len(rows) - 1):
            assert_same(search.kneighbors(queries, k), sort_all(matrix, k))
            assert_same(search.kneighbors(None, k), sort_all(own, k, own=True))
        few = [search.kneighbors(queries[start : start + 3], 6) for start in range(0, 14, 3)]
        together = [np.concatenate(part) for part in zip(*few, strict=True)]
        assert_same(together, sort_all(matrix, 6))
        for reach in (radius, 0.0, matrix.max(), np.inf):
            distances, indices = search.radius_neighbors(queries, reach)
            for q in range(len(queries)):
                inside = np.flatnonzero(matrix[q] <= reach)
                np.testing.assert_array_equal(indices[q], inside)
                np.testing.assert_array_equal(distances[q], matrix[q, inside])
        reaches = matrix[:, 3]  # to the bit: the row lies on the rim
        for q, inside in enumerate(search.radius_neighbors(queries, reaches)[1]):
            np.testing.assert_array_equal(inside, np.flatnonzero(matrix[q] <= reaches[q]))


class TestMinkowski:
    @pytest.mark.parametrize("p", EXPONENTS)
    @pytest.mark.parametrize("name", TABLES)
    def test_lists_are_those_of_sorting_everything(self, name, p):
        rows, queries = table(TABLES, name)
        matrix, own = (minkowski_matrix(points, rows, p) for points in (queries, rows))
        check_lists(matrix, own, rows, queries, {"metric": "minkowski", "p": p})

    @pytest.mark.parametrize(
        ("p", "metric"), [(1, "manhattan"), (2, "euclidean"), (np.inf, "chebyshev")]
    )
    def test_one_two_and_infinity_are_the_metrics_themselves(self, p, metric):
        assert metric_of("minkowski", p) is METRICS[metric]
        assert metric_of("p", params={"p": p}) is METRICS[metric]

    @pytest.mark.parametrize("p", [1.0 + 1e-9, 1.5, 4, 40.0, 1000.0])
    def test_distances_are_those_of_scikit_learn(self, p):
        rng = np.random.default_rng(1)
        rows, queries = rng.uniform(1, 2, (300, 4)), rng.uniform(1, 2, (40, 4))
        theirs, order = Theirs(n_neighbors=7, metric="chebyshev").fit(rows).kneighbors(queries)
        if p < 100:  # else their powers vanish
            search = Theirs(n_neighbors=7, metric="minkowski", p=p, algorithm="brute").fit(rows)
            theirs, order = search.kneighbors(queries)
        for algorithm in ALGORITHMS:
            search = NearestNeighbors(7, metric="minkowski", p=p, algorithm=algorithm).fit(rows)
            distances, indices = search.kneighbors(queries)
            np.testing.assert_allclose(distances, theirs, rtol=1e-13 if p < 100 else 2e-3)
            assert p > 100 or (indices == order).all()

    def test_many_queries_in_a_tree(self):
        rng = np.random.default_rng(2)
        rows = rng.integers(0, 40, size=(4000, 2)).astype(float)
        found = [
            NearestNeighbors(9, metric="minkowski", p=2.5, algorithm=each).fit(rows).kneighbors()
            for each in ("brute", "kd_tree")
        ]
        assert_same(*found)

    def test_a_tree_looks_at_few_rows(self):
        rows = np.random.default_rng(3).uniform(size=(20_000, 2))
        search = NearestNeighbors(metric="minkowski", p=3).fit(rows)
        assert search.algorithm_ == "kd_tree"
        looks = int(re.findall(r"look at (\d+) rows", search.algorithm_reason_)[0])
        assert looks < 300

    def test_beyond_float64(self):
        search = NearestNeighbors(1, metric="minkowski", p=3).fit([[-1.7e308], [-1.6e308]])
        with pytest.raises(ValueError, match="fewer than 1 rows within.*column 0"):
            search.kneighbors([[1.7e308]])


class TestHaversine:
    @pytest.mark.parametrize("name", PLACES)
    def test_lists_are_those_of_sorting_everything(self, name):
        rows, queries = table(PLACES, name)
        queries[:, 0] = np.clip(queries[:, 0], -np.pi / 2, np.pi / 2)
        queries[:, 1] = np.clip(queries[:, 1], -2 * np.pi, 2 * np.pi)
        matrix, own = (angle_matrix(points, rows) for points in (queries, rows))
        check_lists(matrix, own, rows, queries, {"metric": "haversine"})

    @pytest.mark.parametrize("name", ["duplicates", "closer than vectors tell"])
    def test_pairs_are_looked_at_in_pieces(self, name, monkeypatch):
        rows, _ = table(PLACES, name)
        right = sort_all(angle_matrix(rows, rows), 4, own=True)
        for at_once, a_piece in ((7, 1), (1000, 100), (1 << 18, 1 << 12)):
            monkeypatch.setattr(sphere, "_PAIRS_AT_ONCE", at_once)
            monkeypatch.setattr(sphere, "_PAIRS_A_PIECE", a_piece)
            assert_same(NearestNeighbors(4, metric="haversine").fit(rows).kneighbors(), right)

    @pytest.mark.parametrize("name", PLACES)
    def test_angles_are_right_to_some_last_bits(self, name):
        rows, _ = table(PLACES, name)
        right = angle_matrix(rows, rows, np.longdouble).astype(float)
        found = angle_matrix(rows, rows)
        np.testing.assert_allclose(found, right, rtol=4e-15, atol=1e-300)
        ours = central_angles(np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1)))
        np.testing.assert_array_equal(ours, found.ravel())

    @pytest.mark.parametrize("name", PLACES)
    def test_no_chord_within_an_angle_exceeds_its_limit(self, name):
        rows, _ = table(PLACES, name)
        angles, vectors = angle_matrix(rows, rows), unit_vectors(rows)
        chords = np.sqrt(np.square(vectors[:, None] - vectors).sum(axis=2))
        assert (chords <= chord_limit(angles)).all()

    @pytest.mark.parametrize("name", ["all over", "whole degrees", "a town", "float32"])
    def test_distances_are_those_of_scikit_learn(self, name):
        rows, queries = table(PLACES, name)
        queries[:, 0] = np.clip(queries[:, 0], -np.pi / 2, np.pi / 2)
        search = Theirs(n_neighbors=5, metric="haversine", algorithm="ball_tree").fit(rows)
        theirs, _ = search.kneighbors(queries)
        distances, _ = NearestNeighbors(5, metric="haversine").fit(rows).kneighbors(queries)
        np.testing.assert_allclose(distances, theirs, rtol=1e-12, atol=1e-25)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_beyond_a_pole_it_goes_down_the_other_side(self, dtype):
        pole = float(np.float32(np.pi / 2))  # greater than of float64
        rows = np.array([[pole, 1], [0, 2], [-pole, 3], [pole - 2e-6, 1]], dtype=dtype)
        north, east = rows.astype(np.longdouble).T
        vectors = np.column_stack(
            [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
        )
        chords = np.sqrt(np.square(vectors[:, None] - vectors).sum(axis=2))
        search = NearestNeighbors(4, metric="haversine").fit(rows)
        angles, order = search.kneighbors(rows)
        right = 2 * np.arcsin(np.minimum(chords / 2, 1)).astype(float)
        in_order = np.take_along_axis(right, order, axis=1)
        np.testing.assert_allclose(angles, in_order, rtol=1e-9, atol=1e-15)
        assert (np.diff(angles, axis=1) >= 0).all()
        near = search.radius_neighbors_graph(rows, 4.0, mode="distance").toarray()
        np.testing.assert_allclose(near, right, rtol=1e-9, atol=1e-15)
        density = KNeighborsDensity(2, metric="haversine").fit(rows)
        assert np.isfinite(density.score_samples(rows)).all()

    def test_antipodes_are_told_apart(self):
        rows = np.array([[0.0, np.pi - 1e-9], [0.0, np.pi - 3e-9], [0.0, np.pi - 2e-9]])
        distances, order = (
            NearestNeighbors(3, metric="haversine").fit(rows).kneighbors([[0.0, 0.0]])
        )
        assert order.tolist() == [[1, 2, 0]]
        np.testing.assert_allclose(np.pi - distances, [[3e-9, 2e-9, 1e-9]], rtol=1e-5)

    def test_angles_too_small_for_their_squares(self):
        rows = np.array([[2e-200, 0.0], [0.0, 1e-200], [0.0, 0.0]])
        distances, order = (
            NearestNeighbors(3, metric="haversine").fit(rows).kneighbors([[0.0, 0.0]])
        )
        assert order.tolist() == [[2, 1, 0]]
        np.testing.assert_allclose(distances, [[0.0, 1e-200, 2e-200]], rtol=1e-15)

    def test_a_copy_answers_alike(self):
        rows, queries = table(PLACES, "all over")
        search = NearestNeighbors(3, metric="haversine").fit(rows)
        again = copy.deepcopy(search).kneighbors(queries[:10])
        assert_same(again, search.kneighbors(queries[:10]))

    @every_estimator
    @pytest.mark.parametrize(
        ("X", "match"),
        [
            (np.zeros((9, 3)), "two columns, latitude and longitude in radians; X has 3"),
            (
                [[0.0, 0.0]] * 8 + [[52.5, 0.0]],
                "latitude in row 8 is 52.5, beyond ±π/2. Are th",
            ),
            ([[0.0, 0.0]] * 8 + [[0.0, -7]], "longitude in row 8 is -7, beyond ±2π"),
        ],
    )
    def test_what_is_no_place_is_refused(self, estimator, X, match):
        model = estimator(3, metric="haversine")
        with pytest.raises(ValueError, match=match):
            model.fit(X, np.arange(9) % 2)
        model.fit(np.zeros((9, 2)), np.arange(9) % 2)
        queries = np.asarray(X)[-3:, :2] - [0.0, 0.25]
        queries[:2] = 0.0
        if np.asarray(X).shape[1] == 2:
            match = match.replace("row 8", "row 2").replace("-7", "-7.25")
            with pytest.raises(ValueError, match=match):
                model.kneighbors(queries)

    def test_rows_are_numbered_as_they_were_given(self):
        X = np.zeros((9, 2))
        X[7, 0] = 3.0
        for weights in (np.arange(9) % 2, 1 - np.arange(9) % 2):
            with pytest.raises(ValueError, match="latitude in row 7"):
                KNeighborsClassifier(1, metric="haversine").fit(X, np.arange(9) % 4 // 2, weights)

    @pytest.mark.parametrize("volume", ["shared", "per_class"])
    def test_densities_on_the_sphere_are_of_its_area(self, volume):
        rng = np.random.default_rng(0)
        rows = np.column_stack(
            [np.arcsin(rng.uniform(-1, 1, 4000)), rng.uniform(-np.pi, np.pi, 4000)]
        )
        model = KNeighborsDensity(400, metric="haversine", volume=volume).fit(
            rows, rng.integers(0, 2, 4000)
        )
        np.testing.assert_allclose(
            np.exp(model.score_samples(rows[:50])), 1 / (4 * np.pi), rtol=0.2
        )


class TestPrecomputed:
    """Distances that Euclidean searches told, given back to searches that know nothing else."""

    rng = np.random.default_rng(0)
    X, Q = rng.integers(0, 4, size=(60, 3)).astype(float), rng.integers(0, 4, size=(20, 3)) / 2.0
    y = rng.integers(0, 3, 60)
    weights = rng.integers(0, 3, 60).astype(float)

    def matrices(self):
        return minkowski_matrix(self.X, self.X, 2.0), minkowski_matrix(self.Q, self.X, 2.0)

    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_lists_are_those_of_sorting_everything(self, dtype, n_jobs):
        own, matrix = (each.astype(dtype) for each in self.matrices())
        search = NearestNeighbors(metric="precomputed", n_jobs=n_jobs).fit(own)
        for k in (1, 5, 59):
            assert_same(search.kneighbors(matrix, k), sort_all(matrix.astype(float), k))
            assert_same(search.kneighbors(None, k), sort_all(own.astype(float), k, own=True))
        for queries, asked, radius in (
            (matrix, matrix, 1.5),
            (None, own, 1.5),
            (None, own, np.inf),
        ):
            distances, indices = search.radius_neighbors(queries, radius)
            for q, row in enumerate(asked.astype(float)):
                inside = np.flatnonzero(row <= radius)
                inside = inside if queries is not None else inside[inside != q]
                np.testing.assert_array_equal(indices[q], inside)
                np.testing.assert_array_equal(distances[q], row[inside])
        assert (search.algorithm_, search.algorithm_reason_) == ("brute", "distances are given")
        assert search.n_features_in_ == search.n_samples_fit_ == 60

    @pytest.mark.parametrize("own", [False, True])
    @pytest.mark.parametrize("votes", ["uniform", "distance"])
    def test_models_are_those_of_the_rows(self, votes, own):
        given, queries = self.matrices()
        asked, asked_given = (None, None) if own else (self.Q, queries)
        common = {"weights": votes, "class_weight": {0: 0.0, 1: 2.0}}
        pairs = [
            (
                KNeighborsClassifier(4, **common),
                KNeighborsClassifier(4, metric="precomputed", **common),
            ),
            (
                KNeighborsClassifierCV(6, **common),
                KNeighborsClassifierCV(6, metric="precomputed", **common),
            ),
        ]
        for weight in (None, self.weights):
            for right, found in pairs:
                right.fit(self.X, self.y, weight)
                found.fit(given, self.y, weight)
                np.testing.assert_array_equal(
                    found.predict_proba(asked_given), right.predict_proba(asked)
                )
                assert_same(found.kneighbors(asked_given, 3), right.kneighbors(asked, 3))
                assert found.n_features_in_ == 60
                for name, values in getattr(right, "cv_results_", {}).items():
                    np.testing.assert_array_equal(found.cv_results_[name], values)

    def test_folds_take_distances_both_ways(self):
        given, _ = self.matrices()
        right = cross_val_score(KNeighborsClassifier(3), self.X, self.y)
        np.testing.assert_array_equal(
            cross_val_score(KNeighborsClassifier(3, metric="precomputed"), given, self.y), right
        )

    def test_no_zero_is_negative(self):
        distances, _ = NearestNeighbors(1, metric="precomputed").fit(-np.zeros((3, 3))).kneighbors()
        assert not np.signbit(distances).any()

    @every_estimator
    def test_a_tree_is_refused(self, estimator):
        given, _ = self.matrices()
        for algorithm in ("kd_tree", "ball_tree"):
            with pytest.raises(ValueError, match=f"algorithm='{algorithm}' makes a tree of rows"):
                estimator(metric="precomputed", algorithm=algorithm).fit(given, self.y)

    @pytest.mark.parametrize("weight", [None, weights])
    def test_what_is_no_matrix_of_distances_is_refused(self, weight):
        given, queries = self.matrices()
        model = KNeighborsClassifier(3, metric="precomputed")
        with pytest.raises(ValueError, match=r"a square matrix; X has shape \(60, 3\)"):
            model.fit(self.X, self.y, weight)
        model.fit(given, self.y, weight)
        for row in range(40, 46):  # of weight zero or not
            wrong = given.copy()
            wrong[row, 7] = -1e-9
            with pytest.raises(
                ValueError, match=f"Negative values .* row {row}, column 7 is -1e-09"
            ):
                KNeighborsClassifier(3, metric="precomputed").fit(wrong, self.y, weight)
            wrong[row, 7] = np.nan
            with pytest.raises(ValueError, match=f"NaN: row {row}, column 7"):
                KNeighborsClassifier(3, metric="precomputed").fit(wrong, self.y, weight)
        queries[3, 5] = -2.0
        with pytest.raises(ValueError, match="distances, and that in row 3, column 5 is -2"):
            model.predict(queries)
        with pytest.raises(ValueError, match="X has 59 features"):
            model.predict(queries[:, 1:])


class TestWords:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 3)), np.arange(80) % 2

    @pytest.mark.parametrize("name", ["l1", "l2", "cityblock", "infinity", "minkowski", "p"])
    @pytest.mark.parametrize("algorithm", ["auto", "kd_tree", "ball_tree"])
    def test_they_mean_what_scikit_learn_means(self, name, algorithm):
        words = {"algorithm": algorithm, "metric": name, "leaf_size": 7}
        if name == "minkowski":
            words["p"] = 3
        elif name == "p":  # scikit-learn heeds this p alone
            words |= {"p": None, "metric_params": {"p": 3}}
        theirs = TheirClassifier(5, **words).fit(self.X[:60], self.y[:60])
        ours = KNeighborsClassifier(5, **words).fit(self.X[:60], self.y[:60])
        np.testing.assert_array_equal(ours.predict(self.X[60:]), theirs.predict(self.X[60:]))
        found, right = ours.kneighbors(self.X[60:]), theirs.kneighbors(self.X[60:])
        np.testing.assert_allclose(found[0], right[0], rtol=1e-13)
        np.testing.assert_array_equal(found[1], right[1])

    def test_a_ball_tree_is_a_kd_tree_here(self):
        search = NearestNeighbors(algorithm="ball_tree").fit(self.X)
        assert search.algorithm_ == "kd_tree"
        assert search.algorithm_reason_ == "asked for as a ball_tree"

    def test_p_may_stand_in_either_place(self):
        one = NearestNeighbors(metric="minkowski", p=3).fit(self.X).kneighbors()
        for p in (2, 3, None):
            other = NearestNeighbors(metric="minkowski", p=p, metric_params={"p": 3}).fit(self.X)
            assert_same(other.kneighbors(), one)
        for params in (None, {}, {"p": None}):
            assert metric_of("minkowski", 3, params).norm == 3.0

    @pytest.mark.parametrize(
        ("words", "error", "match"),
        [
            ({"metric": "euclid"}, ValueError, "metric='euclid': expected .*one of 'euclidean'"),
            ({"metric": 7}, ValueError, "metric=7: expected a function of two rows"),
            (
                {"metric": "minkowski", "p": 0.5},
                ValueError,
                "p=0.5: .*with p < 1 there is no",
            ),
            ({"metric": "minkowski", "p": np.nan}, ValueError, "p=nan: expected"),
            ({"metric": "minkowski", "p": -np.inf}, ValueError, "p=-inf: expected"),
            ({"metric": "minkowski", "p": "3"}, TypeError, "p='3': expected a number"),
            ({"metric": "minkowski", "p": True}, TypeError, "p=True: expected a number"),
            ({"metric": "l1", "metric_params": {"p": 3}}, ValueError, "'p', and 'l1' takes none"),
            ({"metric_params": [3]}, TypeError, r"metric_params=\[3\]: expected a dictionary"),
            ({"metric_params": {"V": 1}}, ValueError, "metric_params has 'V'; metric='minkowski'"),
            (
                {"metric": "minkowski", "p": 4, "metric_params": {"p": 3}},
                ValueError,
                "p=4, but metric_params has 'p': 3; set one",
            ),
            ({"leaf_size": 0}, ValueError, "leaf_size=0: expected an integer at least 1"),
            ({"leaf_size": 2.5}, TypeError, "leaf_size=2.5: expected an integer"),
            ({"algorithm": "ball"}, ValueError, "algorithm='ball': expected one of .*'ball_tree'"),
        ],
    )
    @every_estimator
    def test_what_makes_no_sense_is_refused(self, estimator, words, error, match):
        with pytest.raises(error, match=match):
            estimator(**words).fit(self.X, self.y)

    def test_the_metrics_own_exponent_may_be_set(self):
        for name, metric in NAMES.items():
            if metric.norm is not None:
                assert metric_of(name, metric.norm) is metric_of(name)

    @pytest.mark.parametrize("metric", ["cosine", "precomputed"])
    def test_a_density_takes_metrics_whose_balls_have_volumes(self, metric):
        with pytest.raises(
            ValueError, match=f"metric='{metric}': expected one of .*'haversine', whose"
        ):
            KNeighborsDensity(metric=metric).fit(np.zeros((20, 20)))

    @pytest.mark.parametrize("p", [1.5, 3.0, 7.0])
    def test_densities_by_minkowski_balls(self, p):
        X = np.random.default_rng(0).uniform(size=(6000, 2))
        model = KNeighborsDensity(150, metric="minkowski", p=p).fit(X)
        inside = X[(np.abs(X - 0.5) < 0.3).all(axis=1)]
        assert abs(np.exp(model.score_samples(inside)).mean() - 1) < 0.02

    @pytest.mark.parametrize("words", [{"metric": "minkowski", "p": 3}, {"metric": "precomputed"}])
    def test_every_k_by_leave_one_out(self, words):
        X = minkowski_matrix(self.X, self.X, 2.5) if words["metric"] == "precomputed" else self.X
        matrix = X if X is not self.X else minkowski_matrix(self.X, self.X, 3.0)
        _, order = sort_all(matrix, 9, own=True)
        model = KNeighborsClassifierCV(9, **words).fit(X, self.y)
        for k in range(1, 10):
            told = 2 * self.y[order[:, :k]].sum(axis=1) > k
            assert model.cv_results_["accuracy"][k - 1] == pytest.approx((told == self.y).mean())
