"""The search through projections: columns chosen by what they cost and what they prune."""

from functools import partial
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
    first_limits,
    shortlist,
)
from trivium.neighbors.search.products.tiles import without_slack
from trivium.neighbors.search.projections.axes import (
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
        self._prune = self._unwritten(n, with_tail(*sample, widths.prune - 1))
        # Which rows are promising needs no proof: no slack and no error.
        self._promising = without_slack(self._guess.panels)
        self._error = self._error_of(rounding_error(widths.fine, frame.dtype))
        self._fine = np.zeros((n, widths.fine), frame.dtype)
        self._halves = np.empty(n, frame.dtype)
        self._whole_frame = frame._replace(error=rounding_error(16, frame.dtype))  # sums are exact
        self._tau = relative_error(rows, frame)
        self._whole = empty_byte_rows(*rows.shape)

        def write(first: int) -> None:
            piece = slice(first, min(first + _ROWS_A_PIECE, n))
            heads, squares = coordinates(rows[piece], frame, basis)
            self._fine[piece] = with_tail(heads, squares, widths.fine - 1)
            self._halves[piece] = (0.5 - self._error) * squares
            for written, width in (self._guess, widths.guess), (self._prune, widths.prune):
                written.write(first, with_tail(heads, squares, width - 1))
            write_byte_rows(self._whole, first, rows[piece], self._whole_frame, self._tau)

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
            heads, squares = coordinates(within, self._frame, self._basis)
            (guess, _), (sharp, margins) = (
                written.quads(with_tail(heads, squares, width - 1))
                for written, width in zip((self._guess, self._prune), self.widths[:2], strict=True)
            )
            promising = open_reservoirs(guess, np.zeros(own.size), n_promising, self._frame.dtype)
            wanted = n_promising + int(np.any(own >= 0))
            if wanted <= MOST_FOR_FIRST_LIMITS:
                first_limits(self._promising, guess, promising, wanted)
            shortlist(self._promising, guess, promising, own, n_promising)
            open_bounds = partial(open_limits, sharp.values.shape[0], far[piece], self._frame.dtype)
            bounds = Bounds(open_bounds(), margins, self._prune.frame.error)
            own_margins = self._frame._replace(error=self._error).margins(squares)
            fine = Bounds(open_bounds(), own_margins, self._error)
            whole = self._of_queries(within, open_bounds())
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

    def _of_queries(self, queries: Floats, limits: Floats) -> Whole:
        """All columns of queries in bytes, beside those of the rows."""
        frame = self._whole_frame
        own = empty_byte_rows(*queries.shape)
        write_byte_rows(own, 0, queries, frame, self._tau)
        return Whole(self._whole, own, Bounds(limits, own.errors + frame.vanished, frame.error))

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
    if not worth_looking(m, n, d) or effective_dimension(rows) > d / 4:
        return None
    frame = frame_of(rows, np.float32, n_jobs)
    if frame is None:
        return None
    with one_blas_thread():
        basis = principal_axes(rows, frame.center, min(_MOST_AXES, d // 2 // 16 * 16) - 1)
        widths, cost = _best_widths(rows, queries, frame, basis, k, own)
    if cost > _PATIENCE * _plain_cost(m, n, d):
        return None
    return Projected(measure, rows, frame, basis.first(widths.fine - 1), widths, n_jobs)


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
    few, many = sample_of(queries, _SAMPLE[0]), sample_of(rows, _SAMPLE[1])
    few[_reach(few, frame) > _FAR] = frame.center  # they prune nothing and are few
    (query_heads, query_squares), (heads, squares) = (
        coordinates(points, frame, basis) for points in (few, many)
    )
    centred = [(points - frame.center) * frame.scale for points in (few, many)]
    true = query_squares[:, None] + squares - 2.0 * centred[0] @ centred[1].T
    rank = max(1, min(round(k * many.shape[0] / n), many.shape[0] - 1))
    rank -= not own  # a row finds itself among the rows
    limits = np.partition(true, rank, axis=1)[:, rank, None]
    full = basis.axes.shape[1] + 1
    costs = search_costs()
    whole = _SCATTERED * (costs.whole_row + d * costs.whole_column)

    def survivors(width: int) -> float:
        z = with_tail(heads, squares, width - 1)
        own = with_tail(query_heads, query_squares, width - 1)
        bounds = query_squares[:, None] + squares - 2.0 * own @ z.T
        return float((bounds <= limits).mean())

    left = {width: survivors(width) for width in range(8, full + 1, 8)}
    options = []
    for fine in range(16, full + 1, 16):
        for width in range(8, fine + 1, 8):
            guess = max(8, width // 2 // 4 * 4)
            products = pair_cost(guess) + pair_cost(width)
            pair = products + left[width] * costs.fine + left[fine] * whole
            once, first = m * n * pair, _preparation(n, d, fine)
            options.append((first + 2.0 * once, Widths(guess, width, fine), first + once))
    _, widths, cost = min(options)
    return widths, cost
