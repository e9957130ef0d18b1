"""Which rows of a table are the same: found by hashing their bits, and then compared."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from trivium.arrays import Floats, Indices
from trivium.blocks.map_reduce import cut

_SAMPLE = 1024  # rows that are looked at first
_WORTH_GROUPING = 8  # equals of a row, itself counted
_NUMBERS_AT_ONCE = 1 << 17
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

Hashes = npt.NDArray[np.uint64]


class Copies(NamedTuple):
    """Groups of rows whose numbers have the same bits, in the order of their first rows.

    Attributes
    ----------
    first : ndarray of shape (n_groups,)
        Number of each group's first row, rising.
    group_of : ndarray of shape (n,)
        The group of each row.
    numbers : ndarray of shape (n,)
        Rows group by group, rising in each.
    starts : ndarray of shape (n_groups + 1,)
        Where in `numbers` each group begins.
    """

    first: Indices
    group_of: Indices
    numbers: Indices
    starts: Indices

    @classmethod
    def of(cls, rows: Floats) -> Self | None:
        """Group rows; None where that is not worth it.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
        """
        n = rows.shape[0]
        if n < _SAMPLE or not _may_repeat(rows[:: n // _SAMPLE], n):
            return None
        hashes = np.empty(n, np.uint64)
        for some in cut(n, max(1, _NUMBERS_AT_ONCE // rows.shape[1])):
            hashes[some] = _hashed(rows[some])
        numbers = np.argsort(hashes, kind="stable")
        begins = _begins(hashes[numbers])
        counts = np.diff(begins, append=n)
        if not _repeats(counts, n):
            return None
        order = np.argsort(numbers[begins])
        rank = np.empty_like(order)
        rank[order] = np.arange(order.size)
        group_of = np.empty(n, np.intp)
        group_of[numbers] = np.repeat(rank, counts)
        starts = np.concatenate([[0], np.cumsum(counts[order])])
        numbers = numbers[np.arange(n) + np.repeat(begins[order] - starts[:-1], counts[order])]
        copies = cls(numbers[starts[:-1]], group_of, numbers, starts)
        return copies if copies._are_equal(rows) else None

    def _are_equal(self, rows: Floats) -> bool:
        """Whether the rows of each group are the same, as their hashes are."""
        for some in cut(rows.shape[0], max(1, _NUMBERS_AT_ONCE // rows.shape[1])):
            alike = rows.take(self.first[self.group_of[some]], axis=0)
            if not np.array_equal(_bits(alike), _bits(rows[some])):
                return False
        return True


def _begins(ordered: Hashes) -> Indices:
    """Return where each value begins among sorted ones."""
    steps = np.ones(ordered.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=steps[1:])
    return np.flatnonzero(steps)


def _repeats(counts: Indices, n: int) -> bool:
    """Whether a row has many equals in the mean, by the sizes of the groups of some rows of n."""
    others = float(counts @ (counts - 1)) / counts.sum()
    return bool(1.0 + others * (n / counts.sum()) >= _WORTH_GROUPING)


def _may_repeat(sample: Floats, n: int) -> bool:
    """Whether n rows may repeat, by a sample: it is enough if a few columns say no."""
    d, columns = sample.shape[1], 1
    while True:
        hashes = np.sort(_hashed(sample[:, :columns]))
        begins = _begins(hashes)
        if not _repeats(np.diff(begins, append=hashes.size), n):
            return False
        if columns == d:
            return True
        columns = min(4 * columns, d)


def _bits(rows: Floats) -> npt.NDArray[np.unsignedinteger]:
    """Return rows as whole numbers: zeros of either sign are different ones."""
    return np.ascontiguousarray(rows).view(f"u{rows.itemsize}")


def _hashed(rows: Floats) -> Hashes:
    """Hash the bits of rows."""
    hashes = np.zeros(rows.shape[0], np.uint64)
    for column in _bits(rows).T:
        hashes ^= column
        hashes *= _ODD
        hashes ^= hashes >> _SHIFT
    return hashes
