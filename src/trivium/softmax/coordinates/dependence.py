r"""Columns that others determine, to rounding or nearly.

**To rounding**, as dummies of all levels do. Along what such columns have in common with the others
the loss is flat. Without a penalty nothing holds the coefficients there: what a step does along it
is rounding, divided by a curvature that is rounding as well. The columns are therefore left out
of the fit, and with x_o = x_k T the answer's coefficients are then spread over all of them so that
they are least in norm,

    W_k = w (I + T Tᵀ)⁻¹,    W_o = W_k T,

which leaves every logit as it is, and is what a penalty that vanishes leads to.

**Nearly**: what others leave of such a column is taken in its place, in units of its own,
u·(x_o - x_k T). That is a change of the parameters, W_o = u·v_o and W_k = v_k - W_o Tᵀ, after
which no solver sees how near the columns were; products of columns, which lose half of the digits,
would not tell.

Columns that are independent on some rows are so on all, so that a few rows settle the common case.
Products of columns only propose, and each row has to agree.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import block_length
from trivium.rows.block import Block
from trivium.rows.source import Rows
from trivium.softmax.coordinates.scaling import ColumnScaling

NEARLY = 1e-9
"""Of a column's square: what the others may leave of one that is proposed."""

TO_ROUNDING = 1e-12
"""Of the sizes of its terms: how far a combination may be from a column that it equals."""

_DUST = 2.0**-46  # of the greatest share: rounding of what shares were solved from

_FEW_ROWS = 4  # times the columns, on which independence is tried


class Dependence(NamedTuple):
    """Columns that others determine, in a frame.

    Attributes
    ----------
    kept : ndarray of int
        Columns of the others.
    left : ndarray of int
        Columns that they determine.
    shares : ndarray of shape (kept.size, left.size)
        T, for columns in the frame.
    offset : ndarray of shape (left.size,)
        What an intercept adds to them.
    near : ndarray of int
        Columns that the kept ones nearly determine.
    near_shares, near_offset : ndarray
        As for those that are left out.
    near_unit : ndarray of shape (near.size,)
        Powers of two that bring what is left of them to magnitudes near one.
    """

    kept: Indices
    left: Indices
    shares: Float64
    offset: Float64
    near: Indices
    near_shares: Float64
    near_offset: Float64
    near_unit: Float64

    def framed(self, V: Float64, *, intercept: bool) -> Float64:
        """Turn coefficients of what is left of the near columns into those of the columns."""
        if not self.near.size:
            return V
        framed = V.copy()
        own = V[:, self.near] * self.near_unit
        framed[:, self.near] = own
        framed[:, self.kept] -= own @ self.near_shares.T
        if intercept:
            framed[:, -1] -= own @ self.near_offset
        return framed

    def of_framed(self, framed: Float64, *, intercept: bool) -> Float64:
        """Turn coefficients back."""
        if not self.near.size:
            return framed
        V = framed.copy()
        own = framed[:, self.near]
        V[:, self.near] = own / self.near_unit
        V[:, self.kept] += own @ self.near_shares.T
        if intercept:
            V[:, -1] += own @ self.near_offset
        return V

    def pulled_back(self, values: Float64, *, intercept: bool) -> Float64:
        """Turn a gradient by coefficients of columns, or rows of them, the same way."""
        if not self.near.size:
            return values
        pulled = values.copy()
        rest = values[:, self.near] - values[:, self.kept] @ self.near_shares
        if intercept:
            rest -= values[:, -1:] * self.near_offset
        pulled[:, self.near] = rest * self.near_unit
        return pulled

    def spread(self, V: Float64, *, intercept: bool) -> Float64:
        """Spread coefficients of the kept columns over all, least in norm."""
        spread = V.copy()
        T = self.shares
        own = np.eye(self.kept.size) + T @ T.T
        spread[:, self.kept] = scipy.linalg.solve(own, V[:, self.kept].T, assume_a="pos").T
        spread[:, self.left] = spread[:, self.kept] @ T
        if intercept:
            spread[:, -1] -= spread[:, self.left] @ self.offset
        return spread

    def gathered(self, V: Float64, *, intercept: bool) -> Float64:
        """Turn coefficients of all columns into those of the kept ones, with the same logits."""
        gathered = V.copy()
        gathered[:, self.kept] += V[:, self.left] @ self.shares.T
        if intercept:
            gathered[:, -1] += V[:, self.left] @ self.offset
        gathered[:, self.left] = 0.0
        return gathered


def dependence_of(rows: Rows, frame: ColumnScaling, *, centred: bool) -> Dependence | None:
    """Find columns that others determine.

    Parameters
    ----------
    rows : Rows
    frame : ColumnScaling
    centred : bool
        Whether there is an intercept, which counts as a column.

    Returns
    -------
    Dependence or None
        None if there are none, or no more rows than columns.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> from trivium.softmax.coordinates.scaling import frame_of
    >>> level = np.array([0, 1, 1, 0, 1])
    >>> X = np.column_stack([level == 0, level == 1, [2, 5, 3, 4, 0]]).astype(float)
    >>> rows = ArrayRows(X)
    >>> found = dependence_of(rows, frame_of(rows.summary(), centred=True), centred=True)
    >>> found.kept, found.left, np.abs(found.shares).round(9)
    (array([0, 2]), array([1]), array([[1.],
           [0.]]))
    """
    n = rows.shape[0]
    live = np.flatnonzero(frame.unit > 0)
    size = live.size + centred
    if n <= size or not live.size:
        return None
    columns = _LiveColumns(live, frame.origin[live], frame.unit[live], centred)
    some = np.unique(np.linspace(0, n - 1, min(n, _FEW_ROWS * size)).astype(np.intp))
    gram = _Gram(columns)
    length = block_length(size)
    if rows.n_stored is None:
        first = gram(rows.take(some))
    else:  # which are not made dense in one piece
        first = rows.subset(some).reduce(gram, np.add, length=length)
    if _rank(first)[0].size == size:
        return None
    products = rows.reduce(gram, np.add, length=length)
    kept, unit = _rank(products)
    if kept.size == size:
        return None
    others = np.setdiff1d(np.arange(size), kept)
    T = _solved(products, kept, others, unit)
    # The squares' digits, and those that they have lost.
    correction = rows.reduce(_Left(columns, kept, others, T), np.add, length=length)
    full = np.zeros_like(products)
    full[np.ix_(kept, kept)] = products[np.ix_(kept, kept)]
    full[np.ix_(kept, others)] = correction
    T = T + _solved(full, kept, others, unit)
    T = without_dust(T)
    greatest = _Greatest(columns, kept, others, T)
    relative, apart = rows.reduce(greatest, np.maximum, length=length)
    equal = relative <= TO_ROUNDING
    if centred and kept[-1] != size - 1:
        return None
    among = kept.size - centred
    return Dependence(
        live[kept[:among]],
        live[others[equal]],
        T[:among, equal],
        T[among:, equal].sum(axis=0),
        live[others[~equal]],
        T[:among, ~equal],
        T[among:, ~equal].sum(axis=0),
        np.ldexp(1.0, -np.frexp(apart[~equal])[1]),
    )


def without_dust(T: Float64) -> Float64:
    """Set shares of columns of one size to zero that are rounding beside the greatest.

    They would be all there is of a row in which the columns of the other shares are zero.

    Parameters
    ----------
    T : ndarray of shape (n_kept, n_others)
        A combination of the kept columns in each column.
    """
    cleared: Float64 = np.where(np.abs(T) <= _DUST * np.abs(T).max(axis=0, initial=0.0), 0.0, T)
    return cleared


@dataclass(frozen=True)
class _LiveColumns:
    """Columns that say something, in a frame, with ones for an intercept.

    Attributes
    ----------
    live : ndarray of int
    origin, unit : ndarray of shape (live.size,)
    centred : bool
        Whether there is an intercept.
    """

    live: Indices
    origin: Float64
    unit: Float64
    centred: bool

    def of(self, X: Floats) -> Float64:
        """Take them of some rows."""
        plain = np.asarray(X, dtype=np.float64)[:, self.live]
        Z: Float64 = (plain - self.origin) * self.unit
        return np.column_stack([Z, np.ones(Z.shape[0])]) if self.centred else Z

    def sizes(self, X: Floats) -> Float64:
        """Magnitudes of some rows before they are centred, of which rounding is a share."""
        plain = np.abs(np.asarray(X, dtype=np.float64)[:, self.live])
        sizes: Float64 = (plain + np.abs(self.origin)) * self.unit
        return np.column_stack([sizes, np.ones(sizes.shape[0])]) if self.centred else sizes


@dataclass(frozen=True)
class _Gram:
    """Products of the columns."""

    columns: _LiveColumns

    def __call__(self, block: Block) -> Float64:
        Z = self.columns.of(block.X)
        product: Float64 = Z.T @ Z
        return product


@dataclass(frozen=True)
class _Left:
    """Products of kept columns with what combinations of them leave of the others."""

    columns: _LiveColumns
    kept: Indices
    others: Indices
    T: Float64

    def __call__(self, block: Block) -> Float64:
        Z = self.columns.of(block.X)
        product: Float64 = Z[:, self.kept].T @ (Z[:, self.others] - Z[:, self.kept] @ self.T)
        return product


@dataclass(frozen=True)
class _Greatest:
    """Greatest distances of the others from combinations of the kept columns.

    As shares of the sizes of the terms, and as they are.
    """

    columns: _LiveColumns
    kept: Indices
    others: Indices
    T: Float64

    def __call__(self, block: Block) -> Float64:
        Z, sizes = self.columns.of(block.X), self.columns.sizes(block.X)
        size = sizes[:, self.others] + sizes[:, self.kept] @ np.abs(self.T)
        apart = np.abs(Z[:, self.others] - Z[:, self.kept] @ self.T)
        relative = apart / np.maximum(size, np.finfo(float).tiny)
        return np.stack([relative.max(axis=0), apart.max(axis=0)])


def _rank(gram: Float64) -> tuple[Indices, Float64]:
    """Columns, ascending, that others leave much of, and what brings all to one length."""
    diagonal = np.diagonal(gram)
    unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, np.inf))
    unit[diagonal <= 0] = 0.0
    scaled = gram * unit * unit[:, None]
    _, pivots, rank, _ = scipy.linalg.lapack.dpstrf(scaled, tol=NEARLY)
    return np.sort(pivots[:rank].astype(np.intp) - 1), unit


def _solved(gram: Float64, kept: Indices, others: Indices, unit: Float64) -> Float64:
    """Combine kept columns so as to come nearest to the others."""
    scale = unit[kept][:, None]
    own = gram[np.ix_(kept, kept)] * scale * scale.T
    answer: Float64 = scale * scipy.linalg.solve(
        own, scale * gram[np.ix_(kept, others)], assume_a="pos"
    )
    return answer
