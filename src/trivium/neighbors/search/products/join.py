"""The loops of a self-join: each tile of scores serves its rows both ways."""

from collections.abc import Iterator

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.products.bitmask import CHUNK, chunks_within, lowest, marks
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.panels import Panels, Quads
from trivium.neighbors.search.products.reservoir import (
    Reservoirs,
    filling,
    make_room,
    offer,
)
from trivium.neighbors.search.products.tiles import TILE, score_tile

QUADS_A_PANEL = PANEL_ROWS // QUAD


def rounds(n_blocks: int) -> Iterator[list[tuple[int, int]]]:
    """Pair every block with every other so that the pairs of a round share no block.

    The circle method of a round-robin tournament; the first round pairs each block with
    itself.

    Examples
    --------
    >>> [pairs for pairs in rounds(3)]
    [[(0, 0), (1, 1), (2, 2)], [(1, 2)], [(0, 1)], [(0, 2)]]
    """
    yield [(block, block) for block in range(n_blocks)]
    n_seats = n_blocks + n_blocks % 2  # with an odd number one block rests in each round
    for turn in range(n_seats - 1):
        seats = [0] + [1 + (turn + seat) % (n_seats - 1) for seat in range(n_seats - 1)]
        pairs = [sorted((seats[i], seats[-1 - i])) for i in range(n_seats // 2)]
        yield sorted((one, other) for one, other in pairs if other < n_blocks)


@kernel
def join_blocks(
    panels: Panels | BytePanels,
    quads: Quads | ByteQuads,
    state: Reservoirs,
    k: int,
    first: tuple[int, int],
    second: tuple[int, int],
) -> None:
    """Collect candidates between two blocks of panels, given by their ends, or within one.

    A tile holds s(q, x) for the rows q of a quad and x of a panel, and
    s(x, q) = s(q, x) - |x|²/2 + |q|²/2. Its rounding error is within the bound of either
    way: g is twice what one needs.
    """
    tile = np.empty(TILE, panels.halves.dtype)
    work = np.empty(state.scores.shape[1])
    full = filling(state)
    halves = panels.halves.reshape(-1)
    for p in range(second[0], second[1]):
        for quad in range(first[0] * QUADS_A_PANEL, first[1] * QUADS_A_PANEL):
            score_tile(panels, p, quads, quad, tile)
            chunks = chunks_within(tile, state.limits, QUAD * quad)
            while chunks != 0:
                start = CHUNK * lowest(chunks)
                chunks &= chunks - 1
                q = QUAD * quad + start // PANEL_ROWS
                if state.counts[q] >= full:
                    make_room(panels, state, q, k, work)
                hits = marks(tile, start, state.limits[q])
                first_row = p * PANEL_ROWS + start % PANEL_ROWS
                offer(state, q, hits, tile, start, first_row, q)
            if first[0] == second[0]:
                continue
            for start in range(0, TILE, CHUNK):
                q = QUAD * quad + start // PANEL_ROWS
                first_row = p * PANEL_ROWS + start % PANEL_ROWS
                if _any_asks(state.limits, halves, first_row, tile, start, halves[q]):
                    _offer_back(panels, state, halves, q, tile, start, first_row, k, work)


@kernel
def _any_asks(
    limits: Floats, halves: Floats, first_row: int, found: Floats, start: int, half: float
) -> bool:
    """Whether to any row of a chunk the query is a candidate.

    An OR of whole numbers vectorises, as long as no index can be negative.
    """
    hits = np.int32(0)
    place, row = np.uintp(start), np.uintp(first_row)
    for r in range(np.uintp(CHUNK)):
        hits |= np.int32(found[place + r] + half <= limits[row + r] + halves[row + r])
    return bool(hits != 0)


@kernel
def _offer_back(
    panels: Panels | BytePanels,
    state: Reservoirs,
    halves: Floats,
    q: int,
    found: Floats,
    start: int,
    first_row: int,
    k: int,
    work: Float64,
) -> None:
    """Offer a row as a candidate to the rows of a chunk."""
    half = halves[q]
    for r in range(CHUNK):
        x = first_row + r
        if found[start + r] + half <= state.limits[x] + halves[x]:
            if state.counts[x] >= filling(state):
                make_room(panels, state, x, k, work)
            score = found[start + r] - halves[x] + half
            if score <= state.limits[x]:
                state.scores[x, state.counts[x]], state.rows[x, state.counts[x]] = score, q
                state.counts[x] += 1
