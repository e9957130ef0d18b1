"""Which classes win no vote: by their weights alone, and by asking rows."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium import KNeighborsClassifier, MaskedClassWarning
from trivium.neighbors import outvoted as module
from trivium.neighbors.outvoted import can_win, outvoted, wins_by_chance
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.metrics import METRICS
from trivium.neighbors.voting import Voters
from trivium.rows.memory import ArrayRows

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")


@given(st.lists(st.integers(0, 5), min_size=2, max_size=4), st.data())
def test_a_class_can_win_if_some_neighbourhood_lets_it(mass, data):
    mass[0] += 1
    k = data.draw(st.integers(1, sum(mass)))
    possible = [
        votes for votes in itertools.product(*(range(m + 1) for m in mass)) if sum(votes) == k
    ]
    winners = {votes.index(max(votes)) for votes in possible}
    for c in range(len(mass)):
        assert can_win(np.array(mass, dtype=float), k, c) == (c in winners)


def test_fractions_win_where_they_reach_the_others():
    assert can_win(np.array([10.0, 1.5]), 3, 1)
    assert not can_win(np.array([10.0, 1.4]), 3, 1)


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_wins_by_chance_are_those_of_rows_at_random(k):
    rng = np.random.default_rng(k)
    wins = 0
    for _ in range(300):
        votes = (rng.random((20, k - 1)) < 0.3).sum(axis=1) + 1
        wins += np.count_nonzero(2 * votes > k)
    expected = wins_by_chance(np.array([0.7, 0.3]), 20, k, 1)
    assert wins / 300 == pytest.approx(expected, rel=0.15)


def asked(X, y, k, weights=None, metric="euclidean"):
    voters = Voters(y, int(y.max()) + 1, "uniform", 1)
    index = Index(ArrayRows(X), metric=METRICS[metric], algorithm="auto", n_jobs=1, k=k)
    find = index.nearest

    def nearest(points, *others):
        assert points.shape[1] == index.n_columns
        return find(points, *others)

    index.nearest = nearest
    return outvoted(index, voters, weights, k, np.unique(y)[1:])


@pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 3, 6])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "haversine"])
def test_a_search_of_all_their_rows_says_the_same(seed, k, weighted, metric):
    """Rows that a metric has brought into its space are not brought there once more."""
    rng = np.random.default_rng(seed)
    y = np.sort(rng.choice(4, size=90, p=[0.85, 0.05, 0.05, 0.05]))
    X = np.clip(rng.normal(size=(90, 2)) + 2.0 * (y == 2)[:, None], -1.5, 1.5)
    weights = rng.integers(1, 4, size=90).astype(float) if weighted else None
    told = KNeighborsClassifier(k, metric=metric).fit(X, y, weights).predict(X)
    expected = [c for c in np.unique(y)[1:] if not np.any(told[y == c] == c)]
    lost, surely = asked(X, y, k, weights, metric)
    assert lost.tolist() == expected
    assert surely


def test_where_chance_would_let_it_win_nothing_is_searched(monkeypatch):
    def refuse(*_):
        raise AssertionError("it was searched")

    monkeypatch.setattr(module, "neighborhoods", refuse)
    y = np.repeat([0, 1], [700, 300])
    assert asked(np.random.default_rng(0).normal(size=(1000, 2)), y, 5)[0].size == 0


def test_of_a_large_table_it_says_that_not_all_rows_were_asked(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(4000, 3)), np.repeat([0, 1], [3880, 120])
    with pytest.warns(MaskedClassWarning, match="row of their own \\(1\\)"):
        KNeighborsClassifier(15).fit(X, y)
    monkeypatch.setattr(module, "_MOST_WORK", 1)
    with pytest.warns(MaskedClassWarning, match="row of their own that was looked at \\(1\\)"):
        KNeighborsClassifier(15).fit(X, y)
