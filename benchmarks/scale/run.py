"""Measure fits of files of growing size, and on growing clusters; put the model beside them."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness.machine import describe_machine
from benchmarks.scale import model
from benchmarks.scale.data import N_CLASSES, N_COLUMNS, write_table

SIZES = (100_000, 1_000_000, 2_000_000, 10_000_000, 20_000_000)
QUICK = (20_000, 50_000)
ON_FILES = ("bare_read", "least_squares", "softmax", "softmax_without_copy")
WORKERS = (1, 2, 4)
_ON_WORKERS = 2_000_000
_NETWORK, _TASK = 1.25e9, 0.005  # ten gigabits; what a task of Dask's takes


def run(folder: Path, *, quick: bool, rounds: int) -> dict[str, Any]:
    """Run every measurement in a process of its own, in turn, and return all."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"machine": describe_machine(), "files": [], "workers": []}
    sizes = QUICK if quick else SIZES
    for n in sizes:
        path = write_table(folder / f"rows-{n}.parquet", n)
        _measured("bare_read", path)  # from now on the system's cache of files holds it
        for _ in range(rounds):
            for what in ON_FILES:
                found["files"].append({"rows": n, "what": what, **_measured(what, path)})
    n = sizes[-1] if quick else _ON_WORKERS
    path = folder / f"rows-{n}.parquet"
    for _ in range(rounds):
        for what in ("least_squares", "softmax"):
            found["workers"].append(
                {"rows": n, "workers": 0, "what": what, **_measured(what, path)}
            )
            for count in WORKERS:
                one = _measured(what, path, str(count))
                found["workers"].append({"rows": n, "workers": count, "what": what, **one})
    return found


def _measured(what: str, path: Path, *more: str) -> dict[str, Any]:
    program = [sys.executable, "-m", "benchmarks.scale.measure", what, str(path), *more]
    done = subprocess.run(program, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise RuntimeError(f"{what} of {path.name} failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{path.name:24} {what:22} {' '.join(more):2} {answer['seconds']:8.2f} s", flush=True)
    return answer


def machine_of(found: dict[str, Any], cores: int = 2) -> model.Machine:
    """Take a machine's rates from the largest table."""
    n = max(each["rows"] for each in found["files"])
    numbers = model.least_squares(n, N_COLUMNS, N_CLASSES).read
    reading = _seconds(found, n, "bare_read")
    work = model.softmax(n, N_COLUMNS, N_CLASSES)
    squares = model.least_squares(n, N_COLUMNS, N_CLASSES)
    passes = _of(found, n, "softmax", "passes")
    copied, plain = (_seconds(found, n, what) for what in ("softmax", "softmax_without_copy"))
    saved = max(plain - copied, 0.0) / max(passes - 2.0, 1.0)  # a pass; writing costs about one
    again = max(reading - saved, 0.02 * reading)
    computing = (
        max(plain / passes - reading, 1e-9),
        max(_seconds(found, n, "least_squares") - reading, 1e-9),
    )
    rate = median([work.operations / computing[0], squares.operations / computing[1]]) / cores
    return model.Machine(cores, numbers / reading, numbers / again, rate, _NETWORK, _TASK)


def page(found: dict[str, Any]) -> str:
    """Write the tables in Markdown."""
    machine = machine_of(found)
    lines = [
        "| rows | bare read | least squares | of it | estimated | MB | softmax | passes | "
        "(passes + 1) reads | each pass from the files | estimated | MB |",
        "| ---: |" + " ---: |" * 11,
    ]
    for n in sorted({each["rows"] for each in found["files"]}):
        read, squares = _seconds(found, n, "bare_read"), _seconds(found, n, "least_squares")
        passes = _of(found, n, "softmax", "passes")
        plain = _seconds(found, n, "softmax_without_copy")
        one = model.softmax(n, N_COLUMNS, N_CLASSES)
        lines.append(
            f"| {n:,} | {read:.2f} s | {squares:.2f} s | {squares / read:.2f} | "
            f"{model.seconds(model.least_squares(n, N_COLUMNS, N_CLASSES), machine):.2f} s | "
            f"{_of(found, n, 'least_squares', 'peak_mb'):.0f} | "
            f"{_seconds(found, n, 'softmax'):.2f} s | {passes:.1f} | {(passes + 1) * read:.2f} s | "
            f"{plain:.2f} s | {passes * model.seconds(one, machine):.2f} s | "
            f"{_of(found, n, 'softmax', 'peak_mb'):.0f} |"
        )
    lines += [
        "",
        "| rows | workers | least squares | softmax | passes |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for count in sorted({each["workers"] for each in found["workers"]}):
        some = [each for each in found["workers"] if each["workers"] == count]
        squares, soft = (
            [each for each in some if each["what"] == what] for what in ("least_squares", "softmax")
        )
        who = f"{count}" if count else "none, two threads"
        lines.append(
            f"| {some[0]['rows']:,} | {who} | {median(e['seconds'] for e in squares):.2f} s | "
            f"{median(e['seconds'] for e in soft):.2f} s | {soft[0]['passes']:.1f} |"
        )
    lines += ["", *_beyond(machine)]
    return "\n".join(lines) + "\n"


def _beyond(machine: model.Machine) -> list[str]:
    """Estimate what no machine here can hold."""
    lines = [
        "| rows | machines | a pass of least squares | the first of softmax | each other | sent |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for n, count in ((1e8, 1), (1e9, 10), (1e10, 100), (1e10, 1000)):
        squares = model.least_squares(n, N_COLUMNS, N_CLASSES)
        one = model.softmax(n, N_COLUMNS, N_CLASSES)
        lines.append(
            f"| {n:.0e} | {count} | {model.seconds(squares, machine, count):.1f} s | "
            f"{model.seconds(one, machine, count):.1f} s | "
            f"{model.seconds(one, machine, count, again=True):.1f} s | "
            f"{count * one.sent / 1e6:.2g} MB |"
        )
    return lines


def _some(found: dict[str, Any], n: int, what: str) -> list[dict[str, Any]]:
    return [each for each in found["files"] if each["rows"] == n and each["what"] == what]


def _seconds(found: dict[str, Any], n: int, what: str) -> float:
    return median(each["seconds"] for each in _some(found, n, what))


def _of(found: dict[str, Any], n: int, what: str, name: str) -> float:
    return median(each[name] for each in _some(found, n, what))
