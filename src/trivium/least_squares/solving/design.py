"""Labelled rows as least squares sees them, one block at a time.

Columns are *scaled*: taken about an origin, over powers of two that bring each to magnitude one.
Dividing by a power of two is exact: it keeps squares of very large and very small columns within
float64 and does nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import block_length
from trivium.least_squares.solving.targets import n_targets_of, targets
from trivium.rows.block import Block
from trivium.rows.csr import as_large_csr, dense
from trivium.rows.source import Rows

Statistic = TypeVar("Statistic")

BLOCK_BYTES = 1 << 20  # of rows, which a core's cache holds: smaller ones wait for Python
MOST_STORED = 0.2
"""Share of a table's numbers, beyond which products of arrays are quicker."""
_SAMPLE, _SAMPLED = 1024, 1 << 18  # rows, and numbers of them
_MANY_ROWS = 1 << 17  # from which on the first ones are the sample: others cost files a read
_FOR_MIDDLE = 256
_NEAR = 8.0  # spreads of a column: to take so much off a product costs three bits
_LEAST_EXPONENT, _MOST_EXPONENT = -1021, 1023  # so that 2^-exponent is a normal number


class Table(NamedTuple):
    """Rows and their targets.

    Attributes
    ----------
    rows : Rows
    values : ndarray of shape (n, n_targets) or None
        Targets that are numbers; rows have no classes then.
    """

    rows: Rows
    values: Float64 | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of columns."""
        return self.rows.shape

    @property
    def n_targets(self) -> int:
        """Columns of the targets."""
        if self.values is not None:
            return int(self.values.shape[1])
        return n_targets_of(self.rows.n_classes)

    @property
    def length(self) -> int:
        """Rows of a block that fits a cache, with their targets."""
        return block_length(max(self.shape[1], self.n_targets), n_bytes=BLOCK_BYTES)

    def reduce(
        self,
        statistic: Callable[..., Statistic],
        merge: Callable[[Statistic, Statistic], Statistic],
        *,
        length: int | None = None,
        n_jobs: int | None = None,
    ) -> Statistic:
        """Reduce as `Rows.reduce`; a statistic is given targets that are numbers beside a block."""
        beside = () if self.values is None else (self.values,)
        length = self.length if length is None else length
        return self.rows.reduce(statistic, merge, length=length, beside=beside, n_jobs=n_jobs)

    def each(self, function: Callable[..., Any], *beside: Any) -> Any:
        """Compute an array of each block of rows, as `Rows.each`."""
        return self.rows.each(function, length=self.length, beside=beside)

    def targets(self) -> Float64:
        """Return the targets of all rows, of shape (n, n_targets)."""
        if self.values is not None:
            return self.values
        return targets(self.rows.codes, self.rows.n_classes)

    def reweighted(self, weights: Float64 | None) -> "Table":
        """Return the same rows with other weights."""
        return self._replace(rows=self.rows.reweighted(weights))


class DesignScaling(NamedTuple):
    """Origin and units in which rows are taken.

    Attributes
    ----------
    origin : ndarray of shape (d,)
        Zero without an intercept.
    target_origin : ndarray of shape (n_targets,)
        Zero without an intercept, and for indicators.
    exponent : ndarray of int of shape (d,)
        Columns are divided by 2^exponent.
    weight_exponent : int
        So are weights.
    by_stored : bool
        Whether it was found for sparse rows: only columns that are stored in full have an origin.
    """

    origin: Float64
    target_origin: Float64
    exponent: Indices
    weight_exponent: int
    by_stored: bool = False

    @property
    def unit(self) -> Float64:
        """What columns are multiplied by."""
        unit: Float64 = np.ldexp(1.0, -self.exponent)
        return unit

    def means(self, center: Float64) -> Float64:
        """Give a mean of columns in the units in which they came."""
        means: Float64 = self.origin + np.ldexp(center, self.exponent)
        return means

    def roots(self, squares: Float64) -> Float64:
        """Give roots of weighted sums of squares in the units in which columns came."""
        odd = self.weight_exponent % 2
        roots = np.ldexp(np.sqrt(np.ldexp(squares, odd)), self.weight_exponent // 2)
        return np.ldexp(roots, self.exponent)

    def weights(self, weights: Float64 | None) -> Float64:
        """Scale weights; empty where all are one."""
        if weights is None:
            return np.empty(0)
        scaled: Float64 = np.ldexp(weights, -self.weight_exponent)
        return scaled


class Design(NamedTuple):
    """What is done to rows before they are solved for: scaled, and less their means.

    It holds no rows: it is applied to blocks of them.

    Attributes
    ----------
    scaling : DesignScaling
    center : ndarray of shape (d,)
        Weighted mean of the scaled rows; zero without an intercept. It is kept
        apart from the origin because their sum could not hold the digits of both.
    target_center : ndarray of shape (n_targets,)
    weight : float
        Sum of the scaled weights.
    """

    scaling: DesignScaling
    center: Float64
    target_center: Float64
    weight: float

    def block(self, block: Block, values: Float64 | None = None) -> tuple[Float64, Float64]:
        """Columns and targets of some rows, centred, times the root of their weight.

        Parameters
        ----------
        block : Block
        values : ndarray of shape (m, n_targets) or None
            Their targets, if these are numbers.
        """
        scaling = self.scaling
        Z = (dense(block.X) - scaling.origin) * scaling.unit - self.center
        Y = self.centred_targets(block, values)
        if block.weights is not None:
            root = self.roots(block)[:, None]
            Z *= root
            Y *= root
        return Z, Y

    def centred_targets(self, block: Block, values: Float64 | None = None) -> Float64:
        """Targets of some rows less their means."""
        if values is None:
            n_targets = self.target_center.size
            values = targets(block.codes, 2 if n_targets == 1 else n_targets)
        centred: Float64 = values - self.scaling.target_origin
        centred -= self.target_center
        return centred

    def levels(self) -> Float64:
        """Targets of each class less their means, of shape (n_classes, n_targets)."""
        n_classes = max(2, self.target_center.size)
        levels: Float64 = targets(np.arange(n_classes), n_classes) - self.scaling.target_origin
        levels -= self.target_center
        return levels

    def roots(self, block: Block) -> Float64:
        """Roots of the scaled weights of some rows."""
        if block.weights is None:
            return np.broadcast_to(1.0, block.X.shape[:1])
        root: Float64 = np.sqrt(self.scaling.weights(block.weights))
        return root

    def projected(self, block: Block, matrix: Float64) -> Float64:
        """Product of the scaled and centred columns of some rows with a matrix.

        The rows are read once. Only the product is scaled, and only the product is centred
        where the means are not so far off that this would cost digits.
        """
        X: Any = _quickest(block.X)
        scaling = self.scaling
        directly = self.directly(matrix)
        if directly is not None:
            scaled, offset = directly
            product: Float64 = X @ scaled
            product -= offset
            return product
        with np.errstate(over="ignore"):
            scaled = scaling.unit[:, None] * matrix
        if not np.isfinite(scaled).all():  # columns of 1e-308 and less
            return ((dense(X) - scaling.origin) * scaling.unit - self.center) @ matrix
        product = (dense(X) - scaling.origin) @ scaled
        product -= self.center @ matrix
        return product

    def directly(self, matrix: Float64) -> tuple[Float64, Float64] | None:
        """Return by which matrix rows as they are give the product, and what to take off it.

        None where the means are so far off that this would cost digits, or a unit is.
        """
        scaling = self.scaling
        with np.errstate(over="ignore"):
            scaled: Float64 = scaling.unit[:, None] * matrix
        offset = scaling.origin * scaling.unit
        if np.abs(offset).max() > _NEAR or not np.isfinite(scaled).all():
            return None
        taken_off: Float64 = (offset + self.center) @ matrix
        return scaled, taken_off


def _quickest(X: Any) -> Any:
    """Return rows as products with them are quickest: as an array, unless many of them are zero."""
    large = as_large_csr(X)
    few_stored = large is not None and large.n_stored <= MOST_STORED * large.size
    return X if few_stored else dense(X)


def sampled_scaling(table: Table, *, centred: bool) -> DesignScaling:
    """Find origin and units of a table from some of the rows.

    Of many rows these are the first, which are there as soon as any is: who finds by all rows that
    the origin is far from their means takes them once more.
    """
    n, d = table.shape
    size = max(_FOR_MIDDLE, min(_SAMPLE, _SAMPLED // d))
    sample = table.rows.sample(size) if n <= _MANY_ROWS else table.rows.take(np.arange(size))
    some = dense(sample.X).astype(np.float64)
    origin = _middle(some) if centred else np.zeros(some.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.abs(some - origin).max(axis=0)
    target_origin = np.zeros(table.n_targets)
    if centred and table.values is not None:
        target_origin = _mean(table.values[:: -(-table.shape[0] // _SAMPLE)])
    return _scaling(table, origin, target_origin, spread)


def _middle(rows: Float64) -> Float64:
    """Median of some of the rows, which an outlier does not take away from the others."""
    some = rows[:: max(1, len(rows) // _FOR_MIDDLE)]
    half = len(some) // 2
    middle: Float64 = np.partition(some, half, axis=0)[half]
    return middle


def _mean(rows: Float64) -> Float64:
    """Mean by deviations from a row, so that of a constant column nothing is left."""
    mean: Float64 = rows[0] + (rows - rows[0]).mean(axis=0)
    return mean


def ranges(rows: Rows) -> tuple[Float64, Float64] | None:
    """Return the least and the greatest value of each column; None where one is not finite.

    Nor may the difference of the two leave float64.
    """
    summary = rows.summary()
    with np.errstate(over="ignore", invalid="ignore"):
        spread = summary.most - summary.least
    # A sum that leaves float64 becomes infinite, and two of them may cancel: only where ranges are
    # close to float64's end does NaN not mean that there is one.
    if not np.isfinite(spread).all() or np.isnan(summary.sums).any():
        return None
    return summary.least, summary.most


def whole_scaling(table: Table, *, centred: bool) -> DesignScaling | None:
    """Find origin and units from all rows; None as in `ranges`."""
    found = ranges(table.rows)
    if found is None:
        return None
    least, most = found
    target_origin = np.zeros(table.n_targets)
    if not centred:
        return _scaling(table, np.zeros(least.size), target_origin, np.maximum(most, -least))
    if table.values is not None:
        target_origin = _mean(table.values)
    origin = np.where(least == most, least, 0.5 * least + 0.5 * most)
    return _scaling(table, origin, target_origin, most - least)


def _scaling(
    table: Table, origin: Float64, target_origin: Float64, spread: Float64
) -> DesignScaling:
    exponent = np.where((spread > 0) & np.isfinite(spread), np.frexp(spread)[1], 0)
    exponent = exponents_within(exponent)
    weights = table.rows.weights
    by_weight = 0 if weights is None else int(np.frexp(weights.max())[1])
    return DesignScaling(origin, target_origin, exponent, by_weight)


def exponents_within(exponent: Float64 | Indices) -> Indices:
    """Bring exponents to where 2^-exponent is a normal number."""
    within: Indices = np.clip(exponent, _LEAST_EXPONENT, _MOST_EXPONENT).astype(np.intp)
    return within


@dataclass(frozen=True)
class _Total:
    """Weighted sum of scaled rows."""

    scaling: DesignScaling

    def __call__(self, block: Block, _: Float64 | None = None) -> Float64:
        scaling = self.scaling
        w = np.ones(len(block.X)) if block.weights is None else scaling.weights(block.weights)
        total: Float64 = w @ ((block.X - scaling.origin) * scaling.unit)
        return total


def wide_design(table: Table, *, centred: bool) -> Design | None:
    """Find the design of a table with fewer rows than columns; None as in `ranges`."""
    scaling = whole_scaling(table, centred=centred)
    if scaling is None:
        return None
    n, d = table.shape
    weights = table.rows.weights
    w = np.ones(n) if weights is None else scaling.weights(weights)
    design = Design(scaling, np.zeros(d), np.zeros(table.n_targets), float(w.sum()))
    if not centred:
        return design
    total = table.reduce(_Total(scaling), np.add, length=block_length(d))
    target_center = w @ (table.targets() - scaling.target_origin) / design.weight
    return design._replace(center=total / design.weight, target_center=target_center)
