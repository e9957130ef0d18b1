"""Programs that run in a process of their own."""

import subprocess
import sys

PATIENCE = 900  # seconds, on a machine that is busy with other things


def run_program(program, **options):
    """Run a program, which has to end by itself, and with no other word than "done"."""
    # A fork with threads about is what Python 3.12 and later warn of.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    ended = subprocess.run(command, timeout=PATIENCE, capture_output=True, text=True, **options)
    came_out = f"exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", ""), came_out
