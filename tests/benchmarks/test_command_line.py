"""The command line of the benchmarks."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.results import read_run
from benchmarks.harness.threads import limit_threads

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_latency_from_the_command_line(tmp_path):
    out = tmp_path / "neighbors.json"
    done = benchmarks("neighbors", "--quick", "--case", "latency", "--calls", "10", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "**Trivium**" in done.stdout
    (race,) = read_run(out).cases["latency"].races
    assert race.subject().laps


def test_an_unknown_case_is_refused():
    done = benchmarks("neighbors", "--case", "nothing")
    assert done.returncode == 2
    assert "'nothing' is none of" in done.stderr


def test_threads_are_limited_before_numpy_is_loaded():
    with pytest.raises(RuntimeError, match="NumPy has been imported"):
        limit_threads(2)


def test_the_machine_is_described_without_names():
    import socket

    said = str(describe_machine())
    assert "cores" in said
    assert socket.gethostname() not in said
    assert "/home" not in said


@pytest.mark.parametrize(("suite", "case"), [("least_squares", "latency"), ("softmax", "latency")])
def test_linear_suites_from_the_command_line(suite, case, tmp_path):
    out = tmp_path / f"{suite}.json"
    done = benchmarks(suite, "--quick", "--case", case, "--out", out)
    assert done.returncode == 0, done.stderr
    assert all(race.subject().laps for race in read_run(out).cases[case].races)
