"""The one way in which anything is learnt from rows: map over blocks, merge in order.

A *statistic* is computed on a block of rows (a Gram matrix, a loss with its gradient)
and two statistics of different rows merge into one. The partition depends on the rows
alone and merges run from the first block to the last, so the result is the same to
the last bit for any number of workers.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeVar

from trivium.blocks.workers import map_in_order, one_blas_thread

Statistic = TypeVar("Statistic")
Piece = TypeVar("Piece")

_BLOCK_BYTES = 1 << 19  # half of a common L2 cache: the block and what is computed from it


def cut(n: int, length: int) -> list[slice]:
    """Cut the numbers from 0 to n - 1 into slices of a length, of which the last may be shorter.

    Examples
    --------
    >>> cut(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + length, n)) for start in range(0, n, length)]


def block_length(n_columns: int, *, least: int = 64, n_bytes: int = _BLOCK_BYTES) -> int:
    """Return how many rows fit a core's cache.

    Parameters
    ----------
    n_columns : int
    least : int
        A block has at least so many rows, even if it outgrows the cache.
    n_bytes : int
        Size of a block in float64.

    Examples
    --------
    >>> block_length(64)
    1024
    """
    return max(least, n_bytes // (8 * n_columns) // 64 * 64)


def map_reduce(
    compute: Callable[[Piece], Statistic],
    blocks: Sequence[Piece],
    merge: Callable[[Statistic, Statistic], Statistic],
    *,
    n_jobs: int | None = None,
) -> Statistic:
    """Compute a statistic on every block and merge the results in the order of the blocks.

    Parameters
    ----------
    compute : callable
        Takes a block of rows, returns its statistic.
    blocks : sequence of slice, or of arrays of numbers
        At least one.
    merge : callable
        Takes the statistic so far and the next block's, returns that of both.
    n_jobs : int or None
        Number of threads; the result does not depend on it.
    """

    def alone(block: Piece) -> Statistic:
        with one_blas_thread():
            return compute(block)

    if len(blocks) == 1:
        return alone(blocks[0])
    with one_blas_thread():
        return reduce(merge, map_in_order(alone, blocks, n_jobs))
