"""Sums over rows most of whose numbers are zero, which are never made dense.

A column that has zeros has its mean within its range: sums of squares and products are formed about
zero, and those of the means come off. A column that is stored in full, and far from zero, is taken
about its mean, value by value. So hardly any digits cancel; where weights make it otherwise, the
rows go the way of arrays, block by block.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.aligned import aligned
from trivium.least_squares.solving.design import (
    MOST_STORED,
    Design,
    DesignScaling,
    Table,
    exponents_within,
    whole_scaling,
)
from trivium.least_squares.solving.targets import targets
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse
from trivium.rows.products import (
    add_column_sums,
    add_one_there_and_back,
    add_squares,
    add_there_and_back,
)

_FEW_VALUES = 1 << 16  # arrays of so few need no loops of their own
_FAR = 7.0 / 8.0  # of a column's squares in that of its mean, so that three bits cancel
_LEAST_LEFT = 1e-8  # of a column's squares about its mean; a zero among n numbers leaves 1/n
_FAR_EXPONENT = 400  # products of scaled columns and coefficients stay within float64
_MOST_BLOCKS, _LEAST_BLOCKS = 32, 4
_WORTH = 32  # numbers stored for each that is merged: a share that is granted, no cost
_LARGE_MATRIX = 1 << 22  # numbers of a matrix of which there is one only


def is_sparse(table: Table) -> bool:
    """Whether a table is worth the ways of sparse rows."""
    n_stored, (n, d) = table.rows.n_stored, table.shape
    if n_stored is None or table.values is not None:
        return False
    return n * d > _FEW_VALUES and n_stored <= MOST_STORED * n * d


class FirstMoments(NamedTuple):
    """What sparse rows say of each column, and of it with the targets.

    Attributes
    ----------
    design : Design
        Its origin is zero, but for columns that are stored in full.
    sums, squares : ndarray of shape (d,)
        Weighted sums of scaled values, and of their squares, about the origin.
    cross : ndarray of shape (n_targets, d)
        Products with the targets, about the means.
    target_means : ndarray of shape (n_targets,)
        With an intercept or without.
    """

    design: Design
    sums: Float64
    squares: Float64
    cross: Float64
    target_means: Float64

    @property
    def diagonal(self) -> Float64:
        """Sums of squares about the means."""
        diagonal: Float64 = np.maximum(self.squares - self.sums * self.design.center, 0.0)
        return diagonal


def first_moments(table: Table, *, centred: bool) -> FirstMoments | None:
    """Find origin, units and means of sparse rows.

    Returns
    -------
    FirstMoments or None
        None where a value, or the range of a column, is not finite, or rows are better taken as
        arrays.
    """
    scaling = whole_scaling(table, centred=False)
    if scaling is None or np.abs(scaling.exponent).max() > _FAR_EXPONENT:
        return None
    scaling = scaling._replace(by_stored=True)
    found = _sum_columns(table, scaling)
    if centred:
        mean, square = found.sums / found.weight, found.squares / found.weight
        full = found.counts == table.shape[0]
        if np.any(~full & (square - mean * mean < _LEAST_LEFT * square)):
            return None
        far = full & (mean * mean > _FAR * square)
        if far.any():
            scaling = _about(table, scaling, far, np.ldexp(mean, scaling.exponent))
            if np.abs(scaling.exponent).max() > _FAR_EXPONENT:
                return None
            found = _sum_columns(table, scaling)
    return _moments_of(found, scaling, centred=centred)


def _about(table: Table, scaling: DesignScaling, far: Indices, mean: Float64) -> DesignScaling:
    """Take some columns about their means, in units of their range."""
    summary = table.rows.summary()
    least, most = summary.least, summary.most
    spread = np.where(far & (most > least), most - least, 1.0)
    exponent = np.where(far, np.frexp(spread)[1], scaling.exponent)
    origin = np.where(far, np.clip(mean, least, most), 0.0)
    return scaling._replace(origin=origin, exponent=exponents_within(exponent))


def _moments_of(found: "_ColumnSums", scaling: DesignScaling, *, centred: bool) -> FirstMoments:
    """Take the means off."""
    sums, groups, masses = found.sums, found.groups, found.group_weights
    if len(groups) == 2:
        groups, masses = groups[1:] - groups[:1], masses[1:] - masses[:1]
    means = masses / found.weight
    center, target_center = np.zeros_like(sums), np.zeros_like(means)
    if centred:
        center, target_center = sums / found.weight, means
        groups = groups - np.outer(target_center, sums)
    design = Design(scaling, center, target_center, found.weight)
    return FirstMoments(design, sums, found.squares, groups, means)


class _ColumnSums(NamedTuple):
    """Weighted sums of scaled columns, class by class; those of different rows add up."""

    groups: Float64
    squares: Float64
    counts: Indices
    group_weights: Float64

    def merge(self, other: "_ColumnSums") -> "_ColumnSums":
        return _ColumnSums(
            self.groups + other.groups,
            self.squares + other.squares,
            self.counts + other.counts,
            self.group_weights + other.group_weights,
        )

    @property
    def sums(self) -> Float64:
        sums: Float64 = self.groups.sum(axis=0)
        return sums

    @property
    def weight(self) -> float:
        return float(self.group_weights.sum())


@takes_sparse
@dataclass(frozen=True)
class _SumColumns:
    """Sums of the columns of a block."""

    scaling: DesignScaling
    n_classes: int

    def __call__(self, block: Block) -> _ColumnSums:
        d, n_groups = block.X.shape[1], max(1, self.n_classes)
        groups, squares = np.zeros((n_groups, d)), np.zeros(d)
        counts, group_weights = np.zeros(d, dtype=np.intp), np.zeros(n_groups)
        add_column_sums(
            *_arrays(block),
            self.scaling.origin,
            self.scaling.unit,
            self.scaling.weights(block.weights),
            block.codes,
            groups,
            squares,
            counts,
            group_weights,
        )
        return _ColumnSums(groups, squares, counts, group_weights)


def _sum_columns(table: Table, scaling: DesignScaling) -> _ColumnSums:
    statistic = _SumColumns(scaling, table.rows.n_classes)
    length = _length(table, table.shape[1] * (2 + table.rows.n_classes))
    return table.reduce(statistic, _ColumnSums.merge, length=length)


@takes_sparse
@dataclass(frozen=True)
class _Squares:
    """Products of the scaled columns of a block, in the upper triangle."""

    scaling: DesignScaling

    def __call__(self, block: Block) -> Float64:
        scaling, d = self.scaling, block.X.shape[1]
        gram, weights = np.zeros((d, d)), scaling.weights(block.weights)
        add_squares(*_arrays(block), scaling.origin, scaling.unit, weights, gram)
        return gram


def squares_of(table: Table, first: FirstMoments, *, centred: bool) -> Float64:
    """Sum squares and products of columns, of shape (d, d), about their means."""
    d = table.shape[1]
    length = table.shape[0] if d * d > _LARGE_MATRIX else _length(table, d * d)
    gram: Float64 = table.reduce(_Squares(first.design.scaling), np.add, length=length)
    for i in range(1, d):
        gram[i, :i] = gram[:i, i]
    if centred:
        for i in range(d):
            gram[i] -= first.design.center[i] * first.sums
    return gram


class _Back(NamedTuple):
    """Products with columns pulled back, and their sums."""

    products: Float64
    totals: Float64

    def merge(self, other: "_Back") -> "_Back":
        return _Back(self.products + other.products, self.totals + other.totals)


@takes_sparse
@dataclass(frozen=True)
class _ThereAndBack:
    """Products of a block's columns with those of some functions of its rows.

    Attributes
    ----------
    weight_exponent : int
        Weights are taken over this power of two.
    origin : ndarray of shape (d,), or empty
        Of columns; empty where all are zero.
    levels : ndarray of shape (n_levels, K)
        What the functions begin with: of each class, or of all rows.
    columns : ndarray of shape (d, K)
        What they add of each column, in its own units.
    """

    weight_exponent: int
    origin: Float64
    levels: Float64
    columns: Float64

    def __call__(self, block: Block) -> _Back:
        n_values, weights = self.columns.shape[1], block.weights
        shared = (
            self.origin,
            np.empty(0) if weights is None else np.ldexp(weights, -self.weight_exponent),
            block.codes if len(self.levels) > 1 else block.codes[:0],
        )
        back, totals = aligned(self.columns.shape), np.zeros(n_values)
        back.fill(0.0)
        if n_values == 1:
            one = self.levels[:, 0], self.columns[:, 0], back[:, 0]
            add_one_there_and_back(*_arrays(block), *shared, *one, totals)
        else:
            some = self.levels, self.columns, np.empty(n_values), back
            add_there_and_back(*_arrays(block), *shared, *some, totals)
        return _Back(back, totals)


class Products:
    """Products of a sparse table's scaled and centred columns, in one read each.

    Parameters
    ----------
    table : Table
    design : Design
        Of `first_moments`.
    """

    def __init__(self, table: Table, design: Design) -> None:
        self._table, self._design, scaling = table, design, design.scaling
        self._unit, self._centred = scaling.unit[:, None], bool(design.center.any())
        self._origin = scaling.origin if scaling.origin.any() else np.empty(0)

    def multiplied(self, coef: Float64) -> Float64:
        """Multiply the Gram matrix by coefficients, of shape (d, K)."""
        return self._there_and_back(-(self._design.center @ coef)[None], coef)

    def descent(self, coef: Float64, part: slice = slice(None)) -> Float64:
        """Multiply columns by the residuals of some of the targets: of shape (d, K)."""
        design, n_classes = self._design, self._table.rows.n_classes
        levels = targets(np.arange(n_classes), n_classes) - design.scaling.target_origin
        levels -= design.target_center
        return self._there_and_back(levels[:, part] + design.center @ coef, -coef)

    def _there_and_back(self, levels: Float64, coef: Float64) -> Float64:
        columns, design = aligned(coef.shape), self._design
        np.multiply(self._unit, coef, out=columns)
        statistic = _ThereAndBack(design.scaling.weight_exponent, self._origin, levels, columns)
        length = _length(self._table, coef.size)
        back = self._table.reduce(statistic, _Back.merge, length=length)
        products = back.products
        products *= self._unit
        if self._centred:  # totals are zero but for rounding, which a mean would multiply
            products -= np.outer(design.center, back.totals)
        return products


def _length(table: Table, n_merged: int) -> int:
    """Rows of a block of which so many numbers are merged: it depends on the table alone."""
    n_stored = table.rows.n_stored or 0
    blocks = max(_LEAST_BLOCKS, min(_MOST_BLOCKS, n_stored // (_WORTH * n_merged)))
    return max(1, -(-table.shape[0] // blocks))


def _arrays(block: Block) -> tuple[Float64, Indices, Indices]:
    rows: Any = block.X  # a Csr, as of all tables that `is_sparse` is said of
    return rows.data, rows.indices, rows.indptr
