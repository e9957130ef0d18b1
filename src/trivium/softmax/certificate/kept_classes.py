"""Statistics of a linear model whose improbable classes are left out, row by row.

`infimum.py` explains why classes are left out, and bounds the loss by what is summed here.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import scipy.linalg

from trivium.arrays import Float64, Indices
from trivium.rows.block import Block
from trivium.softmax.certificate.residuals import Linear, Model

Lost = npt.NDArray[np.bool_] | None
"""Classes to leave out in any case, for some rows: of shape (m, n_classes)."""

Statistic = TypeVar("Statistic")

_LENGTH = 256  # rows of a block


class Left(NamedTuple):
    """What the classes kept leave, over rows.

    Attributes
    ----------
    price : float
        Sum of -log Σ_K p.
    gradient : ndarray of shape (n_classes - 1, size)
        The last class is the reference.
    size : float
        Length of r - e.
    off : float
        Probability away from the likeliest class kept.
    greatest : ndarray of shape (size,)
        Of the columns.
    combined : ndarray of shape (2, size)
        Of their combinations, in rows that keep other classes, and of the sizes of their terms.
    """

    price: float
    gradient: Float64
    size: float
    off: float
    greatest: Float64
    combined: Float64

    def merge(self, other: "Left") -> "Left":
        """Take together what two sets of rows leave."""
        return Left(
            self.price + other.price,
            self.gradient + other.gradient,
            self.size + other.size,
            self.off + other.off,
            np.maximum(self.greatest, other.greatest),
            np.maximum(self.combined, other.combined),
        )


class Moved(NamedTuple):
    """Sums over rows of a step: what it moves, how long it is, how far it goes."""

    gradient: Float64
    energy: float
    ratio: float

    def merge(self, other: "Moved") -> "Moved":
        """Take together what a step does to two sets of rows."""
        return Moved(
            self.gradient + other.gradient,
            self.energy + other.energy,
            max(self.ratio, other.ratio),
        )


class KeptClasses(NamedTuple):
    """A linear model and which of its classes are kept: what the statistics are computed with.

    Attributes
    ----------
    linear : Linear
    threshold : float
        A class of less probability is left out for a row, unless it is the row's own.
    basis : ndarray of shape (size, size) or None
        Combinations of the columns to take in their place.
    """

    linear: Linear
    threshold: float
    basis: Float64 | None = None

    @property
    def size(self) -> int:
        """Number of columns, that of ones for the intercepts included."""
        return int(self.linear.coef.shape[1]) + self.linear.centred

    @property
    def pairs(self) -> int:
        """Number of classes beside the reference."""
        return len(self.linear.coef) - 1

    def take(
        self, block: Block, lost: Lost
    ) -> tuple[Float64, Float64, Float64, npt.NDArray[np.bool_]]:
        """Take rows with a one, r, -log P, and which rows keep their own class alone."""
        X = self.linear.columns(block)
        p, logits, log_sum = self.linear.probabilities(X)
        each, codes = np.arange(X.shape[0]), block.codes
        left = p < self.threshold
        if lost is not None:
            left |= lost.T
        left[codes, each] = False
        gone = np.where(left, p, 0.0).sum(axis=0)
        r = np.where(left, 0.0, p)
        total = r.sum(axis=0)
        own = logits[codes, each] - log_sum
        price = np.where(gone < 0.5, -np.log1p(-gone), -np.log(total))
        alone = (~left).sum(axis=0) == 1
        price = np.where(alone, np.where(gone < 0.5, price, -own), price)
        r /= np.where(total > 0, total, 1.0)
        r[codes[alone], each[alone]] = 1.0
        if self.linear.centred:
            X = np.column_stack([X, np.ones(X.shape[0])])
        if self.basis is not None:
            X = X @ self.basis
        return X, r, price, alone

    def sizes(self, block: Block) -> tuple[Float64, Float64]:
        """Magnitudes of the columns, and sizes of the terms of their combinations."""
        X = np.abs(self.linear.columns(block))
        if self.linear.centred:
            X = np.column_stack([X, np.ones(X.shape[0])])
        return X, X if self.basis is None else X @ np.abs(self.basis)

    def left(self, block: Block, lost: Lost = None) -> Left:
        """Sum what the classes kept leave of a block's rows."""
        X, r, price, alone = self.take(block, lost)
        plain, sizes = self.sizes(block)
        own = np.abs(X[~alone]).max(axis=0, initial=0.0)
        each, codes = np.arange(X.shape[0]), block.codes
        top = r.argmax(axis=0)
        rest = r.copy()
        rest[top, each] = 0.0
        off = rest.sum(axis=0)
        rest = r.copy()
        rest[codes, each] = 0.0
        rest[codes, each] = -rest.sum(axis=0)
        size = np.sqrt(np.einsum("ij,ij->j", rest, rest))
        return Left(
            float(block.weigh(price).sum()),
            block.weigh(rest)[:-1] @ X,
            float(block.weigh(size).sum()),
            float(block.weigh(off).sum()),
            plain.max(axis=0),
            np.stack([own, sizes[~alone].max(axis=0, initial=0.0)]),
        )

    def moved(self, step: Float64, block: Block, lost: Lost = None) -> Moved:
        """Take a step Θ, and sum what it does to a block's rows."""
        X, r, _, alone = self.take(block, lost)
        v = np.zeros_like(r)
        v[:-1] = step.reshape(self.pairs, self.size) @ X.T
        v -= np.einsum("ij,ij->j", r, v)
        v[r == 0] = 0.0
        v[:, alone] = 0.0
        weighted = block.weigh(r * v)
        return Moved(
            (weighted[:-1] @ X).ravel(),
            float(np.vdot(weighted, v)),
            float(np.abs(v).max()),
        )

    def column_triangle(self, block: Block, lost: Lost = None) -> Float64:
        """Triangle of the columns of rows that keep other classes, weighed by their curvature."""
        X, r, _, alone = self.take(block, lost)
        curvature = np.where(alone, 0.0, 1.0 - np.einsum("ij,ij->j", r, r))
        root = np.sqrt(np.maximum(block.weigh(curvature), 0.0))
        return _triangle(root[:, None] * X)

    def hessian_triangle(self, total: float, block: Block, lost: Lost = None) -> Float64:
        """Triangle of the rows of A, with the roots of the weights' shares of a total in them."""
        X, r, _, _ = self.take(block, lost)
        m, pairs = X.shape[0], self.pairs
        after = np.cumsum(r[::-1], axis=0)[::-1]  # of a class and those behind it
        A = np.zeros((m, pairs, pairs, self.size))
        weight = block.weigh(np.ones(m)) / total
        for c in range(pairs):
            behind = np.where(after[c + 1] > 0, after[c + 1], 1.0)
            share = r[c] * after[c + 1] / np.where(after[c] > 0, after[c], 1.0)
            root = np.sqrt(share * weight)
            A[:, c, c] = root[:, None] * X
            for other in range(c + 1, pairs):
                A[:, c, other] = (-root * r[other] / behind)[:, None] * X
        return _triangle(A.reshape(m * pairs, pairs * self.size))

    def columns_apart(
        self, kept: Indices, others: Indices, T: Float64, block: Block, lost: Lost = None
    ) -> Float64:
        """Greatest distance of columns from combinations of others, relative to the terms."""
        X, _, _, alone = self.take(block, lost)
        _, sizes = self.sizes(block)
        size = sizes[:, others] + np.abs(X[:, kept]) @ np.abs(T)
        apart = np.abs(X[:, others] - X[:, kept] @ T) / np.maximum(size, np.finfo(float).tiny)
        relative: Float64 = apart[~alone].max(axis=0, initial=0.0)
        return relative

    def parameters_apart(
        self, combined: Float64, others: Indices, block: Block, lost: Lost = None
    ) -> float:
        """Greatest effect of parameters less their combinations of others, relative to the terms.

        Parameters
        ----------
        combined : ndarray of shape (others.size, n_parameters)
            One of each parameter, less its combination of the others.
        others : ndarray of int
        block : Block
        lost : ndarray of bool of shape (m, n_classes) or None
        """
        X, r, _, alone = self.take(block, lost)
        X, r = X[~alone], r[:, ~alone]
        if not X.size:
            return 0.0
        center = np.append(np.abs(self.linear.center), 1.0)[: self.size]
        combined = combined.reshape(others.size * self.pairs, self.size)
        shape = others.size, self.pairs, X.shape[0]
        v = (combined @ X.T).reshape(shape)
        plain = (np.abs(X) + center).T  # of which rounding is a share
        size = (np.abs(combined) @ plain).reshape(shape)
        if self.basis is not None:  # a great share of a small column is no excuse
            plain = ((self.sizes(block)[0][~alone] + center) @ np.abs(self.basis)).T
            size = (np.abs(combined) @ np.abs(X).T).reshape(shape)
        v = np.concatenate([v, np.zeros((others.size, 1, X.shape[0]))], axis=1)
        some = r > 0
        most = np.where(some, v, -np.inf).max(axis=1) - np.where(some, v, np.inf).min(axis=1)
        sizes = np.where(some[:-1], size, 0.0).sum(axis=1)
        sizes = np.maximum(sizes, plain[others % self.size])
        return float((most / np.maximum(sizes, np.finfo(float).tiny)).max())


class KeptRows(NamedTuple):
    """Rows with the classes that are kept for each.

    Attributes
    ----------
    model : Model
    classes : KeptClasses
    lost : ndarray of bool of shape (n, n_classes) or None
    """

    model: Model
    classes: KeptClasses
    lost: Lost

    def reduce(
        self,
        statistic: Callable[..., Statistic],
        merge: Callable[[Statistic, Statistic], Statistic],
    ) -> Statistic:
        """Compute a statistic of all rows, in one read."""
        beside = () if self.lost is None else (self.lost,)
        return self.model.rows.reduce(statistic, merge, length=_LENGTH, beside=beside)


def merged_triangles(one: Float64, two: Float64) -> Float64:
    """Triangle of the rows of two."""
    return _triangle(np.vstack([one, two]))


def _triangle(A: Float64) -> Float64:
    """R of A = QR, of no more rows than columns."""
    (R,) = scipy.linalg.qr(A, mode="r", check_finite=False)
    return np.asarray(R[: min(A.shape)])
