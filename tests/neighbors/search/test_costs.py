"""The choice of an algorithm, by what it would cost."""

from dataclasses import replace

import numpy as np
import pytest

from trivium.blocks.costs import BYTES, WITH_AVX2, WITH_AVX512
from trivium.neighbors.search.costs import brute_cost, choose, tree_cost
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.metrics import METRICS
from trivium.neighbors.search.products.byte_products import PATHS

EUCLIDEAN, MANHATTAN, COSINE = (METRICS[name] for name in ("euclidean", "manhattan", "cosine"))
THIRD = METRICS["minkowski"]


def chosen(rows, k=10, metric=EUCLIDEAN):
    choice, tree = choose(metric, rows, k, lambda some: KDTree(metric.measure, some))
    assert (tree is not None) == (choice.algorithm == "kd_tree")
    return choice


def uniform(n, d, seed=0):
    return np.random.default_rng(seed).random((n, d))


class TestChoice:
    @pytest.mark.parametrize(
        ("n", "d", "algorithm"),
        [
            (100, 2, "brute"),
            (5_000, 2, "kd_tree"),
            (20_000, 6, "kd_tree"),
            (20_000, 30, "brute"),
            (20_000, 14, "brute"),
        ],
    )
    def test_uniform_rows(self, n, d, algorithm):
        choice = chosen(uniform(n, d))
        assert choice.algorithm == algorithm
        assert str(n) in choice.reason

    def test_columns_that_hang_together_count_as_few(self):
        rng = np.random.default_rng(1)
        rows = rng.normal(size=(20_000, 2)) @ rng.normal(size=(2, 24))
        assert chosen(rows).algorithm == "kd_tree"
        assert chosen(uniform(20_000, 24)).algorithm == "brute"

    def test_many_neighbours_make_a_tree_look_further(self):
        rows = uniform(4_000, 4)
        assert chosen(rows, k=1).algorithm == "kd_tree"
        assert chosen(rows, k=2_000).algorithm == "brute"

    def test_cosine_goes_by_products(self):
        assert chosen(uniform(5_000, 3), metric=COSINE).algorithm == "brute"

    @pytest.mark.parametrize("metric", [replace(MANHATTAN, space=np.abs), METRICS["haversine"]])
    def test_another_space_may_have_a_tree(self, metric):
        assert chosen(uniform(5_000, 3), metric=metric).algorithm == "kd_tree"

    def test_where_there_are_no_products_a_tree_pays_sooner(self):
        rows = uniform(20_000, 8)
        assert chosen(rows, metric=MANHATTAN).algorithm == "kd_tree"
        assert chosen(rows).algorithm == "brute"

    def test_a_tree_is_not_built_where_it_cannot_win(self):
        def build(_):
            raise AssertionError

        assert choose(EUCLIDEAN, uniform(5_000, 40), 5, build)[0].algorithm == "brute"

    @pytest.mark.parametrize(
        ("n", "d", "k", "algorithm", "asked"),
        [
            (275_000, 4, 10, "kd_tree", [1024, 4096]),
            (137_500, 8, 10, "kd_tree", [1024, 4096]),
            (110_000, 16, 10, "brute", [1024]),
            (110_000, 16, 100, "brute", [1024, 4096]),
            (300_000, 16, 10, "brute", [1024, 4096]),
            (1_000_000, 13, 10, "kd_tree", [1024, 4096, 16384]),
            (1_000_000, 16, 10, "brute", [1024, 4096, 16384]),
        ],
    )
    def test_a_large_tree_is_built_only_where_small_ones_promise_something(
        self, n, d, k, algorithm, asked
    ):
        rows, sizes = uniform(n, d), []

        def build(some):
            sizes.append(len(some))
            return KDTree(EUCLIDEAN.measure, some)

        choice, _ = choose(EUCLIDEAN, rows, k, build)
        assert choice.algorithm == algorithm
        assert sizes == asked + ([len(rows)] if algorithm == "kd_tree" else [])
        assert str(len(rows)) in choice.reason

    def test_a_tree_that_looks_at_most_of_its_few_rows_is_enough_where_products_are_cheap(self):
        rng = np.random.default_rng(3)
        rows, sizes = rng.normal(size=(20_000, 6)) @ rng.normal(size=(6, 200)), []

        def build(some):
            sizes.append(len(some))
            return KDTree(EUCLIDEAN.measure, some)

        looks = KDTree(EUCLIDEAN.measure, rows[:1024]).probe(rows[:32], 11)
        assert 0.75 * 1024 < looks < 1024
        assert choose(EUCLIDEAN, rows, 10, build)[0].algorithm == "brute"
        assert sizes == [1024]

    @pytest.mark.parametrize("rows", [np.zeros((500, 3)), np.full((500, 3), 1e308)])
    def test_rows_all_alike(self, rows):
        assert chosen(rows).algorithm in ("brute", "kd_tree")


def test_costs_grow_with_the_work():
    assert brute_cost(EUCLIDEAN, 2_000, 8, 5) > brute_cost(EUCLIDEAN, 1_000, 8, 5)
    assert brute_cost(EUCLIDEAN, 1_000, 16, 5) > brute_cost(EUCLIDEAN, 1_000, 8, 5)
    assert brute_cost(EUCLIDEAN, 1_000, 8, 50) > brute_cost(EUCLIDEAN, 1_000, 8, 5)
    assert brute_cost(MANHATTAN, 10_000, 8, 5) > brute_cost(EUCLIDEAN, 10_000, 8, 5)
    assert brute_cost(THIRD, 1_000, 8, 5) > brute_cost(MANHATTAN, 1_000, 8, 5)
    assert tree_cost(EUCLIDEAN, 100, 8, 5) > tree_cost(EUCLIDEAN, 50, 8, 5)
    assert tree_cost(EUCLIDEAN, 100, 8, 50) > tree_cost(EUCLIDEAN, 100, 8, 5)
    assert tree_cost(THIRD, 100, 8, 5) > tree_cost(EUCLIDEAN, 100, 8, 5)


@pytest.mark.parametrize("metric", [EUCLIDEAN, MANHATTAN, THIRD])
@pytest.mark.parametrize("d", [2, 4, 8])
@pytest.mark.parametrize("n", [200, 1_000, 4_000])
@pytest.mark.parametrize("k", [1, 10, 100])
def test_the_choice_is_the_cheaper_by_the_model(metric, n, d, k):
    rows = uniform(n, d)
    built = []

    def build(some):
        built.append(KDTree(metric.measure, some))
        return built[-1]

    choice, tree = choose(metric, rows, k, build)
    looks = built[-1].probe(rows[:: -(-n // 32)], k + 1) if built else np.inf
    cheaper = tree_cost(metric, looks, d, k) < brute_cost(metric, n, d, k)
    assert choice.algorithm == ("kd_tree" if cheaper else "brute")
    assert (tree is not None) == cheaper


def test_a_row_that_finds_itself_does_not_make_a_tree_look_cheap():
    rows = uniform(20_000, 12)
    assert chosen(rows, k=1).algorithm == chosen(rows, k=2).algorithm == "brute"


def test_each_way_to_multiply_bytes_has_its_costs_and_is_worth_having():
    assert set(BYTES) == set(PATHS)
    floats = min(each.pair + 784 * each.product for each in (WITH_AVX512, WITH_AVX2))
    assert all(each.pair + 784 * each.product < floats for each in BYTES.values())
