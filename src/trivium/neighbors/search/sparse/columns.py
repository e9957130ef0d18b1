"""Compiled loops that look for neighbours down the columns of a block of rows.

The functions work on addresses, not on arrays; see `search.intrinsics`.
"""

import math
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import addresses, inlined, prefetch, row_address
from trivium.neighbors.search.heaps import sift_down, worse
from trivium.neighbors.search.measures import HALF, SQUARE_ROOT, Measure, reduced_limit
from trivium.neighbors.search.sparse.kernels import Apart, Stored, pair_of_stored
from trivium.neighbors.search.sparse.postings import Block

_SLACK = 2.0**-1000  # of numbers up to one: for squares and products that underflow
_WIDER = 1.0 + 2.0**-40  # of limits: for roots, which bring sums together
_ROUNDING = 2.0**-53
_AHEAD = 3  # columns that are fetched before they are walked down


class Asked(NamedTuple):
    """Queries, and what they are asked of.

    Attributes
    ----------
    queries, rows : Stored
    places : ndarray of shape (queries stored,)
        Columns of the queries among those of the blocks: -1 for none, and of a long one -2
        less its place among these.
    skip : ndarray of shape (m,)
        A row to leave out for each; -1: none.
    exponent : int
        Of the power of two that the blocks' numbers are divided by.
    most : int
        Most numbers that a row stores.
    """

    queries: Stored
    rows: Stored
    places: Indices
    skip: Indices
    exponent: int
    most: int


class Room(NamedTuple):
    """Room for what is found on the way, of as many rows as a block has.

    Attributes
    ----------
    sums : ndarray of shape (n_rows,)
        Zeros; left as zeros.
    least : ndarray of shape (n_rows,)
        What no squared distance is less than.
    long : ndarray of shape (n_long,)
        The query in the long columns.
    candidates : ndarray of int of shape (n_rows,)
    heap : ndarray of shape (k,)
    best : ndarray of int of shape (k,)
        Rows of the block that are in the heap; -1: none.
    """

    sums: Float64
    least: Float64
    long: Float64
    candidates: Indices
    heap: Float64
    best: Indices


class _Scale(NamedTuple):
    """How sums become squared distances, divided by the square of a power of two.

    Attributes
    ----------
    own : int
        Exponent of the power of two that the query is divided by.
    exponent : int
        Of that which squared distances are divided by.
    square : float
        Squared length of the query.
    of_rows, of_products : float
        What squared lengths of rows, and products, are multiplied by.
    relative : float
        How far off a squared distance may be, as a share of the squared lengths.
    of_long : float
        Length of the query in the long columns; zero if it stores nothing there.
    """

    own: int
    exponent: int
    square: float
    of_rows: float
    of_products: float
    relative: float
    of_long: float


@kernel
def _scale_of(asked: Asked, q: int, long: Float64, n_long: int) -> _Scale:
    """Bring a query to the scale of the rows; `long` receives what it has in the long columns."""
    start, stop = asked.queries.indptr[q], asked.queries.indptr[q + 1]
    largest = 0.0
    for place in range(start, stop):
        value = abs(asked.queries.data[place])
        largest = value if value > largest else largest
    own = math.frexp(largest)[1] if largest > 0.0 else asked.exponent
    square, of_long, stores_long = 0.0, 0.0, False
    for column in range(n_long):
        long[column] = 0.0
    for place in range(start, stop):
        value = math.ldexp(asked.queries.data[place], -own)
        square += value * value
        if asked.places[place] < -1:
            long[-2 - asked.places[place]] = value
            of_long += value * value
            stores_long = True
    if stores_long:
        of_long = math.sqrt(of_long) * _WIDER + 2.0**-500  # for squares that vanished
    exponent = max(own, asked.exponent)
    by_rows, by_query = asked.exponent - exponent, own - exponent
    return _Scale(
        own,
        exponent,
        math.ldexp(square, 2 * by_query),
        math.ldexp(1.0, 2 * by_rows),
        math.ldexp(2.0, by_rows + by_query),
        (6.0 * (stop - start + asked.most) + 64.0) * _ROUNDING,
        of_long,
    )


@kernel
def _walk(asked: Asked, q: int, own: int, block: Block, sums: Float64) -> None:
    """Add up products of a query and all rows of a block, column by column."""
    start, stop = asked.queries.indptr[q], asked.queries.indptr[q + 1]
    rows, values = block.rows, block.values
    for place in range(start, stop):
        if place + _AHEAD < stop and asked.places[place + _AHEAD] >= 0:
            soon = block.starts[asked.places[place + _AHEAD]]
            prefetch(rows, soon)
            prefetch(values, soon)
        column = asked.places[place]
        if column < 0:
            continue
        value = math.ldexp(asked.queries.data[place], -own)
        entry, end = block.starts[column], block.starts[column + 1]
        while entry + 4 <= end:  # no row comes twice
            a, b = rows[entry], rows[entry + 1]
            c, d = rows[entry + 2], rows[entry + 3]
            at_a, at_b = sums[a] + value * values[entry], sums[b] + value * values[entry + 1]
            at_c = sums[c] + value * values[entry + 2]
            at_d = sums[d] + value * values[entry + 3]
            sums[a], sums[b] = at_a, at_b
            sums[c], sums[d] = at_c, at_d
            entry += 4
        while entry < end:
            sums[rows[entry]] += value * values[entry]
            entry += 1


@kernel
def _bound(scale: _Scale, block: Block, sums: Float64, least: Float64) -> None:
    """Bound the squared distances of all rows from below, and clear the sums."""
    narrower, by_long = 1.0 - scale.relative, scale.of_products * scale.of_long
    for r in range(block.n_rows):
        both = narrower * (scale.square + scale.of_rows * block.squares[r]) - _SLACK
        least[r] = both - scale.of_products * sums[r] - by_long * block.of_long[r]
        sums[r] = 0.0


@kernel
def _collect(n_rows: int, room: Room, limit: float, skipped: int) -> int:
    """List the rows that may be within a limit; return how many there are."""
    count = 0
    for r in range(n_rows):
        if room.least[r] <= limit and r != skipped:
            room.candidates[count] = r
            count += 1
    return count


@inlined
def _by_long(scale: _Scale, block: Block, room: Room, r: int) -> float:
    """Return what a row's bound gains once its products in the long columns are known."""
    gain = scale.of_long * block.of_long[r]
    own = r * block.n_long
    for column in range(block.n_long):
        gain -= room.long[column] * block.long[own + column]
    return float(scale.of_products * gain)


@kernel
def _narrow(scale: _Scale, block: Block, room: Room, count: int, limit: float) -> int:
    """Bound candidates by their long columns, too; keep those that may be within the limit."""
    kept = 0
    for i in range(count):
        r = room.candidates[i]
        if room.least[r] <= limit:
            if scale.of_long > 0.0:
                room.least[r] += _by_long(scale, block, room, r)
            if room.least[r] <= limit:
                room.candidates[kept] = r
                kept += 1
    return kept


@kernel
def _enough(scale: _Scale, block: Block, room: Room, k: int, count: int, narrowed: int) -> float:
    """Return a limit that k of the candidates are within, of which there are as many or more."""
    heap, best = room.heap, room.best
    for i in range(k):
        heap[i], best[i] = np.inf, -1
    for i in range(count):
        r = room.candidates[i]
        if room.least[r] < heap[0]:
            sift_down(heap, best, k, room.least[r], r)
    greatest = 0.0
    for i in range(k):
        r = best[i]
        both = scale.square + scale.of_rows * block.squares[r]
        most = room.least[r] + 2.0 * (scale.relative * both + _SLACK)
        if narrowed == 0 and scale.of_long > 0.0:
            most += _by_long(scale, block, room, r)
        greatest = max(greatest, most)
    return greatest * _WIDER + _SLACK


@inlined
def _limit(measure: Measure, distance: float, exponent: int) -> float:
    """Bring a distance to the scale of sums: no row within it has a sum that is surely greater."""
    if measure.root == HALF:
        return math.ldexp(2.0 * distance, -2 * exponent) * _WIDER + _SLACK
    if measure.root != SQUARE_ROOT:
        return np.inf
    scaled = math.ldexp(distance, -exponent)
    return scaled * scaled * _WIDER + _SLACK


@inlined
def _fetch(rows: Stored, row: int) -> None:
    """Bring a row, which is to be measured soon, near the processor."""
    for place in range(rows.indptr[row], rows.indptr[row + 1], 8):
        prefetch(rows.data, place)
        prefetch(rows.indices, place)


@kernel
def _look(asked: Asked, q: int, block: Block, room: Room) -> _Scale:
    """Bound the squared distances of a query and all rows of a block."""
    scale = _scale_of(asked, q, room.long, block.n_long)
    _walk(asked, q, scale.own, block, room.sums)
    _bound(scale, block, room.sums, room.least)
    return scale


@kernel
def find_nearest(
    measure: Measure,
    asked: Asked,
    block: Block,
    room: Room,
    apart: Apart,
    distances: Float64,
    indices: Indices,
) -> None:
    """Bring rows of a block that are near into heaps of each query's nearest so far.

    Parameters
    ----------
    measure : Measure
        Of squares.
    asked : Asked
    block : Block
    room : Room
    apart : Apart
    distances, indices : ndarray of shape (m, k)
        Heaps, with the farthest on top.
    """
    m, k = distances.shape
    questions, rows, some = addresses(asked), addresses(block), addresses(room)
    for q in range(m):
        near, numbers = row_address(distances, q), row_address(indices, q)
        scale, skipped = _look(questions, q, rows, some), questions.skip[q] - rows.first
        limit = _limit(measure, near[0], scale.exponent)
        count = _collect(rows.n_rows, some, limit, skipped)
        for narrowed in range(2):
            if count > 2 * k and (narrowed or limit == np.inf):
                limit = min(limit, _enough(scale, rows, some, k, count, narrowed))
            if not narrowed:
                count = _narrow(scale, rows, some, count, limit)
        for i in range(count):
            if i + 1 < count:
                _fetch(questions.rows, rows.first + some.candidates[i + 1])
            if some.least[some.candidates[i]] > limit:
                continue
            row = rows.first + some.candidates[i]
            pair = questions.queries, q, questions.rows, row
            distance = pair_of_stored(measure, *pair, reduced_limit(measure, near[0]), apart)
            if worse(near[0], numbers[0], distance, row):
                sift_down(near, numbers, k, distance, row)
                limit = min(limit, _limit(measure, near[0], scale.exponent))


@kernel
def find_within(
    measure: Measure,
    asked: Asked,
    block: Block,
    room: Room,
    apart: Apart,
    radius: Float64,
    counts: Indices,
    distances: Float64,
    indices: Indices,
) -> int:
    """Find the rows of a block within each query's radius; see `kernels.merge_within`."""
    questions, rows, some = addresses(asked), addresses(block), addresses(room)
    n_queries, found = int(counts.shape[0]), 0
    for q in range(n_queries):
        if found + rows.n_rows > distances.shape[0]:
            return q
        scale, skipped = _look(questions, q, rows, some), questions.skip[q] - rows.first
        limit = _limit(measure, radius[q], scale.exponent)
        count = _collect(rows.n_rows, some, limit, skipped)
        count = _narrow(scale, rows, some, count, limit)
        first, reduced = found, reduced_limit(measure, radius[q])
        for i in range(count):
            row = rows.first + some.candidates[i]
            pair = questions.queries, q, questions.rows, row
            distance = pair_of_stored(measure, *pair, reduced, apart)
            if distance <= radius[q]:
                distances[found], indices[found] = distance, row
                found += 1
        counts[q] = found - first
    return n_queries
