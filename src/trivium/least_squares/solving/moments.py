"""The statistic of least squares: weighted moments of rows and targets about their means.

They hold squares: of columns that nearly depend on each other they say with half of the digits
what the rows say. `exact_sums.py` has sums that are not rounded, to which rows can be added.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.gram import STRIP, add_gram, panels, worth_it, zeros_for
from trivium.blocks.products import add_products
from trivium.least_squares.solving.design import (
    BLOCK_BYTES,
    Design,
    DesignScaling,
    Table,
    sampled_scaling,
    whole_scaling,
)
from trivium.least_squares.solving.packing import add_packed, pack, pack_by_numpy, patience
from trivium.least_squares.solving.sparse_sums import (
    FirstMoments,
    first_moments,
    is_sparse,
    squares_of,
)
from trivium.rows.block import Block
from trivium.rows.csr import dense

_LEAST_ROWS, _MOST_ROWS = 256, 4096
_PIECE_BLOCKS, _PIECE_ROWS = 4, 8192
_SMALL = 2.0**-300  # of scaled values: squares of lesser numbers may be lost
_FAR = 8.0
_SAMPLE = 256
_FEW, _LOW = 8, 0.1  # rows of these that tell what is ordinary, else so many of all that differ
_WIDE = 1e4  # times the squares of ordinary rows: five digits of what they leave if others go
_A_CALL = 2000  # numbers that NumPy could scale while it is called for a class
_ROUNDINGS = 4 * float(np.finfo(np.float64).eps)  # of a sum of squares


class Moments(NamedTuple):
    """Weighted moments of scaled rows.

    Attributes
    ----------
    scaling : DesignScaling
    weight : float
        Sum of the weights.
    center : ndarray of shape (d,)
        What rows are taken about: their mean, or zero without an intercept.
    target_center : ndarray of shape (n_targets,)
    gram : ndarray of shape (d, d)
    cross : ndarray of shape (n_targets, d)
    noise : ndarray of shape (d,)
        What rounding may have made of the Gram matrix's diagonal.
    target_means : ndarray of shape (n_targets,)
        Of the targets less their origin, with an intercept or without.
    """

    scaling: DesignScaling
    weight: float
    center: Float64
    target_center: Float64
    gram: Float64
    cross: Float64
    noise: Float64
    target_means: Float64

    @property
    def design(self) -> Design:
        """What was done to the rows before these moments were taken."""
        return Design(self.scaling, self.center, self.target_center, self.weight)

    @property
    def means(self) -> Float64:
        """Means of the columns, in their units."""
        return self.scaling.means(self.center)

    @property
    def roots(self) -> Float64:
        """Roots of the Gram matrix's diagonal, in the units of the columns."""
        return self.scaling.roots(self.gram.diagonal())


def gather(table: Table, *, centred: bool, n_jobs: int | None = None) -> Moments | None:
    """Take the moments of a table; usually each row is read once.

    To scale by some rows usually suits. Where it does not, because the range or the mean
    of all rows is another, they are read again, scaled better.

    Parameters
    ----------
    table : Table
    centred : bool
        Whether moments are taken about the means.
    n_jobs : int or None

    Returns
    -------
    Moments or None
        None where a value, or the range of a column, is not finite.
    """
    first = first_moments(table, centred=centred) if is_sparse(table) else None
    if first is not None:
        return _of_sparse(table, first, centred=centred)
    scaling = sampled_scaling(table, centred=centred)
    sums = _add_up(table, scaling, n_jobs)
    if not sums.are_all_there:
        whole = whole_scaling(table, centred=centred)
        if whole is None:
            return None
        scaling = whole
        sums = _add_up(table, scaling, n_jobs)
    if centred and sums.far_from_origin:
        mean = np.ldexp(sums.sums / sums.weight, scaling.exponent)
        scaling = scaling._replace(origin=scaling.origin + mean)
        sums = _add_up(table, scaling, n_jobs)
    return sums.moments(scaling, centred=centred)


def _of_sparse(table: Table, first: FirstMoments, *, centred: bool) -> Moments:
    """Take the moments of sparse rows, of which the first are known."""
    design = first.design
    gram = squares_of(table, first, centred=centred)
    noise, means = _ROUNDINGS * first.squares, first.target_means
    taken = design.weight, design.center, design.target_center
    return Moments(design.scaling, *taken, gram, first.cross, noise, means)


def few_hold_spread(moments: Moments, table: Table, *, centred: bool) -> bool:
    """Whether a few rows hold nearly all of a column's squares, so that rounding hides the others.

    What others hold is estimated from some rows; only a column in which few of these differ from
    the middle is looked at in whole.
    """
    sample = table.rows.sample(_SAMPLE)
    some = dense(sample.X).astype(np.float64)
    middle = np.median(some, axis=0) if centred else np.zeros(some.shape[1])
    away = np.sort(np.abs(some - middle), axis=0)
    zeros = np.count_nonzero(away == 0, axis=0)
    ordinary = away[(zeros + len(away)) // 2 - (zeros == len(away)), np.arange(len(middle))]
    differ = 1.0 - zeros / len(away)
    few = (len(away) - zeros < _FEW) & (moments.gram.diagonal() > moments.noise)
    for column in np.flatnonzero(few).tolist():
        apart = np.abs(table.rows.column(column) - middle[column])
        apart = apart[apart > 0]
        ordinary[column] = np.quantile(apart, _LOW) if apart.size else 0.0
        differ[column] = apart.size / table.shape[0]
    weight = float(table.shape[0])
    if sample.weights is not None:
        weight *= float(np.median(moments.scaling.weights(sample.weights)))
    squares = np.square(np.ldexp(ordinary, -moments.scaling.exponent)) * differ * weight
    return bool(np.any(moments.gram.diagonal() > _WIDE * squares + moments.noise))


class _Sums(NamedTuple):
    """Weighted sums over scaled rows; those of different rows add up."""

    weight: float
    most: Float64
    sums: Float64
    target_sums: Float64
    gram: Float64
    cross: Float64

    def merge(self, other: "_Sums") -> "_Sums":
        sums = (mine + more for mine, more in zip(self[2:], other[2:], strict=True))
        most = np.maximum(self.most, other.most)
        return _Sums(self.weight + other.weight, most, *sums)

    @property
    def are_all_there(self) -> bool:
        """Whether no value and no square has left float64."""
        present = (self.most == 0.0) | (self.most > _SMALL)
        return bool(present.all() and np.isfinite(self.gram.diagonal()).all())

    @property
    def far_from_origin(self) -> bool:
        """Whether to take the means off would cost digits."""
        mean = self.sums / self.weight
        return bool(np.any(_FAR * mean**2 > (_FAR - 1.0) * self.gram.diagonal() / self.weight))

    def moments(self, scaling: DesignScaling, *, centred: bool) -> Moments:
        """Take the means off."""
        noise, target_means = _ROUNDINGS * self.gram.diagonal(), self.target_sums / self.weight
        upper = np.triu(self.gram)
        gram = upper + np.triu(upper, 1).T
        if not centred:
            zeros = np.zeros_like(self.sums), np.zeros_like(self.target_sums)
            return Moments(scaling, self.weight, *zeros, gram, self.cross, noise, target_means)
        center, target_center = self.sums / self.weight, target_means
        gram -= np.outer(self.sums, center)
        cross = self.cross - np.outer(target_center, self.sums)
        return Moments(
            scaling, self.weight, center, target_center, gram, cross, noise, target_means
        )


@dataclass(frozen=True)
class _Added:
    """Sums over a block of rows, which are scaled in shorter blocks of a length."""

    scaling: DesignScaling
    n_classes: int
    length: int
    by_tiles: bool

    def __call__(self, block: Block, values: Float64 | None = None) -> _Sums:
        scaling, d = self.scaling, block.X.shape[1]
        n_groups, n_targets = (max(1, self.n_classes), scaling.target_origin.size)
        over = patience.is_over(block.X.size + _A_CALL * n_groups)
        at_once = over and self.by_tiles and values is None
        length = min(STRIP if at_once else self.length, len(block.X))
        packed = panels(length, d) if self.by_tiles else np.empty((1, length, d))
        gram = zeros_for(packed) if self.by_tiles else np.zeros((d, d))
        groups, group_weights = np.zeros((n_groups, gram.shape[0])), np.zeros(n_groups)
        most, target_sums, cross = np.zeros(d), np.zeros(n_targets), np.zeros((n_targets, d))
        how, totals = (scaling.origin, scaling.unit), (most, groups, group_weights)
        for part in block.parts(self.length):
            X, weights = np.ascontiguousarray(part.X), scaling.weights(part.weights)
            if at_once:
                add_packed(X, weights, part.codes, *how, packed, *totals, gram)
                continue
            (pack if over else pack_by_numpy)(X, weights, part.codes, *how, packed, *totals)
            if values is not None:
                start = part.first - block.first
                own = values[start : start + len(X)] - scaling.target_origin
                rows = np.hstack(list(packed[:, : len(X)]))[:, :d]
                _add_targets(rows, own, weights, target_sums, cross)
            if self.by_tiles:
                add_gram(packed, len(X), d, gram)
            else:
                add_products(packed[0, : len(X)], gram)
        groups = groups[:, :d]
        if self.n_classes == 2:
            target_sums[0] = group_weights[1] - group_weights[0]
            cross[0] = groups[1] - groups[0]
        elif self.n_classes > 2:
            target_sums, cross = group_weights, groups
        weight = float(group_weights.sum())
        return _Sums(weight, most, groups.sum(axis=0), target_sums, gram[:d, :d], cross)


def _add_up(table: Table, scaling: DesignScaling, n_jobs: int | None) -> _Sums:
    """Sum over all rows."""
    d = table.shape[1]
    length = min(max(_LEAST_ROWS, BLOCK_BYTES // (8 * d)), _MOST_ROWS)
    # A piece has a matrix of its own, which its rows have to be worth.
    whole = length * max(min(_PIECE_BLOCKS, -(-_PIECE_ROWS // length)), 2 * d // length)
    statistic = _Added(scaling, table.rows.n_classes, length, worth_it(*table.shape))
    with np.errstate(over="ignore", invalid="ignore"):
        return table.reduce(statistic, _Sums.merge, length=whole, n_jobs=n_jobs)


def _add_targets(
    packed: Float64, values: Float64, weights: Float64, target_sums: Float64, cross: Float64
) -> None:
    """Add up targets that are numbers, and their products with the columns."""
    if weights.size:
        target_sums += weights @ values
        values = values * np.sqrt(weights)[:, None]
    else:
        target_sums += values.sum(axis=0)
    cross += values.T @ packed
