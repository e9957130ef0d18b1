"""The certified search as a whole: every level gives the lists of plain float64."""

import copy
import pickle
import subprocess
import sys
from itertools import pairwise
from threading import Barrier, Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import config_context
from tests.neighbors.reference import DATA, MODEST, nearest, rows_and_queries
from tests.neighbors.search.asking import CODES, COSINE, EUCLIDEAN, ask, assert_same

from trivium.neighbors.search import brute
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.products.byte_panels import BytePanels
from trivium.neighbors.search.products.byte_products import available
from trivium.neighbors.search.scan import Scan

every_metric = pytest.mark.parametrize("metric", ["euclidean", "cosine"])
every_kind = pytest.mark.parametrize("name", DATA)
SEVERAL_ROWS = [name for name in DATA if name not in ("one row", "many rows")]


def points_of(rows, metric):
    return directions(rows) if metric == "cosine" else np.ascontiguousarray(rows)


@pytest.fixture
def floats_only(monkeypatch):
    """As on a processor that does not multiply bytes."""
    monkeypatch.setattr(brute, "precisions", lambda _: ("float32", "float64"))


@pytest.fixture
def levels(monkeypatch):
    """What was searched how: (level, queries asked, queries left)."""
    calls = []

    def spy(owner, name, level, n_asked):
        original = getattr(owner, name)

        def called(self, *arguments):
            left = original(self, *arguments)
            calls.append((level(*arguments), n_asked(*arguments), 0 if left is None else len(left)))
            return left

        monkeypatch.setattr(owner, name, called)

    spy(Brute, "_search", lambda written, *_: level_of(written), lambda _, q, *__: len(q))
    spy(Brute, "_join", lambda *_: "join", lambda *some: len(some[-1][0]))
    spy(Scan, "nearest", lambda *_: "scan", lambda queries, *_: len(queries))
    return calls


def level_of(written):
    return "bytes" if isinstance(written.panels, BytePanels) else written.dtype.name


@pytest.fixture
def join_always(monkeypatch):
    monkeypatch.setattr(brute, "_COLUMNS_WORTH_JOIN", -(10**9))


class TestExactness:
    @every_metric
    @every_kind
    def test_lists_are_those_of_sorting_everything(self, name, metric):
        rows, queries = rows_and_queries(name)
        search, asked = Brute(CODES[metric], points_of(rows, metric)), points_of(queries, metric)
        n = len(rows)
        for k in {1, min(5, n), min(70, n), min(210, n), n - 1, n} - {0}:
            assert_same(ask(search, asked, k), nearest(queries, rows, k, metric))

    @every_metric
    @pytest.mark.parametrize(
        "name", [name for name in DATA if name not in ("one row", "many rows")]
    )
    @pytest.mark.parametrize("joins", [False, True])
    def test_so_are_those_of_the_rows_themselves(self, joins, name, metric, monkeypatch, levels):
        monkeypatch.setattr(brute, "_COLUMNS_WORTH_JOIN", -(10**9) if joins else 10**9)
        rows, _ = rows_and_queries(name)
        n = len(rows)
        points = points_of(rows, metric)
        search = Brute(CODES[metric], points)
        for k in {1, min(6, n - 1), min(210, n - 1)}:
            found = ask(search, points, k, np.arange(n), own=True)
            assert_same(found, nearest(None, rows, k, metric))
        framed = name not in ("all the same", "less than a leaf")
        assert ("join" in {level for level, *_ in levels}) <= joins
        assert not (joins and framed) or "join" in {level for level, *_ in levels}

    @every_metric
    @pytest.mark.parametrize("d", [1, 5])
    @given(data=st.data())
    @MODEST
    def test_any_table_of_small_integers(self, metric, d, data):
        n = data.draw(st.integers(9, 60))
        rows = data.draw(arrays(float, (n, d), elements=st.integers(-2, 2).map(float)))
        k = data.draw(st.integers(1, n))
        points = points_of(rows, metric)
        right = nearest(rows, rows, k, metric)
        assert_same(ask(Brute(CODES[metric], points), points, k), right)

    @given(
        mantissas=arrays(float, (30, 3), elements=st.integers(-9, 9)),
        exponents=arrays(int, (30, 3), elements=st.integers(-60, 60)),
        shift=st.sampled_from([0.0, 1.0, 1e8]),
    )
    @MODEST
    def test_any_table_of_floats(self, mantissas, exponents, shift):
        points = shift + np.ldexp(mantissas / 7, exponents)
        rows, queries = points[:20], points[20:]
        assert_same(ask(Brute(EUCLIDEAN, rows), queries, 6), nearest(queries, rows, 6))

    @pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-140, 1e-30, 1e30, 1e140, 1e160, 1e306])
    def test_rows_of_any_size(self, size):
        rng = np.random.default_rng(4)
        rows, queries = rng.uniform(-1, 1, (300, 5)) * size, rng.uniform(-1, 1, (50, 5)) * size
        assert_same(ask(Brute(EUCLIDEAN, rows), queries, 8), ask(Scan(EUCLIDEAN, rows), queries, 8))

    @pytest.mark.parametrize("sizes", [[1e30], [1e160], [1e300], [1.0, 1e5, 1e7, 1e30, 1e160, 1.0]])
    def test_far_queries(self, sizes):
        rng = np.random.default_rng(5)
        rows, queries = rng.normal(size=(600, 6)), rng.normal(size=(60, 6))
        queries *= np.resize(sizes, 60)[:, None]
        right = ask(Scan(EUCLIDEAN, rows), queries, 7)
        assert_same(ask(Brute(EUCLIDEAN, rows), queries, 7), right)

    def test_a_huge_row_and_rows_close_together(self):
        rng = np.random.default_rng(6)
        rows = 1.0 + 1e-9 * rng.normal(size=(600, 6))
        rows[7], rows[300:] = 1e12, rows[300:] + 5.0
        right = ask(Scan(EUCLIDEAN, rows), rows, 7)
        assert_same(ask(Brute(EUCLIDEAN, rows), rows, 7), right)

    @pytest.mark.parametrize("value", [0.0, 5e-324, 1e308, 1.7e308, -1.7e308])
    def test_rows_all_the_same(self, value):
        rows = np.full((40, 3), value)
        distances, indices = ask(Brute(EUCLIDEAN, rows), rows, 5)
        assert not distances.any()
        assert (indices == np.arange(5)).all()

    @every_metric
    def test_any_row_may_be_skipped_or_none(self, metric):
        rng = np.random.default_rng(7)
        rows = points_of(rng.integers(-2, 3, size=(400, 8)).astype(float), metric)
        skip = rng.integers(-1, 400, size=400)
        skip[:100] = -1
        for k in (1, 12, 210, 399):
            right = ask(Scan(CODES[metric], rows), rows, k, skip)
            assert_same(ask(Brute(CODES[metric], rows), rows, k, skip), right)


@pytest.mark.usefixtures("floats_only")
class TestLevels:
    def test_a_handful_of_queries_writes_no_panels(self, levels):
        rows = np.random.default_rng(0).normal(size=(300, 6))
        search = Brute(EUCLIDEAN, rows)
        ask(search, rows[:3], 4)
        ask(search, rows[3:10], 4)
        ask(search, rows[:8], 4)
        assert levels == [("scan", 3, 0), ("scan", 7, 0), ("float32", 8, 0)]

    def test_float32_is_enough_for_ordinary_rows(self, levels):
        rows = np.random.default_rng(0).normal(size=(2000, 20))
        ask(Brute(EUCLIDEAN, rows), rows[:300], 10)
        assert levels == [("float32", 300, 0)]

    def test_float64_where_float32_cannot_tell_rows_apart(self, levels):
        rng = np.random.default_rng(1)
        rows = rng.normal(size=(1000, 8))
        rows[::2] += 1e6
        found = ask(Brute(EUCLIDEAN, rows), rows, 5)
        assert_same(found, nearest(rows, rows, 5))
        (first, asked, left), second = levels[0], levels[1]
        assert (first, asked) == ("float32", 1000)
        assert left > 400
        assert second == ("float64", left, 0)
        assert len(levels) == 2

    def test_all_are_measured_where_neither_can(self, levels):
        rows = np.random.default_rng(2).normal(size=(400, 8))
        rows[100:] = rows[100]
        found = ask(Brute(EUCLIDEAN, rows), rows, 5)
        assert_same(found, nearest(rows, rows, 5))
        assert [level for level, *_ in levels] == ["float32", "float64", "scan"]
        assert levels[-1][1] >= 300

    def test_all_are_measured_at_once_where_few_are_left(self, levels):
        rng = np.random.default_rng(3)
        rows, queries = rng.normal(size=(400, 8)), rng.normal(size=(50, 8))
        queries[[3, 30]] = 1e30
        assert_same(ask(Brute(EUCLIDEAN, rows), queries, 5), ask(Scan(EUCLIDEAN, rows), queries, 5))
        assert [level for level, *_ in levels][:2] == ["float32", "scan"]
        assert levels[1][1] == 2

    def test_rows_without_a_frame_are_measured(self, levels):
        rows = np.full((50, 3), 1e-310) * np.arange(50)[:, None]
        ask(Brute(EUCLIDEAN, rows), rows, 5)
        assert [level for level, *_ in levels] == ["scan"]


@pytest.mark.usefixtures("floats_only")
class TestJoin:
    @pytest.mark.parametrize("n", [9, 255, 256, 257, 600, 5000])
    @pytest.mark.usefixtures("join_always")
    def test_any_number_of_rows(self, n, levels):
        rows = np.random.default_rng(n).normal(size=(n, 6))
        found = ask(Brute(EUCLIDEAN, rows), rows, 8, np.arange(n), own=True, n_jobs=2)
        assert levels == [("join", n, 0)]
        assert_same(found, ask(Scan(EUCLIDEAN, rows), rows, 8, np.arange(n)))

    @pytest.mark.usefixtures("join_always")
    def test_duplicates_fall_through_to_the_other_levels(self, levels):
        rows = np.random.default_rng(0).normal(size=(600, 6))
        rows[200:400] = rows[200]
        rows[400:] += 1e6
        found = ask(Brute(EUCLIDEAN, rows), rows, 8, np.arange(600), own=True)
        assert_same(found, nearest(None, rows, 8))
        assert [level for level, *_ in levels] == ["join", "float64", "scan"]

    @pytest.mark.usefixtures("join_always")
    @pytest.mark.parametrize("copied", [False, True])
    def test_it_is_the_way_where_it_is_said_that_these_are_the_rows(self, copied, levels):
        rows = np.random.default_rng(0).normal(size=(300, 6))
        queries, skip = rows.copy() if copied else rows[:], np.arange(300)
        found = ask(Brute(EUCLIDEAN, rows), queries, 5, skip, own=True)
        assert [level for level, *_ in levels] == ["join"]
        assert_same(found, ask(Scan(EUCLIDEAN, rows), queries, 5, skip))

    @pytest.mark.usefixtures("join_always")
    @pytest.mark.parametrize("other", ["all", "a part", "nobody skipped", "others skipped"])
    def test_else_the_rows_are_queries_like_others(self, other, levels):
        rows = np.random.default_rng(0).normal(size=(300, 6))
        queries, skip = rows, np.arange(300)
        if other == "a part":
            queries, skip = rows[:100], skip[:100]
        if other == "nobody skipped":
            skip = np.full(300, -1)
        if other == "others skipped":
            skip = skip[::-1].copy()
        found = ask(Brute(EUCLIDEAN, rows), queries, 5, skip)
        assert [level for level, *_ in levels] == ["float32"]
        assert_same(found, ask(Scan(EUCLIDEAN, rows), queries, 5, skip))

    def test_it_is_the_way_with_many_columns_and_enough_memory(self, levels):
        rows = np.random.default_rng(0).normal(size=(6000, 40))
        right = ask(Brute(EUCLIDEAN, rows), rows, 5, np.arange(6000), own=True)
        with config_context(working_memory=1):
            found = ask(Brute(EUCLIDEAN, rows), rows, 5, np.arange(6000), own=True)
        assert [level for level, *_ in levels] == ["join", "float32"]
        assert_same(found, right)


def with_many_columns(kind, rng, n, d):
    """Rows for which products are worth their while."""
    rows = rng.normal(size=(n, d))
    if kind == "ties":
        rows = np.rint(rows)
    if kind == "duplicates":
        rows = rows[rng.integers(0, n // 3, n)]
    if kind == "clusters":
        rows = 30.0 * rows[rng.integers(0, 9, n)] + 0.1 * rows
    if kind == "an outlier":
        rows[5] *= 1e6
    if kind == "shifted by 1e8":
        rows += 1e8
    if kind == "float32":
        rows = rows.astype(np.float32)
    if kind == "rows of many sizes":
        rows *= 10.0 ** rng.integers(-12, 12, size=(n, 1))
    if kind == "columns of many sizes":
        rows *= 10.0 ** rng.integers(-12, 12, size=d)
    if kind == "few directions":
        rows = rows[:, :2] @ rng.normal(size=(2, d)) + 1e-6 * rows
    return rows


MANY_COLUMNS = (
    "normal",
    "ties",
    "duplicates",
    "clusters",
    "an outlier",
    "shifted by 1e8",
    "float32",
    "rows of many sizes",
    "columns of many sizes",
    "few directions",
)


class TestManyColumns:
    @pytest.mark.parametrize("d", [8, 33, 130])
    @pytest.mark.parametrize("kind", MANY_COLUMNS)
    def test_lists_are_the_plain_ones_joined_or_not(self, kind, d, monkeypatch):
        rows = with_many_columns(kind, np.random.default_rng(d), 800, d)
        some = np.arange(0, 800, 5)
        for k in (1, 10, 150):
            right = ask(Scan(EUCLIDEAN, rows), rows[some], k, some)
            for joins in (True, False):
                monkeypatch.setattr(brute, "_COLUMNS_WORTH_JOIN", -(10**9) if joins else 10**9)
                found = ask(Brute(EUCLIDEAN, rows), rows, k, np.arange(800), own=True)
                assert_same([part[some] for part in found], right)

    @pytest.mark.parametrize("kind", MANY_COLUMNS)
    def test_so_are_those_of_directions_and_of_other_queries(self, kind):
        both = directions(with_many_columns(kind, np.random.default_rng(3), 1000, 40))
        rows, queries = both[:700], both[700:]
        queries[::50] = 0.5 * (queries[1::50] + queries[2::50])
        for metric in (EUCLIDEAN, COSINE):
            right = ask(Scan(metric, rows), queries, 10)
            assert_same(ask(Brute(metric, rows), queries, 10, n_jobs=2), right)

    def test_the_narrowest_precision_is_enough_for_ordinary_rows(self, levels):
        rows = np.random.default_rng(0).normal(size=(2000, 30))
        ask(Brute(EUCLIDEAN, rows), rows[:300], 10)
        assert levels[0][:2] == ("bytes" if available() else "float32", 300)
        assert levels[0][2] < 30

    @pytest.mark.skipif(not available(), reason="this processor does not multiply bytes")
    def test_bytes_are_tried_once_where_they_are_too_coarse(self, levels):
        rows = np.random.default_rng(0).normal(size=(2000, 30))
        rows[::2] += 1e4
        search = Brute(EUCLIDEAN, rows)
        right = ask(Scan(EUCLIDEAN, rows), rows[::40], 5)
        levels.clear()
        for _ in range(2):
            assert_same([part[::40] for part in ask(search, rows, 5)], right)
        assert [level for level, *_ in levels].count("bytes") == 1
        assert levels[0][1] < 2000


class TestDeterminism:
    @every_metric
    @pytest.mark.parametrize("name", ["random", "many columns", "ties", "duplicates", "float32"])
    def test_neither_threads_nor_pieces_nor_memory_show(self, name, metric):
        rows, queries = rows_and_queries(name, n_queries=600)
        points, asked = points_of(rows, metric), points_of(queries, metric)
        search = Brute(CODES[metric], points)
        right = ask(search, asked, 12)
        for n_jobs in (2, 4):
            assert_same(ask(Brute(CODES[metric], points), asked, 12, n_jobs=n_jobs), right)
            with config_context(working_memory=1):
                assert_same(ask(search, asked, 12, n_jobs=n_jobs), right)
        ends = [0, 1, 2, 9, 130, 131, 400, 600]
        parts = [
            ask(Brute(CODES[metric], points), asked[slice(*some)], 12) for some in pairwise(ends)
        ]
        assert_same([np.concatenate(part) for part in zip(*parts, strict=True)], right)

    @pytest.mark.usefixtures("join_always")
    def test_threads_do_not_show_in_a_join(self):
        rows, _ = rows_and_queries("many rows")
        right = ask(Brute(EUCLIDEAN, rows), rows, 12, np.arange(len(rows)), own=True)
        for n_jobs in (2, 4):
            found = ask(
                Brute(EUCLIDEAN, rows), rows, 12, np.arange(len(rows)), own=True, n_jobs=n_jobs
            )
            assert_same(found, right)

    def test_many_threads_may_ask_a_fresh_search(self):
        rows, queries = rows_and_queries("many columns", n_queries=400)
        search, right = Brute(EUCLIDEAN, rows), nearest(queries, rows, 9)
        start, found = Barrier(6), {}

        def question(number):
            start.wait(30)
            found[number] = ask(search, queries, 9, n_jobs=1 + number % 2)

        threads = [Thread(target=question, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == list(range(6))
        for each in found.values():
            assert_same(each, right)


class TestCopies:
    @pytest.mark.parametrize(
        "copied",
        [copy.copy, copy.deepcopy, lambda search: pickle.loads(pickle.dumps(search))],  # noqa: S301
    )
    def test_a_copy_of_a_used_search_gives_the_same_answers(self, copied):
        rows, queries = rows_and_queries("many columns")
        search = Brute(EUCLIDEAN, rows)
        right = ask(search, queries, 9)
        other = copied(search)
        assert_same(ask(other, queries, 9), right)
        assert_same(ask(search, queries, 9), right)

    def test_panels_are_not_in_a_pickle(self):
        rows = np.random.default_rng(0).normal(size=(3000, 20))
        search = Brute(COSINE, rows)
        ask(search, rows, 9)
        assert len(pickle.dumps(search)) < rows.nbytes + 2000


PEAK = """
import sys
from pathlib import Path
import numpy as np
import sklearn
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.metrics import METRICS

def peak():
    text = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(text.split()[0]) / 1024

k, m, memory = (int(each) for each in sys.argv[1:])
rng = np.random.default_rng(0)
rows, queries = rng.normal(size=(20_000, 64)), rng.normal(size=(m, 64))
few = np.empty((16, k)), np.empty((16, k), dtype=np.intp)
EUCLIDEAN = METRICS["euclidean"].measure
Brute(EUCLIDEAN, rows).nearest(queries[:16], np.full(16, -1), 2, few)
search, skip = Brute(EUCLIDEAN, rows), np.full(m, -1)
found = np.ones((m, k)), np.ones((m, k), dtype=np.intp)
with sklearn.config_context(working_memory=memory):
    before = peak()
    search.nearest(queries, skip, 2, found)
print(peak() - before)
for q in (0, m - 1):
    right = np.square(rows - queries[q]).sum(axis=1)
    assert (np.sort(right[found[1][q]]) <= np.partition(right, k - 1)[k - 1] * (1 + 1e-12)).all()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc")
@pytest.mark.parametrize(("k", "m", "memory"), [(2000, 1500, 64), (9000, 600, 16)])
def test_memory_is_bounded_however_many_neighbours_are_asked_for(k, m, memory):
    """At most what the setting allows, the panels of 20,000 rows (5 MiB), and some slack."""
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(k), str(m), str(memory)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < memory + 6 + 24


def test_little_work_is_done_by_measuring(monkeypatch):
    monkeypatch.setattr(brute, "_LITTLE_WORK", 20_000_000)
    rows = np.random.default_rng(0).normal(size=(500, 40))
    search = Brute(EUCLIDEAN, rows)
    distances, indices = ask(search, rows[:100], 5)
    assert not search._written
    assert_same((distances, indices), nearest(rows[:100], rows, 5))


def test_few_that_bytes_leave_over_are_scanned_until_wider_products_pay(monkeypatch):
    """The lists are the same; what is waited for is what is done."""
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(3000, 40))
    rows[:400] = rows[0] + 1e-3 * rng.normal(size=(400, 40))  # too near for bytes to tell
    queries = np.vstack([rng.normal(size=(600, 40)), rows[:30]])
    lists = {}
    for limit in (-1.0, 1e12):
        monkeypatch.setattr(brute.patience, "limit", limit)
        monkeypatch.setattr(brute.patience, "done", 0.0)
        search = Brute(EUCLIDEAN, rows)
        found = np.empty((630, 5)), np.empty((630, 5), dtype=np.intp)
        search.nearest(queries, np.full(630, -1), 1, found)
        lists[limit] = found
        if brute.precisions(40)[0] == "bytes":
            assert ("float32" in search._written) == (limit < 0)
            assert 30 * rows.size <= brute.patience.done < 100 * rows.size
    for one, other in zip(*lists.values(), strict=True):
        assert np.array_equal(one, other)
