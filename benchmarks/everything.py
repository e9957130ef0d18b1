"""Renew the results of the machine at hand: every suite, as it is and with AVX2 alone.

Suites run in processes of their own, the cases that goals are about first, and each case is
written as soon as it is done. A case that fails is told at the end and stops nothing; one that is
not begun in time keeps its earlier results, with their day.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.harness.goals import verdicts
from benchmarks.harness.machine import AVX2, AVX512, instructions, machine_name
from benchmarks.harness.results import Run, read_run
from benchmarks.harness.tables import markdown_table

ROUNDS = 9
BUDGETS = {"neighbors": 30.0, "least_squares": 10.0, "softmax": 30.0}
"""Seconds after which a race of a suite starts no further round."""

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Part:
    """Some cases of a suite."""

    suite: str
    cases: tuple[str, ...]
    avx2: bool = False


PARTS = (
    Part("least_squares", ("narrow", "tall", "wide", "influence", "latency")),
    Part("softmax", ("two_classes", "square", "latency")),
    Part("neighbors", ("uniform", "digits")),
    Part("neighbors", ("columns", "leave_one_out", "latency")),
    Part("neighbors", ("uniform", "digits"), avx2=True),
    Part("neighbors", ("growth",)),
    Part("neighbors", ("growth",), avx2=True),
    Part("neighbors", ("columns",), avx2=True),
    Part("least_squares", ("memory", "boundaries", "accuracy")),
    Part("softmax", ("memory", "small", "digits")),
    Part("neighbors", ("grid", "words", "first_call")),
    Part("least_squares", ("sparse",)),
    Part("softmax", ("classification", "images", "sparse")),
)
"""In the order they are run: what comes late may be left as it was for want of time."""


def renew(folder: Path, minutes: float, threads: int, *, quick: bool) -> int:
    """Run all parts that the processor can, and print the goals.

    Returns
    -------
    int
        1 if a case failed or was not run again, else 0.
    """
    end = time.monotonic() + 60.0 * minutes
    places = {avx2: folder / _name(avx2=avx2) for avx2 in _kinds()}
    for part in PARTS:
        if part.avx2 in places:
            _run(part, places[part.avx2], (end - time.monotonic()) / 60.0, threads, quick=quick)
    if time.monotonic() < end and not quick:
        _command("first-answer")
    return max([_tell(place) for place in places.values()])


def _kinds() -> tuple[bool, ...]:
    """As it is; and with AVX2 alone, where it has more."""
    return (False, True) if instructions() == AVX512 else (False,)


def _name(*, avx2: bool) -> str:
    name = machine_name()
    return name.removesuffix(instructions()) + AVX2 if avx2 else name


def _run(part: Part, place: Path, minutes: float, threads: int, *, quick: bool) -> None:
    options = {
        "--out": place / f"{part.suite}.json",
        "--threads": threads,
        "--rounds": ROUNDS,
        "--budget": BUDGETS[part.suite],
        "--minutes": max(minutes, 0.0),
    }
    words = [str(each) for pair in options.items() for each in pair]
    words += [word for case in part.cases for word in ("--case", case)]
    flags = {"--keep": True, "--avx2": part.avx2, "--quick": quick}
    words += [flag for flag, there in flags.items() if there]
    print(f"\n==== {part.suite}: {', '.join(part.cases)}{' (AVX2)' * part.avx2}", flush=True)
    _command(part.suite, *words)


def _command(*words: str) -> None:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "benchmarks", *words]
    subprocess.run(command, check=False, env=environment)  # noqa: S603 - this very program


def _tell(place: Path) -> int:
    """Print the goals on a machine, and what was not measured; 1 if there is such a case."""
    rows, missing = [], []
    for name, run in _runs(place).items():
        suite = import_module(f"benchmarks.{name}.suite").SUITE
        rows += [[suite.title, *row] for row in verdicts(suite.goals, run)]
        missing += [
            f"{name}, {case.name}: {case.failed or case.skipped or f'kept from {case.earlier}'}"
            for case in run.cases.values()
            if case.failed or case.skipped or case.earlier
        ]
    table = markdown_table(["", "goal", "at least", "it is", ""], rows, "llrrl")
    print(f"\n{place.name}\n\n{table}")
    print("".join(f"\n{each}" for each in missing), flush=True)
    return int(bool(missing))


def _runs(place: Path) -> Mapping[str, Run]:
    files = {part.suite: place / f"{part.suite}.json" for part in PARTS}
    return {name: read_run(file) for name, file in files.items() if file.exists()}
