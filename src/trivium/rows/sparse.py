"""Rows in memory that are sparse."""

from collections.abc import Callable
from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.rows.block import Block
from trivium.rows.csr import Csr, as_csr, can_take_sparse, dense
from trivium.rows.memory import ArrayRows


class CsrRows(ArrayRows):
    """Sparse rows in memory, as `Rows`.

    A statistic that is marked by `takes_sparse` gets blocks whose X is a `Csr`, any other one
    blocks of arrays: nothing is made dense beyond a block. `sample`, `take`, `blocks` and `slabs`
    return sparse rows; `csr.dense` makes arrays of them.

    Parameters
    ----------
    X : Csr of shape (n, d)
    codes, n_classes, weights
        As of `ArrayRows`.

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> X = Csr.of(scipy.sparse.csr_array(np.array([[0.0, 1.0], [2.0, 0.0], [4.0, 5.0]])))
    >>> rows = CsrRows(X)
    >>> def column_sums(block):
    ...     return block.X.sum(axis=0)
    >>> rows.reduce(column_sums, np.add, length=2)
    array([6., 6.])
    """

    def __init__(
        self,
        X: Csr,
        codes: Indices | None = None,
        n_classes: int = 0,
        weights: Float64 | None = None,
    ) -> None:
        table: Any = X  # it is cut and taken from as an array is
        super().__init__(table, codes, n_classes, weights)

    @property
    def n_stored(self) -> int | None:
        """How many of the numbers are stored."""
        table: Any = self._X
        return int(table.n_stored)

    def column(self, number: int) -> Float64:
        """Take one column in float64, with its zeros."""
        self._reads.add(self.shape[0])
        table: Any = self._X
        column: Float64 = table.column(number).astype(np.float64)
        return column

    def from_block(self, block: Block) -> ArrayRows:
        """Return some of the rows as a table of their own: of arrays, if the block has one."""
        if as_csr(block.X) is not None:
            return super().from_block(block)
        some = ArrayRows(block.X, block.codes, self.n_classes, block.weights)
        some._reads = self._reads
        return some

    def _block_for(self, function: Callable[..., Any], place: slice) -> Block:
        block = self._block(place)
        return block if can_take_sparse(function) else block._replace(X=dense(block.X))
