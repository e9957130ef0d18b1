"""Memory is kept while blocks are computed, and given back after it."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
import numpy as np
from trivium.rows.worker_memory import memory_kept

def faults():
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def work():
    before = faults()
    for _ in range(200):
        np.ones(1 << 17)  # a megabyte
    return faults() - before

work()
given_back = work()
with memory_kept():
    work()
    with memory_kept():
        work()
    kept = work()
print(given_back, kept, work())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_memory_is_kept_meanwhile(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    given_back, kept, after = map(int, run.stdout.split())
    assert kept < given_back / 20, run.stderr
    assert after > given_back / 2


def test_nothing_is_changed_where_nobody_set_it(monkeypatch):
    from trivium.rows import worker_memory

    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.setattr(worker_memory, "_library", object)
    with worker_memory.memory_kept():
        assert worker_memory._users == 0
