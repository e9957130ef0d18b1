"""Rows that hold everybody to what is agreed about statistics: a test double."""

import copy
import io
import pickle

import numpy as np

from trivium.rows.block import Block
from trivium.rows.csr import Csr
from trivium.rows.memory import ArrayRows
from trivium.rows.sparse import CsrRows

_ENOUGH = 60  # rows: of so few a parameter may have as many entries


class _Strict:
    """Rows, of which each statistic is sent away, and each merge is asked twice.

    A statistic has to be pickled without rows, in little more than its arrays take, to say the
    same once it has arrived, and to leave its parameters as they are. A merge has to say the same
    when it is asked again, and to leave both statistics as they are.

    Attributes
    ----------
    seen : set of str
        Names of the statistics, for a test to know that there were some.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = set()

    def reduce(self, statistic, merge, **options):
        """Reduce by what arrives."""
        arrived, check = self._sent(statistic)
        found = super().reduce(arrived, _asked_twice(merge), **options)
        check()
        return found

    def each(self, function, **options):
        """Compute by what arrives."""
        arrived, check = self._sent(function)
        found = super().each(arrived, **options)
        check()
        return found

    def from_block(self, block):
        """Return rows that were taken, watched as well."""
        some = type(self)(block.X, block.codes, self.n_classes, block.weights)
        some._reads, some.seen = self._reads, self.seen
        return some

    def _sent(self, statistic):
        self.seen.add(name_of(statistic))
        letter = send(statistic, self.shape[0])
        arrived = pickle.loads(letter)  # noqa: S301 - its own

        def check():
            assert send(arrived, self.shape[0]) == letter, f"{name_of(statistic)} changes itself"

        return arrived, check


class StrictRows(_Strict, ArrayRows):
    """Rows in memory."""


class StrictCsrRows(_Strict, CsrRows):
    """Sparse rows in memory."""


class _Letter(pickle.Pickler):
    """Looks at all that is pickled: rows stay at home."""

    def __init__(self, file, n_rows):
        super().__init__(file)
        self._n_rows, self.n_bytes = n_rows, 0

    def persistent_id(self, obj):
        assert not isinstance(obj, ArrayRows | Block | Csr), f"it holds {type(obj).__name__}"
        if isinstance(obj, np.ndarray):
            assert self._n_rows not in obj.shape or self._n_rows < _ENOUGH, f"it holds {obj.shape}"
            self.n_bytes += obj.nbytes


def send(statistic, n_rows):
    """Pickle a statistic of so many rows, of which it may hold none."""
    file = io.BytesIO()
    letter = _Letter(file, n_rows)
    letter.dump(statistic)
    assert len(file.getvalue()) <= 2 * letter.n_bytes + 1024, f"{name_of(statistic)} is large"
    return file.getvalue()


def name_of(statistic):
    """Name a function, a bound method, a part of one or an instance."""
    whole = getattr(statistic, "func", statistic)
    return getattr(whole, "__qualname__", type(whole).__qualname__)


def _asked_twice(merge):
    def merged(one, two):
        before = copy.deepcopy((one, two))
        found, again = merge(one, two), merge(one, two)
        _assert_same(found, again)
        _assert_same((one, two), before)
        return found

    return merged


def _assert_same(one, two):
    if isinstance(one, tuple | list):
        for a, b in zip(one, two, strict=True):
            _assert_same(a, b)
    elif hasattr(one, "__dict__") and not isinstance(one, np.ndarray | np.generic):
        _assert_same(list(vars(one).values()), list(vars(two).values()))
    else:
        np.testing.assert_array_equal(one, two)
