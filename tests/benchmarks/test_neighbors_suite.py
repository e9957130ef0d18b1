"""The suite of nearest neighbours refuses wrong answers, and can be drawn."""

from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module

import numpy as np
import pytest
from benchmarks.harness.peers import make_or_miss
from benchmarks.harness.results import Case, Entry, Race, Run
from benchmarks.harness.suite import Disagreement, run_race, run_suite
from benchmarks.harness.timing import Absent, Conditions, interleaved_medians, one_step
from benchmarks.neighbors import data, growth
from benchmarks.neighbors.agreement import check_labels, check_lists, compare, plain_nearest
from benchmarks.neighbors.grid import classifiers
from benchmarks.neighbors.latency import memory_growth
from benchmarks.neighbors.leave_one_out import shares_right
from benchmarks.neighbors.page import section
from benchmarks.neighbors.peers import (
    BRUTE,
    DTYPES,
    PRODUCT64,
    SCIPY,
    SKLEARN,
    TREES,
    TRIVIUM,
    contenders,
)
from benchmarks.neighbors.suite import SUITE
from benchmarks.neighbors.task import Found, Task
from benchmarks.neighbors.words import check_texts, texts
from tests.neighbors.reference import nearest

from trivium import NearestNeighbors

ONCE = Conditions(threads=1, rounds=1, steady=0.0, pause=0.0, quick=True, calls=20)


@pytest.fixture
def task():
    return Task(*data.uniform(300, 20, 5), k=4, threads=1)


@pytest.fixture
def exact(task):
    return plain_nearest(task.rows, task.queries, task.k)


def changed(found, **places):
    arrays = {name: getattr(found, name).copy() for name in Found._fields}
    for name, (place, value) in places.items():
        arrays[name][place] = value
    return Found(**arrays)


def test_plain_nearest(task, exact):
    distances, indices = nearest(task.queries, task.rows, task.k)
    np.testing.assert_array_equal(exact.distances, distances)
    np.testing.assert_array_equal(exact.indices, indices)


def test_agreement_within_rounding(task, exact):
    assert compare(task, exact, exact, "float64", "peer") == "agree"
    near = Found(exact.distances * (1 + 1e-15), exact.indices)
    assert compare(task, exact, near, "float64", "peer") == "agree"
    far = Found(exact.distances.astype(np.float32), exact.indices)
    assert compare(task, exact, far, "float32", "peer") == "agree"
    with pytest.raises(Disagreement, match="peer: .* lists are wrong"):
        compare(task, exact, far, "float64", "peer")


@pytest.mark.parametrize(
    "places",
    [
        {"distances": ((3, 2), 9.0)},
        {"distances": ((3, 2), np.nan)},
        {"indices": ((3, 2), -1)},
        {"indices": ((3, 2), 300)},
        {"indices": ((3, 2), 250)},  # a row that is far away
        {"indices": ((3, slice(None)), 7)},  # a row again and again
    ],
)
def test_wrong_lists_are_refused(task, exact, places):
    wrong = changed(exact, **places)
    with pytest.raises(Disagreement, match="peer: 1 of 20 lists are wrong"):
        compare(task, exact, wrong, "float64", "peer")
    assert "1 lists wrong" in compare(task, exact, wrong, "float32", "peer")


def test_rows_at_one_distance_may_change_places():
    rows = np.array([[1.0], [-1.0], [5.0]])
    task = Task(rows, np.array([[0.0]]), k=2)
    exact = plain_nearest(rows, task.queries, 2)
    other = Found(exact.distances, exact.indices[:, ::-1])
    assert compare(task, exact, other, "float64", "peer") == "agree; 1 lists differ"


@pytest.mark.parametrize("places", [{"distances": ((0, 0), 0.1)}, {"indices": ((0, 0), 299)}])
def test_trivium_must_be_exact(task, exact, places):
    check = check_lists(task, TRIVIUM, DTYPES)
    assert check({TRIVIUM: exact}) == {TRIVIUM: "exact (20 queries against plain differences)"}
    with pytest.raises(Disagreement, match="Trivium"):
        check({TRIVIUM: changed(exact, **places)})


def test_labels():
    ours, theirs = np.array([0, 1, 1]), np.array([0, 1, 0])
    assert check_labels("A", theirs == 2)({"A": ours, "B": ours}) == {"A": "agree", "B": "agree"}
    tied = np.array([False, False, True])
    assert check_labels("A", tied)({"A": ours, "B": theirs})["B"] == "agree; 1 ties differ"
    with pytest.raises(Disagreement, match="B: 1 classes are wrong"):
        check_labels("A", ~tied)({"A": ours, "B": theirs})


def test_nothing_is_timed_after_a_wrong_answer():
    log = []

    def refuse(answers):
        raise Disagreement(str(answers))

    with pytest.raises(Disagreement, match="'A': 1"):
        run_race("", [one_step("A", lambda: log.append(1) or len(log))], ONCE, refuse)
    assert log == [1]


def test_who_is_not_installed_is_listed():
    def missing():
        raise ImportError

    made = make_or_miss("peer", "float32", missing)
    assert made == Absent("peer", "peer", "float32", "not installed")
    race = run_race("", [made, one_step("A", int)], ONCE, lambda _: {"A": "agree"})
    assert [entry.absent for entry in race.entries] == ["not installed", None]
    assert [len(entry.laps) for entry in race.entries] == [0, 1]
    with pytest.raises(ImportError):
        make_or_miss(TRIVIUM, "float64", missing)


def test_a_peer_that_refuses_a_problem_says_why_and_ends_no_race():
    def refuse():
        raise ValueError("Max 127 dimensions allowed\nand more")

    some = [one_step("A", int, role="subject"), one_step("B", refuse), one_step("C", int)]
    race = run_race("", some, ONCE, lambda answers: dict.fromkeys(answers, "agree"))
    said = "ValueError: Max 127 dimensions allowed"
    assert [entry.absent for entry in race.entries] == [None, said, None]
    assert [entry.agreement for entry in race.entries] == ["agree", None, "agree"]
    assert [len(entry.laps) for entry in race.entries] == [1, 0, 1]
    with pytest.raises(ValueError, match="Max 127"):
        run_race("", [one_step("A", refuse, role="subject")], ONCE, dict)


@pytest.mark.parametrize("names", [(TRIVIUM, SKLEARN, PRODUCT64), (TRIVIUM, SCIPY)])
def test_contenders_of_a_search(task, names):
    race = run_race("", contenders(task, names), ONCE, check_lists(task, TRIVIUM, DTYPES))
    assert [entry.name for entry in race.entries] == list(names)
    assert all(set(entry.laps[0]) == {"prepare", "first", "again"} for entry in race.entries)
    assert race.subject().agreement.startswith("exact")


def test_every_contender_can_be_asked_for(task):
    names = dict.fromkeys((*BRUTE, *TREES, *growth.ALL))
    assert set(names) == set(DTYPES)


def test_too_late():
    assert growth.too_late([], 10, 100) is None
    assert growth.too_late([(5, 0.001)], 10, 100) is None
    assert growth.too_late([(5, 0.1)], 10, 100) == pytest.approx(20.0)


def test_shares_right():
    rng = np.random.default_rng(0)
    indices, y = rng.integers(0, 30, (30, 6)), rng.integers(0, 3, 30)
    for k, share in enumerate(shares_right(indices, y), start=1):
        told = [np.bincount(y[nearest_k]).argmax() for nearest_k in indices[:, :k]]
        assert share == np.mean(told == y)


def test_moved_images():
    image = np.arange(784.0).reshape(1, 28, 28) + 1
    moved = next(data._moved(image, [(2, -1)])).reshape(28, 28)
    np.testing.assert_array_equal(moved[:-1, 2:], image[0, 1:, :-2])
    assert not moved[-1].any()
    assert not moved[:, :2].any()


@pytest.mark.parametrize("d", [2, 9])
def test_embedded_data_have_few_dimensions(d):
    rows, queries = data.embedded(200, 10, d)
    assert rows.shape == (200, d)
    assert queries.shape == (10, d)
    spread = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    assert (spread > 0.05 * spread[0]).sum() == min(d, 6)


def test_one_row_at_a_time():
    model = classifiers(1, None)[TRIVIUM]().fit([[0.0], [1.0]], [0, 1])
    X = np.array([[0.0], [1.0]])
    ticks = iter(range(100))
    medians = interleaved_medians({"A": model.predict, "B": len}, X, 3, lambda: next(ticks))
    assert medians == {"A": 1, "B": 1}
    assert memory_growth(len, X, 20)["calls"] == 20


def test_lists_of_texts_are_checked():
    table = texts(320, 200, 12)
    rows, queries = table[:300], table[300:]
    distances = 1.0 - (queries @ rows.T).toarray()
    order = np.argsort(distances, axis=1, kind="stable")[:, :5]
    theirs = Found(np.take_along_axis(distances, order, axis=1), order)
    ours = Found(*NearestNeighbors(5, metric="cosine").fit(rows).kneighbors(queries))
    check = check_texts(rows, queries, "A")
    said = check({"A": ours, "B": theirs})
    assert said["A"] == "exact (20 queries against sums over all columns)"
    assert said["B"].startswith("agree")
    with pytest.raises(Disagreement, match="A: distances of query 0 are not"):
        check({"A": changed(ours, distances=((0, 0), 0.5))})
    for wrong in (
        changed(theirs, distances=((0, 0), 2.0)),
        changed(theirs, indices=((0, 0), int(distances[0].argmax()))),
        changed(theirs, indices=((0, slice(None)), order[0, 0])),
    ):
        with pytest.raises(Disagreement, match="B: lists of queries from 0 on are wrong"):
            check({"A": ours, "B": wrong})


def growth_run():
    laps = [{"prepare": 0.1, "first": 0.2, "again": 0.1}]
    races = [
        Race(
            f"{name} {at}",
            [Entry(each, "subject" if each == TRIVIUM else "peer", "float64", laps)
             for each in (TRIVIUM, SCIPY)],
            items=10,
            sweep=name,
            at=at,
        )
        for name in (growth.ROWS, growth.COLUMNS, growth.FLAT)
        for at in (10, 100)
    ]  # fmt: skip
    cases = {"growth": Case("growth", races), "digits": Case("digits", skipped="no images")}
    return Run("neighbors", "", {}, [], {}, {}, cases)


def test_nothing_is_drawn_of_sweeps_that_were_not_run(tmp_path):
    run = growth_run()
    run.cases["growth"] = Case("growth", skipped="the time was over")
    text = section(run, tmp_path)
    assert ".png" not in text
    assert "Not run." in text
    assert list(tmp_path.iterdir()) == []


def test_section(tmp_path):
    text = section(growth_run(), tmp_path)
    for name in ("neighbors-rows.png", "neighbors-columns.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert f"({name})" in text
    assert "Skipped: no images." in text
    assert "Not run." in text
    assert "SciPy cKDTree" in text
    assert "growth by rows, the worst: best peer, at least 1.20×. Measured: 1.00×, 0 of 2" in text


@pytest.mark.parametrize("name", ["neighbors", "least_squares", "softmax"])
def test_a_section_bears_cases_that_have_no_results(name, tmp_path):
    suite = import_module(f"benchmarks.{name}.suite").SUITE
    for words in ({"skipped": "the time was over"}, {"failed": "why"}):
        cases = {each: Case(each, **words) for each in suite.cases}
        text = suite.section(Run(name, "", {}, [], {}, {}, cases), tmp_path)
        assert text.count(next(iter(words.values()))) == len(cases)


class Tomorrow(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(days=1)


def test_run_of_a_suite_keeps_other_cases(tmp_path, monkeypatch):
    cases = {name: lambda _, name=name: Case(name) for name in ("a", "b")}
    suite = type(SUITE)("some", "Some", ("numpy", "no-such-package"), cases, SUITE.section)
    out, silent = tmp_path / "some.json", lambda _: None
    run = run_suite(suite, ["b"], ONCE, out, say=silent)
    assert run.versions["no-such-package"] == "not installed"
    assert list(run_suite(suite, ["a"], ONCE, out, keep=True, say=silent).cases) == ["a", "b"]
    assert run_suite(suite, ["a"], ONCE, out, keep=True, say=silent).cases["b"].earlier is None
    monkeypatch.setattr("benchmarks.harness.suite.versions_of", lambda _: {"numpy": "0.1"})
    kept = run_suite(suite, ["a"], ONCE, out, keep=True, minutes=0.0, say=silent).cases
    assert [kept[name].earlier for name in "ab"] == [run.date, run.date]
    assert kept["a"].skipped is None
    monkeypatch.undo()
    run_suite(suite, ["a", "b"], ONCE, out, say=silent)
    kept = run_suite(suite, ["a"], ONCE, out, keep=True, minutes=0.0, say=silent).cases
    assert [kept[name].earlier for name in "ab"] == [run.date, None]
    longer = replace(ONCE, rounds=3)
    kept = run_suite(suite, ["a"], longer, out, keep=True, say=silent).cases
    assert [kept[name].earlier for name in "ab"] == [None, run.date]
    monkeypatch.setattr("benchmarks.harness.suite.datetime", Tomorrow)
    kept = run_suite(suite, [], longer, out, keep=True, say=silent).cases
    assert [kept[name].earlier for name in "ab"] == [run.date, run.date]
    assert list(run_suite(suite, ["a"], ONCE, out, say=silent).cases) == ["a"]


def test_a_case_that_fails_stops_nothing(tmp_path, capsys):
    def fails(_):
        raise Disagreement("wrong")

    cases = {"a": fails, "b": lambda _: Case("b")}
    suite = type(SUITE)("some", "Some", (), cases, SUITE.section)
    run = run_suite(suite, ["a", "b"], ONCE, tmp_path / "some.json", say=lambda _: None)
    assert run.cases["a"].failed == "Disagreement: wrong"
    assert run.cases["b"].failed is None
    assert "Disagreement: wrong" in capsys.readouterr().err
    run = run_suite(suite, ["b"], ONCE, tmp_path / "some.json", minutes=0.0, say=lambda _: None)
    assert run.cases["b"].skipped == "the time was over"
