"""Contracts 1 and 2: every list is the direct one, whoever computes it."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import (
    ALGORITHMS,
    BALL_METRICS,
    DATA,
    MODEST,
    distance_matrix,
    nearest,
    rows_and_queries,
)
from tests.neighbors.reference import (
    METRICS as NAMED,
)
from tests.neighbors.search.asking import assert_same

from trivium.neighbors.search.index import ALGORITHMS as ALL_ALGORITHMS
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.metrics import METRICS
from trivium.rows.memory import ArrayRows

every_metric = pytest.mark.parametrize("metric", NAMED)
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def index_of(rows, metric="euclidean", algorithm="brute", n_jobs=None):
    table = ArrayRows(np.ascontiguousarray(rows))
    return Index(table, metric=METRICS[metric], algorithm=algorithm, n_jobs=n_jobs)


def ask(index, queries, k):
    """Neighbours of queries, or of the rows without themselves."""
    return index.nearest(None if queries is None else index.points(queries), k)


def ragged(starts, distances, indices):
    """Lists of each query."""
    return zip(np.split(distances, starts[1:-1]), np.split(indices, starts[1:-1]), strict=True)


class TestExactness:
    @every_metric
    @every_algorithm
    @pytest.mark.parametrize("name", DATA)
    def test_lists_are_those_of_sorting_everything(self, name, algorithm, metric):
        rows, queries = rows_and_queries(name)
        index = index_of(rows, metric, algorithm)
        for k in {1, min(5, len(rows)), min(70, len(rows))}:
            assert_same(ask(index, queries, k), nearest(queries, rows, k, metric))

    @every_metric
    @every_algorithm
    @pytest.mark.parametrize("name", ["ties", "duplicates", "one column", "less than a leaf"])
    def test_k_may_be_all_the_rows(self, name, algorithm, metric):
        rows, queries = rows_and_queries(name, n_queries=30)
        n = len(rows)
        assert_same(
            ask(index_of(rows, metric, algorithm), queries, n), nearest(queries, rows, n, metric)
        )

    @every_metric
    @every_algorithm
    @pytest.mark.parametrize(
        "name", [name for name in DATA if name not in ("one row", "many rows")]
    )
    def test_a_row_is_left_out_of_its_own_list_by_number(self, name, algorithm, metric):
        rows, _ = rows_and_queries(name)
        for k in (1, 6):
            found = ask(index_of(rows, metric, algorithm), None, k)
            assert not (found[1] == np.arange(len(rows))[:, None]).any()
            assert_same(found, nearest(None, rows, k, metric))

    @pytest.mark.parametrize("metric", NAMED)
    @given(
        rows=arrays(float, st.tuples(st.integers(2, 60), st.just(2)), elements=st.integers(-2, 2)),
        data=st.data(),
    )
    @MODEST
    def test_any_table_of_small_integers(self, metric, rows, data):
        k = data.draw(st.integers(1, len(rows)))
        queries = data.draw(arrays(float, (5, 2), elements=st.integers(-6, 6).map(lambda v: v / 2)))
        right = nearest(queries, rows, k, metric)
        for algorithm in ALGORITHMS:
            assert_same(ask(index_of(rows, metric, algorithm), queries, k), right)

    @pytest.mark.parametrize("metric", BALL_METRICS)
    @given(
        mantissas=arrays(float, (12, 2), elements=st.integers(-9, 9)),
        exponents=arrays(int, (12, 2), elements=st.integers(-60, 60)),
    )
    @MODEST
    def test_any_table_of_floats(self, metric, mantissas, exponents):
        points = np.ldexp(mantissas / 7, exponents)
        rows, queries = points[:9], points[9:]
        right = nearest(queries, rows, 4, metric)
        for algorithm in ALGORITHMS:
            assert_same(ask(index_of(rows, metric, algorithm), queries, 4), right)

    def test_directions_so_close_that_half_their_distance_vanishes(self):
        rows = np.column_stack([np.ones(60), np.zeros(60)])
        rows[0, 1] = 2e-162  # its squared difference is the least denormal, and half of it zero
        found = [ask(index_of(rows, "cosine", each), rows[1:2], 1) for each in ALGORITHMS]
        assert_same(*found)


class TestMagnitudes:
    """Squares over- or underflow; the answer is that of the data divided by a power of two."""

    @every_metric
    @every_algorithm
    @pytest.mark.parametrize("exponent", [-1070, -1000, -665, 500, 664, 1020])
    def test_lists_are_those_of_the_scaled_data(self, exponent, algorithm, metric):
        rng = np.random.default_rng(3)
        small = rng.integers(-4, 5, size=(200, 3)) / 1.0
        rows, queries = np.ldexp(small, exponent - 3), np.ldexp(small[:40] + 1, exponent - 3)
        matrix = distance_matrix(small[:40] + 1, small, metric)
        if metric != "cosine":
            matrix = np.ldexp(matrix, exponent - 3)  # denormal distances tie where they round
        indices = np.argsort(matrix, axis=1, kind="stable")[:, :20]
        distances = np.take_along_axis(matrix, indices, axis=1)
        assert_same(ask(index_of(rows, metric, algorithm), queries, 20), (distances, indices))

    @every_algorithm
    @pytest.mark.parametrize("size", [1e150, 1e200, 1e-160, 1e-200, 1e-300])
    def test_random_rows_of_any_size(self, size, algorithm):
        rng = np.random.default_rng(4)
        rows, queries = rng.normal(size=(300, 3)) * size, rng.normal(size=(50, 3)) * size
        _, exponent = np.frexp(size)
        distances, indices = nearest(np.ldexp(queries, -exponent), np.ldexp(rows, -exponent), 8)
        found = ask(index_of(rows, "euclidean", algorithm), queries, 8)
        assert_same(found, (np.ldexp(distances, exponent), indices))

    @every_algorithm
    def test_far_and_near_queries_in_one_batch(self, algorithm):
        rng = np.random.default_rng(5)
        rows = rng.normal(size=(300, 2))
        queries = rng.normal(size=(6, 2)) * np.array([1, 1e120, 1, 1e180, 1e-200, 1e250])[:, None]
        distances, indices = ask(index_of(rows, "manhattan", algorithm), queries, 5)
        assert_same((distances, indices), nearest(queries, rows, 5, "manhattan"))
        index = index_of(rows, "euclidean", algorithm)
        together = ask(index, queries, 5)
        for q in range(6):
            assert_same(
                [part[q] for part in together], [part[0] for part in ask(index, queries[[q]], 5)]
            )

    @pytest.mark.parametrize("metric", BALL_METRICS)
    @every_algorithm
    def test_one_huge_row_does_not_blur_the_others(self, algorithm, metric):
        rng = np.random.default_rng(6)
        rows, queries = rng.normal(size=(100, 2)), rng.normal(size=(20, 2))
        rows[50, 0] = 1e200
        assert_same(
            ask(index_of(rows, metric, algorithm), queries, 5), nearest(queries, rows, 5, metric)
        )

    @pytest.mark.parametrize("metric", BALL_METRICS)
    @every_algorithm
    def test_a_huge_constant_column_does_not_blur_the_others(self, algorithm, metric):
        rng = np.random.default_rng(7)
        rows = np.column_stack([np.full(100, 1e250), rng.normal(size=100)])
        assert_same(ask(index_of(rows, metric, algorithm), None, 5), nearest(None, rows, 5, metric))

    @every_algorithm
    def test_the_whole_range_of_float64_fits(self, algorithm):
        rows = np.linspace(-1, 1, 101)[:, None] * 1.7e308
        distances, indices = ask(index_of(rows, "euclidean", algorithm), rows[:50], 3)
        half, order = nearest(rows[:50] / 2, rows / 2, 3, "chebyshev")
        assert_same((distances / 2, indices), (half, order))

    @pytest.mark.parametrize("size", [1e200, 1e-200, 1e-310])
    def test_within_a_radius(self, size):
        small = np.random.default_rng(8).integers(-4, 5, size=(80, 2)) / 1.0
        _, exponent = np.frexp(size)
        rows = np.ldexp(small, exponent)
        found = index_of(rows).within(rows, float(np.ldexp(3.0, exponent)))
        right = distance_matrix(small, small)
        for q, (near, inside) in enumerate(ragged(*found)):
            np.testing.assert_array_equal(inside, np.flatnonzero(right[q] <= 3))
            np.testing.assert_array_equal(near, np.ldexp(right[q, inside], exponent))

    def test_denormal_rows_within_an_ordinary_radius(self):
        rows = np.array([[1e-310], [3e-310]])
        starts, _, indices = index_of(rows).within(rows, 1.0)
        assert starts.tolist() == [0, 2, 4]
        assert indices.tolist() == [0, 1, 0, 1]


class TestDeterminism:
    @every_metric
    @pytest.mark.parametrize("name", ["random", "many rows", "ties", "float32", "shifted by 1e8"])
    def test_algorithm_and_number_of_threads_do_not_show(self, name, metric):
        rows, queries = rows_and_queries(name, n_queries=400)
        right = ask(index_of(rows, metric, "brute", 1), queries, 12)
        for algorithm in ALL_ALGORITHMS:
            for n_jobs in (1, 2, 4, -1, None):
                assert_same(ask(index_of(rows, metric, algorithm, n_jobs), queries, 12), right)

    @every_metric
    @every_algorithm
    @pytest.mark.parametrize("step", [1, 7, 128, 129])
    def test_neither_does_the_split_of_the_queries(self, step, algorithm, metric):
        rows, queries = rows_and_queries("many columns", n_queries=300)
        index = index_of(rows, metric, algorithm)
        parts = [ask(index, queries[start : start + step], 9) for start in range(0, 300, step)]
        joined = [np.concatenate(part) for part in zip(*parts, strict=True)]
        assert_same(joined, ask(index, queries, 9))

    def test_nor_does_a_radius_search(self):
        rows, queries = rows_and_queries("many rows", n_queries=300)
        right = index_of(rows, n_jobs=1).within(queries, 0.5)
        for algorithm in ALGORITHMS:
            for n_jobs in (2, 4, None):
                found = index_of(rows, "euclidean", algorithm, n_jobs).within(queries, 0.5)
                assert_same(found, right)


class TestWithin:
    @every_metric
    @every_algorithm
    @pytest.mark.parametrize("name", ["random", "ties", "float32", "rows of zeros"])
    def test_every_row_inside_and_none_outside(self, name, algorithm, metric):
        rows, queries = rows_and_queries(name, n_queries=40)
        right = distance_matrix(queries, rows, metric)
        index = index_of(rows, metric, algorithm)
        for radius in (0.0, float(np.median(right)), right[3, 5], right.max()):
            found = index.within(index.points(queries), radius)
            for q, (near, inside) in enumerate(ragged(*found)):
                np.testing.assert_array_equal(inside, np.flatnonzero(right[q] <= radius))
                np.testing.assert_array_equal(near, right[q, inside])


class TestChoice:
    def test_what_is_asked_for_is_used(self):
        rows = np.zeros((10, 3))
        for algorithm in ALGORITHMS:
            assert index_of(rows, algorithm=algorithm).choice == (algorithm, "asked for")

    def test_float32_rows_are_kept_as_they_are(self):
        rows = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
        for algorithm in ALGORITHMS:
            points = index_of(rows, "euclidean", algorithm).own_points()
            assert points.base is rows
            assert points.shape == rows.shape


PEAK = """
import sys
from pathlib import Path
import numpy as np
from trivium import NearestNeighbors

def peak():
    status = Path("/proc/self/status")
    if status.exists():  # counts from the start of this very program
        text = status.read_text().split("VmHWM:")[1]
        return int(text.split()[0]) / 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)

algorithm, n_queries = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
rows, queries = rng.random((100_000, 2)), rng.random((n_queries, 2))
NearestNeighbors(5, algorithm=algorithm).fit(rows[:5000]).kneighbors(queries[:5000])
before = peak()
distances, indices = NearestNeighbors(5, algorithm=algorithm).fit(rows).kneighbors(queries)
print(peak() - before)
for q in (0, n_queries // 2, n_queries - 1):
    right = np.sqrt(np.square(rows - queries[q]).sum(axis=1))
    assert indices[q].tolist() == np.argsort(right, kind="stable")[:5].tolist()
"""


@pytest.mark.parametrize(("algorithm", "n_queries"), [("brute", 20_000), ("kd_tree", 100_000)])
def test_memory_does_not_grow_with_queries_times_rows(algorithm, n_queries):
    run = subprocess.run(
        [sys.executable, "-c", PEAK, algorithm, str(n_queries)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 200  # MB; all the distances at once would take 16,000 and more
