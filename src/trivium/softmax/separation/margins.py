"""Margins of rows over other classes under a direction, and what rounding may do to them.

A row x of class y has over another class c the margin (V_y - V_c)·x + v_y - v_c. One counts as
positive if it is above its rounding, 4(d + 16)·u·max|V|·Σ|x|, with the unit u.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import block_length
from trivium.rows.block import Block
from trivium.rows.csr import dense
from trivium.rows.source import Rows
from trivium.softmax.separation.single_columns import separating_columns

Mask = npt.NDArray[np.bool_]

_UNIT = np.finfo(np.float64).eps / 2


class Margins(NamedTuple):
    """The least margins of rows over other classes.

    Attributes
    ----------
    least : float
        Least margin, less what rounding may have added to it.
    fails : float
        Least margin, plus that: negative if some row is on the wrong side for certain.
    pairs : ndarray of bool of shape (n_classes, n_classes)
        Whether a margin is positive for certain.
    rows, others : ndarray of shape (m,)
        Row and class of the least margins, in units of the rows' lengths. Numbers only: there are
        several times as many as columns, of which a linear programme (LP) takes those few that it
        violates.
    margins : ndarray of shape (m,)
    """

    least: float
    fails: float
    pairs: Any
    rows: Indices
    others: Indices
    margins: Float64


@dataclass(frozen=True)
class Squares:
    """Sums of the squares of columns about a center, as a statistic."""

    center: Float64

    def __call__(self, block: Block) -> Float64:
        """Sum them over a block."""
        X = np.asarray(block.X, dtype=np.float64) - self.center
        squares: Float64 = np.einsum("ij,ij->j", X, X)
        return squares


class Scaling(NamedTuple):
    """Centers and units of columns.

    Attributes
    ----------
    center, unit : ndarray of shape (d,)
        What is subtracted from each column, and what it is then multiplied by.
    fit_intercept : bool
        Whether rows get a one.
    """

    center: Float64
    unit: Float64
    fit_intercept: bool

    def scale(self, rows: Floats) -> Float64:
        """Scale rows, with a one for the intercept."""
        X: Float64 = (np.asarray(rows, dtype=np.float64) - self.center) * self.unit
        return np.column_stack([X, np.ones(X.shape[0])]) if self.fit_intercept else X

    def scale_to_one(self, rows: Floats) -> Float64:
        """Scale rows, with that one, to the length one."""
        X = self.scale(rows)
        X /= _lengths(X)
        return X


@dataclass(frozen=True)
class MarginsUnder:
    """The margins of a block under a direction, as a statistic.

    Attributes
    ----------
    scaling : Scaling
    V : ndarray of shape (n_classes, width)
    most : int
        Number of least margins to keep.
    """

    scaling: Scaling
    V: Float64
    most: int

    def __call__(self, block: Block, lost: Mask | None = None) -> Margins:
        """Compute the margins of a block, of which those that are lost do not count."""
        codes, n_classes = block.codes, len(self.V)
        X, margin, rounding = self._margins(block)
        each = np.arange(codes.size)
        certain = margin > rounding
        if lost is not None:
            certain &= ~lost
            margin[lost] = np.inf
        pairs = np.zeros((n_classes, n_classes), dtype=np.bool_)
        np.logical_or.at(pairs, codes, certain)
        margin[each, codes] = np.inf
        flat = (margin / _lengths(X)).ravel()
        few = min(self.most, int(np.count_nonzero(flat < np.inf)))
        chosen = np.argpartition(flat, few - 1)[:few] if few else np.empty(0, dtype=np.intp)
        row, other = np.divmod(chosen, n_classes)
        return Margins(
            float((margin - rounding).min()),
            float((margin + rounding).min()),
            pairs,
            row + block.first,
            other,
            flat[chosen],
        )

    def wins(self, block: Block, lost: Mask | None = None) -> Mask:
        """Mark the margins that are positive for certain, besides those marked before."""
        _, margin, rounding = self._margins(block)
        certain: Mask = margin > rounding
        return certain if lost is None else certain | lost

    def merge(self, one: Margins, two: Margins) -> Margins:
        """Keep the least margins of two sets of rows, of which the first come first."""
        margins = np.concatenate([one.margins, two.margins])
        kept = np.argsort(margins, kind="stable")[: self.most]
        return Margins(
            min(one.least, two.least),
            min(one.fails, two.fails),
            one.pairs | two.pairs,
            np.concatenate([one.rows, two.rows])[kept],
            np.concatenate([one.others, two.others])[kept],
            margins[kept],
        )

    def _margins(self, block: Block) -> tuple[Float64, Float64, Float64]:
        """Scaled rows, their margins over each class, and what rounding may do to these."""
        X = self.scaling.scale(block.X)
        logits = X @ self.V.T
        margin = logits[np.arange(block.codes.size), block.codes][:, None] - logits
        greatest = float(np.abs(self.V).max())
        bound = (4 * (X.shape[1] + 16) * _UNIT * greatest) * np.abs(X).sum(axis=1)
        return X, margin, bound[:, None]


@dataclass(frozen=True)
class SumOfMargins:
    """Gradient of the sum of a block's margins, the rows scaled to unit length, as a statistic."""

    scaling: Scaling
    n_classes: int

    def __call__(self, block: Block, lost: Mask | None = None) -> Float64:
        """Sum over a block the margins that are not lost."""
        X, codes = self.scaling.scale_to_one(block.X), block.codes
        own = np.zeros((self.n_classes, X.shape[1]))
        counted = np.ones((codes.size, self.n_classes))
        if lost is not None:
            counted[lost] = 0.0
        np.add.at(own, codes, counted.sum(axis=1)[:, None] * X)
        total: Float64 = own - counted.T @ X
        return total


class MarginRows:
    """Rows, centred where there are intercepts, in units of each column's spread.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    fit_intercept : bool

    Attributes
    ----------
    spread : ndarray of shape (d,)
    scaling : Scaling
    width : int
        Number of columns, with that of ones.
    lost : ndarray of bool of shape (n, n_classes) or None
        Margins that do not count; None while all do.
    """

    def __init__(self, rows: Rows, *, fit_intercept: bool) -> None:
        n, d = rows.shape
        self.rows, self.n_classes = rows, rows.n_classes
        self._length = block_length(d)
        center = rows.summary().means if fit_intercept else np.zeros(d)
        squares = rows.reduce(Squares(center), np.add, length=self._length)
        self.spread = np.sqrt(squares / n)
        unit = np.where(self.spread > 0, 1.0 / np.where(self.spread > 0, self.spread, 1), 0)
        self.scaling = Scaling(center, unit, fit_intercept)
        self.width = d + fit_intercept
        self._most = 3 * self.width * self.n_classes  # constraints to take in at a time
        self.lost: Mask | None = None

    def scaled(self, coef: Float64, intercept: Float64) -> Float64:
        """Parameters for scaled rows."""
        V: Float64 = coef * self.spread
        if not self.scaling.fit_intercept:
            return V
        return np.column_stack([V, intercept + coef @ self.scaling.center])

    def by_single_columns(self) -> Float64 | None:
        """Add up the directions of single columns that separate, if there are any."""
        center, unit, fit_intercept = self.scaling
        found = separating_columns(self.rows, fit_intercept=fit_intercept)
        if found is None:
            return None
        signs, between = found
        V = np.zeros((self.n_classes, self.width))
        V[:, : unit.size] = signs
        if fit_intercept:
            V[:, -1] = -(signs * ((between - center) * unit)).sum(axis=1)
        return V

    def look(self, V: Float64) -> Margins:
        """Compute every margin under a direction."""
        under = MarginsUnder(self.scaling, V, self._most)
        return self.rows.reduce(under, under.merge, length=self._length, beside=self._beside)

    def lose(self, V: Float64) -> Mask:
        """Leave out the margins that a direction makes positive for certain; return all lost."""
        wins = MarginsUnder(self.scaling, V, self._most).wins
        lost: Mask = self.rows.each(wins, length=self._length, beside=self._beside)
        self.lost = lost
        return lost

    def objective(self) -> Float64:
        """Gradient of the sum of all margins, the rows scaled to unit length."""
        sums = SumOfMargins(self.scaling, self.n_classes)
        return self.rows.reduce(sums, np.add, length=self._length, beside=self._beside)

    def constraints(self, rows: Indices, others: Indices) -> Any:
        """Sparse matrix of the margins of some rows over some classes, in unit length."""
        numbers, places = np.unique(rows, return_inverse=True)  # a row may be nearest to several
        block = self.rows.take(numbers)
        X = self.scaling.scale_to_one(dense(block.X))[places]
        columns = np.arange(self.width)
        own = block.codes[places][:, None] * self.width + columns
        other = others[:, None] * self.width + columns
        pointer = 2 * self.width * np.arange(rows.size + 1)
        matrix = scipy.sparse.csr_array(
            (np.hstack([X, -X]).ravel(), np.hstack([own, other]).ravel(), pointer),
            shape=(rows.size, self.n_classes * self.width),
        )
        # A common shift of all classes changes nothing: the last class stays at zero.
        return matrix[:, : (self.n_classes - 1) * self.width]

    @property
    def _beside(self) -> tuple[Mask, ...]:
        return () if self.lost is None else (self.lost,)


def _lengths(X: Float64) -> Float64:
    """Lengths of rows, by which they can be divided."""
    lengths: Float64 = np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
    return lengths
