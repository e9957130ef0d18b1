"""`trivium fit`, `predict` and `compare` killed at moments all over their time, and run again.

``python -m fuzz.killed_commands --moments 10`` makes a table, times each command once, kills it by
SIGKILL after parts of that time, and checks that the file at its target is the one that was there
before, whole, and that the next run succeeds and leaves nothing else behind.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BEFORE = b"what was there before"


def write_table(path: Path, n: int) -> None:
    """Write a table of two columns of numbers, one of words, and labels."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, n)
    numbers = rng.normal(codes[:, None], 1.0, (n, 2))
    words = rng.choice(["north", "south", "west"], n)
    with open(path, "w") as file:
        file.write("a,b,shop,sold\n")
        for (a, b), word, code in zip(numbers.tolist(), words, codes.tolist(), strict=True):
            file.write(f"{a},{b},{word},{'yes' if code else 'no'}\n")


def run(command: list[str], seconds: float | None = None) -> float:
    """Run a command to its end, or kill it after some time; return how long it ran."""
    begun = time.monotonic()
    process = subprocess.Popen(  # noqa: S603  # our own
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, words = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    else:
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}: {words.decode()}")
    return time.monotonic() - begun


def check(
    command: list[str],
    targets: list[Path],
    moments: int,
    content: Callable[[bytes], object] = bytes,
) -> int:
    """Kill a command at moments; return at how many it left something wrong.

    Files count as the same if `content` does.
    """

    def held() -> list[object]:
        found = [path.read_bytes() for path in targets]
        return [each if each == BEFORE else content(each) for each in found]

    run(command)
    expected = held()
    whole, wrong = run(command), 0
    others = set(targets[0].parent.iterdir())
    for moment in range(moments):
        for path in targets:
            path.write_bytes(BEFORE)
        ran = run(command, whole * (moment + 0.5) / moments)
        left = held()
        run(command)
        good = all(one in (BEFORE, other) for one, other in zip(left, expected, strict=True))
        good = good and held() == expected and set(targets[0].parent.iterdir()) == others
        wrong += not good
        ended, came = "ended" if left == expected else "killed", "good" if good else "BAD"
        print(f"{command[3]}: {ended} after {ran:.2f} s of {whole:.2f}: {came}")
    return wrong


def without_timings(report: bytes) -> object:
    """Return what two reports of one comparison share: JSON but for timings, a page that ends."""
    if report.lstrip().startswith(b"<"):
        return report.rstrip().endswith(b"</html>")
    found = json.loads(report)
    found.pop("timings")
    return found


def main() -> None:
    """Kill the commands, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--rows", type=int, default=200_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, model, answers = folder / "table.csv", folder / "model", folder / "answers.csv"
        write_table(table, asked.rows)
        trivium = [sys.executable, "-m", "trivium"]
        fit = [*trivium, "fit", str(table), "--target", "sold", "--out", str(model)]
        predict = [*trivium, "predict", str(model), str(table), "--out", str(answers)]
        wrong = check([*fit, "--model", "softmax"], [model], asked.moments)
        wrong += check(predict, [answers], asked.moments)
        small = folder / "small.csv"
        write_table(small, 2_000)
        reports = [folder / "report" / f"report.{kind}" for kind in ("html", "json")]
        compare = [*trivium, "compare", str(small), "--target", "sold", "--repeats", "2"]
        compare += ["--out", str(reports[0].parent)]
        wrong += check(compare, reports, asked.moments, without_timings)
    print(f"{wrong} of {3 * asked.moments} went wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
