"""The command line: ``python -m fuzz.same_bits record FILE``, ``compare OLD NEW``."""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llvmlite.binding import get_host_cpu_name

from fuzz.same_bits.cases import cases
from fuzz.same_bits.comparing import differences, told_apart
from fuzz.same_bits.recording import Recorder
from fuzz.same_bits.refusals import refusals
from fuzz.same_bits.running import run

_PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "threadpoolctl", "pandas", "polars")


def record(file: Path, only: str, *, slow: int) -> None:
    """Run all cases, and write what became of them."""
    results: dict[str, Any] = {}
    counts: dict[str, Any] = {}
    took: dict[str, float] = {}

    fitted: list[tuple[str, Callable[[Recorder], None]]]
    fitted = [(case.name, partial(run, case)) for case in cases()]
    for name, do in [*fitted, *refusals()]:
        if only not in name:
            continue
        began = time.perf_counter()
        recorder = Recorder()
        recorder.call("all of it", partial(do, recorder))
        results[name], counts[name] = recorder.facts, recorder.counts
        took[name] = time.perf_counter() - began
    about = {"python": platform.python_version(), "processor": get_host_cpu_name()}
    about |= {name: _version(name) for name in _PACKAGES}
    kept = {"about": about, "results": results, "counts": counts}
    file.write_text(json.dumps(kept, indent=0, ensure_ascii=False), encoding="utf-8")
    skipped = sorted({facts["table"] for facts in results.values() if _is_skipped(facts)})
    for each in skipped:
        print(each)
    for name in sorted(took, key=lambda name: -took[name])[:slow]:
        print(f"{took[name]:6.2f} s  {name}")
    n_facts = sum(map(len, results.values()))
    print(f"{len(results)} cases, {n_facts} facts, {sum(took.values()):.0f} s")


def _is_skipped(facts: dict[str, str]) -> bool:
    return facts.get("table", "").startswith("skipped")


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:
        return "not installed"


def compare(old_file: Path, new_file: Path) -> int:
    """Print every difference, and return how many there are."""
    old, new = (json.loads(file.read_text(encoding="utf-8")) for file in (old_file, new_file))
    for line in told_apart(old["about"], new["about"]):
        print(f"recorded with another {line}")
    for line in differences(old["counts"], new["counts"]):
        print(f"count (no difference): {line}")
    found = list(differences(old["results"], new["results"]))
    for line in found:
        print(line)
    print(f"{len(found)} differences in {len(new['results'])} cases")
    return len(found)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; 1 if records differ."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.same_bits", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    recorded = commands.add_parser("record", help="fit and ask, and write what became of it")
    recorded.add_argument("file", type=Path)
    recorded.add_argument("--only", default="", help="part of the names of the cases to run")
    recorded.add_argument("--slow", type=int, default=0, help="name so many that took longest")
    compared = commands.add_parser("compare", help="name what differs")
    compared.add_argument("old", type=Path)
    compared.add_argument("new", type=Path)
    asked = parser.parse_args(arguments)
    if asked.command == "record":
        record(asked.file, asked.only, slow=asked.slow)
        return 0
    return int(compare(asked.old, asked.new) > 0)


if __name__ == "__main__":
    sys.exit(main())
