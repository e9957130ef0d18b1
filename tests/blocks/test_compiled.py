"""What the compiler may do to a kernel, and what it may not."""

import threading
import time
from fractions import Fraction
from types import FunctionType

import numpy as np
import pytest

from trivium.blocks.compiled import contracting_kernel, kernel


@kernel
def plain_sum(values):
    total = 0.0
    for value in values:
        total += value
    return total


@kernel
def multiply_add(x, y, z):
    return x * y + z


@contracting_kernel
def fused(x, y, z):
    return x * y + z


@contracting_kernel
def contracted_sum(values):
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i]
    return total


@contracting_kernel
def contracted_product(x, y):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * y[i]
    return total


@kernel
def count_up_to(n):
    total = 0
    for i in range(n):
        total += i % 7
    return total


@pytest.mark.parametrize("compiled_sum", [plain_sum, contracted_sum])
def test_sums_keep_their_order(compiled_sum):
    values = np.random.default_rng(0).normal(size=10_001) * 10.0 ** np.arange(10_001).clip(0, 12)
    total = 0.0
    for value in values.tolist():
        total += value
    assert compiled_sum(values) == total


def test_products_are_rounded_before_they_are_added():
    x = 1.0 + 2.0**-30
    assert multiply_add(x, x, -(x * x)) == 0.0


def test_contracted_a_product_is_rounded_once_more_or_not_at_all():
    x = 1.0 + 2.0**-30
    assert fused(x, x, -(x * x)) in (0.0, 2.0**-60)
    assert fused(np.inf, 1.0, 1.0) == np.inf
    assert np.isnan(fused(np.inf, 1.0, -np.inf))  # no other liberties than contraction


@pytest.mark.parametrize("d", [1, 7, 784])
def test_contracted_sums_of_products_err_no_more_than_any(d):
    x, y = np.random.default_rng(d).normal(size=(2, d))
    pairs = [Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    error = abs(Fraction(contracted_product(x, y)) - sum(pairs))
    assert error <= (d + 1) * Fraction(2) ** -53 * sum(map(abs, pairs))


def test_threads_run_kernels_at_once():
    count_up_to(10)
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    n, seen = 200_000_000, 0
    while seen < 3 and n < 200_000_000 << 10:  # longer where other programs keep the cores
        start = time.perf_counter()
        count_up_to(n)
        stop = time.perf_counter()
        seen = sum(start < each < stop for each in ticks)
        n *= 2
    done.set()
    ticker.join()
    assert stop - start > 0.01
    assert seen >= 3


@pytest.mark.parametrize("decorator", [kernel, contracting_kernel])
def test_a_function_that_no_file_holds_is_compiled_without_a_cache(decorator):
    def twice(x):
        return 2 * x

    nowhere = FunctionType(twice.__code__.replace(co_filename="<string>"), {})
    assert decorator(nowhere)(21) == 42
