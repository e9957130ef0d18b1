"""What the compiler may do to a kernel, and what it may not."""

import threading
import time
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from types import FunctionType

import numpy as np
import pytest

from trivium.blocks.compiled import (
    Patience,
    contracting_kernel,
    inner_kernel,
    is_kept,
    kernel,
    uncompiled,
)


@kernel
def plain_sum(values):
    total = 0.0
    for value in values:
        total += value
    return total


@kernel
def multiply_add(x, y, z):
    return x * y + z


@inner_kernel
def doubled(x):
    return 2 * x


@kernel
def fourfold(x):
    return doubled(doubled(x))


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


def loaded_anew(path):
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestPatience:
    def test_a_kernel_is_kept_once_it_was_compiled_wherever_it_is_loaded(self, tmp_path):
        path = tmp_path / "some_kernels.py"
        path.write_text(
            "from trivium.blocks.compiled import kernel\n\n\n"
            "@kernel\ndef twice(x):\n    return 2 * x\n\n\n"
            "@kernel\ndef twice_as_long(x):\n    return 2 * len(x)\n"
        )
        first = loaded_anew(path)
        assert not is_kept(first.twice)
        assert not is_kept(first.twice_as_long)
        assert first.twice(21) == 42
        assert is_kept(first.twice)
        again = loaded_anew(path)
        assert not again.twice.signatures
        assert is_kept(again.twice)
        assert not is_kept(again.twice_as_long)

    def test_a_kernel_without_a_folder_is_kept_in_the_process_alone(self):
        def twice(x):
            return 2 * x

        nowhere = kernel(FunctionType(twice.__code__.replace(co_filename="<string>"), {}))
        assert not is_kept(nowhere)
        nowhere(21)
        assert is_kept(nowhere)

    def test_it_ends_with_the_work_that_compiling_or_loading_is_worth(self):
        def twice(x):
            return 2 * x

        nowhere = kernel(FunctionType(twice.__code__.replace(co_filename="<string>"), {}))
        patience = Patience(nowhere, to_compile=10, to_load=3)
        assert [patience.is_over(4) for _ in range(4)] == [False, False, True, True]
        nowhere(21)
        patience = Patience(nowhere, to_compile=10, to_load=3)
        assert [patience.is_over(2) for _ in range(3)] == [False, True, True]


def test_a_kernel_runs_uncompiled_on_lists():
    assert uncompiled(plain_sum)([1.0, 2.0]) == 3.0


def test_kernels_compile_what_is_inner_and_python_keeps_it():
    assert isinstance(doubled, FunctionType)
    assert (doubled(3), fourfold(2.5)) == (6, 10.0)
