"""Labelled rows as least squares sees them, one block at a time.

Rows are taken in a *frame*: about an origin, over powers of two that bring each column
to magnitude one. Dividing by a power of two is exact: it keeps squares of very large and
very small columns within float64 and does nothing else.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks

BLOCK_BYTES = 1 << 20  # of rows, which a core's cache holds: smaller ones wait for Python
_SAMPLE = 1024
_FOR_MIDDLE = 256
_NEAR = 8.0  # spreads of a column: to take so much off a product costs three bits
_LEAST_EXPONENT, _MOST_EXPONENT = -1021, 1023  # so that 2^-exponent is a normal number


class Table(NamedTuple):
    """Rows, targets and weights.

    Attributes
    ----------
    X : ndarray of shape (n, d), C-ordered
    codes : ndarray of shape (n,)
        Class of each row.
    n_classes : int
    weights : ndarray of shape (n,) or None
    values : ndarray of shape (n, n_targets) or None
        Targets that are numbers; there are no classes then.
    """

    X: Floats
    codes: Indices
    n_classes: int
    weights: Float64 | None = None
    values: Float64 | None = None

    @classmethod
    def of_values(cls, X: Floats, values: Float64, weights: Float64 | None = None) -> "Table":
        """Make a table whose targets are numbers, of shape (n, n_targets)."""
        return cls(X, np.empty(0, dtype=np.intp), 0, weights, values)

    @property
    def n_targets(self) -> int:
        """Columns of the targets."""
        if self.values is not None:
            return int(self.values.shape[1])
        return 1 if self.n_classes == 2 else self.n_classes

    def blocks(self) -> list[slice]:
        """Rows in blocks that fit a cache, with their targets."""
        widest = max(self.X.shape[1], self.n_targets)
        return row_blocks(self.X.shape[0], widest, n_bytes=BLOCK_BYTES)

    def targets(self, rows: slice | Indices) -> Float64:
        """Targets of some rows, of shape (m, n_targets)."""
        if self.values is not None:
            return self.values[rows]
        return targets(self.codes[rows], self.n_classes)


class Frame(NamedTuple):
    """Origin and units.

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
    """

    origin: Float64
    target_origin: Float64
    exponent: Indices
    weight_exponent: int

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

    def weights(self, weights: Float64 | None, rows: slice | Indices) -> Float64:
        """Weights in the frame, empty where all are one."""
        if weights is None:
            return np.empty(0)
        scaled: Float64 = np.ldexp(weights[rows], -self.weight_exponent)
        return scaled


class Design(NamedTuple):
    """A table in a frame, less its means.

    Attributes
    ----------
    table : Table
    frame : Frame
    center : ndarray of shape (d,)
        Weighted mean of the rows in the frame; zero without an intercept. It is kept
        apart from the origin because their sum could not hold the digits of both.
    target_center : ndarray of shape (n_targets,)
    weight : float
        Sum of the weights in the frame.
    """

    table: Table
    frame: Frame
    center: Float64
    target_center: Float64
    weight: float

    def block(self, rows: slice | Indices) -> tuple[Float64, Float64]:
        """Columns and targets of some rows, centred, times the root of their weight."""
        frame = self.frame
        Z = (self.table.X[rows] - frame.origin) * frame.unit - self.center
        Y = self.centred_targets(rows)
        if self.table.weights is not None:
            root = self.roots(rows)[:, None]
            Z *= root
            Y *= root
        return Z, Y

    def centred_targets(self, rows: slice | Indices) -> Float64:
        """Targets of some rows less their means."""
        centred: Float64 = self.table.targets(rows) - self.frame.target_origin
        centred -= self.target_center
        return centred

    def roots(self, rows: slice | Indices) -> Float64:
        """Roots of the weights of some rows."""
        if self.table.weights is None:
            return np.broadcast_to(1.0, self.table.codes[rows].shape)
        root: Float64 = np.sqrt(self.frame.weights(self.table.weights, rows))
        return root

    def projected(self, rows: slice | Indices, matrix: Float64) -> Float64:
        """Product of the centred columns of some rows, in the frame, with a matrix.

        The rows are read once. Only the product is scaled, and only the product is centred
        where the means are not so far off that this would cost digits.
        """
        X, frame = self.table.X[rows], self.frame
        with np.errstate(over="ignore"):
            scaled = frame.unit[:, None] * matrix
        offset = frame.origin * frame.unit
        if not np.isfinite(scaled).all():  # columns of 1e-308 and less
            product: Float64 = ((X - frame.origin) * frame.unit - self.center) @ matrix
        elif np.abs(offset).max() <= _NEAR:
            product = X @ scaled
            product -= (offset + self.center) @ matrix
        else:
            product = (X - frame.origin) @ scaled
            product -= self.center @ matrix
        return product


def targets(codes: Indices, n_classes: int) -> Float64:
    """Make indicator targets: -1 and +1 in one column for two classes, else one column a class.

    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> targets(np.array([0, 1]), 2).ravel()
    array([-1.,  1.])
    >>> targets(np.array([0, 2]), 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    if n_classes == 2:
        return np.where(codes == 1, 1.0, -1.0)[:, None]
    indicators: Float64 = (codes[:, None] == np.arange(n_classes)).astype(np.float64)
    return indicators


def sampled_frame(table: Table, *, centred: bool) -> Frame:
    """Take a frame from some of the rows."""
    every = slice(None, None, -(-table.X.shape[0] // _SAMPLE))
    some = table.X[every].astype(np.float64)
    origin = _middle(some) if centred else np.zeros(some.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.abs(some - origin).max(axis=0)
    target_origin = np.zeros(table.n_targets)
    if centred and table.values is not None:
        target_origin = _mean(table.values[every])
    return _frame(table, origin, target_origin, spread)


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


def whole_frame(table: Table, *, centred: bool) -> Frame | None:
    """Take a frame from the ranges of all rows; None where one is beyond float64."""
    X = table.X

    def statistic(rows: slice) -> tuple[Float64, Float64]:
        return X[rows].min(axis=0).astype(np.float64), X[rows].max(axis=0).astype(np.float64)

    def merge(
        one: tuple[Float64, Float64], other: tuple[Float64, Float64]
    ) -> tuple[Float64, Float64]:
        return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])

    least, most = map_reduce(statistic, row_blocks(*X.shape), merge)
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(most - least).all():
            return None
    target_origin = np.zeros(table.n_targets)
    if not centred:
        return _frame(table, np.zeros(least.size), target_origin, np.maximum(most, -least))
    if table.values is not None:
        target_origin = _mean(table.values)
    origin = np.where(least == most, least, 0.5 * least + 0.5 * most)
    return _frame(table, origin, target_origin, most - least)


def _frame(table: Table, origin: Float64, target_origin: Float64, spread: Float64) -> Frame:
    exponent = np.where((spread > 0) & np.isfinite(spread), np.frexp(spread)[1], 0)
    exponent = exponents_within(exponent)
    by_weight = 0 if table.weights is None else int(np.frexp(table.weights.max())[1])
    return Frame(origin, target_origin, exponent, by_weight)


def exponents_within(exponent: Float64 | Indices) -> Indices:
    """Bring exponents to where 2^-exponent is a normal number."""
    within: Indices = np.clip(exponent, _LEAST_EXPONENT, _MOST_EXPONENT).astype(np.intp)
    return within


def wide_design(table: Table, *, centred: bool) -> Design | None:
    """Take off the means of a table with fewer rows than columns; None as in `whole_frame`."""
    frame = whole_frame(table, centred=centred)
    if frame is None:
        return None
    n, d = table.X.shape
    w = np.ones(n) if table.weights is None else frame.weights(table.weights, slice(0, n))
    design = Design(table, frame, np.zeros(d), np.zeros(table.n_targets), float(w.sum()))
    if not centred:
        return design

    def statistic(rows: slice) -> Float64:
        total: Float64 = w[rows] @ ((table.X[rows] - frame.origin) * frame.unit)
        return total

    center = map_reduce(statistic, row_blocks(n, d), np.add) / design.weight
    target_center = w @ (table.targets(slice(0, n)) - frame.target_origin) / design.weight
    return design._replace(center=center, target_center=target_center)
