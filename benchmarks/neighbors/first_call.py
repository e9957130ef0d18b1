"""Case: the first call after installing, when kernels are compiled.

As a program (``python -m benchmarks.neighbors.first_call COLUMNS``) it makes that call
and prints its seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness.results import Case, Entry, Race
from benchmarks.harness.timing import Conditions, Lap

EMPTY, WARM = "Trivium, empty cache", "Trivium, warm cache"
_ROWS, _QUERIES = 2_000, 200


def first_call_case(conditions: Conditions) -> Case:
    """Search in fresh processes, first with an empty cache of kernels, then with it."""
    case = Case("first_call")
    for columns in (2, 64):
        label = f"first search of a process: {_ROWS:,} rows, {_QUERIES} queries, {columns} columns"
        print(label, flush=True)
        empty, warm = Entry(EMPTY, "peer", "float64"), Entry(WARM, "subject", "float64")
        for _ in range(min(conditions.rounds, conditions.size(3, 1))):
            with tempfile.TemporaryDirectory() as cache:
                empty.laps.append(_in_fresh_process(columns, cache))
                warm.laps.append(_in_fresh_process(columns, cache))
        case.races.append(Race(label, [empty, warm], items=_QUERIES))
    return case


def _in_fresh_process(columns: int, cache: str) -> Lap:
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "benchmarks.neighbors.first_call", str(columns)],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    lap: Lap = json.loads(done.stdout)
    return lap


def first_call(columns: int) -> Lap:
    """Import and search once, under the clock."""
    import numpy as np

    rng = np.random.default_rng(0)
    rows, queries = rng.random((_ROWS, columns)), rng.random((_QUERIES, columns))
    start = time.perf_counter()
    from trivium import NearestNeighbors

    ready = time.perf_counter()
    NearestNeighbors(n_neighbors=10).fit(rows).kneighbors(queries)
    return {"import": ready - start, "first": time.perf_counter() - ready}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(first_call(int(sys.argv[1]))))
