"""Lower bounds from a few principal coordinates.

Split a centred row b by an orthonormal basis V of m columns into its head h = Vᵀb and a
tail of norm t = sqrt(|b|² - |h|²). For two rows,

    |b - b'|² >= |h - h'|² + (t - t')²,

since the tails differ at least by the difference of their norms. So z = (h, t) has the
norm of b, and distances between z's never exceed those between rows: scores of z's are
lower bounds that cost m + 1 products in place of d.

Any orthonormal basis is right; leading principal axes are good, since they make tails
short (Fukunaga & Narendra, IEEE Trans. Computers C-24, 1975, prune by the like).
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh, qr

from trivium.arrays import Float64, Floats
from trivium.blocks.workers import one_blas_thread
from trivium.neighbors.search.products.panels import Frame, robust_center

_SAMPLE_ROWS = 1024
_POWER_STEPS = 2
ROWS_A_BLOCK = 256


class Basis(NamedTuple):
    """Leading principal axes of centred rows.

    Attributes
    ----------
    axes : ndarray of shape (d, m)
        Orthonormal but for rounding.
    defect : float
        Bound on the spectral norm of axesᵀ·axes - I.
    """

    axes: Float64
    defect: float

    def first(self, n_axes: int) -> "Basis":
        """Return the first axes alone: what holds for all of them holds for some."""
        return Basis(np.ascontiguousarray(self.axes[:, :n_axes]), self.defect)

    def error(self, n_axes: int) -> float:
        """Bound on the error of z, relative to its norm, with the first axes alone.

        The head errs by the defect and by the rounding of its products; the square of
        the tail by three times that, and the tail itself by the root.
        """
        d = self.axes.shape[0]
        head = self.defect + (d + 8) * np.sqrt(n_axes) * 2.0**-52
        return float(head + np.sqrt(3.0 * head + (d + n_axes + 8) * 2.0**-52))


def effective_dimension(rows: Floats) -> float:
    """(Σλ)²/Σλ² of the eigenvalues λ of the rows' second moments, from a sample.

    Products of different rows alone are counted, so that a small sample of rows in many
    columns does not look as if it lay in a few.
    """
    sample = sample_of(rows, 512)
    largest = _greatest(sample)
    if largest == 0.0 or sample.shape[0] < 2:
        return 0.0
    sample /= largest
    sample -= robust_center(sample)
    m, d = sample.shape
    lengths = np.einsum("ij,ij->i", sample, sample)
    with one_blas_thread():  # of the same sum of squares, either way
        products = sample @ sample.T if m < d else sample.T @ sample
    square = (np.square(products).sum() - np.square(lengths).sum()) / (m * (m - 1.0))
    return float((lengths.sum() / m) ** 2 / square) if square > 0.0 else np.inf


def principal_axes(rows: Floats, center: Float64, n_axes: int) -> Basis:
    """Approximate the principal axes of a sample of the rows about a centre.

    By subspace iteration from a random start (Halko, Martinsson & Tropp, SIAM Review 53,
    2011, algorithm 4.4): what it misses of the axes costs pruning, never an answer.
    """
    sample = sample_of(rows, _SAMPLE_ROWS)
    sample -= center
    sample /= _greatest(sample) or 1.0
    moments = sample.T @ sample
    start = np.random.default_rng(0).normal(size=(rows.shape[1], n_axes))
    near, _ = qr(moments @ start, mode="economic")
    for _ in range(_POWER_STEPS):
        near, _ = qr(moments @ near, mode="economic")
    _, turn = eigh(near.T @ moments @ near)
    axes: Float64 = np.ascontiguousarray(near @ turn[:, ::-1], dtype=np.float64)
    defect = np.linalg.norm(axes.T @ axes - np.eye(n_axes))
    return Basis(axes, float(defect) + (rows.shape[1] + 8) * n_axes * 2.0**-52)


def coordinates(rows: Floats, frame: Frame, basis: Basis) -> tuple[Float64, Float64]:
    """Heads and squared norms of rows.

    Returns
    -------
    heads : ndarray of shape (n, m)
    squares : ndarray of shape (n,)
    """
    n, d = rows.shape
    heads, squares = np.empty((n, basis.axes.shape[1])), np.empty(n)
    memory = np.empty((min(n, ROWS_A_BLOCK), d))  # fresh memory costs more than the products
    with one_blas_thread():
        for start in range(0, n, ROWS_A_BLOCK):
            block = slice(start, min(start + ROWS_A_BLOCK, n))
            centred = memory[: block.stop - start]
            np.subtract(rows[block], frame.center, out=centred)
            centred *= frame.scale
            np.matmul(centred, basis.axes, out=heads[block])
            np.einsum("ij,ij->i", centred, centred, out=squares[block])
    return heads, squares


def with_tail(heads: Float64, squares: Float64, n_axes: int) -> Float64:
    """z: the first coordinates and the norm of what they leave.

    Returns
    -------
    ndarray of shape (n, n_axes + 1)
    """
    head = heads[:, :n_axes]
    rest = squares - np.einsum("ij,ij->i", head, head)
    return np.column_stack([head, np.sqrt(np.maximum(rest, 0.0))])


def sample_of(rows: Floats, size: int) -> Float64:
    """Take some rows, evenly spaced."""
    step = max(1, rows.shape[0] // size)
    return rows[::step][:size].astype(np.float64)


def _greatest(values: Float64) -> float:
    """Return the greatest magnitude."""
    return float(max(values.max(), -values.min()))
