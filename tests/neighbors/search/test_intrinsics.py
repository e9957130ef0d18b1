"""Addresses of arrays in tuples, as kernels read them and as Python does without a compiler."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import _flat, addresses


class Inner(NamedTuple):
    numbers: Any
    factor: float


class Outer(NamedTuple):
    inner: Inner
    alike: tuple[Any, Any]
    size: int


@kernel
def shifted_sums(outer):
    outer = addresses(outer)
    inner, (first, second) = outer.inner, outer.alike
    for i in range(outer.size):
        second[i] = first[i] + inner.factor * inner.numbers[i]


@pytest.mark.parametrize("size", [0, 1, 6])
def test_a_kernel_reads_and_writes_the_arrays_of_nested_tuples(size):
    numbers, first, second = np.arange(6), np.linspace(0.0, 1.0, 6).reshape(2, 3), np.zeros((3, 2))
    shifted_sums(Outer(Inner(numbers, 0.5), (first, second), size))
    expected = np.where(np.arange(6) < size, first.reshape(-1) + 0.5 * numbers, 0.0)
    np.testing.assert_array_equal(second.reshape(-1), expected)


def test_without_a_compiler_the_arrays_are_flat_views_in_the_same_tuples():
    outer = Outer(Inner(np.zeros((2, 2)), 0.5), (np.zeros((2, 2)), np.zeros(3)), 3)
    flat = _flat(outer)
    assert type(flat) is Outer
    assert type(flat.inner) is Inner
    assert (flat.inner.factor, flat.size) == (0.5, 3)
    for mine, theirs in [
        (flat.inner.numbers, outer.inner.numbers),
        *zip(flat.alike, outer.alike, strict=True),
    ]:
        assert mine.ndim == 1
        assert np.shares_memory(mine, theirs)
