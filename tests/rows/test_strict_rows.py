"""The double that watches statistics sees what it is to see."""

import functools
from typing import NamedTuple

import numpy as np
import pytest
from tests.rows.strict_rows import StrictRows

X = np.arange(400.0).reshape(100, 4)


class Sum(NamedTuple):
    """The sum of rows less a row."""

    origin: np.ndarray

    def __call__(self, block):
        return (block.X - self.origin).sum(axis=0)

    def per_row(self, block):
        return (block.X - self.origin).sum(axis=1)

    def spoiled(self, block):
        self.origin[:] += 1.0
        return block.X.sum(axis=0)


def in_place(one, two):
    one += two
    return one


def test_what_is_agreed_is_let_through():
    rows, statistic = StrictRows(X), Sum(X[0])
    np.testing.assert_array_equal(rows.reduce(statistic, np.add, length=7), (X - X[0]).sum(axis=0))
    np.testing.assert_array_equal(rows.each(statistic.per_row, length=7), (X - X[0]).sum(axis=1))
    assert rows.seen == {"Sum", "Sum.per_row"}


@pytest.mark.parametrize(
    ("statistic", "merge", "said"),
    [
        (Sum(X), np.add, r"it holds \(100, 4\)"),
        (functools.partial(Sum(X[0]).spoiled), np.add, "changes itself"),
        (Sum(X[0]), in_place, "not equal"),
        (functools.partial(max, "x" * 2000), np.add, "is large"),
        (functools.partial(Sum, StrictRows(X)), np.add, "it holds StrictRows"),
    ],
)
def test_what_is_not_agreed_is_seen(statistic, merge, said):
    with pytest.raises(AssertionError, match=said):
        StrictRows(X).reduce(statistic, merge, length=7)
