"""The command line: ``python -m fuzz.model_files --files 10000``: files of models that are damaged.

Each file is read by a process whose memory is limited to three times the file and 100 MB more, and
whose time is limited too. It gives a model that answers as the one that was saved, or one
`ModelFileError` of one line. A file whose checksum was repaired may also be that of another model,
which has to answer, or say in one line why not.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from tests.storage.mutations import mutated
from tests.storage.zoo import answers, are_equal, models

import trivium

_SECONDS = 60  # for one file, on a machine that is busy with other things
_ROOM = 100_000_000  # bytes, and three times the file


def zoo() -> list[tuple[str, bytes, Any, Any]]:
    """Return small models as files, with queries and what the models answer."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        for name, model, queries in models():
            trivium.save(model, path)
            content = path.read_bytes()
            found.append((name, content, queries, answers(trivium.load(path), queries)))
    return found


def outcome(path: Path, queries: Any, told: Any, *, repaired: bool) -> str:
    """Load a file and ask it; return what came of it, which begins with "WRONG" if it must not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model = trivium.load(path)
        except trivium.ModelFileError as error:
            text = str(error)
            good = text.startswith(f"{path}: ") and "\n" not in text and len(text) < 1000
            return "refused" if good else f"WRONG message: {text!r:.300}"
        except Exception as error:
            return f"WRONG error: {type(error).__name__}: {error}"
        try:
            own = answers(model, queries)
            if are_equal(own, told):
                return "the same answers"
        except (ValueError, TypeError, Warning) as error:
            if not repaired:
                return f"WRONG error of a query: {type(error).__name__}: {error}"
            return "another model, which says why it does not answer"
        except Exception as error:
            return f"WRONG error of a query: {type(error).__name__}: {error}"
    return "another model" if repaired else "WRONG answers"


def _serve(pipe: Any, files: list[Any]) -> None:
    """Answer for files as they come, within limits."""
    most = 3 * max(len(content) for _, content, _, _ in files) + _ROOM
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + most, used + most))
    while True:
        path, place, repaired = pipe.recv()
        _, _, queries, told = files[place]
        pipe.send(outcome(path, queries, told, repaired=repaired))


class _Reader:
    """A process that reads files, and is replaced when it crashes or hangs."""

    def __init__(self, files: list[Any]) -> None:
        self._files = files
        self._start()

    def _start(self) -> None:
        self._pipe, other = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_serve, args=(other, self._files), daemon=True)
        self._process.start()
        other.close()

    def ask(self, *question: Any) -> str:
        self._pipe.send(question)
        try:
            if self._pipe.poll(_SECONDS):
                return str(self._pipe.recv())
            what = "WRONG hang"
        except EOFError:
            what = "WRONG crash"
        self._process.kill()
        self._process.join()
        self._start()
        return what


def run(n_files: int, seed: int) -> int:
    """Ask about so many files, print what is wrong, and return how many are."""
    files = zoo()
    outcomes: Counter[tuple[str, str]] = Counter()
    reader = _Reader(files)
    wrong, slowest = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        for number in range(seed, seed + n_files):
            rng = np.random.default_rng(number)
            place = int(rng.integers(len(files)))
            kind, content = mutated(files[place][1], rng)
            path.write_bytes(content)
            start = time.perf_counter()
            found = reader.ask(path, place, kind.startswith("repaired"))
            slowest = max(slowest, time.perf_counter() - start)
            if found.startswith("WRONG"):
                wrong += 1
                print(f"{number} ({files[place][0]}, {kind}): {found}", flush=True)
            outcomes[kind, found.split(":")[0]] += 1
    for (kind, found), count in sorted(outcomes.items()):
        print(f"{kind}: {found}: {count}")
    print(f"{wrong} of {n_files} files go wrong, seeds {seed} to {seed + n_files - 1}")
    print(f"the slowest took {slowest:.2f} s")
    return wrong


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.model_files", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    raise SystemExit(run(asked.files, asked.seed) > 0)


if __name__ == "__main__":
    main()
