"""Means of columns, summed in blocks that fit a core's cache."""

from dataclasses import dataclass

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.map_reduce import block_length
from trivium.rows.block import Block
from trivium.rows.csr import dense
from trivium.rows.source import Rows


def column_centers(rows: Rows) -> Float64:
    """Mean of each column, exact for a constant one.

    The mean is taken of the deviations from the first row, so that a common offset eats no
    digits and a constant column leaves nothing. `ColumnSummary.means` differ from it in the last
    bits: they sum in blocks of another length, and clip to each column's range. What is fitted
    with this mean keeps it for its bits; where a summary is read anyway, take its means.

    Parameters
    ----------
    rows : Rows
        One at least.

    Returns
    -------
    ndarray of shape (d,)

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> column_centers(ArrayRows(np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 6.0]])))
    array([0.1, 3. ])
    """
    n, d = rows.shape
    origin = dense(rows.take(np.zeros(1, dtype=np.intp)).X)[0].astype(np.float64)
    deviations = rows.reduce(_Deviations(origin), np.add, length=block_length(d))
    centers: Float64 = origin + deviations / n
    return centers


@dataclass(frozen=True)
class _Deviations:
    """Sums of deviations from a row."""

    origin: Float64

    def __call__(self, block: Block) -> Float64:
        total: Float64 = (block.X - self.origin).sum(axis=0)
        return total
