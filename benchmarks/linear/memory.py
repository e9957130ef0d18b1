"""Memory of a fit beyond the rows it is given.

As a program (``python -m benchmarks.linear.memory SUITE NAME ROWS COLUMNS CLASSES``) it
fits once, in a process of its own, and prints what that took.
"""

import gc
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.harness.tables import SUBJECT

MOST_SHARE = 0.1
"""What a fit may need beyond its rows, as a share of them: much less than a copy."""

_ROOT = Path(__file__).parents[2]
_STATUS = Path("/proc/self/status")
_MIB = 2.0**20


def memory_of_fits(
    suite: str, names: Iterable[str], n: int, d: int, n_classes: int
) -> dict[str, Any]:
    """Measure contenders in fresh processes.

    Parameters
    ----------
    suite : str
        Package with a `peers.MODELS`, a mapping of functions that make classifiers.
    names : iterable of str
        Keys of it.
    n, d, n_classes : int

    Returns
    -------
    dict
        "rows" and "columns", "data" (MiB of the rows) and "beyond" (by name, MiB beyond
        them at the worst moment); who is not installed is left out.
    """
    beyond = {}
    for name in names:
        print(f"memory of {name}", flush=True)
        found = _in_fresh_process(suite, name, n, d, n_classes)
        if found is not None:
            beyond[name] = found
    return {"rows": n, "columns": d, "data": n * d * 8 / _MIB, "beyond": beyond}


def memory_lines(memory: dict[str, Any] | None) -> str:
    """Say what every fit needed, and whether Trivium's goal is reached."""
    goal = "- Goal: the fit makes no copy of its rows (float64, C order)."
    if not memory or SUBJECT not in memory["beyond"]:
        return f"{goal} Not measured."
    share = memory["beyond"][SUBJECT] / memory["data"]
    verdict = "reached" if share <= MOST_SHARE else "**missed**"
    said = ", ".join(f"{name} {beyond:.1f} MiB" for name, beyond in memory["beyond"].items())
    return (
        f"{goal} {memory['rows']:,} rows of {memory['columns']} columns are {memory['data']:.0f} "
        f"MiB; beyond them: {said}; {verdict} (at most {MOST_SHARE:.0%} of the rows)."
    )


def _in_fresh_process(suite: str, name: str, n: int, d: int, n_classes: int) -> float | None:
    done = subprocess.run(  # noqa: S603 - this very program
        [
            *(sys.executable, "-m", "benchmarks.linear.memory"),
            *(suite, name, str(n), str(d), str(n_classes)),
        ],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: float | None = json.loads(done.stdout)["beyond"]
    return found


def memory_beyond(suite: str, name: str, n: int, d: int, n_classes: int) -> float | None:
    """Fit once on small rows, to load everything, and then on all; MiB at the worst moment."""
    from benchmarks.linear.data import labelled_rows

    models = import_module(f"benchmarks.{suite}.peers").MODELS
    try:
        model = models[name]()
    except ImportError:
        return None
    model.fit(*labelled_rows(2 * (d + n_classes), d, n_classes))
    X, y = labelled_rows(n, d, n_classes)
    gc.collect()
    _forget_peak()
    before = _resident_mib()
    model.fit(X, y)
    return _peak_mib() - before


def _forget_peak() -> None:
    """Begin a new peak, where the system can; else it is that of the whole process."""
    marks = Path("/proc/self/clear_refs")
    if marks.exists() and os.access(marks, os.W_OK):
        marks.write_text("5", encoding="ascii")


def _resident_mib() -> float:
    return _status_mib("VmRSS")


def _peak_mib() -> float:
    return _status_mib("VmHWM")


def _status_mib(field: str) -> float:
    """Read a field of this process's status; the peak where there is none."""
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB


if __name__ == "__main__":
    _, _suite, _name, *_sizes = sys.argv
    sys.stdout.write(json.dumps({"beyond": memory_beyond(_suite, _name, *map(int, _sizes))}))
