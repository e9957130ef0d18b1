"""What every neighbours estimator answers about its rows."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.neighbors import KNeighborsTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.neighbors.reference import ALGORITHMS, METRICS, nearest, rows_and_queries

from trivium import KNeighborsClassifier, KNeighborsDensity, NearestNeighbors
from trivium.neighbors.base import require_neighbors

ESTIMATORS = [NearestNeighbors(), KNeighborsClassifier(), KNeighborsDensity(5)]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
new_or_own = pytest.mark.parametrize("own", [False, True])


def fitted(estimator, rows, **parameters):
    y = np.arange(len(rows)) % 2
    return clone(estimator).set_params(**parameters).fit(rows, y)


@every_estimator
@new_or_own
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", ["random", "ties", "duplicates", "float32", "shifted by 1e8"])
def test_neighbours_are_the_direct_ones(estimator, name, algorithm, own):
    rows, queries = rows_and_queries(name, n_queries=40)
    queries = None if own else queries
    model = fitted(estimator, rows, algorithm=algorithm)
    right = nearest(queries, rows, 5)
    for found, expected in zip(model.kneighbors(queries), right, strict=True):
        np.testing.assert_array_equal(found, expected)
    alone = model.kneighbors(queries, 3, return_distance=False)
    np.testing.assert_array_equal(alone, right[1][:, :3])


@every_estimator
@new_or_own
def test_the_graph_holds_the_lists(estimator, own):
    rows, queries = rows_and_queries("ties", n_queries=30)
    model, queries = fitted(estimator, rows), None if own else queries
    distances, indices = nearest(queries, rows, 4)
    for mode, values in (("connectivity", np.ones_like(distances)), ("distance", distances)):
        graph = model.kneighbors_graph(queries, 4, mode=mode)
        assert issparse(graph)
        assert graph.shape == (len(indices), len(rows))
        expected = np.zeros(graph.shape)
        np.put_along_axis(expected, indices, values, axis=1)
        np.testing.assert_array_equal(graph.toarray(), expected)
    assert model.kneighbors_graph(queries).getnnz(axis=1).tolist() == [5] * len(indices)


@every_estimator
def test_threads_and_batches_do_not_show(estimator):
    rows, queries = rows_and_queries("ties", n_queries=500)
    right = fitted(estimator, rows, n_jobs=1, algorithm="brute").kneighbors(queries)
    for algorithm in ALGORITHMS:
        for n_jobs in (2, 4, -1, None):
            model = fitted(estimator, rows, n_jobs=n_jobs, algorithm=algorithm)
            for one, other in zip(model.kneighbors(queries), right, strict=True):
                np.testing.assert_array_equal(one, other)
    parts = [model.kneighbors(queries[start : start + 61]) for start in range(0, 500, 61)]
    for part, whole in zip(zip(*parts, strict=True), right, strict=True):
        np.testing.assert_array_equal(np.concatenate(part), whole)


class TestAttributes:
    @every_estimator
    def test_what_was_chosen_and_why(self, estimator):
        rows = np.random.default_rng(0).normal(size=(1000, 2))
        model = fitted(estimator, rows)
        assert model.algorithm_ == "kd_tree"
        assert "1000" in model.algorithm_reason_
        assert model.n_samples_fit_ == 1000
        asked = fitted(estimator, rows, algorithm="brute")
        assert (asked.algorithm_, asked.algorithm_reason_) == ("brute", "asked for")

    @every_estimator
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_rows_keep_their_precision_in_the_index(self, estimator, dtype):
        rows = np.random.default_rng(0).normal(size=(50, 2)).astype(dtype)
        assert fitted(estimator, rows)._index.own_points().dtype == dtype

    def test_float64_queries_meet_float32_rows_in_float64(self):
        rows, queries = rows_and_queries("float32", n_queries=40)
        queries = queries.astype(float) + 1e-12
        for algorithm in ALGORITHMS:
            found = fitted(NearestNeighbors(), rows, algorithm=algorithm).kneighbors(queries)
            for one, other in zip(found, nearest(queries, rows, 5), strict=True):
                np.testing.assert_array_equal(one, other)

    @every_estimator
    def test_parameters_are_not_written_in_fit(self, estimator):
        model = clone(estimator)
        before = model.get_params()
        model.fit(np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2)
        assert model.get_params() == before


class TestTables:
    @every_estimator
    @pytest.mark.parametrize(
        "table", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"]
    )
    @pytest.mark.parametrize("metric", METRICS[:3])
    def test_a_table_gives_the_arrays_answers(self, estimator, table, metric):
        X = np.random.default_rng(0).normal(size=(60, 2))
        named = table({"long": X[:, 0], "wide": X[:, 1]})
        model = fitted(estimator, X, metric=metric)
        same = clone(model).fit(named, np.arange(60) % 2)
        assert same.feature_names_in_.tolist() == ["long", "wide"]
        assert not hasattr(model, "feature_names_in_")
        for one, other in zip(same.kneighbors(named), model.kneighbors(X), strict=True):
            np.testing.assert_array_equal(one, other)
        with pytest.raises(ValueError, match="feature names"):
            same.kneighbors(table({"wide": X[:, 1], "long": X[:, 0]}))
        with pytest.raises(ValueError, match="feature names"):
            same.kneighbors(table({"long": X[:, 0], "high": X[:, 1]}))

    def test_tables_of_one_library_may_follow_those_of_another(self):
        X = np.random.default_rng(0).normal(size=(60, 2))
        columns = {"a": X[:, 0], "b": X[:, 1]}
        model = NearestNeighbors().fit(pd.DataFrame(columns))
        for table in (pl.DataFrame, pa.table):
            np.testing.assert_array_equal(
                model.kneighbors(table(columns))[1], model.kneighbors(pd.DataFrame(columns))[1]
            )

    def test_after_a_scaler_in_a_pipeline(self):
        X = np.random.default_rng(0).normal(size=(60, 2)) * [1, 1000]
        model = make_pipeline(StandardScaler(), KNeighborsDensity(5)).fit(X)
        Z = StandardScaler().fit_transform(X)
        expected = KNeighborsDensity(5).fit(Z).score_samples(Z + 0)
        np.testing.assert_array_equal(model.score_samples(X), expected)

    def test_the_graph_is_that_of_scikit_learns_transformer(self):
        X = np.random.default_rng(0).normal(size=(60, 2))
        ours = NearestNeighbors(5).fit(X).kneighbors_graph(X, 6, mode="distance")
        theirs = KNeighborsTransformer(n_neighbors=5).fit(X).transform(X)
        np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=1e-7)


class TestErrors:
    rows = np.random.default_rng(0).normal(size=(20, 2))

    @every_estimator
    @pytest.mark.parametrize(
        ("k", "error", "match"),
        [
            (0, ValueError, "n_neighbors=0: expected an integer at least 1"),
            (-1, ValueError, "n_neighbors=-1"),
            (21, ValueError, "n_neighbors=21 is more than there are rows: n_samples = 20"),
            (1.0, TypeError, "n_neighbors=1.0: expected an integer"),
            (True, TypeError, "n_neighbors=True: expected an integer"),
            ("5", TypeError, "n_neighbors='5'"),
        ],
    )
    def test_a_bad_number_of_neighbours(self, estimator, k, error, match):
        model = fitted(estimator, self.rows)
        for ask in (model.kneighbors, model.kneighbors_graph):
            with pytest.raises(error, match=match):
                ask(self.rows, k)

    @every_estimator
    def test_own_rows_have_one_neighbour_less(self, estimator):
        model = fitted(estimator, self.rows)
        assert model.kneighbors(None, 19)[1].shape == (20, 19)
        with pytest.raises(
            ValueError, match="n_neighbors=20 is more than there are other rows.*19"
        ):
            model.kneighbors(None, 20)

    @every_estimator
    @pytest.mark.parametrize("parameter", ["algorithm", "metric"])
    def test_an_unknown_choice(self, estimator, parameter):
        with pytest.raises(
            ValueError, match=f"{parameter}='none': expected .*one of '(auto|euclidean)', "
        ):
            fitted(estimator, self.rows, **{parameter: "none"})

    @every_estimator
    def test_an_unknown_mode(self, estimator):
        with pytest.raises(ValueError, match="mode='near': expected"):
            fitted(estimator, self.rows).kneighbors_graph(mode="near")

    @every_estimator
    @pytest.mark.parametrize("n", [20, 3000])
    def test_no_worker_at_all(self, estimator, n):
        rows = np.random.default_rng(0).normal(size=(n, 2))
        with pytest.raises(ValueError, match="n_jobs=0"):
            fitted(estimator, rows, n_jobs=0).kneighbors()

    @every_estimator
    @pytest.mark.parametrize(
        ("X", "match"),
        [
            (np.full((2, 2), np.nan), "NaN: row 0, column 0"),
            (np.array([[0.0, 1.0], [0.0, -np.inf]]), "infinity: row 1, column 1"),
            (np.array([["a", 1.0]], dtype=object), "row 0, column 0 holds 'a'"),
            (np.zeros(2), "Expected 2D array"),
            (np.zeros((1, 3)), "X has 3 features"),
            (np.zeros((0, 2)), "0 sample"),
        ],
    )
    def test_bad_queries(self, estimator, X, match):
        model = fitted(estimator, self.rows)
        for ask in (model.kneighbors, model.kneighbors_graph):
            with pytest.raises(ValueError, match=match):
                ask(X)

    @pytest.mark.parametrize(("k", "available"), [(1, 1.0), (3, 3.5), (np.int32(2), 2)])
    def test_enough_neighbours_are_let_through(self, k, available):
        found = require_neighbors(k, available)
        assert found == k
        assert type(found) is int

    def test_a_weight_that_falls_short_is_shown(self):
        with pytest.raises(ValueError, match=r"n_neighbors=4 is more.*n_samples = 3\.5"):
            require_neighbors(4, 3.5)
