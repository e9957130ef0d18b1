"""What the compiler may do to a kernel, and what it may not."""

import threading
import time

import numpy as np

from trivium.blocks.compiled import kernel


@kernel
def plain_sum(values):
    total = 0.0
    for value in values:
        total += value
    return total


@kernel
def multiply_add(x, y, z):
    return x * y + z


@kernel
def count_up_to(n):
    total = 0
    for i in range(n):
        total += i % 7
    return total


def test_sums_keep_their_order():
    values = np.random.default_rng(0).normal(size=10_001) * 10.0 ** np.arange(10_001).clip(0, 12)
    total = 0.0
    for value in values.tolist():
        total += value
    assert plain_sum(values) == total


def test_products_are_rounded_before_they_are_added():
    x = 1.0 + 2.0**-30
    assert multiply_add(x, x, -(x * x)) == 0.0


def test_threads_run_kernels_at_once():
    count_up_to(10)
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    start = time.perf_counter()
    count_up_to(200_000_000)
    stop = time.perf_counter()
    done.set()
    ticker.join()
    assert stop - start > 0.01
    assert sum(start < each < stop for each in ticks) >= 3


def test_a_function_that_no_file_holds_is_compiled_without_a_cache():
    namespace = {}
    exec("def twice(x):\n    return 2 * x", namespace)  # noqa: S102
    assert kernel(namespace["twice"])(21) == 42
