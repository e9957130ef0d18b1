"""When an algorithm is chosen, and that nothing shows of it but time."""

import copy
import pickle
from threading import Barrier, Thread

import numpy as np
import pytest
from tests.neighbors.search.asking import ask, assert_same

from trivium.blocks import compiled
from trivium.neighbors.search import chosen
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.chosen import Chosen
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.metrics import METRICS
from trivium.neighbors.search.scan import Scan

EUCLIDEAN = METRICS["euclidean"]


@pytest.fixture
def rows():
    return np.random.default_rng(0).random((2_000, 2))


@pytest.fixture
def patient(monkeypatch):
    """As in a process that has done little so far."""
    for patience in chosen.patience, chosen.products_patience:
        monkeypatch.setattr(patience, "limit", 1e9)
        monkeypatch.setattr(patience, "done", 0.0)
    monkeypatch.setattr(chosen, "_LITTLE_WORK", 2_000_000)


@pytest.fixture
def trees(monkeypatch):
    """Numbers of rows of the trees that are built."""
    built = []

    def build(measure, rows, n_jobs=None):
        built.append(len(rows))
        return KDTree(measure, rows, n_jobs)

    monkeypatch.setattr(chosen, "KDTree", build)
    return built


def search_for(rows, algorithm="auto"):
    return Chosen(EUCLIDEAN, rows, algorithm, 5, 1)


def test_nothing_is_built_for_little_work(rows, patient, trees):
    search = search_for(rows)
    right = ask(Scan(EUCLIDEAN.measure, rows), rows[:100], 5)
    assert_same(ask(search, rows[:100], 5), right)
    assert_same(
        search.within(rows[:9], 0.1, np.full(9, -1), 1),
        Scan(EUCLIDEAN.measure, rows).within(rows[:9], 0.1, np.full(9, -1), 1),
    )
    assert trees == []


def test_neither_is_it_while_the_process_has_done_little(rows, patient, trees):
    search = search_for(rows)
    ask(search, rows, 5)  # enough for this table, but not for compiled loops
    assert trees == []
    chosen.patience.done = chosen.patience.limit
    ask(search, rows[:1], 5)
    assert trees == [2_000]


@pytest.mark.parametrize("step", [2_000, 100])
def test_a_tree_is_built_once_when_enough_was_asked(rows, patient, trees, step):
    chosen.patience.done = chosen.patience.limit
    search = search_for(rows)
    parts = [ask(search, rows[start : start + step], 5) for start in range(0, 2_000, step)]
    assert trees == [2_000]
    joined = [np.concatenate(part) for part in zip(*parts, strict=True)]
    assert_same(joined, ask(Scan(EUCLIDEAN.measure, rows), rows, 5))


def test_to_ask_for_the_choice_settles_it(rows, patient, trees):
    search = search_for(rows)
    assert search.choice.algorithm == "kd_tree"
    assert search.choice is search.choice
    ask(search, rows[:2], 5)
    assert trees == [2_000]


def test_what_is_asked_for_by_name_is_used_from_the_start(rows, patient, trees):
    assert search_for(rows, "brute").choice == ("brute", "asked for")
    assert trees == []
    search_for(rows, "kd_tree")
    search_for(rows, "ball_tree")
    assert trees == [2_000, 2_000]


@pytest.mark.parametrize("kept", ["shortlist", "answer", "both", "none"])
def test_products_that_are_asked_for_wait_for_their_own_loops(kept, patient, monkeypatch):
    """Whether those of trees are on disk is nothing to them."""
    names = {"shortlist", "answer"} if kept == "both" else {kept}
    monkeypatch.setattr(compiled, "is_kept", lambda loop: loop.__name__ in names)
    for patience in chosen.patience, chosen.products_patience:
        monkeypatch.setattr(patience, "limit", None)
    rows = np.zeros((60_000, 64))
    searched = []
    for way in Brute, Scan:
        monkeypatch.setattr(way, "nearest", lambda self, *_, **__: searched.append(type(self)))
    search_for(rows, "brute").nearest(rows[:1000], np.full(1000, -1), 1, ())
    assert searched == [Brute if "shortlist" in names else Scan]
    search_for(rows, "brute").nearest(rows[:1000], np.full(1000, -1), 1, ())
    assert searched[1:] == [Brute]  # enough was done by now to compile them


def test_products_that_are_chosen_wait_for_their_loops_too(patient, monkeypatch):
    rows = np.random.default_rng(0).random((2_000, 40))
    searched = []
    for way in Brute, Scan:
        monkeypatch.setattr(way, "nearest", lambda self, *_, **__: searched.append(type(self)))
    search = search_for(rows)
    assert search.choice.algorithm == "brute"
    for _ in range(2):
        search.nearest(rows, np.full(2_000, -1), 1, ())
        chosen.products_patience.done = chosen.products_patience.limit
    assert searched == [Scan, Brute]


@pytest.mark.parametrize("n_columns", [2, 40])
def test_products_wait_for_no_tree_where_none_can_win(n_columns, patient, trees, monkeypatch):
    """Loops of trees are not there; those of products are, and only they are of use."""
    rows = np.random.default_rng(0).random((2_000, n_columns))
    chosen.products_patience.done = chosen.products_patience.limit
    searched = []
    for way in Brute, Scan:
        monkeypatch.setattr(way, "nearest", lambda self, *_, **__: searched.append(type(self)))
    search = search_for(rows)
    for _ in range(2):
        search.nearest(rows, np.full(2_000, -1), 1, ())
    assert searched == 2 * [Brute if n_columns == 40 else Scan]
    assert trees == []


def pickled(search):
    return pickle.loads(pickle.dumps(search))  # noqa: S301 - its own


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_goes_on_from_there(rows, patient, trees, settled, again):
    search = search_for(rows)
    if settled:
        assert search.choice.algorithm == "kd_tree"
    other = again(search)
    chosen.patience.done = chosen.patience.limit
    assert_same(ask(other, rows, 5), ask(search, rows, 5))
    assert other.choice == search.choice
    assert len(trees) == (1 if settled else 2)


def test_threads_that_ask_at_once_build_one_tree(rows, patient, trees):
    chosen.patience.done = chosen.patience.limit
    search, start = search_for(rows), Barrier(4)

    def work():
        start.wait()
        ask(search, rows, 5)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trees == [2_000]
