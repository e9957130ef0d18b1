"""Compiled loops that sort a query's candidates.

A candidate is a key, its distance, and a place, from which the number of its row is
read where keys tie: `numbers[place + shift]`. The order is that of (distance, row number).
The functions work on addresses, not on arrays; see `search.intrinsics`.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import inlined

FEW = 128
"""As many candidates are sorted by counting for each how many come before it."""


class Candidates(NamedTuple):
    """Addresses of a query's candidates, and of room to sort them."""

    keys: Float64
    places: Indices
    key_copy: Float64
    place_copy: Indices
    ranks: Indices
    stack: Indices


@kernel
def sort_by_insertion(
    keys: Float64, places: Indices, start: int, stop: int, numbers: Indices, shift: int
) -> None:
    """Sort some candidates, ties included."""
    for i in range(start + 1, stop):
        key, place = keys[i], places[i]
        row = numbers[place + shift]
        hole = i
        while hole > start:
            other = keys[hole - 1]
            if other < key or (other == key and numbers[places[hole - 1] + shift] < row):
                break
            keys[hole], places[hole] = other, places[hole - 1]
            hole -= 1
        keys[hole], places[hole] = key, place


@inlined
def _sort_few(found: Candidates, start: int, stop: int, numbers: Indices, shift: int) -> None:
    """Sort at most `FEW` candidates without a branch on their keys.

    A key's rank is the number of lesser ones. Where keys tie, ranks repeat, their sum
    falls short, and the candidates are sorted by insertion instead.
    """
    keys, places = found.keys, found.places
    copy, ranks = found.key_copy, found.ranks
    size = stop - start
    padded = (size + 7) & ~7
    for i in range(padded):
        copy[i] = np.inf
        ranks[i] = 0
    for i in range(size):
        copy[i], found.place_copy[i] = keys[start + i], places[start + i]
    for j in range(0, padded, 4):
        a, b = copy[j], copy[j + 1]
        c, d = copy[j + 2], copy[j + 3]
        for i in range(padded):
            key = copy[i]
            ranks[i] += (a < key) + (b < key) + (c < key) + (d < key)
    total = 0
    for i in range(size):
        total += ranks[i]
    if total == size * (size - 1) // 2:
        for i in range(size):
            keys[start + ranks[i]], places[start + ranks[i]] = copy[i], found.place_copy[i]
    else:
        sort_by_insertion(keys, places, start, stop, numbers, shift)


@inlined
def _partition(
    keys: Float64, places: Indices, start: int, stop: int, numbers: Indices, shift: int
) -> int:
    """Bring the median of three candidates to its place between lesser and greater ones."""
    low, middle, high = start, (start + stop) // 2, stop - 1
    if keys[middle] < keys[low]:
        low, middle = middle, low
    if keys[high] < keys[middle]:
        middle = low if keys[high] < keys[low] else high
    pivot, pivot_place = keys[middle], places[middle]
    pivot_row = numbers[pivot_place + shift]
    keys[middle], places[middle] = keys[stop - 1], places[stop - 1]
    hole = start
    for i in range(start, stop - 1):
        key, place = keys[i], places[i]
        keys[i], places[i] = keys[hole], places[hole]
        keys[hole], places[hole] = key, place
        before = key < pivot
        if key == pivot:
            before = numbers[place + shift] < pivot_row
        hole += before
    keys[stop - 1], places[stop - 1] = keys[hole], places[hole]
    keys[hole], places[hole] = pivot, pivot_place
    return hole


@kernel
def arrange(
    found: Candidates, k: int, count: int, numbers: Indices, shift: int, sorted_from: int
) -> None:
    """Bring the first k of some candidates to the front, those from `sorted_from` on in order.

    With 0 all of them are, with k - 1 the last alone is in its place.
    """
    stack = found.stack
    stack[0], stack[1] = 0, count
    top = 2
    while top > 0:
        top -= 2
        start, stop = stack[top], stack[top + 1]
        while stop - start > FEW:
            middle = _partition(found.keys, found.places, start, stop, numbers, shift)
            if middle + 1 >= k:  # nothing behind the middle is wanted
                stop = middle if sorted_from < middle else start
            elif sorted_from >= middle:  # nor before it
                start = middle + 1
            elif middle - start < stop - middle:  # the larger part waits: the stack stays short
                stack[top], stack[top + 1] = middle + 1, stop
                stop = middle
                top += 2
            else:
                stack[top], stack[top + 1] = start, middle
                start = middle + 1
                top += 2
        _sort_few(found, start, stop, numbers, shift)
