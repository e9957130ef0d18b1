"""Whoever waits for the compiler is told, once."""

import logging
import subprocess
import sys
from types import FunctionType, SimpleNamespace

import pytest
from numba.core import event

from trivium.blocks.compile_times import CompileClock
from trivium.blocks.compiled import kernel


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return CompileClock(clock)


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="trivium")
    return lambda: [(each.levelname, each.getMessage()) for each in caplog.records]


def compiling(module="trivium.neighbors.kernels", folder="/somewhere/kept"):
    kernel = SimpleNamespace(
        py_func=SimpleNamespace(__module__=module), stats=SimpleNamespace(cache_path=folder)
    )
    return SimpleNamespace(data={"dispatcher": kernel})


def compile_for(watch, clock, seconds, **what):
    watch.on_start(compiling(**what))
    clock.now += seconds
    watch.on_end(compiling(**what))


def test_it_is_said_once_after_two_seconds_in_all(watch, clock, said):
    for _ in range(3):
        compile_for(watch, clock, 0.6)
        clock.now += 50.0  # in which nothing is compiled
    assert said() == []
    for _ in range(9):
        compile_for(watch, clock, 0.6)
    assert said() == [
        (
            "INFO",
            "Compiling loops for this processor: 2.4 s so far. "
            "That is done once and kept in /somewhere/kept.",
        )
    ]


def test_as_soon_as_the_compiler_is_at_the_next_function_that_a_kernel_calls(watch, clock, said):
    watch.on_start(compiling())
    for _ in range(4):
        compile_for(watch, clock, 0.7, module="numba.np.arrayobj")
    assert len(said()) == 1
    assert "2.1 s so far" in said()[0][1]
    watch.on_end(compiling())
    compile_for(watch, clock, 9.0)
    assert len(said()) == 1


def test_kernels_of_others_are_theirs(watch, clock, said):
    compile_for(watch, clock, 60.0, module="somebody.else")
    compile_for(watch, clock, 60.0, module=None)
    watch.on_start(compiling(module="trivially.named.alike"))
    compile_for(watch, clock, 60.0)  # on their behalf
    watch.on_end(compiling(module="trivially.named.alike"))
    assert said() == []


def test_where_nothing_is_kept_that_is_said(watch, clock, said):
    compile_for(watch, clock, 3.0, folder=None)
    assert "every process does it anew" in said()[0][1]
    assert "NUMBA_CACHE_DIR" in said()[0][1]


def test_numba_calls_it(clock, said):
    def twice(x):
        return 2 * x

    code = twice.__code__.replace(co_filename="<string>")
    ours = kernel(FunctionType(code, {"__name__": "trivium.somewhere"}))
    with event.install_listener("numba:compile", CompileClock(clock, long=0.0)):
        assert ours(21) == 42
        assert ours(21) == 42
    assert len(said()) == 1


def test_a_process_that_imports_trivium_has_it():
    program = (
        "from numba.core import event; import trivium.blocks.compiled; "
        "print(sorted(type(each).__name__ for each in event._registered['numba:compile']))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.stdout.strip(), ended.stderr) == ("['CompileClock', 'NoFullCollections']", "")
