"""The plain search in NumPy finds what the compiled loops find, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import DATA, METRICS, MODEST, rows_and_queries
from tests.neighbors.search.asking import ask, assert_same

from trivium.neighbors.search import plain, scan
from trivium.neighbors.search.measures import ITSELF, POWER_ROOT, POWERS, SUM, Measure
from trivium.neighbors.search.metrics import METRICS as TABLE
from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.plain import is_plain
from trivium.neighbors.search.scan import Scan

plain_metrics = [name for name in METRICS if is_plain(TABLE[name].measure)]
every_metric = pytest.mark.parametrize("metric", plain_metrics)


def points_of(rows, metric):
    return directions(rows) if metric == "cosine" else np.ascontiguousarray(rows)


def both_ways(question):
    """Answers of NumPy and of the compiled loops."""
    answers = []
    for limit in (np.inf, -1):
        with pytest.MonkeyPatch.context() as patch:
            for patience in scan.patience.values():
                patch.setattr(patience, "limit", limit)
            answers.append(question())
    return answers


def nearest_and_within(metric, rows, queries, k, skip, radii):
    search = Scan(TABLE[metric].measure, rows)
    return both_ways(
        lambda: (*ask(search, queries, k, skip), *search.within(queries, radii, skip, 1))
    )


def test_the_four_metrics_are_plain():
    assert plain_metrics == ["euclidean", "manhattan", "chebyshev", "cosine"]


def test_another_form_or_root_never_passes_for_one_that_there_is():
    assert not is_plain(Measure(SUM, POWER_ROOT))
    assert not is_plain(Measure(POWERS, ITSELF))
    rows, radius, skip = np.ones((3, 2)), np.ones(3), np.full(3, -1)
    with pytest.raises(ValueError, match="no form of number 4"):
        plain.plain_within(Measure(4, ITSELF), rows, rows, radius, skip)
    with pytest.raises(ValueError, match="no root of number 4"):
        plain.plain_within(Measure(SUM, 4), rows, rows, radius, skip)


@every_metric
@pytest.mark.parametrize("name", DATA)
def test_on_every_kind_of_data(name, metric):
    rows, queries = (points_of(each, metric) for each in rows_and_queries(name))
    for k in {1, min(6, len(rows)), len(rows)}:
        skip = np.full(len(queries), -1)
        found = ask(Scan(TABLE[metric].measure, rows), queries, k)
        assert_same(*nearest_and_within(metric, rows, queries, k, skip, found[0][:, -1]))


@every_metric
@pytest.mark.parametrize("pieces", [(1 << 18, 256), (7, 2)])
@given(
    rows=arrays(float, st.tuples(st.integers(2, 30), st.just(3)), elements=st.integers(-2, 2)),
    exponent=st.sampled_from([0, -1074, -1070, -500, 480, 1000]),
    data=st.data(),
)
@MODEST
def test_whatever_the_size_and_whom_they_skip(metric, pieces, rows, exponent, data):
    n = len(rows)
    points = points_of(np.ldexp(rows, exponent), metric)
    skip = np.array(data.draw(st.lists(st.integers(-1, n - 1), min_size=n, max_size=n)))
    k = data.draw(st.integers(1, n - 1))
    radii = np.resize(ask(Scan(TABLE[metric].measure, points), points, k)[0], n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_PAIRS_A_PIECE", pieces[0])
        patch.setattr(plain, "_PAIRS_A_BLOCK", pieces[1])
        patch.setattr(plain, "_LEAST_A_BLOCK", pieces[1])
        assert_same(*nearest_and_within(metric, points, points, k, skip, radii))


def test_powers_are_left_to_the_compiled_loops(monkeypatch):
    def fail(*_):
        raise AssertionError

    for patience in scan.patience.values():
        monkeypatch.setattr(patience, "limit", np.inf)
    monkeypatch.setattr(scan, "plain_nearest", fail)
    ask(Scan(Measure(POWERS, POWER_ROOT, 3.0), np.eye(4)), np.eye(4), 2)


def test_numpy_hands_over_when_enough_was_asked(monkeypatch):
    calls = []

    def spy(*arguments):
        calls.append("plain")
        return plain.plain_nearest(*arguments)

    rows = np.random.default_rng(0).normal(size=(50, 3))
    monkeypatch.setattr(scan, "plain_nearest", spy)
    patience = scan.patience[scan.scan_nearest]
    monkeypatch.setattr(patience, "done", 0.0)
    a_query = 50 * (3 + scan._A_PAIR) + 4 * scan._A_NEIGHBOR
    monkeypatch.setattr(patience, "limit", 2.5 * (scan._A_CALL + 50 * a_query))
    lists = [ask(Scan(TABLE["euclidean"].measure, rows), rows, 4) for _ in range(4)]
    assert calls == ["plain", "plain"]
    for each in lists[1:]:
        assert_same(each, lists[0])
