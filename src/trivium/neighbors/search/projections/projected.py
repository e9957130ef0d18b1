"""The search through projections: columns chosen by what they cost and what they prune."""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.costs import search_costs
from trivium.blocks.memory import queries_a_piece
from trivium.blocks.workers import each_of, one_blas_thread
from trivium.neighbors.search.measures import Measure
from trivium.neighbors.search.products.byte_panels import relative_error
from trivium.neighbors.search.products.byte_rows import (
    MOST_COLUMNS,
    ByteRows,
    empty_byte_rows,
    write_byte_rows,
)
from trivium.neighbors.search.products.costs import pair_cost
from trivium.neighbors.search.products.panels import Frame, frame_of, rounding_error
from trivium.neighbors.search.products.quantized import Quantized, precisions, unwritten
from trivium.neighbors.search.products.reservoir import (
    open_limits,
    open_reservoirs,
    reservoir_bytes,
)
from trivium.neighbors.search.products.shortlist import (
    MOST_FOR_FIRST_LIMITS,
    Asked,
    shortlist,
)
from trivium.neighbors.search.products.tiles import without_slack
from trivium.neighbors.search.projections.axes import (
    ROWS_A_BLOCK,
    Basis,
    coordinates,
    effective_dimension,
    principal_axes,
    sample_of,
    with_tail,
)
from trivium.neighbors.search.projections.pruning import Bounds, Fine, Whole, guess_limits, prune

_LEAST_COLUMNS = 64
_LEAST_ROWS = 4096
_MOST_AXES = 128
_AXES_A_DIMENSION = 10  # that rows effectively have: images of digits choose 64 to 128 for 12
_ROWS_A_PIECE = 4096
_FAR = 2.0**20  # in units of the rows' greatest norm
_SAMPLE = 64, 2048  # queries and rows on which survivors are counted
_SCATTERED = 2.5  # times as long as from the cache a row takes that lies anywhere in memory
_PATIENCE = 1.1  # a projection is kept: it may cost a little more than it saves at first


class Widths(NamedTuple):
    """Columns of z, tail included, at each step.

    Attributes
    ----------
    guess : int
        For a first pass, which looks for promising rows.
    prune : int
        For the second pass, which looks at every row's lower bound.
    fine : int
        For the rows that are left; a multiple of 16.
    """

    guess: int
    prune: int
    fine: int


class Projected:
    """Rows in a few principal coordinates, in three widths.

    Parameters
    ----------
    measure : Measure
    rows : ndarray of shape (n, d)
    frame : Frame
        That of the whole rows.
    basis : Basis
    widths : Widths
    n_jobs : int or None
    """

    def __init__(
        self,
        measure: Measure,
        rows: Floats,
        frame: Frame,
        basis: Basis,
        widths: Widths,
        n_jobs: int | None,
    ) -> None:
        self._measure = measure
        self._rows = rows
        self._frame = frame
        self._basis = basis
        self.widths = widths
        n = rows.shape[0]
        sample = coordinates(sample_of(rows, _SAMPLE[0]), frame, basis)
        self._guess = self._unwritten(n, with_tail(*sample, widths.guess - 1))
        self._prune = self._guess
        if widths.prune != widths.guess:
            self._prune = self._unwritten(n, with_tail(*sample, widths.prune - 1))
        # Which rows are promising needs no proof: no slack and no error.
        self._promising = without_slack(self._guess.panels)
        self._error = self._error_of(rounding_error(widths.fine, frame.dtype))
        self._fine = np.zeros((n, widths.fine), frame.dtype)
        self._halves = np.empty(n, frame.dtype)
        self._whole_frame = frame._replace(error=rounding_error(16, frame.dtype))  # sums are exact
        self._tau = relative_error(rows, frame)
        self._whole = empty_byte_rows(*rows.shape)

        panels = {widths.guess: self._guess, widths.prune: self._prune}

        def write(first: int) -> None:
            piece = slice(first, min(first + _ROWS_A_PIECE, n))
            heads, squares = self._turned(self._whole, first, rows[piece])
            self._fine[piece] = with_tail(heads, squares, widths.fine - 1)
            self._halves[piece] = (0.5 - self._error) * squares
            for width, written in panels.items():
                written.write(first, with_tail(heads, squares, width - 1))

        each_of(write, range(0, n, _ROWS_A_PIECE), n_jobs)

    def search(
        self, queries: Floats, skip: Indices, n_jobs: int | None, found: tuple[Float64, Indices]
    ) -> Indices:
        """Find the k nearest rows of most queries, and return which are left without an answer.

        Parameters
        ----------
        queries, skip, n_jobs, found
            As in `Searcher.nearest`.

        Returns
        -------
        ndarray of int
            Queries that are too far away for their squares.
        """
        m, k = found[0].shape
        n_promising = k + max(k // 2, 8)
        scale = self._frame.scale
        step = queries_a_piece(reservoir_bytes(n_promising, self._frame.dtype), n_jobs)

        far = np.empty(m, dtype=bool)

        def run(start: int) -> None:
            piece = slice(start, min(start + step, m))
            points, own = queries[piece], skip[piece]
            far[piece] = _reach(points, self._frame) > _FAR
            within = np.where(far[piece, None], self._frame.center, points)
            in_bytes = empty_byte_rows(*within.shape)
            heads, squares = self._turned(in_bytes, 0, within)
            (guess, _), (sharp, margins) = (
                written.quads(with_tail(heads, squares, width - 1))
                for written, width in zip((self._guess, self._prune), self.widths[:2], strict=True)
            )
            promising = open_reservoirs(guess, np.zeros(own.size), n_promising, self._frame.dtype)
            wanted = n_promising + int(np.any(own >= 0))
            wanted = wanted if wanted <= MOST_FOR_FIRST_LIMITS else 0
            shortlist(self._promising, guess, promising, own, n_promising, wanted)
            open_bounds = partial(open_limits, sharp.values.shape[0], far[piece], self._frame.dtype)
            bounds = Bounds(open_bounds(), margins, self._prune.frame.error)
            own_margins = self._frame._replace(error=self._error).margins(squares)
            fine = Bounds(open_bounds(), own_margins, self._error)
            error = in_bytes.errors + self._whole_frame.vanished
            whole_bounds = Bounds(open_bounds(), error, self._whole_frame.error)
            whole = Whole(self._whole, in_bytes, whole_bounds)
            asked = Asked(self._measure, points, self._rows, scale, squares)
            near = found[0][piece], found[1][piece]
            guess_limits(asked, promising, bounds, fine, whole, *near)
            z = with_tail(heads, squares, self.widths.fine - 1).astype(self._frame.dtype)
            prune(
                asked,
                self._prune.panels,
                sharp,
                bounds,
                Fine(self._halves, self._fine, z, fine),
                whole,
                own,
                *near,
            )

        each_of(run, range(0, m, step), n_jobs)
        return np.flatnonzero(far)

    def _turned(self, written: ByteRows, first: int, points: Floats) -> tuple[Float64, Float64]:
        """Write points in bytes, the first at a number; return heads and squared norms.

        As `coordinates`, with bytes in the same pass.
        """
        m, d = points.shape
        heads = np.empty((m, self._basis.axes.shape[1]))
        memory = np.empty((min(m, ROWS_A_BLOCK), d))
        with one_blas_thread():
            for start in range(0, m, ROWS_A_BLOCK):
                block = slice(start, min(start + ROWS_A_BLOCK, m))
                centred = memory[: block.stop - start]
                write_byte_rows(
                    written, first + start, points[block], self._whole_frame, self._tau, centred
                )
                np.matmul(centred, self._basis.axes, out=heads[block])
        return heads, written.squares[first : first + m]

    def _error_of(self, rounding: float) -> float:
        """Relative error of scores: their rounding, and that of z."""
        given = self._basis.error(self.widths.fine)
        return rounding + 2.0 * given * (1.0 + given)

    def _unwritten(self, n_rows: int, sample: Float64) -> Quantized:
        """Room for z of some width, which is centred and scaled already."""
        width = sample.shape[1]
        precision = precisions(width)[0]
        n_rounded = 16 if precision == "bytes" else width  # sums of bytes are exact
        error = self._error_of(rounding_error(n_rounded, self._frame.dtype))
        frame = Frame(np.zeros(width), 0, self._frame.dtype, error)
        return unwritten(n_rows, sample, frame, precision)


def worth_looking(m: int, n: int, d: int) -> bool:
    """Whether so many queries among so many rows could pay for a projection."""
    large = _LEAST_COLUMNS <= d <= MOST_COLUMNS and n >= _LEAST_ROWS
    return large and _preparation(n, d, _MOST_AXES) < _plain_cost(m, n, d)


def _plain_cost(m: int, n: int, d: int) -> float:
    """Time to write rows as they are, and to score them for so many queries."""
    return n * d * search_costs().write + m * n * pair_cost(d)


def _preparation(n: int, d: int, n_axes: int) -> float:
    """Time to find axes and to turn rows to so many of them."""
    return search_costs().axes * work_before(n, d, n_axes)


def work_before(n: int, d: int, n_axes: int) -> float:
    """Products, or as much work, to find axes and to turn rows to so many of them."""
    return n * d * n_axes + (0.5 * d + 1536) * d**2


def plan_projection(
    measure: Measure,
    rows: Floats,
    queries: Floats,
    k: int,
    n_jobs: int | None,
    *,
    own: bool,
) -> Projected | None:
    """Project where that saves about as much as it costs for these queries alone.

    The number of columns that rows effectively have says whether it is worth looking;
    then the survivors of some queries among some rows, for every width, say how wide.
    """
    (m, d), n = queries.shape, rows.shape[0]
    if not worth_looking(m, n, d):
        return None
    dimension = effective_dimension(rows)
    if dimension > d / 4:
        return None
    frame = frame_of(rows, np.float32, n_jobs)
    if frame is None:
        return None
    with one_blas_thread():
        basis = principal_axes(rows, frame.center, _axes_worth(dimension, d) - 1)
        widths, cost = _best_widths(rows, queries, frame, basis, k, own)
    if cost > _PATIENCE * _plain_cost(m, n, d):
        return None
    return Projected(measure, rows, frame, basis.first(widths.fine - 1), widths, n_jobs)


def _axes_worth(dimension: float, n_columns: int) -> int:
    """Return of how many axes, the tail included, widths are chosen: a multiple of 16.

    Examples
    --------
    >>> [_axes_worth(dimension, 784) for dimension in (1.0, 6.0, 9.0, 100.0)]
    [32, 64, 96, 128]
    """
    some = 16 * max(2, math.ceil(_AXES_A_DIMENSION * dimension / 16))
    return min(_MOST_AXES, n_columns // 2 // 16 * 16, some)


def _reach(points: Floats, frame: Frame) -> Float64:
    """Greatest coordinate of each point in the frame."""
    with np.errstate(over="ignore"):
        reach: Float64 = np.abs(points - frame.center).max(axis=1) * frame.scale
    return reach


def _best_widths(
    rows: Floats, queries: Floats, frame: Frame, basis: Basis, k: int, own: bool
) -> tuple[Widths, float]:
    """Widths of least cost, and the cost of these queries by them, with what makes them ready.

    They cost least if as many queries are asked once more, as a projection that is kept may be.
    """
    (m, d), n = queries.shape, rows.shape[0]
    left = _shares_left(rows, queries, frame, basis, k, own)
    full = basis.axes.shape[1] + 1
    best, widths, cost = np.inf, Widths(8, 8, 16), np.inf
    for fine in range(16, full + 1, 16):
        for width in range(8, fine + 1, 8):
            if _cost_of(m, n, d, width, fine, lambda _: 0.0)[0] >= best:
                continue  # dearer even if it leaves nothing, as most are: what it leaves takes time
            twice, once = _cost_of(m, n, d, width, fine, left)
            if twice < best:
                best, widths, cost = twice, Widths(_for_guess(width), width, fine), once
    return widths, cost


def _cost_of(
    m: int, n: int, d: int, width: int, fine: int, left: Callable[[int], float]
) -> tuple[float, float]:
    """Time for m queries by some widths, with what makes them ready: of two searches, and of one.

    `left` says which share of the pairs so many columns leave.
    """
    costs = search_costs()
    whole = _SCATTERED * (costs.whole_row + d * costs.whole_column)
    pair = pair_cost(_for_guess(width)) + pair_cost(width)
    pair += left(width) * costs.fine + left(fine) * whole
    first, once = _preparation(n, d, fine), m * n * pair
    return first + 2.0 * once, first + once


def _shares_left(
    rows: Floats, queries: Floats, frame: Frame, basis: Basis, k: int, own: bool
) -> Callable[[int], float]:
    """Return what says which share of the pairs so many columns leave, from a sample."""
    few, many = sample_of(queries, _SAMPLE[0]), sample_of(rows, _SAMPLE[1])
    few[_reach(few, frame) > _FAR] = frame.center  # they prune nothing and are few
    for points in (few, many):
        points -= frame.center
        points *= frame.scale
    (query_heads, query_squares), (heads, squares) = (
        (points @ basis.axes, np.einsum("ij,ij->i", points, points)) for points in (few, many)
    )
    scores = few @ many.T  # one array for all that follows: fresh memory costs more than products

    def to_distances() -> None:
        """Make squared distances of the products in it."""
        np.multiply(scores, -2.0, out=scores)
        np.add(scores, query_squares[:, None], out=scores)
        np.add(scores, squares, out=scores)

    to_distances()
    rank = max(1, min(round(k * many.shape[0] / rows.shape[0]), many.shape[0] - 1))
    rank -= not own  # a row finds itself among the rows
    if rank > 0:
        scores.partition(rank, axis=1)
    limits = scores[:, rank, None].copy() if rank > 0 else scores.min(axis=1, keepdims=True)

    @cache
    def left(width: int) -> float:
        z = with_tail(heads, squares, width - 1)
        asked = with_tail(query_heads, query_squares, width - 1)
        np.matmul(asked, z.T, out=scores)
        to_distances()
        return float((scores <= limits).mean())

    return left


def _for_guess(width: int) -> int:
    """Return how many columns a first pass takes where the second takes so many."""
    return max(8, width // 2 // 4 * 4)
