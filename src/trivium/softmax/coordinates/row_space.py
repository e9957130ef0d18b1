r"""Fewer rows than columns: the fit takes place in the space that the centred rows span.

Orthogonally to it a coefficient changes no logit and costs penalty (the representer theorem:
Schölkopf, Herbrich & Smola, COLT 2001), and without a penalty no descent from zero leaves it.
With rows x' = t·(x - c), t a power of two, pivoted Cholesky gives X'X'ᵀ = L Lᵀ up to rounding:
the rows of L, of the length r of their rank, are coordinates of x' in the orthonormal basis
Qᵀ = L_r⁻¹X'_r, where r also stands for the rows that were pivots. Hence

    W = t·V Qᵀ,    ‖W‖² = t²·‖V‖²,    ∂loss/∂W = (1/t)·∂loss/∂V Qᵀ,

of which the last, once the penalty is part of the loss, holds for its share as well.
Coordinates keep half of the digits of directions in which the rows hardly vary, so that
whoever solves in them checks the answer with the rows themselves.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.linalg

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.costs import SOFTMAX
from trivium.blocks.map_reduce import cut, map_reduce
from trivium.blocks.memory import working_memory
from trivium.blocks.properties import cached_property
from trivium.blocks.workers import each_of, one_blas_thread
from trivium.rows.block import Block
from trivium.rows.memory import ArrayRows
from trivium.rows.source import Rows
from trivium.softmax.coordinates.problem import Problem, ProblemAt, Seen
from trivium.softmax.coordinates.scaling import ColumnScaling, frame_of
from trivium.softmax.objective.cross_entropy import CrossEntropy, CrossEntropyAt
from trivium.softmax.solvers.protocol import Stop

_TILE_ROWS, _TILE_COLUMNS = 256, 1024  # of products of rows: two such blocks a worker
_BLOCK_VALUES = 1 << 19
_ROUNDINGS = 4.0  # a row, of the longest row's square: what is left of the products is no more
_MATRICES = 3  # of n squared: products, their factor, coordinates
# Passes that a space is worth, and without a penalty: granted by trial, as those below are.
_MOST_PASSES, _MOST_WITHOUT = 40, 500
_TIMES, _FEW_PASSES = 2, 15  # columns a row, below which steps save nothing; worth it there
_LEAST_PENALTY, _MOST_PENALTY = 1e-250, 1e250
_FAR = 4.0  # units from zero, and a column's range is half a unit at least
_MARGIN = 0.9  # of tol: coordinates tell a gradient to fewer digits than rows do


class RowSpace(NamedTuple):
    """What the centred rows span.

    Attributes
    ----------
    rows : Rows
    center : ndarray of shape (d,)
    far : ndarray of bool of shape (d,)
        Whose center is so far that they are moved before anything is summed.
    scale : float
        The power of two t.
    pivots : ndarray of shape (r,)
    factor : ndarray of shape (r, r)
        L_r, lower triangular: the pivots' coordinates.
    coordinates : ndarray of shape (n, r)
    """

    rows: Rows
    center: Float64
    far: npt.NDArray[np.bool_]
    scale: float
    pivots: Indices
    factor: Float64
    coordinates: Float64

    def outwards(self, V: Float64) -> Float64:
        """Compute V Qᵀ, from the shape (m, r) to (m, d), in one read."""
        n = self.rows.shape[0]
        shares = np.zeros((V.shape[0], n))
        solve = scipy.linalg.solve_triangular
        shares[:, self.pivots] = solve(self.factor, V.T, lower=True, trans=1, check_finite=False).T
        statistic = _Combined(self.center, self.far, self.scale, _columns_a_block(n))
        combined: Float64 = self.rows.reduce(statistic, np.add, length=n, beside=(shares.T,))
        return combined

    def inwards(self, W: Float64) -> Float64:
        """Compute W Q, from the shape (m, d) to (m, r), in one read."""
        n = self.rows.shape[0]
        products = _Products(W, self.center, self.scale, _columns_a_block(n))
        product = self.rows.each(products, length=n)[self.pivots]
        solved = scipy.linalg.solve_triangular(self.factor, product, lower=True, check_finite=False)
        return np.ascontiguousarray(solved.T)


@dataclass(frozen=True)
class _Combined:
    """Combinations of scaled rows: as many as there are shares a row.

    Rows are far fewer than columns, so that threads share the columns.

    Attributes
    ----------
    center, far, scale : as of `RowSpace`
    length : int
        Columns at a time.
    """

    center: Float64
    far: npt.NDArray[np.bool_]
    scale: float
    length: int

    def __call__(self, block: Block, beside: Float64) -> Float64:
        shares = beside.T
        d = self.center.size
        total = shares.sum(axis=1)[:, None]
        product = np.empty((shares.shape[0], d))

        def write(columns: slice) -> None:
            center, far = self.center[columns], self.far[columns]
            with one_blas_thread():
                plain = np.asarray(block.X[:, columns], dtype=np.float64)  # no copy, if it is that
                part = shares @ plain - total * center
                if far.any():
                    part[:, far] = shares @ (plain[:, far] - center[far])
                np.multiply(part, self.scale, out=product[:, columns])

        each_of(write, cut(d, self.length))
        return product


@dataclass(frozen=True)
class _Products:
    """Products of scaled rows with some vectors.

    Attributes
    ----------
    vectors : ndarray of shape (m, d)
    center, scale : as of `RowSpace`
    length : int
        Columns at a time.
    """

    vectors: Float64
    center: Float64
    scale: float
    length: int

    def __call__(self, block: Block) -> Float64:
        def products(columns: slice) -> Float64:
            scaled = _scaled(block.X, self.center, self.scale, columns)
            product: Float64 = self.vectors[:, columns] @ scaled.T
            return product

        product = map_reduce(products, cut(self.center.size, self.length), np.add)
        return np.ascontiguousarray(product.T)


def row_space(rows: Rows, frame: ColumnScaling, alpha: float) -> RowSpace | None:
    """Find the space that rows span about the frame's origin.

    Parameters
    ----------
    rows : Rows
    frame : ColumnScaling
    alpha : float
        Penalty that there will be.

    Returns
    -------
    RowSpace or None
        None if there are no fewer rows than columns, so many that their products outgrow the
        working memory or cost more than they save, or nothing but the origin; if float64
        cannot hold the penalty in the space's units; or if rows are sparse, as products of theirs
        are not. Where columns are not many times as many, steps in the space cost no less, and
        all that is saved is the inverse of a smaller matrix: few passes are worth that. Without a
        penalty they always are, as descent is then not to leave the space.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> X, codes = np.array([[0.0, 0.0, 2.0], [0.0, 0.0, 4.0]]), np.array([0, 1])
    >>> rows = ArrayRows(X, codes, 2)
    >>> space = row_space(rows, frame_of(rows.summary(), centred=False), alpha=0.1)
    >>> space.pivots, space.coordinates
    (array([1]), array([[0.25],
           [0.5 ]]))
    """
    n, d = rows.shape
    live = frame.unit > 0
    if rows.n_stored is not None:
        return None
    if n >= d or not live.any() or 8.0 * _MATRICES * n * n > working_memory():
        return None
    most = _MOST_WITHOUT
    if alpha > 0:
        most = _FEW_PASSES if d < _TIMES * n else _MOST_PASSES
    product = SOFTMAX.space_product * d + SOFTMAX.space_factor * n
    n_blocks = 1 if rows.n_classes == 2 else rows.n_classes
    if n * product > most * 4.0 * SOFTMAX.number * d * n_blocks:
        return None
    scale = float(frame.unit[live].min())
    if alpha > 0 and not _LEAST_PENALTY <= alpha * scale * scale <= _MOST_PENALTY:
        return None
    products = _products_of_rows(rows, frame.origin, scale)
    enough = _ROUNDINGS * n * np.finfo(np.float64).eps * float(np.diagonal(products).max())
    with one_blas_thread():
        factor, order, rank, _ = scipy.linalg.lapack.dpstrf(
            products, tol=enough, lower=1, overwrite_a=1
        )
    factor, order = np.tril(factor[:, :rank]), order.astype(np.intp) - 1
    coordinates = np.empty((n, rank))
    coordinates[order] = factor
    far = (np.abs(frame.origin) * frame.unit > _FAR) | ~live
    return RowSpace(rows, frame.origin, far, scale, order[:rank], factor[:rank], coordinates)


class Spanned(Problem):
    """A problem of more columns than rows, in coordinates of what its rows span.

    To solvers it is a problem of r columns; what an observer is told, and where to stop, is
    the whole problem's.

    Parameters
    ----------
    whole : Problem
    space : RowSpace
    """

    def __init__(self, whole: Problem, space: RowSpace) -> None:
        given, intercept = whole.objective.rows, whole.objective.fit_intercept
        rows = ArrayRows(space.coordinates, given.codes, given.n_classes, given.weights)
        frame = frame_of(rows.summary(), centred=intercept)
        objective = CrossEntropy(
            rows,
            alpha=whole.objective.alpha * space.scale**2,
            fit_intercept=intercept,
            center=frame.center,
        )
        super().__init__(objective, frame)
        self.whole, self.space = whole, space
        self._point: tuple[Float64, SpannedAt] | None = None

    def evaluate(self, V: Float64) -> Any:
        """Evaluate the loss at a point: a `SpannedAt`; at equal points, the same."""
        if self._point is None or not np.array_equal(self._point[0], V):
            within = super().evaluate(V), super().users(V)
            self._point = V, SpannedAt(self, *within)
        return self._point[1]

    def users(self, V: Float64) -> Float64:
        """Return the parameters for rows as they come."""
        parameters: Float64 = self.evaluate(V).users
        return parameters

    def from_users(self, parameters: Float64) -> Float64:
        """Return a point from parameters for rows as they come, less what no row tells."""
        d = self.space.center.size
        coef = parameters[:, :d] - parameters[:, :d].mean(axis=0)
        within = self.space.inwards(coef) / self.space.scale
        if self.intercept:
            about = parameters[:, d] + coef @ self.space.center
            within = np.column_stack([within, about])
        return super().from_users(within)

    def stop(self, tol: float) -> Stop:
        """Stop where the whole problem would, with a margin for what coordinates do not tell."""
        return self.whole.stop(_MARGIN * tol)

    def is_rounding(self, at: Any, tol: float, roundings: float = 1.0) -> bool:
        """Whether the gradient is as small for the whole problem as float64 can tell."""
        return self.whole.is_rounding(at, tol, roundings)

    def small(self, tol: float) -> float:
        """Return what entries of a gradient here may be, so that they are small to the user."""
        far = 1.0 + float(np.abs(self.space.center).max())
        return super().small(tol * min(self.space.scale, 1.0 / far))


class SpannedAt:
    """A problem at a point of what its rows span.

    Attributes
    ----------
    loss : float
    gradient : ndarray
        In the solver's coordinates.
    plain : CrossEntropyAt
        Of the coordinates.
    """

    def __init__(self, problem: Spanned, at: ProblemAt, parameters: Float64) -> None:
        self._problem, self._at, self._parameters = problem, at, parameters
        self.loss: float = at.loss
        self.gradient: Float64 = at.gradient
        self.plain: CrossEntropyAt = at.plain

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of the Hessian with a direction."""
        return self._at.hessian_product(direction)

    @cached_property
    def _outwards(self) -> tuple[Float64, Float64]:
        """Parameters and gradient for rows about their center, in one read of them."""
        problem, scale = self._problem, self._problem.space.scale
        within = np.stack([self._parameters, self._at.seen.gradient])
        n_classes, r = within.shape[1], problem.space.pivots.size
        both = np.vstack([within[0, :, :r] * scale, within[1, :, :r] / scale])
        out = problem.space.outwards(both).reshape(2, n_classes, -1)
        problem.objective.cost += problem.space.center.size / r  # so that steps are seen as dear
        parameters, gradient = np.concatenate([out, within[:, :, r:]], axis=2)
        return parameters, gradient

    @property
    def centred(self) -> Float64:
        """Gradient for rows about their center."""
        return self._outwards[1]

    @cached_property
    def users(self) -> Float64:
        """Parameters for rows as they come."""
        parameters, center = self._outwards[0].copy(), self._problem.space.center
        if self._problem.intercept:
            parameters[:, -1] -= parameters[:, :-1] @ center
        return parameters

    @property
    def parameters(self) -> Float64:
        """Parameters for rows as the whole problem's objective takes them."""
        return self._outwards[0] if self._problem.whole.frame.far else self.users

    @cached_property
    def seen(self) -> Seen:
        """Return what an observer is told."""
        gradient = self.centred.copy()
        if self._problem.intercept:
            gradient[:, :-1] += gradient[:, -1:] * self._problem.space.center
        return Seen(self.loss, gradient, self.plain.accuracy)


def _products_of_rows(rows: Rows, center: Float64, scale: float) -> Float64:
    """Lower triangle of X'X'ᵀ, tile by tile: no tile's sum depends on who computes it."""
    n, d = rows.shape
    products = np.zeros((n, n), order="F")
    bands = list(rows.blocks(_TILE_ROWS))

    def write(tile: tuple[Block, Block]) -> None:
        down, across = tile
        total = np.zeros((down.X.shape[0], across.X.shape[0]))
        with one_blas_thread():
            for columns in cut(d, _TILE_COLUMNS):
                left = _scaled(down.X, center, scale, columns)
                right = left
                if down is not across:
                    right = _scaled(across.X, center, scale, columns)
                total += left @ right.T
        products[down.place, across.place] = total

    each_of(write, [(down, across) for i, down in enumerate(bands) for across in bands[: i + 1]])
    return products


def _scaled(X: Floats, center: Float64, scale: float, columns: slice) -> Float64:
    """Take some columns of x', in float64."""
    block: Float64 = np.subtract(X[:, columns], center[columns], dtype=np.float64)
    block *= scale
    return block


def _columns_a_block(n_rows: int) -> int:
    return max(64, _BLOCK_VALUES // n_rows // 64 * 64)
