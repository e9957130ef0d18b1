"""Radius searches, and the estimator of the search alone."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from tests.neighbors.reference import ALGORITHMS, METRICS, distance_matrix, rows_and_queries

from trivium import NearestNeighbors

every_metric = pytest.mark.parametrize("metric", METRICS)
new_or_own = pytest.mark.parametrize("own", [False, True])


def within(queries, rows, radius, metric):
    """Rows within a radius of each query, by looking at all the distances."""
    own = queries is None
    matrix = distance_matrix(rows if own else queries, rows, metric)
    inside = matrix <= radius
    if own:
        np.fill_diagonal(inside, False)
    return matrix, inside


class TestRadius:
    @every_metric
    @new_or_own
    @pytest.mark.parametrize("name", ["random", "ties", "duplicates", "float32", "rows of zeros"])
    def test_every_row_inside_and_on_the_rim(self, name, own, metric):
        rows, queries = rows_and_queries(name, n_queries=50)
        queries = None if own else queries
        radius = float(distance_matrix(rows[:1], rows, metric)[0, 9])  # somebody is on the rim
        model = NearestNeighbors(radius=radius, metric=metric).fit(rows)
        matrix, inside = within(queries, rows, radius, metric)
        distances, indices = model.radius_neighbors(queries)
        assert len(indices) == len(matrix)
        for q, (near, found) in enumerate(zip(distances, indices, strict=True)):
            np.testing.assert_array_equal(found, np.flatnonzero(inside[q]))
            np.testing.assert_array_equal(near, matrix[q, inside[q]])

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    @pytest.mark.parametrize("metric", [*METRICS, "haversine", "precomputed"])
    def test_an_infinite_radius_finds_every_row(self, metric, algorithm):
        rows = np.random.default_rng(2).uniform(-1.0, 1.0, (40, 2))
        given = metric == "precomputed"
        model = NearestNeighbors(
            radius=np.inf, metric=metric, algorithm="brute" if given else algorithm
        ).fit(distance_matrix(rows, rows) if given else rows)
        for radius in (None, np.full(40, np.inf)):
            found = model.radius_neighbors(None, radius, return_distance=False)
            for row, others in enumerate(found):
                np.testing.assert_array_equal(others, np.delete(np.arange(40), row))

    @new_or_own
    def test_sorted_lists_are_by_distance_then_row(self, own):
        rows, queries = rows_and_queries("ties", n_queries=40)
        queries = None if own else queries
        matrix, inside = within(queries, rows, 2.0, "euclidean")
        model = NearestNeighbors().fit(rows)
        distances, indices = model.radius_neighbors(queries, 2.0, sort_results=True)
        for q, (near, found) in enumerate(zip(distances, indices, strict=True)):
            order = [row for row in np.argsort(matrix[q], kind="stable") if inside[q, row]]
            assert found.tolist() == order
            np.testing.assert_array_equal(near, matrix[q, order])
        alone = model.radius_neighbors(queries, 2.0, return_distance=False, sort_results=True)
        for one, other in zip(alone, indices, strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("radius", [0.0, 1.0, 100.0])
    def test_lists_are_arrays_in_an_array_even_where_all_are_as_long(self, radius):
        rows = np.arange(4.0)[:, None]
        found = NearestNeighbors().fit(rows).radius_neighbors(rows, radius, return_distance=False)
        assert found.dtype == object
        assert found.shape == (4,)
        assert all(each.dtype == np.intp for each in found)

    def test_nobody_within_reach(self):
        model = NearestNeighbors().fit([[0.0], [1.0]])
        distances, indices = model.radius_neighbors([[50.0]])
        assert distances[0].size == indices[0].size == 0
        assert model.radius_neighbors_graph([[50.0]]).nnz == 0

    def test_duplicates_are_found_at_radius_zero_but_not_the_row_itself(self):
        model = NearestNeighbors(radius=0.0).fit([[1.0], [2.0], [1.0]])
        found = model.radius_neighbors(return_distance=False)
        assert [each.tolist() for each in found] == [[2], [], [0]]

    @every_metric
    def test_threads_batches_and_algorithm_do_not_show(self, metric):
        rows, queries = rows_and_queries("many rows", n_queries=200)
        right = NearestNeighbors(metric=metric, n_jobs=1).fit(rows)
        distances, indices = right.radius_neighbors(queries, 0.25)
        for algorithm in ALGORITHMS:
            for n_jobs in (2, 4, -1, None):
                model = NearestNeighbors(metric=metric, algorithm=algorithm, n_jobs=n_jobs)
                found = model.fit(rows).radius_neighbors(queries, 0.25)
                for q in range(200):
                    np.testing.assert_array_equal(found[0][q], distances[q])
                    np.testing.assert_array_equal(found[1][q], indices[q])
        for q in (0, 77, 199):
            np.testing.assert_array_equal(
                right.radius_neighbors(queries[[q]], 0.25)[1][0], indices[q]
            )

    @every_metric
    @new_or_own
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_each_query_may_have_a_radius_of_its_own(self, algorithm, own, metric):
        rows, queries = rows_and_queries("ties", n_queries=300)
        queries = None if own else queries
        model = NearestNeighbors(metric=metric, algorithm=algorithm).fit(rows)
        matrix, _ = within(queries, rows, 0.0, metric)
        radii = np.random.default_rng(3).permuted(matrix, axis=1)[:, 0]  # somebody is on the rim
        _, inside = within(queries, rows, radii[:, None], metric)
        distances, indices = model.radius_neighbors(queries, radii)
        for q, (near, found) in enumerate(zip(distances, indices, strict=True)):
            np.testing.assert_array_equal(found, np.flatnonzero(inside[q]))
            np.testing.assert_array_equal(near, matrix[q, inside[q]])
        graph = model.radius_neighbors_graph(queries, radii.tolist())
        np.testing.assert_array_equal(graph.toarray(), inside)

    @new_or_own
    def test_the_graph_holds_the_lists(self, own):
        rows, queries = rows_and_queries("ties", n_queries=30)
        queries = None if own else queries
        matrix, inside = within(queries, rows, 1.5, "euclidean")
        model = NearestNeighbors(radius=1.5).fit(rows)
        connected = model.radius_neighbors_graph(queries)
        assert connected.shape == inside.shape
        np.testing.assert_array_equal(connected.toarray(), inside)
        far = model.radius_neighbors_graph(queries, mode="distance", sort_results=True)
        np.testing.assert_array_equal(far.toarray(), np.where(inside, matrix, 0))
        assert far.nnz == inside.sum()


class TestErrors:
    model = NearestNeighbors().fit(np.zeros((5, 2)))

    @pytest.mark.parametrize(
        ("radius", "error"),
        [
            (-1.0, ValueError),
            (np.nan, ValueError),
            ("1", TypeError),
            (True, TypeError),
        ],
    )
    def test_a_bad_radius(self, radius, error):
        for ask in (self.model.radius_neighbors, self.model.radius_neighbors_graph):
            with pytest.raises(error, match="radius="):
                ask(np.zeros((1, 2)), radius)
            with pytest.raises(error, match="radius="):
                clone(self.model).set_params(radius=radius).fit(np.zeros((5, 2))).radius_neighbors()

    @pytest.mark.parametrize(
        ("radius", "error", "match"),
        [
            ([1.0, 2.0, -0.5], ValueError, "radius must be .*; that of query 2 is -0.5"),
            ([1.0, np.nan, 1.0], ValueError, "radius must be .*; that of query 1 is nan"),
            ([1.0, 2.0], ValueError, r"radius has shape \(2,\); expected a number, or \(3,\)"),
            ([[1.0], [2.0], [3.0]], ValueError, r"radius has shape \(3, 1\)"),
            (["1", "2", "3"], ValueError, "radius is not made of numbers"),
        ],
    )
    def test_a_bad_radius_among_several(self, radius, error, match):
        for ask in (self.model.radius_neighbors, self.model.radius_neighbors_graph):
            with pytest.raises(error, match=match):
                ask(np.zeros((3, 2)), radius)

    def test_a_bad_mode(self):
        for ask in (self.model.radius_neighbors_graph, self.model.kneighbors_graph):
            with pytest.raises(
                ValueError, match="mode='far': expected 'connectivity' or 'distance'"
            ):
                ask(np.zeros((1, 2)), mode="far")

    def test_bad_queries(self):
        with pytest.raises(ValueError, match="NaN: row 0, column 1"):
            self.model.radius_neighbors([[0.0, np.nan]])

    def test_nothing_works_before_fit(self):
        model = NearestNeighbors()
        for ask in (model.radius_neighbors, model.radius_neighbors_graph, model.kneighbors):
            with pytest.raises(NotFittedError):
                ask([[0.0]])


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"n_neighbors": 0}, ValueError, "n_neighbors=0: expected an integer at least 1"),
        ({"n_neighbors": "5"}, TypeError, "n_neighbors='5': expected an integer"),
        ({"radius": -1.0}, ValueError, "radius=-1.0: expected a number at least 0"),
        ({"radius": np.nan}, ValueError, "radius=nan: expected a finite number at least 0"),
    ],
)
def test_parameters_are_looked_at_before_anything_is_asked(options, error, match):
    with pytest.raises(error, match=match):
        NearestNeighbors(**options).fit([[0.0], [1.0]])
