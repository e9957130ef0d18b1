"""Margins of rows over other classes under a direction, and what rounding may do to them.

A row x of class y has over another class c the margin (V_y - V_c)·x + v_y - v_c. One counts as
positive if it is above its rounding, 4(d + 16)·u·max|V|·Σ|x|, with the unit u.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.scaling import column_centers
from trivium.softmax.separation.single_columns import separating_columns

_UNIT = np.finfo(np.float64).eps / 2


class Margins(NamedTuple):
    """Margins of all rows over all other classes, as a statistic.

    Attributes
    ----------
    least : float
        Least margin, less what rounding may have added to it.
    fails : float
        Least margin, plus that: negative if some row is on the wrong side for certain.
    pairs : ndarray of bool of shape (n_classes, n_classes)
        Whether a margin is positive for certain.
    rows, others : ndarray of shape (m,)
        Row and class of the least margins, in units of the rows' lengths.
    margins : ndarray of shape (m,)
    """

    least: float
    fails: float
    pairs: Any
    rows: Indices
    others: Indices
    margins: Float64


class MarginRows:
    """Rows, centred where there are intercepts, in units of each column's spread."""

    def __init__(self, X: Floats, codes: Indices, n_classes: int, *, fit_intercept: bool) -> None:
        self.X, self.codes, self.n_classes = X, codes, n_classes
        self.fit_intercept = fit_intercept
        self.center = column_centers(X) if fit_intercept else np.zeros(X.shape[1])
        self.blocks = row_blocks(*X.shape)
        squares = map_reduce(lambda rows: self._squares(rows), self.blocks, np.add)
        self.spread = np.sqrt(squares / X.shape[0])
        self.unit = np.where(self.spread > 0, 1.0 / np.where(self.spread > 0, self.spread, 1), 0)
        self.width = X.shape[1] + fit_intercept
        self.most = 3 * self.width * n_classes  # constraints to take in at a time
        self.lost = np.zeros((X.shape[0], n_classes), dtype=np.bool_)  # margins that do not count

    def _squares(self, rows: slice) -> Float64:
        X = np.asarray(self.X[rows], dtype=np.float64) - self.center
        squares: Float64 = np.einsum("ij,ij->j", X, X)
        return squares

    def take(self, rows: slice | Indices) -> Float64:
        """Take some rows, scaled, with a one for the intercept."""
        X: Float64 = (np.asarray(self.X[rows], dtype=np.float64) - self.center) * self.unit
        return np.column_stack([X, np.ones(X.shape[0])]) if self.fit_intercept else X

    def scaled(self, coef: Float64, intercept: Float64) -> Float64:
        """Parameters for scaled rows."""
        V: Float64 = coef * self.spread
        if not self.fit_intercept:
            return V
        return np.column_stack([V, intercept + coef @ self.center])

    def by_single_columns(self) -> Float64 | None:
        """Add up the directions of single columns that separate, if there are any."""
        found = separating_columns(
            self.X, self.codes, self.n_classes, fit_intercept=self.fit_intercept
        )
        if found is None:
            return None
        signs, between = found
        V = np.zeros((self.n_classes, self.width))
        V[:, : self.X.shape[1]] = signs
        if self.fit_intercept:
            V[:, -1] = -(signs * ((between - self.center) * self.unit)).sum(axis=1)
        return V

    def look(self, V: Float64) -> Margins:
        """Compute every margin under a direction."""
        greatest = float(np.abs(V).max())

        def margins(rows: slice) -> Margins:
            X, codes = self.take(rows), self.codes[rows]
            each = np.arange(codes.size)
            logits = X @ V.T
            margin = logits[each, codes][:, None] - logits
            rounding = self._rounding(X, greatest)
            pairs = np.zeros((self.n_classes, self.n_classes), dtype=np.bool_)
            margin[self.lost[rows]] = np.inf
            np.logical_or.at(pairs, codes, (margin > rounding) & ~self.lost[rows])
            margin[each, codes] = np.inf
            relative = margin / np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
            flat = relative.ravel()
            few = min(self.most, int(np.count_nonzero(flat < np.inf)))
            chosen = np.argpartition(flat, few - 1)[:few] if few else np.empty(0, dtype=np.intp)
            row, other = np.divmod(chosen, self.n_classes)
            return Margins(
                float((margin - rounding).min()),
                float((margin + rounding).min()),
                pairs,
                row + rows.start,
                other,
                flat[chosen],
            )

        return map_reduce(margins, self.blocks, self._merge)

    def lose(self, V: Float64) -> None:
        """Leave out the margins that a direction makes positive for certain."""
        greatest = float(np.abs(V).max())

        def write(rows: slice) -> None:
            X, codes = self.take(rows), self.codes[rows]
            logits = X @ V.T
            margin = logits[np.arange(codes.size), codes][:, None] - logits
            self.lost[rows] |= margin > self._rounding(X, greatest)

        map_reduce(write, self.blocks, lambda *_: None)

    @staticmethod
    def _rounding(X: Float64, greatest: float) -> Float64:
        """Bound what rounding may do to the margins of some rows."""
        bound: Float64 = (4 * (X.shape[1] + 16) * _UNIT * greatest) * np.abs(X).sum(axis=1)
        return bound[:, None]

    def _merge(self, one: Margins, two: Margins) -> Margins:
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

    def objective(self) -> Float64:
        """Gradient of the sum of all margins, the rows scaled to unit length."""

        def sums(rows: slice) -> Float64:
            X = self.take(rows)
            X /= np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
            own = np.zeros((self.n_classes, self.width))
            counted = (~self.lost[rows]).astype(np.float64)
            np.add.at(own, self.codes[rows], counted.sum(axis=1)[:, None] * X)
            total: Float64 = own - counted.T @ X
            return total

        return map_reduce(sums, self.blocks, np.add)

    def constraints(self, rows: Indices, others: Indices) -> Any:
        """Sparse matrix of the margins of some rows over some classes, in unit length."""
        X = self.take(rows)
        X /= np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
        columns = np.arange(self.width)
        own = self.codes[rows][:, None] * self.width + columns
        other = others[:, None] * self.width + columns
        pointer = 2 * self.width * np.arange(rows.size + 1)
        matrix = scipy.sparse.csr_array(
            (np.hstack([X, -X]).ravel(), np.hstack([own, other]).ravel(), pointer),
            shape=(rows.size, self.n_classes * self.width),
        )
        # A common shift of all classes changes nothing: the last class stays at zero.
        return matrix[:, : (self.n_classes - 1) * self.width]
