"""Compiled loops that look for neighbours down the columns of a block of rows."""

import math
from typing import NamedTuple

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.heaps import sift_down, worse
from trivium.neighbors.search.intrinsics import inlined
from trivium.neighbors.search.measures import HALF, Measure, reduced_limit
from trivium.neighbors.search.sparse.kernels import Apart, Stored, pair_of_stored
from trivium.neighbors.search.sparse.postings import Block

_SLACK = 2.0**-1000  # of numbers up to one: for squares and products that underflow
_WIDER = 1.0 + 2.0**-40  # of limits: for roots, which bring sums together
_ROUNDING = 2.0**-53


class Asked(NamedTuple):
    """Queries, and what they are asked of.

    Attributes
    ----------
    queries, rows : Stored
    places : ndarray of shape (queries stored,)
        Columns of the queries among those of the block; -1: none.
    skip : ndarray of shape (m,)
        A row to leave out for each; -1: none.
    exponent : int
        Of the power of two that the block's numbers are divided by.
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
    """Room for what is found on the way.

    Attributes
    ----------
    sums : ndarray of shape (n_rows,)
        Zeros, of the block; left as zeros.
    uppers : ndarray of shape (k,)
    nobody : ndarray of int of shape (k,)
        Row numbers of `uppers`, which count for nothing.
    apart : Apart
    """

    sums: Float64
    uppers: Float64
    nobody: Indices
    apart: Apart


class _Scale(NamedTuple):
    """How sums become squared distances, divided by the square of a power of two.

    Attributes
    ----------
    square : float
        Squared length of the query.
    of_rows, of_products : float
        What squared lengths of rows, and products, are multiplied by.
    relative : float
        How far off a squared distance may be, as a share of the squared lengths.
    exponent : int
        Of the power of two.
    """

    square: float
    of_rows: float
    of_products: float
    relative: float
    exponent: int


@kernel
def _walk(asked: Asked, q: int, block: Block, sums: Float64) -> _Scale:
    """Add up products of a query and all rows of a block, column by column."""
    start, stop = asked.queries.indptr[q], asked.queries.indptr[q + 1]
    largest = 0.0
    for place in range(start, stop):
        value = abs(asked.queries.data[place])
        largest = value if value > largest else largest
    own = math.frexp(largest)[1] if largest > 0.0 else asked.exponent
    square = 0.0
    for place in range(start, stop):
        value = math.ldexp(asked.queries.data[place], -own)
        square += value * value
        column = asked.places[place]
        if column >= 0 and value != 0.0:
            for entry in range(block.starts[column], block.starts[column + 1]):
                sums[block.rows[entry]] += value * block.values[entry]
    exponent = max(own, asked.exponent)
    by_rows, by_query = asked.exponent - exponent, own - exponent
    relative = (4.0 * (stop - start + asked.most) + 64.0) * _ROUNDING
    return _Scale(
        math.ldexp(square, 2 * by_query),
        math.ldexp(1.0, 2 * by_rows),
        math.ldexp(2.0, by_rows + by_query),
        relative,
        exponent,
    )


@inlined
def _limit(measure: Measure, distance: float, exponent: int) -> float:
    """Bring a distance to the scale of sums: no row within it has a sum that is surely greater."""
    if measure.root == HALF:
        return math.ldexp(2.0 * distance, -2 * exponent) * _WIDER + _SLACK
    scaled = math.ldexp(distance, -exponent)
    return scaled * scaled * _WIDER + _SLACK


@kernel
def find_nearest(
    measure: Measure,
    asked: Asked,
    block: Block,
    room: Room,
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
    distances, indices : ndarray of shape (m, k)
        Heaps, with the farthest on top.
    """
    sums, uppers = room.sums, room.uppers
    n_rows, k = block.squares.shape[0], distances.shape[1]
    for q in range(distances.shape[0]):
        near, numbers = distances[q], indices[q]
        scale = _walk(asked, q, block, sums)
        skipped = asked.skip[q] - block.first
        limit = _limit(measure, near[0], scale.exponent)
        for i in range(k):
            uppers[i] = limit
        for r in range(n_rows):
            both = scale.square + scale.of_rows * block.squares[r]
            sums[r] = both - scale.of_products * sums[r]
            upper = sums[r] + (scale.relative * both + _SLACK)
            if upper < uppers[0] and r != skipped:
                sift_down(uppers, room.nobody, k, upper, 0)
        limit = min(limit, uppers[0] * _WIDER + _SLACK)
        reduced = reduced_limit(measure, near[0])
        for r in range(n_rows):
            both = scale.square + scale.of_rows * block.squares[r]
            lower = sums[r] - (scale.relative * both + _SLACK)
            sums[r] = 0.0
            if lower > limit or r == skipped:
                continue
            row = block.first + r
            pair = asked.queries, q, asked.rows, row
            distance = pair_of_stored(measure, *pair, reduced, room.apart)
            if worse(near[0], numbers[0], distance, row):
                sift_down(near, numbers, k, distance, row)
                reduced = reduced_limit(measure, near[0])
                limit = min(limit, _limit(measure, near[0], scale.exponent))


@kernel
def find_within(
    measure: Measure,
    asked: Asked,
    block: Block,
    room: Room,
    radius: Float64,
    counts: Indices,
    distances: Float64,
    indices: Indices,
) -> int:
    """Find the rows of a block within each query's radius; see `kernels.merge_within`."""
    sums, n_rows, n_queries = room.sums, block.squares.shape[0], int(counts.shape[0])
    place = 0
    for q in range(n_queries):
        if place + n_rows > distances.shape[0]:
            return q
        scale = _walk(asked, q, block, sums)
        first, skipped = place, asked.skip[q] - block.first
        limit, reduced = (
            _limit(measure, radius[q], scale.exponent),
            reduced_limit(measure, radius[q]),
        )
        for r in range(n_rows):
            both = scale.square + scale.of_rows * block.squares[r]
            lower = both - scale.of_products * sums[r] - (scale.relative * both + _SLACK)
            sums[r] = 0.0
            if lower > limit or r == skipped:
                continue
            row = block.first + r
            pair = asked.queries, q, asked.rows, row
            distance = pair_of_stored(measure, *pair, reduced, room.apart)
            if distance <= radius[q]:
                distances[place], indices[place] = distance, row
                place += 1
        counts[q] = place - first
    return n_queries
