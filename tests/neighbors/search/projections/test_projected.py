"""The search through projections: exact for every kind of rows, chosen where it pays."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn import config_context
from tests.neighbors.search.asking import COSINE, EUCLIDEAN, assert_same

from trivium.neighbors.search import brute
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.products.panels import frame_of
from trivium.neighbors.search.projections import projected as module
from trivium.neighbors.search.projections.axes import principal_axes
from trivium.neighbors.search.projections.projected import Projected, Widths, plan_projection
from trivium.neighbors.search.scan import Scan

MANY = 5000, 3000  # rows and queries that are worth a plan


def low_rank(rng, n, d, rank=4, noise=0.03):
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)) + noise * rng.normal(size=(n, d))


def structured(kind, rng, n, d):
    """Rows and their queries, `n` in all, that lie near a few dimensions."""
    rows = low_rank(rng, n, d)
    if kind == "clusters":
        rows = 5.0 * low_rank(rng, 12, d)[rng.integers(0, 12, n)] + 0.05 * rows
    if kind == "duplicates":
        rows = rows[rng.integers(0, n // 4, n)]
    if kind == "ties":
        rows = np.rint(rows)
    if kind == "shifted by 1e8":
        rows += 1e8
    if kind == "float32":
        rows = rows.astype(np.float32)
    if kind == "outliers":
        rows[:: n // 5] *= 1e5
    if kind == "a short column":
        rows[:, 0] *= 1e-30
    return rows


KINDS = (
    "low rank",
    "clusters",
    "duplicates",
    "ties",
    "shifted by 1e8",
    "float32",
    "outliers",
    "a short column",
)


def ask(searcher, queries, k, skip=None, n_jobs=1):
    found = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.intp)
    skip = np.full(len(queries), -1) if skip is None else skip
    search = searcher.search if isinstance(searcher, Projected) else searcher.nearest
    return found, search(queries, skip, n_jobs, found)


def projected(rows, widths, metric=EUCLIDEAN, n_jobs=1):
    frame = frame_of(rows, np.float32)
    basis = principal_axes(rows, frame.center, widths.fine - 1)
    return Projected(metric, rows, frame, basis, widths, n_jobs)


# From 28 columns on, panels are in bytes where the processor multiplies them.
ALL_WIDTHS = Widths(8, 8, 16), Widths(2, 5, 32), Widths(8, 16, 16), Widths(28, 32, 32)


class TestExactness:
    @pytest.mark.parametrize("widths", ALL_WIDTHS)
    @pytest.mark.parametrize("kind", KINDS)
    def test_lists_are_the_plain_ones(self, kind, widths):
        rows = structured(kind, np.random.default_rng(1), 900, 40)
        rows, queries = rows[:800], rows[700:]
        search = projected(rows, widths)
        for k in (1, 10, 300):
            found, far = ask(search, queries, k)
            assert far.size == 0
            assert_same(found, ask(Scan(EUCLIDEAN, rows), queries, k)[0])

    @pytest.mark.parametrize("widths", [Widths(4, 8, 32), Widths(28, 32, 32)])
    @pytest.mark.parametrize("kind", KINDS)
    def test_so_are_those_of_directions(self, kind, widths):
        rows = directions(structured(kind, np.random.default_rng(2), 700, 40))
        search = projected(rows, widths, COSINE)
        for k in (1, 10):
            found, far = ask(search, rows[:200], k)
            assert far.size == 0
            assert_same(found, ask(Scan(COSINE, rows), rows[:200], k)[0])

    @pytest.mark.parametrize("rank", [1, 8, 40])
    def test_rows_that_few_axes_do_not_tell_apart(self, rank):
        rng = np.random.default_rng(rank)
        rows = np.vstack([low_rank(rng, 600, 40, rank, 0.0), rng.normal(size=(200, 40))])
        search = projected(rows, Widths(3, 4, 16))
        assert_same(ask(search, rows, 5)[0], ask(Scan(EUCLIDEAN, rows), rows, 5)[0])

    @pytest.mark.parametrize("kind", ["duplicates", "low rank"])
    def test_rows_are_left_out_by_number(self, kind):
        rows = structured(kind, np.random.default_rng(3), 600, 40)
        search, own = projected(rows, Widths(8, 8, 16)), np.arange(600)
        for k in (1, 9, 250, 599):
            found, _ = ask(search, rows, k, own)
            assert not (found[1] == own[:, None]).any()
            assert_same(found, ask(Scan(EUCLIDEAN, rows), rows, k, own)[0])

    def test_far_queries_are_named_and_the_others_answered(self):
        rng = np.random.default_rng(4)
        rows, queries = low_rank(rng, 600, 40), low_rank(rng, 60, 40)
        sizes = np.array([1e3, 1e6, 1e8, 1e30, 1e160, 1e300])
        queries[:6] = sizes[:, None] * np.sign(queries[:6])
        found, far = ask(projected(rows, Widths(8, 8, 16)), queries, 5)
        assert set(far) >= {3, 4, 5}
        assert set(far) <= set(range(2, 6))
        right, _ = ask(Scan(EUCLIDEAN, rows), queries, 5)
        near = np.setdiff1d(np.arange(60), far)
        assert_same([part[near] for part in found], [part[near] for part in right])

    def test_queries_at_the_edge_of_what_can_be_written(self):
        """Each column is within reach, their norm is not."""
        rng = np.random.default_rng(5)
        rows = low_rank(rng, 600, 40)
        frame = frame_of(rows, np.float32)
        sizes = np.repeat(2.0 ** np.arange(14, 24), 20)[:, None] / frame.scale
        queries = frame.center + sizes * rng.choice([-1.0, 1.0], size=(200, 40))
        found, far = ask(projected(rows, Widths(8, 8, 16)), queries, 5)
        near = np.setdiff1d(np.arange(200), far)
        assert 100 <= near.size < 200
        right, _ = ask(Scan(EUCLIDEAN, rows), queries, 5)
        assert_same([part[near] for part in found], [part[near] for part in right])


class TestDeterminism:
    @pytest.mark.parametrize("widths", [Widths(8, 16, 32), Widths(28, 32, 32)])
    def test_neither_threads_nor_pieces_nor_memory_show(self, widths):
        rng = np.random.default_rng(6)
        rows, queries = low_rank(rng, 4000, 40), low_rank(rng, 1100, 40)
        right, _ = ask(projected(rows, widths), queries, 7)
        for n_jobs in (2, 4):
            search = projected(rows, widths, n_jobs=n_jobs)
            assert_same(ask(search, queries, 7, n_jobs=n_jobs)[0], right)
            with config_context(working_memory=0.01):
                assert_same(ask(search, queries, 7, n_jobs=n_jobs)[0], right)
        ends = [0, 1, 8, 300, 301, 1100]
        parts = [ask(search, queries[slice(*some)], 7)[0] for some in pairwise(ends)]
        assert_same([np.concatenate(part) for part in zip(*parts, strict=True)], right)


def plan(rows, queries, k=5, metric=EUCLIDEAN):
    return plan_projection(metric, rows, queries, k, 1, own=queries is rows)


@pytest.fixture
def dear_products(monkeypatch):
    """As on a processor that does not multiply bytes, so that a plan pays sooner."""
    monkeypatch.setattr(module, "pair_cost", lambda d: 0.1 + 0.025 * d)


@pytest.mark.usefixtures("dear_products")
class TestPlan:
    @pytest.mark.parametrize("d", [64, 70, 100, 255])
    def test_structured_rows_are_projected_and_lists_stay_the_plain_ones(self, d):
        rng = np.random.default_rng(d)
        both = low_rank(rng, sum(MANY), d)
        rows, queries = both[: MANY[0]], both[MANY[0] :]
        search = Brute(EUCLIDEAN, rows)
        found, _ = ask(search, queries, 5)
        assert search._projected is not None
        some = queries[::23]
        right, _ = ask(Scan(EUCLIDEAN, rows), some, 5)
        assert_same([part[::23] for part in found], right)
        guess, sharp, fine = search._projected.widths
        assert 1 <= guess <= sharp <= fine <= d
        assert fine - 1 <= d // 2

    @pytest.mark.parametrize("kind", KINDS)
    def test_whatever_is_planned_lists_stay_the_plain_ones(self, kind):
        both = structured(kind, np.random.default_rng(7), sum(MANY), 64)
        rows, queries = both[: MANY[0]], both[MANY[0] :]
        found, _ = ask(Brute(EUCLIDEAN, rows), queries, 5)
        right, _ = ask(Scan(EUCLIDEAN, rows), queries[::23], 5)
        assert_same([part[::23] for part in found], right)

    def test_so_they_do_for_the_rows_themselves_and_for_directions(self):
        rows = directions(low_rank(np.random.default_rng(8), MANY[0], 64))
        search, own = Brute(COSINE, rows), np.arange(len(rows))
        found, _ = ask(search, rows, 5, own)
        assert search._projected is not None
        right, _ = ask(Scan(COSINE, rows), rows[::31], 5, own[::31])
        assert_same([part[::31] for part in found], right)

    def test_uniform_rows_are_not_projected(self):
        both = np.random.default_rng(9).uniform(size=(sum(MANY), 64))
        assert plan(both[: MANY[0]], both[MANY[0] :]) is None

    @pytest.mark.parametrize(("n", "m", "d"), [(5000, 60, 64), (900, 3000, 64), (5000, 3000, 30)])
    def test_nor_are_small_searches(self, n, m, d):
        both = low_rank(np.random.default_rng(10), n + m, d)
        assert plan(both[:n], both[n:]) is None

    @pytest.mark.parametrize("size", [1e30, 1e160, 1e300, 1.7e308])
    def test_a_far_query_among_many_does_no_harm(self, size):
        both = low_rank(np.random.default_rng(11), sum(MANY), 64)
        rows, queries = both[: MANY[0]], both[MANY[0] :]
        queries[:300:100] = np.sign(queries[:300:100]) * size
        found, _ = ask(Brute(EUCLIDEAN, rows), queries, 5)
        right, _ = ask(Scan(EUCLIDEAN, rows), queries[:300:50], 5)
        assert_same([part[:300:50] for part in found], right)

    @pytest.mark.parametrize("kind", ["at the center", "elsewhere"])
    def test_rows_nearly_all_the_same_do_no_harm(self, kind):
        rng = np.random.default_rng(12)
        rows = np.full((MANY[0], 64), 2.5)
        rows[1:400:200] = rng.normal(size=(2, 64))  # between the rows of a sample
        if kind == "elsewhere":
            rows[::2] = -1.5
        queries = np.vstack([rng.normal(size=(MANY[1] - 4, 64)), rows[:4]])
        found, _ = ask(Brute(EUCLIDEAN, rows), queries, 5)
        right, _ = ask(Scan(EUCLIDEAN, rows), queries[-60:], 5)
        assert_same([part[-60:] for part in found], right)

    def test_few_queries_are_worth_fewer_coordinates(self):
        """What turning rows to an axis costs is shared by the queries."""
        rng = np.random.default_rng(14)
        rows = rng.normal(size=(6000, 256)) / (1.0 + np.arange(256.0))
        frame = frame_of(rows, np.float32)
        basis = principal_axes(rows, frame.center, 127)
        few, many = (
            module._best_widths(rows, queries, frame, basis, 5, own=False)[0]
            for queries in (rows[:64], np.repeat(rows[:64], 100, axis=0))
        )
        assert few.fine < many.fine

    @pytest.mark.parametrize(("n", "d", "k", "own"), [(6000, 256, 5, False), (5000, 200, 60, True)])
    def test_widths_are_the_cheapest_of_all(self, n, d, k, own, monkeypatch):
        """Those that cannot be are not tried: with what the best costs unknown, all are."""
        rng = np.random.default_rng(15)
        rows = rng.normal(size=(n, d)) / (1.0 + np.arange(d))
        frame = frame_of(rows, np.float32)
        basis = principal_axes(rows, frame.center, d // 2 // 16 * 16 - 1)
        given = rows, rows[:1000], frame, basis, k, own
        shares, tried = module._shares_left(*given), []

        def counted(width):
            tried.append(width)
            return shares(width)

        monkeypatch.setattr(module, "_shares_left", lambda *_: counted)
        widths, cost = module._best_widths(*given)
        costs = {
            (width, fine): module._cost_of(1000, n, d, width, fine, shares)
            for fine in range(16, basis.axes.shape[1] + 2, 16)
            for width in range(8, fine + 1, 8)
        }
        assert (widths.prune, widths.fine) == min(costs, key=lambda each: costs[each][0])
        assert cost == costs[widths.prune, widths.fine][1]
        assert set(tried) < set(range(8, basis.axes.shape[1] + 2, 8))

    def test_far_queries_of_a_projected_search_are_answered_too(self, monkeypatch):
        rng = np.random.default_rng(13)
        rows, queries = low_rank(rng, 600, 40), low_rank(rng, 100, 40)
        queries[3:90:4] *= 1e40
        search = projected(rows, Widths(8, 8, 16))
        monkeypatch.setattr(brute, "plan_projection", lambda *_, **__: search)
        found, _ = ask(Brute(EUCLIDEAN, rows), queries, 5)
        assert_same(found, ask(Scan(EUCLIDEAN, rows), queries, 5)[0])
