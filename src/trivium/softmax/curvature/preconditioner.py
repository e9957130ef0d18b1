r"""Inverses of the curvature's diagonal blocks, one a class, from the rows that make them.

The Hessian's block of class k is Σ w·p_k(1 - p_k)·z zᵀ/Σw + penalty. Applied between two
projections on parameters that sum to zero over the classes, where the whole fit takes place,
the blocks' inverses leave so little to do that what ties classes together hardly matters.

Few rows make most of a block: those near the boundary. Rows of a weight p_k(1 - p_k) above a
threshold τ are taken, of the others a share, each in place of τ/weight like it, evenly
along the table (threshold sampling: Duffield, Lund & Thorup, J. ACM 54, 2007).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import Patience, kernel, uncompiled
from trivium.blocks.map_reduce import cut, map_reduce
from trivium.blocks.memory import working_memory
from trivium.blocks.products import inner
from trivium.blocks.workers import each_of, one_blas_thread
from trivium.rows.csr import dense
from trivium.softmax.coordinates.problem import Problem, ProblemAt
from trivium.softmax.coordinates.scaling import ColumnScaling, bring_into_frame
from trivium.softmax.coordinates.unframed import Unframed
from trivium.softmax.curvature.sampled import SampledProblem
from trivium.softmax.curvature.squares import SquaresOfColumns, SquaresOfStored

_CHUNK = 512  # rows gathered at a time
_LIFT = 1e-10  # of a diagonal near one, which keeps blocks invertible where columns are dependent
_LIFT_MORE = 1e3
_SHORT = 1e-7  # of a column's square, beside which what varies is rounding
_LEAST = 1e-18  # curvature that is always assumed, of columns of magnitude one
_AT_ONCE = 1 << 16  # numbers, which stay in a core's cache
_WORK_SHARED = 1 << 19  # numbers in all blocks, above which threads share them


@dataclass(frozen=True)
class Blocks:
    """Inverse blocks, one for each class or one for all.

    Attributes
    ----------
    inverses : ndarray of shape (n_classes or 1, size, size)
    """

    inverses: Float64

    def __call__(self, gradient: Float64) -> Float64:
        """Apply them between projections on what sums to zero over the classes."""
        centred = gradient - gradient.mean(axis=0)
        if self.inverses.shape[0] == 1:
            common: Float64 = centred @ self.inverses[0]
            return common
        applied: Float64 = np.empty_like(centred)

        def apply(k: int) -> None:
            with one_blas_thread():
                np.dot(self.inverses[k], centred[k], out=applied[k])

        if self.inverses.size > _WORK_SHARED:
            each_of(apply, range(centred.shape[0]))
        else:
            np.matmul(self.inverses, centred[:, :, None], out=applied[:, :, None])
        applied -= applied.mean(axis=0)
        return applied


@dataclass(frozen=True)
class Diagonal:
    """Inverse of the diagonal, the same for all classes.

    Attributes
    ----------
    inverse : ndarray of shape (size,)
    """

    inverse: Float64

    def __call__(self, gradient: Float64) -> Float64:
        """Apply it to what sums to zero over the classes."""
        mean: Float64
        if gradient.flags.c_contiguous:
            mean = gradient.mean(axis=0)
        else:  # column by column, of which each is too short for NumPy's sums
            mean = np.full(len(gradient), 1.0 / len(gradient)) @ gradient
        applied = gradient - mean
        applied *= self.inverse
        return applied


@dataclass(frozen=True)
class UnframedDiagonal:
    """`Diagonal`, of which gradients and what it answers are in the user's coordinates.

    Attributes
    ----------
    inverse : ndarray of shape (size,)
        In the frame.
    frame : ColumnScaling
    """

    inverse: Float64
    frame: ColumnScaling

    def __call__(self, gradient: Float64) -> Float64:
        """Apply it, some columns at a time: no array of all is needed beside the answer."""
        applied = gradient.copy("K")
        self.overwrite(applied)
        return applied

    def overwrite(self, gradient: Float64) -> None:
        """Put what it answers in the place of the gradient."""

        def write(columns: slice, some: Float64) -> float:
            gradient[:, columns] = some
            return 0.0

        last, _ = self._each(gradient, write)
        if last.size:
            gradient[:, -1] = last

    def inner(self, gradient: Float64) -> float:
        """Return the inner product of a gradient and what it answers."""
        last, total = self._each(gradient, lambda columns, some: inner(gradient[:, columns], some))
        return total + (float(gradient[:, -1] @ last) if last.size else 0.0)

    def _each(
        self, gradient: Float64, use: Callable[[slice, Float64], float]
    ) -> tuple[Float64, float]:
        """Use the answer some columns at a time; return that of the intercepts, and a sum."""
        origin, unit = self.frame.origin, self.frame.unit
        n_classes, d = len(gradient), unit.size
        share = np.full(n_classes, 1.0 / n_classes)
        last, inverse = gradient[:, d:].copy(), self.inverse[:d] * unit**2

        def apply(columns: slice) -> tuple[Float64, float]:
            own = gradient[:, columns]
            some = np.empty_like(own)
            if last.size:
                np.multiply(last, origin[columns], out=some)
                np.subtract(own, some, out=some)
                some -= share @ some
            else:
                np.subtract(own, share @ own, out=some)
            some *= inverse[columns]
            moved: Float64 = some @ origin[columns]
            return moved, use(columns, some)

        cuts = cut(d, max(1, _AT_ONCE // n_classes))
        moved, total = map_reduce(apply, cuts, lambda one, two: (one[0] + two[0], one[1] + two[1]))
        if not last.size:
            return np.empty(0), total
        return (last[:, 0] - share @ last[:, 0]) * self.inverse[d] - moved, total


def class_blocks(problem: Problem, at: ProblemAt, n_rows: int) -> Blocks:
    """Take the blocks from about `n_rows` rows each, at a point.

    Two classes have one block in common. Where blocks for all classes are more than scikit-learn's
    setting ``working_memory`` allows, one of their mean curvature is taken.

    Parameters
    ----------
    problem : Problem
    at : ProblemAt
    n_rows : int
    """
    n_classes, size = problem.objective.shape
    if n_classes == 2 or 8 * n_classes * size * size > working_memory():
        return Blocks(_inverse(problem, at.plain.curvature(), n_rows, n_jobs=None)[None])
    inverses = np.empty((n_classes, size, size))
    together = n_classes
    if not problem.objective.may_keep_probabilities():
        together = max(1, int(working_memory() / (8 * problem.objective.rows.shape[0])))
    for some in cut(n_classes, together):
        probabilities = at.plain.probabilities_of(some)

        def invert(k: int, first: int = some.start, given: Float64 = probabilities) -> None:
            p = given[k - first]
            with one_blas_thread():
                inverses[k] = _inverse(problem, p * (1.0 - p), n_rows, n_jobs=1)

        each_of(invert, range(some.start, some.stop))
    return Blocks(inverses)


def common_block(problem: Problem, n_rows: int) -> Blocks:
    """Take the block that all classes have in common where all are equally likely.

    Parameters
    ----------
    problem : Problem
    n_rows : int
    """
    share = 1.0 / problem.objective.shape[0]
    curvature = np.full(problem.objective.rows.shape[0], share * (1.0 - share))
    return Blocks(_inverse(problem, curvature, n_rows, n_jobs=None)[None])


def common_diagonal(problem: Problem) -> Diagonal | UnframedDiagonal:
    """Take the diagonal where all classes are equally likely."""
    objective = problem.objective
    rows, framed = objective.rows, problem.framed
    if rows.n_stored is None or framed.dependence is not None:
        squares = rows.reduce(SquaresOfColumns(framed), np.add, length=objective.length)
    else:
        squares = rows.reduce(
            SquaresOfStored(framed.center, framed.shift), np.add, length=objective.long
        )
        squares = squares * framed.unit**2
        squares = np.append(squares, objective.total) if problem.intercept else squares
    squares = squares / objective.total
    curvature = squares / objective.shape[0] + problem.penalty
    inverse: Float64 = 1.0 / np.where(curvature > 0, curvature, 1.0)
    if isinstance(problem, Unframed):
        return UnframedDiagonal(inverse, problem.frame)
    return Diagonal(inverse)


def _inverse(problem: Problem, curvature: Float64, n_rows: int, *, n_jobs: int | None) -> Float64:
    """Invert the block of one class, or of all."""
    objective, frame = problem.objective, problem.frame
    n_classes, size = objective.shape
    own = objective.rows.weights
    weights = curvature if own is None else own * curvature
    numbers, shares = threshold_sample(weights, n_rows)
    roots = np.sqrt(shares / objective.total * (n_classes / (n_classes - 1.0)))
    # Where rows are not in memory, each call is a pass: one takes all.
    held = None if objective.rows.in_memory else objective.rows.take(numbers).X

    def gram(piece: slice) -> Float64:
        total = np.zeros((size, size))
        packed = np.empty((min(_CHUNK, piece.stop - piece.start), size))
        for start in range(piece.start, piece.stop, _CHUNK):
            part = slice(start, min(start + _CHUNK, piece.stop))
            some = packed[: part.stop - start]
            X = objective.rows.take(numbers[part]).X if held is None else held[part]
            bring_into_frame(dense(X), roots[part], frame.origin, frame.unit, some)
            some = problem.framed.pulled_back(some)
            total += some.T @ some
        return total

    # A piece has a matrix of its own, which its rows have to be worth.
    pieces = cut(numbers.size, max(_CHUNK, 2 * size))
    block = map_reduce(gram, pieces or [slice(0, 0)], np.add, n_jobs=n_jobs)
    if numbers.size < np.count_nonzero(weights):
        _complete(problem, block, weights, _constant(problem, block))
    block[np.diag_indices(size)] += problem.penalty + _LEAST
    return inverted(block)


def _constant(problem: Problem, block: Float64) -> Indices:
    """Columns that do not vary on the rows chosen: without an intercept, that are zero."""
    d = problem.frame.unit.size
    squares = np.diagonal(block)[:d]
    varies = squares.copy()
    if problem.intercept and block[d, d] > 0:
        varies -= block[:d, d] ** 2 / block[d, d]
    constant = (varies <= _SHORT * squares) & (problem.frame.unit > 0)
    if problem.dependence is not None:
        constant[problem.dependence.near] = False  # which are not columns of X
    return np.flatnonzero(constant)


def _complete(problem: Problem, block: Float64, weights: Float64, columns: Indices) -> None:
    """Add to the diagonal what columns have on all rows.

    A dummy of few rows may have none among those chosen: its curvature is not zero for that.
    """
    objective, frame = problem.objective, problem.frame
    n_classes = objective.shape[0]
    share = n_classes / (n_classes - 1.0) / objective.total
    for j in columns:
        if isinstance(problem, SampledProblem):
            block[j, j] += problem.curvature_bound(int(j))
            continue
        column = (objective.rows.column(int(j)) - frame.origin[j]) * frame.unit[j]
        block[j, j] += share * float(weights @ column**2)


def factored(matrix: Float64) -> tuple[Float64, Float64]:
    """Factor a positive semidefinite matrix, brought to a diagonal near one and lifted a little.

    Returns
    -------
    factor : ndarray
        Lower triangle of Cholesky's factor of scale·matrix·scale; above it, anything.
    scale : ndarray
    """
    diagonal = np.diagonal(matrix)
    exponent, rises = np.frexp(diagonal)[1] // 2, bool(diagonal.min(initial=1.0) > 0)
    if not rises:
        exponent = np.where(diagonal > 0, exponent, 0)
    scale: Float64 = np.ldexp(1.0, -exponent)  # exact, so that what is symmetric remains so
    lift = _LIFT
    while True:
        lifted = matrix * scale
        lifted *= scale[:, None]
        lifted.reshape(-1)[:: len(lifted) + 1] += (
            lift if rises else np.where(diagonal > 0, lift, 1.0)
        )
        factor, failed = scipy.linalg.lapack.dpotrf(lifted, lower=1, overwrite_a=1)
        if not failed:
            return factor, scale
        lift *= _LIFT_MORE


def inverted(matrix: Float64) -> Float64:
    """Invert a positive semidefinite matrix, lifted a little."""
    factor, scale = factored(matrix)
    inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1)
    lower = np.tril(inverse, -1)
    full: Float64 = lower + lower.T
    full[np.diag_indices_from(full)] = np.diagonal(inverse)
    full *= scale
    full *= scale[:, None]
    return full


def threshold_sample(weights: Float64, size: int) -> tuple[Indices, Float64]:
    """Choose about `size` rows whose weights stand for all.

    Returns
    -------
    rows : ndarray of int, rising
    shares : ndarray
        What each row weighs in the place of those that are left out.

    Examples
    --------
    >>> import numpy as np
    >>> rows, shares = threshold_sample(np.array([8.0, 1.0, 1.0, 1.0, 1.0]), 3)
    >>> rows
    array([0, 1, 3])
    >>> shares
    array([8., 2., 2.])
    """
    if size >= weights.size:
        rows = np.flatnonzero(weights)
        return rows, weights[rows]
    chosen = np.empty(weights.size, dtype=np.intp)
    shares = np.empty(weights.size)
    if patience.is_over(weights.size):
        count = _choose(weights, size, chosen, shares)
    else:
        count = uncompiled(_choose)(weights.tolist(), size, chosen, shares)
    return chosen[:count], shares[:count]


@kernel
def _choose(weights: Float64 | list[float], size: int, chosen: Indices, shares: Float64) -> int:
    """Choose rows; return how many.

    The threshold τ is that with Σ min(1, weight/τ) = size, rows heavier than it counting one.
    Heavy rows are taken, and of the light ones one whenever their sum passes another τ.
    """
    total = 0.0
    for i in range(len(weights)):
        total += weights[i]
    threshold, lower = np.inf, total / size
    while lower < threshold:
        threshold = lower
        light, heavy = 0.0, 0
        for i in range(len(weights)):
            if weights[i] > threshold:
                heavy += 1
            else:
                light += weights[i]
        if heavy < size:
            lower = light / (size - heavy)
    if not threshold < np.inf:  # the weights are no numbers
        return 0
    passed = 0.5 * threshold
    k = 0
    for i in range(len(weights)):
        weight = weights[i]
        if weight > threshold:
            chosen[k], shares[k] = i, weight
            k += 1
        elif weight > 0.0:
            passed += weight
            if passed >= threshold:
                passed -= threshold
                chosen[k], shares[k] = i, threshold
                k += 1
    return k


patience = Patience(_choose, to_compile=1 << 19, to_load=1 << 15)
"""Weights that Python goes through, at some 200 ns each, before a compiled loop does."""
