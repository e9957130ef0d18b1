"""Eight queries at once: the lists are those of the plain search, whatever comes together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import BALL_METRICS, METRICS, MODEST, nearest
from tests.neighbors.search.asking import CODES, ask, assert_same, nobody

from trivium.neighbors.search.kd_tree import tree as tree_module
from trivium.neighbors.search.kd_tree.batched import most_together
from trivium.neighbors.search.kd_tree.nearest import _WIDEN, MOST_TOGETHER, nearest_piece
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.scan import Scan

N_ROWS, N_QUERIES = 2000, 3003
SIZES = (1, 7, 8, 10, 15, 16, MOST_TOGETHER - 1, MOST_TOGETHER, MOST_TOGETHER + 1)

every_metric = pytest.mark.parametrize("metric", METRICS)


def alike(rows_of, n_rows=N_ROWS, n_queries=N_QUERIES):
    """Rows and queries drawn in the same way."""
    return lambda rng: (rows_of(rng, n_rows), rows_of(rng, n_queries))


def uniform(n_columns, size=1.0, shift=0.0, **sizes):
    return alike(lambda rng, n: size * rng.random((n, n_columns)) + shift, **sizes)


def grid(side, n_columns):
    return alike(lambda rng, n: rng.integers(0, side, (n, n_columns)) / 1.0)


def duplicates(rng):
    rows = np.repeat(rng.random((N_ROWS // 8, 2)), 8, axis=0)[rng.permutation(N_ROWS)]
    return rows, np.vstack([rows, rng.random((N_QUERIES - N_ROWS, 2))])


def clusters(rng, n):
    """Eight of them: from one to the next the rows lie nine times nearer to each other."""
    which = rng.integers(0, 8, (n, 1))
    return rng.normal(size=(n, 2)) * 9.0**-which + 3.0 * which


def rings(rng, n):
    """Rows on circles: as far from the centre as each other, but for rounding."""
    angles, radii = rng.uniform(0, 2 * np.pi, n), rng.choice([0.25, 0.5, 0.75], n)
    return np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]


def centred(rng):
    """Queries at the centre of `rings`, near it, and among them."""
    steps = np.repeat([1e-17, 1e-3, 0.5], N_QUERIES // 3)[:, None]
    return rings(rng, N_ROWS), rng.normal(size=(N_QUERIES, 2)) * steps


def needles(rng, n):
    """Bundles of ten rows or so whose squared distances vanish, far from each other."""
    return np.column_stack([rng.integers(0, N_ROWS // 10, n), 1e-170 * rng.normal(size=n)])


def twins(rng):
    """A query next to each row, whose squared distance vanishes while no other ties with it."""
    rows = np.column_stack([rng.random(N_ROWS), np.zeros(N_ROWS)])
    return rows, rows + [0, 1e-170] * rng.normal(size=rows.shape)


def outside(rng):
    """Queries around the rows, near and far."""
    angles = rng.uniform(0, 2 * np.pi, N_QUERIES)
    radii = rng.choice([1.5, 2.0, 1e3, 1e9], N_QUERIES)
    queries = np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    return rng.random((N_ROWS, 2)), queries


def in_single_precision(rng):
    rows, queries = uniform(3)(rng)
    return rows, queries.astype(np.float32)


SMALL = {"n_rows": 300, "n_queries": 500}  # where every row has to be looked at

NEAR = {
    "one column": uniform(1),
    "two columns": uniform(2),
    "three columns": uniform(3),
    "four columns": uniform(4),
    "float32 queries": in_single_precision,
    "shifted by 1e8": uniform(2, shift=1e8),
    "times 1e150": uniform(2, 1e150),
    "times 2e154": uniform(2, 2e154),
    "constant columns": alike(lambda rng, n: np.insert(rng.random((n, 1)), [0, 1], 7.25, 1)),
    "clusters": alike(clusters),
}
"""Rows and queries by name, each a function of a random generator: lists are certain."""

ODD = {
    "coarse grid": grid(12, 2),
    "fine grid": grid(40, 3),
    "duplicates": duplicates,
    "all the same": alike(lambda rng, n: np.full((n, 2), 3.5), **SMALL),
    "times 1e-145": uniform(2, 1e-145, **SMALL),
    "times 1e-157": uniform(2, 1e-157, **SMALL),
    "times 1e-170": uniform(2, 1e-170, **SMALL),
    "times 1e-310": uniform(2, 1e-310, **SMALL),
    "times 1e200": uniform(2, 1e200, **SMALL),
    "needles": alike(needles),
    "twins": twins,
    "centre of rings": centred,
    "outside": outside,
}
"""The same, with ties, squares that leave float64, and queries that share few leaves."""

DATA = NEAR | ODD
NO_DIRECTIONS = (
    "one column",
    "needles",
    "twins",
    *(name for name in DATA if name.startswith("times")),
)


def cases(names):
    """Pairs of data and metric; directions of some data are all the same, or those of others."""
    pairs = [(name, metric) for name in names for metric in METRICS]
    some = [pair for pair in pairs if pair[1] != "cosine" or pair[0] not in NO_DIRECTIONS]
    return pytest.mark.parametrize(("name", "metric"), some)


def space(X, metric):
    return directions(X) if metric == "cosine" else X


def data_of(name, metric):
    rows, queries = DATA[name](np.random.default_rng(7))
    return space(rows, metric), space(queries, metric)


def tree_of(rows, metric="euclidean"):
    return KDTree(CODES[metric], rows, 1)


def empty_lists(n_queries, k):
    return np.full((n_queries, k), np.nan), np.full((n_queries, k), -7, dtype=np.intp)


def scan(rows, metric, queries, k, skip=None):
    return ask(Scan(CODES[metric], rows), queries, k, skip)


def ask_piece(tree, metric, queries, k, skip=None, most=MOST_TOGETHER):
    """Lists of all queries as one piece, and the number of leaves they took."""
    skip = nobody(queries) if skip is None else skip
    homes, which = tree._order(queries, 1)
    found = empty_lists(len(queries), k)
    sizes = (k + bool((skip >= 0).any()), k)
    n_leaves, _ = nearest_piece(
        CODES[metric], tree.tree, queries, which, homes, skip, sizes, *found, most
    )
    return found, n_leaves


def ask_in_order(rows, metric, queries, k, which=None, homes=None):
    """Lists of queries that come in a given order, and look first at given leaves."""
    found = empty_lists(len(queries), k)
    which = np.arange(len(queries)) if which is None else which
    homes = np.zeros(len(queries), dtype=np.intp) if homes is None else homes
    tree, code = tree_of(rows, metric).tree, CODES[metric]
    nearest_piece(code, tree, queries, which, homes, nobody(queries), (k, k), *found)
    return found


def first(found, k):
    return [part[:, :k] for part in found]


@pytest.fixture
def short_pieces(monkeypatch):
    """Answer most blocks together, whether it pays or not: the second of each piece."""

    def pieces(n_queries, _=None):
        return [slice(start, start + 27) for start in range(0, n_queries, 27)]

    monkeypatch.setattr(tree_module, "cut", pieces)


class TestLists:
    @cases(DATA)
    def test_they_are_those_of_the_scan(self, name, metric, short_pieces):
        rows, queries = data_of(name, metric)
        tree, queries = tree_of(rows, metric), queries[::3]
        right = scan(rows, metric, queries, max(SIZES))
        for k in SIZES:
            assert_same(ask_piece(tree, metric, queries, k)[0], first(right, k))
        for k in (1, 10, MOST_TOGETHER):
            assert_same(ask(tree, queries, k), first(right, k))

    @cases(DATA)
    def test_a_row_is_left_out_of_its_own_list(self, name, metric, short_pieces):
        rows, _ = data_of(name, metric)
        tree, own = tree_of(rows, metric), np.arange(0, len(rows), 2)
        right = scan(rows, metric, rows[own], max(SIZES), own)
        for k in SIZES:
            assert_same(ask_piece(tree, metric, rows[own], k, own)[0], first(right, k))
        for k in (1, 10, MOST_TOGETHER - 1):
            assert_same(ask(tree, rows[own], k, own), first(right, k))

    @every_metric
    @pytest.mark.parametrize("n", [2, 3, 9, 32, 33, MOST_TOGETHER, MOST_TOGETHER + 1, 70])
    def test_nearly_all_rows_are_wanted(self, n, metric):
        rng = np.random.default_rng(n)
        rows, queries = space(rng.random((n, 2)), metric), space(rng.random((100, 2)), metric)
        skip = np.where(rng.random(100) < 0.5, rng.integers(0, n, 100), -1)
        tree = tree_of(rows, metric)
        for k in {max(n - 2, 1), n - 1, n}:
            right = scan(rows, metric, queries, k)
            assert_same(ask_piece(tree, metric, queries, k)[0], right)
        for k in {max(n - 2, 1), n - 1}:
            right = scan(rows, metric, queries, k, skip)
            assert_same(ask_piece(tree, metric, queries, k, skip)[0], right)

    @pytest.mark.parametrize("n_queries", [*range(1, 34), 1024, 1025, 1032, 1033, 1040, 1041])
    def test_any_number_of_queries(self, n_queries):
        rows, queries = data_of("two columns", "euclidean")
        queries = queries[:n_queries]
        found, _ = ask_piece(tree_of(rows), "euclidean", queries, 10)
        assert_same(found, scan(rows, "euclidean", queries, 10))

    @every_metric
    @given(
        rows=arrays(float, st.tuples(st.integers(2, 150), st.just(2)), elements=st.integers(-3, 3)),
        data=st.data(),
    )
    @MODEST
    def test_any_order_and_any_leaf_to_begin_with(self, metric, rows, data):
        k = data.draw(st.integers(1, min(len(rows), MOST_TOGETHER)))
        rng = np.random.default_rng(data.draw(st.integers(0, 999)))
        queries = rng.integers(-8, 9, (45, 2)) / 2
        which, asked = rng.permutation(45)[:40], np.zeros(45, bool)
        asked[which] = True
        homes = rng.integers(0, len(tree_of(rows).tree.blocks), 45)
        found = ask_in_order(space(rows, metric), metric, space(queries, metric), k, which, homes)
        right = nearest(queries, rows, k, metric)
        assert_same([part[asked] for part in found], [part[asked] for part in right])
        assert np.isnan(found[0][~asked]).all()
        assert (found[1][~asked] == -7).all()


class TestGuesses:
    """The third block of eight is answered with a guess from the second."""

    @pytest.mark.parametrize("metric", BALL_METRICS)
    def test_one_that_is_enough_for_some_only(self, metric):
        rng = np.random.default_rng(0)
        dense, sparse = 1e-4 * rng.random((60, 2)), 1.0 + rng.random((60, 2))
        rows = np.vstack([dense, sparse])
        for n_sparse in range(9):
            last = np.vstack([dense[n_sparse:8] + 1e-5, sparse[:n_sparse] + 1e-5])
            queries = np.vstack([dense[:16] + 1e-5, last[rng.permutation(8)], dense[:8]])
            for k in (1, 5, 20):
                found = ask_in_order(rows, metric, queries, k)
                assert_same(found, nearest(queries, rows, k, metric))

    def test_one_that_parts_two_squares_with_one_root(self):
        squares = [(r, _WIDEN * (r * r)) for r in 1 + np.arange(64) / 64]
        reach, inner = next(
            (r, s) for r, s in squares if np.sqrt(s) == np.sqrt(np.nextafter(s, np.inf))
        )
        outer = np.nextafter(inner, np.inf)
        far, steps = 1000.0, np.sqrt(np.array([outer, inner]) - 1)
        rows = np.array([[1, steps[0]], [1, steps[1]], [far + reach, 0], [far - reach, 0]])
        assert (np.square(rows[:2]).sum(axis=1) == [outer, inner]).all()
        for lanes in (slice(0, 8), *(slice(lane, lane + 1) for lane in range(8))):
            queries = np.tile([far, 0.0], (32, 1))
            queries[16:24][lanes] = 0
            assert_same(ask_in_order(rows, "euclidean", queries, 1), nearest(queries, rows, 1))

    @pytest.mark.parametrize("metric", BALL_METRICS)
    def test_none_is_left_where_the_rows_end(self, metric):
        rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.7e308, 0.0]])
        queries = np.repeat(rows[:2] + 0.25, 32, axis=0)
        assert_same(ask_in_order(rows, metric, queries, 2), nearest(queries, rows, 2, metric))

    @every_metric
    def test_zero(self, metric):
        rows = np.repeat(np.random.default_rng(0).random((30, 2)), 4, axis=0)
        queries = np.repeat(rows, 2, axis=0)  # a block for each
        for k in (1, 3, 4, 5):
            found = ask_in_order(space(rows, metric), metric, space(queries, metric), k)
            assert_same(found, nearest(queries, rows, k, metric))


@pytest.mark.parametrize("seed", range(30))
def test_squares_with_one_root(seed):
    n, rng = 100, np.random.default_rng(seed)
    squares = 0.4 + rng.permutation(n) * 2.0**-52  # two or three of them have the same root
    sides = np.column_stack([np.ones(n), np.sqrt(squares)]) * rng.choice([-1, 1], (n, 2))
    rows = np.where(rng.random((n, 1)) < 0.5, sides, sides[:, ::-1])
    queries, n_leaves = np.zeros((40, 2)), len(tree_of(rows).tree.blocks)
    right = nearest(queries, rows, 40)
    for k in (*range(1, 13), 40):
        homes = rng.integers(0, n_leaves, 40)
        assert_same(ask_in_order(rows, "euclidean", queries, k, homes=homes), first(right, k))


class TestLeaves:
    def together_and_apart(self, name, metric):
        """Leaves looked at both ways, for several numbers of neighbours."""
        rows, queries = data_of(name, metric)
        tree = tree_of(rows, metric)
        for k in (1, 10, MOST_TOGETHER):
            _, together = ask_piece(tree, metric, queries, k)
            _, apart = ask_piece(tree, metric, queries, k, most=0)
            yield together, apart

    @cases(NEAR)
    def test_near_queries_share_them(self, name, metric):
        for together, apart in self.together_and_apart(name, metric):
            assert together < 0.8 * apart

    @cases(ODD)
    def test_trials_and_second_thoughts_cost_few(self, name, metric):
        for together, apart in self.together_and_apart(name, metric):
            assert together < 1.4 * apart

    def test_uncertain_lists_put_an_end_to_trials(self):
        rng = np.random.default_rng(0)
        rows, queries = np.repeat(rng.random((1000, 3)), 2, axis=0), rng.random((6000, 3))
        tree = tree_of(rows)
        _, together = ask_piece(tree, "euclidean", queries, 1)
        _, apart = ask_piece(tree, "euclidean", queries, 1, most=0)
        assert together < 1.25 * apart

    @pytest.mark.parametrize("metric", ["manhattan", "chebyshev", "cosine"])
    def test_rows_share_them_too(self, metric):
        rows, _ = data_of("two columns", metric)
        tree, own = tree_of(rows, metric), np.arange(N_ROWS)
        for k in (1, 10, MOST_TOGETHER - 1):
            _, together = ask_piece(tree, metric, rows, k, own)
            _, apart = ask_piece(tree, metric, rows, k, own, most=0)
            assert together < 0.8 * apart

    def test_long_lists_and_all_rows_are_looked_for_apart(self):
        rows, queries = data_of("two columns", "euclidean")
        some = rows[:50]
        for known, k in ((rows, MOST_TOGETHER + 1), (some, 50)):
            tree = tree_of(known)
            _, apart = ask_piece(tree, "euclidean", queries, k, most=0)
            assert ask_piece(tree, "euclidean", queries, k)[1] == apart


class TestDeterminism:
    @cases(["two columns", "float32 queries", "clusters", "coarse grid", "centre of rings"])
    def test_neither_threads_nor_the_order_of_the_queries_show(self, name, metric):
        rows, queries = data_of(name, metric)
        tree = tree_of(rows, metric)
        distances, indices = ask(tree, queries, 10)
        for n_jobs in (2, 4):
            assert_same(ask(tree, queries, 10, n_jobs=n_jobs), (distances, indices))
        for n_jobs in (1, 2):
            order = np.random.default_rng(n_jobs).permutation(len(queries))
            found = ask(tree, queries[order], 10, n_jobs=n_jobs)
            assert_same(found, (distances[order], indices[order]))


class TestMostTogether:
    most = staticmethod(most_together.py_func)

    def test_neighbours_in_few_columns_pay_only(self):
        assert self.most(2, 10, 23) > 8
        assert self.most(8, 10, 900) < 2000

    @given(
        n_columns=st.integers(1, 20),
        k=st.integers(1, MOST_TOGETHER),
        apart=st.integers(8, 5000),
        more=st.integers(0, 5000),
    )
    @MODEST
    def test_the_more_they_take_apart_the_more_they_may_together(self, n_columns, k, apart, more):
        before = self.most(n_columns, k, apart)
        assert self.most(n_columns, k, apart + more) >= before


class TestRoots:
    def test_rows_tie_where_only_the_roots_of_their_squares_do(self):
        """Of two rows as far away, with different squares, the one of lower number is k-th."""
        angles = np.random.default_rng(0).uniform(0, np.pi / 2, 5000)
        circle = np.column_stack([np.cos(angles), np.sin(angles)])
        squares = circle[:, 0] ** 2 + circle[:, 1] ** 2
        less, greater = circle[squares == 1.0], circle[squares == 1.0 + 2.0**-52]
        rows = np.random.default_rng(1).normal(size=(N_ROWS, 2))
        rows *= 3.0 / np.linalg.norm(rows, axis=1, keepdims=True)
        rows[100:109] /= 10.0
        for turn in range(12):  # whichever of the two is met first
            rows[3], rows[700] = greater[turn], less[-turn]
            queries = np.zeros((64, 2))
            found = np.empty((64, 10)), np.empty((64, 10), dtype=np.intp)
            KDTree(CODES["euclidean"], rows).nearest(queries, np.full(64, -1), 1, found)
            assert (found[0][:, 9] == 1.0).all()
            assert (found[1][:, 9] == 3).all()
