"""A lab in a process of its own, as a user starts it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple

PATIENCE = 300  # seconds for a machine that compiles with an empty cache; no test waits for it


class Lab(NamedTuple):
    """A running lab."""

    url: str
    process: subprocess.Popen
    said: list[str]
    """Lines that it has printed so far."""

    def line(self, begin: str) -> str:
        """Return the first line that begins so, once it has been printed."""
        end = time.monotonic() + PATIENCE
        while not (found := [line for line in self.said if line.startswith(begin)]):
            assert time.monotonic() < end, f"no line of {self.said} begins with {begin!r}"
            time.sleep(0.05)
        return found[0]


_PATH = os.pathsep.join(each for each in sys.path if each)
_LAB = ("trivium", "lab", "--no-browser")


@contextmanager
def running(*arguments: str, folder: Path, program: tuple[str, ...] = _LAB) -> Iterator[Lab]:
    """Start `trivium lab`, wait until the page is there, and end it as Ctrl-C does."""
    process = subprocess.Popen(
        [sys.executable, "-m", *program, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1", "PYTHONPATH": _PATH},
    )
    said: list[str] = []
    lines: Queue[str | None] = Queue()

    def listen() -> None:
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            lines.put(line)
        lines.put(None)

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    try:
        while True:
            try:
                line = lines.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"the lab did not start: {said}") from None
            assert line is not None, f"the lab has ended: {said}"
            if found := re.search(r"The lab: (http://\S+)", line):
                break
        yield Lab(found[1], process, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()
            listening.join(PATIENCE)
            process.stdout.close()
