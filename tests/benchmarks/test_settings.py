"""Settings are tried, the best is raced, and processes of their own have their environment."""

import os
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from benchmarks.harness import settings, workers
from benchmarks.harness.compiling import compiled_at_once
from benchmarks.harness.machine import instructions, machine_name
from benchmarks.harness.settings import Choice, Setting, choose, line_up
from benchmarks.harness.timing import Absent, one_step
from benchmarks.harness.workers import WorkerLost, worker_with

from trivium.blocks.compiled import Patience

HERE = {"BENCHMARKS_TEST": "here"}
QUICK = Setting("quick", options={"seconds": 0.002})
ELSEWHERE = Setting("elsewhere", HERE, {"seconds": 0.001})
NEVER = Setting("never", {"BENCHMARKS_TEST": "never"}, {"exits": True})


def make(task, name, seconds=0.01, exits=False):
    """Make a contender that says what its environment and its process are, and how long it took."""
    if name == "missing":
        return Absent(name, "peer", "float64", "not installed")

    def work():
        if exits:
            os._exit(3)
        return task, os.environ.get("BENCHMARKS_TEST"), os.getpid()

    def lap(_):
        work()
        return {"total": seconds}

    return replace(one_step(name, work), lap=lap)


@pytest.fixture
def _no_workers():
    yield
    workers.dismiss()


def test_as_it_comes_where_nothing_is_faster():
    slow = Setting("slow", options={"seconds": 0.02})
    choices = choose("task", ["a", "b", "missing"], make, {"a": [slow], "missing": [slow]})
    assert choices == {"a": Choice(None, 2)}
    usual, other, absent = line_up("task", ["a", "b", "missing"], make, choices)
    assert usual.setting == "as it comes, the best of 2"
    assert other.setting is None
    assert absent.reason == "not installed"


def test_the_best_is_raced_and_as_it_comes_beside_it():
    choices = choose(
        "task", ["a"], make, {"a": [QUICK, Setting("slow", options={"seconds": 0.02})]}
    )
    best, usual = line_up("task", ["a"], make, choices)
    assert (best.name, best.setting) == ("a", "quick, the best of 3")
    assert (usual.name, usual.setting) == ("a, as it comes", None)
    assert best.solve()[2] == os.getpid()


@pytest.mark.usefixtures("_no_workers")
def test_an_environment_has_a_process_of_its_own():
    choices = choose("small", ["a"], make, {"a": [QUICK, ELSEWHERE, NEVER]})
    assert choices == {"a": Choice(ELSEWHERE, 3)}  # the third could not be tried
    best, usual = line_up("task", ["a"], make, choices)
    task, said, process = best.solve()
    assert (task, said) == ("task", "here")
    assert process != os.getpid()
    assert usual.solve() == ("task", None, os.getpid())
    assert best.lap(time.perf_counter) == {"total": 0.001}
    assert "BENCHMARKS_TEST" not in os.environ


@pytest.mark.usefixtures("_no_workers")
def test_a_worker_tells_errors_and_its_end():
    worker = worker_with(HERE)
    assert worker_with(dict(HERE)) is worker
    worker.take("task")
    with pytest.raises(TypeError, match="missing: not installed"):
        worker.make(make, "missing", {})
    contender = worker.make(make, "a", {"exits": True})
    with pytest.raises(WorkerLost, match="ended with 3"):
        contender.solve()
    assert worker_with(HERE) is not worker


def test_kernels_are_those_of_the_instructions(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    for here, names in (("avx2", ["Zen"]), ("avx512", ["SkylakeX", "Zen"]), ("neon", [])):
        monkeypatch.setattr(settings, "instructions", lambda here=here: here)
        assert [each.environment["OPENBLAS_CORETYPE"] for each in settings.kernels()] == names


def test_a_machine_is_named_by_what_it_is():
    import socket

    assert machine_name().endswith(instructions())
    assert socket.gethostname() not in machine_name()


def test_what_is_compiled_is_compiled_before_the_clock_starts():
    patience = Patience(loop=None, to_compile=1e9, to_load=1e9)
    patience.limit = 1e9
    assert not patience.is_over(1.0)
    with compiled_at_once():
        assert patience.is_over(1.0)
    assert patience.is_over(1.0)  # and stays so
    assert not Patience.is_over(SimpleNamespace(limit=9.0, done=0.0), 1.0)
