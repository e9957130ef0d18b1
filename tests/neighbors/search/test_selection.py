"""Sorting of candidates: what comes to the front, in which order, and that none is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.reference import MODEST

from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address
from trivium.neighbors.search.selection import FEW, Candidates, arrange, sort_by_insertion

SHIFT = 5
GUARD = -9


@kernel
def arrange_arrays(keys, places, numbers, key_copy, room, k, sorted_from):
    found = Candidates(
        address(keys, 0),
        address(places, 0),
        address(key_copy, 0),
        address(room, 0),
        address(room, 2 * FEW),
        address(room, 4 * FEW),
    )
    arrange(found, k, keys.shape[0], address(numbers, 0), SHIFT, sorted_from)


@kernel
def sort_part(keys, places, numbers, start, stop):
    sort_by_insertion(address(keys, 0), address(places, 0), start, stop, address(numbers, 0), SHIFT)


def any_size(rng, n):
    return np.ldexp(rng.random(n), rng.integers(-1070, 900, n))


def one_tie(rng, n):
    keys = rng.random(n)
    keys[n // 2] = keys[0]
    return keys


def some_infinite(rng, n):
    keys = rng.random(n)
    keys[rng.random(n) < 0.3] = np.inf
    return keys


KEYS = {
    "random": lambda rng, n: rng.random(n),
    "of any size": any_size,
    "few values": lambda rng, n: rng.integers(0, 5, n) / 1.0,
    "one tie": one_tie,
    "all equal": lambda rng, n: np.full(n, 2.5),
    "all zero but one": lambda rng, n: np.eye(1, n, n // 3)[0],
    "sorted": lambda rng, n: np.sort(rng.random(n)),
    "reversed": lambda rng, n: np.sort(rng.random(n))[::-1].copy(),
    "sorted ties": lambda rng, n: np.sort(rng.integers(0, 9, n) / 1.0),
    "up and down again": lambda rng, n: np.minimum(np.arange(n), np.arange(n)[::-1]) / 1.0,
    "some infinite": some_infinite,
    "one infinite": lambda rng, n: np.where(np.arange(n) == n // 2, np.inf, rng.random(n)),
    "all infinite": lambda rng, n: np.full(n, np.inf),
}
SIZES = (1, 2, 3, 8, 9, FEW - 1, FEW, FEW + 1, 2 * FEW + 1, 1000)

every_kind = pytest.mark.parametrize("name", KEYS)
every_size = pytest.mark.parametrize("n", SIZES)


def candidates(keys, rng):
    """Places for some keys, and the numbers of rows that are read from there."""
    n = len(keys)
    numbers = np.full(SHIFT + 3 * n, -1)
    places = rng.permutation(3 * n)[:n]
    numbers[places + SHIFT] = rng.permutation(10 * n)[:n]
    return places, numbers


def arranged(keys, places, numbers, k, sorted_from):
    """Candidates as (key, row number, place) after `arrange`, all of them."""
    keys, places = keys.copy(), places.copy()
    key_copy, room = np.full(4 * FEW, float(GUARD)), np.full((6, 2 * FEW), GUARD)
    arrange_arrays(keys, places, numbers, key_copy, room, k, sorted_from)
    assert (key_copy[2 * FEW :] == GUARD).all()
    assert (room[3:] == GUARD).all()
    return np.rec.fromarrays([keys, numbers[places + SHIFT], places])


def in_order(keys, places, numbers):
    rows = numbers[places + SHIFT]
    order = np.lexsort((rows, keys))
    return np.rec.fromarrays([keys[order], rows[order], places[order]])


class TestArrange:
    @every_kind
    @every_size
    def test_the_first_come_to_the_front_in_order(self, name, n):
        rng = np.random.default_rng(n)
        keys = KEYS[name](rng, n)
        places, numbers = candidates(keys, rng)
        right = in_order(keys, places, numbers)
        for k in sorted({1, 2, min(FEW, n), n // 2, n - 1, n} & set(range(1, n + 1))):
            for sorted_from in {0, k // 2, k - 1}:
                found = arranged(keys, places, numbers, k, sorted_from)
                np.testing.assert_array_equal(found[sorted_from:k], right[sorted_from:k])
                for part in (slice(sorted_from), slice(k, None)):
                    np.testing.assert_array_equal(np.sort(found[part]), right[part])

    @given(
        values=st.lists(st.sampled_from([0.0, 5e-324, 1.0, 1.5, 2.0, np.inf]), min_size=1),
        repeats=st.integers(1, 12),
        data=st.data(),
    )
    @MODEST
    def test_any_ties(self, values, repeats, data):
        keys = np.repeat(values, repeats)
        rng = np.random.default_rng(data.draw(st.integers(0, 99)))
        keys = keys[rng.permutation(len(keys))]
        k = data.draw(st.integers(1, len(keys)))
        sorted_from = data.draw(st.integers(0, k - 1))
        places, numbers = candidates(keys, rng)
        right = in_order(keys, places, numbers)
        found = arranged(keys, places, numbers, k, sorted_from)
        np.testing.assert_array_equal(found[sorted_from:k], right[sorted_from:k])
        np.testing.assert_array_equal(np.sort(found), right)

    def test_none_at_all(self):
        keys, numbers = np.empty(0), np.zeros(SHIFT, dtype=np.intp)
        assert arranged(keys, np.empty(0, np.intp), numbers, 0, 0).size == 0

    def test_many_candidates_fit_the_stack(self):
        n = 20_000
        rng = np.random.default_rng(0)
        for name in ("random", "few values", "sorted", "up and down again"):
            keys = KEYS[name](rng, n)
            places, numbers = candidates(keys, rng)
            right = in_order(keys, places, numbers)
            np.testing.assert_array_equal(arranged(keys, places, numbers, n, 0), right)


class TestSortByInsertion:
    @every_kind
    def test_a_part_is_sorted_and_the_rest_left_alone(self, name):
        rng = np.random.default_rng(1)
        keys = KEYS[name](rng, 60)
        places, numbers = candidates(keys, rng)
        for start, stop in ((0, 60), (7, 41), (59, 60), (30, 30)):
            right_keys, right_places = keys.copy(), places.copy()
            part = in_order(keys[start:stop], places[start:stop], numbers)
            right_keys[start:stop], right_places[start:stop] = part["f0"], part["f2"]
            found_keys, found_places = keys.copy(), places.copy()
            sort_part(found_keys, found_places, numbers, start, stop)
            np.testing.assert_array_equal(found_keys, right_keys)
            np.testing.assert_array_equal(found_places, right_places)
