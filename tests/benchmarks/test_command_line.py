"""The command line of the benchmarks."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.__main__ import app
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.results import read_run
from benchmarks.harness.threads import limit_threads

ROOT = Path(__file__).parents[2]


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process, whose threads stay as they are."""
    monkeypatch.setattr("benchmarks.__main__.limit_threads", lambda *_, **__: None)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            app([*map(str, arguments)], prog_name="benchmarks")
        return end.value.code or 0, capsys.readouterr().err

    return run


def test_latency_from_the_command_line(tmp_path):
    out = tmp_path / "neighbors.json"
    asked = ("neighbors", "--quick", "--case", "latency", "--calls", "10", "--out", out)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "**Trivium**" in done.stdout
    (race,) = read_run(out).cases["latency"].races
    assert race.subject().laps


def test_an_unknown_case_is_refused(call):
    code, said = call("neighbors", "--case", "nothing")
    assert code == 2
    assert "'nothing' is none of" in said


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
def test_linear_suites_from_the_command_line(call, suite, case, tmp_path):
    out = tmp_path / f"{suite}.json"
    code, said = call(suite, "--quick", "--case", case, "--out", out)
    assert code == 0, said
    assert all(race.subject().laps for race in read_run(out).cases[case].races)
