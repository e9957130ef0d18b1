"""Heaps of (distance, row number): what is kept, and the order at the end."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.reference import MODEST

from trivium.neighbors.search.heaps import sift_down, sort_heap, worse

pairs = st.tuples(st.integers(0, 3).map(float) | st.just(np.inf), st.integers(0, 50))


@given(pairs, pairs)
@MODEST
def test_pairs_are_ordered_by_distance_then_row(one, other):
    assert worse(*one, *other) == (one > other)


@given(st.lists(pairs, min_size=1, max_size=40, unique=True), st.integers(1, 40))
@MODEST
def test_the_heap_keeps_the_best_and_sorts_them(newcomers, size):
    distances, rows = np.full(size, np.inf), np.full(size, 99, dtype=np.intp)
    for distance, row in newcomers:
        if worse(distances[0], rows[0], distance, row):
            sift_down(distances, rows, size, distance, row)
        held = list(zip(distances.tolist(), rows.tolist(), strict=True))
        assert held[0] == max(held)  # what a newcomer has to beat
    sort_heap(distances, rows)
    kept = [*sorted(newcomers), *[(np.inf, 99)] * size][:size]
    assert list(zip(distances.tolist(), rows.tolist(), strict=True)) == kept


@given(st.lists(pairs, min_size=1, max_size=40, unique=True))
@MODEST
def test_only_the_first_places_are_touched(newcomers):
    size = (len(newcomers) + 1) // 2
    distances, rows = np.full(60, np.inf), np.full(60, 99, dtype=np.intp)
    distances[size:], rows[size:] = -1.0, -1
    for distance, row in newcomers:
        if worse(distances[0], rows[0], distance, row):
            sift_down(distances, rows, size, distance, row)
    assert (distances[size:] == -1.0).all()
    assert (rows[size:] == -1).all()
