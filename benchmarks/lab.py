"""How fast the lab answers a hand: `python -m benchmarks.lab`, with the extras `lab` and `browser`.

A headless Chromium of the system's own drags one row of two moons over the page that `trivium lab`
serves. Counted is the time from a move to the first frame that shows all three panels fitted to it
(each move waits for the one before), and the lag: the same time after a stream of 90 moves, one
each 8 ms, that waits for nothing. Both hold for the machine, its browser and its load.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

GOALS = {200: (80.0, 150.0, 150.0), 2000: (200.0, float("inf"), float("inf"))}
"""Median and 95th percentile of a move, and median lag, in milliseconds, by the number of rows."""
_MOVES = 120
_STREAMS = 9
_FIRST = 10  # moves that do not count

_DRAG = """async ([moves, wait, pause]) => {
  const root = document.querySelector(".trivium-plane");
  const svg = root.querySelector(".trivium-panel > svg");
  const mark = svg.querySelector(".marks path").getBoundingClientRect();
  const at = { x: mark.x + mark.width / 2, y: mark.y + mark.height / 2 };
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const rest = (time) => new Promise((done) => setTimeout(done, time));
  const point = (kind, x, y) => svg.dispatchEvent(new PointerEvent(kind, {
    clientX: x, clientY: y, bubbles: true, isPrimary: true, pointerId: 1, button: 0, buttons: 1,
  }));
  const answered = () => Number(root.dataset.answered ?? 0) >= Number(root.dataset.told ?? 0);
  const settled = () => new Promise((done) => {
    if (answered()) return done();
    const watch = new MutationObserver(() => {
      if (answered()) { watch.disconnect(); done(); }
    });
    watch.observe(root, { attributes: true });
  });
  svg.setPointerCapture = () => {};
  point("pointerdown", at.x, at.y);
  await settled();
  const times = [];
  for (let move = 1; move <= moves; move++) {
    const began = performance.now();
    point("pointermove", at.x + (move % 40), at.y + (move % 7) * 2);
    if (wait) { await settled(); await frame(); times.push(performance.now() - began); }
    await rest(pause);
  }
  const ended = performance.now();
  await settled();
  await frame();
  const lag = performance.now() - ended;
  point("pointerup", at.x, at.y);
  await settled();
  return wait ? times : [lag];
}"""


@contextmanager
def _lab() -> Iterator[str]:
    """Start a lab; give its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "trivium", "lab", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            for line in process.stdout or ():
                if found := re.search(r"The lab: (\S+)", line):
                    yield found[1]
                    return
            raise SystemExit("the lab did not start")
        finally:
            process.send_signal(signal.SIGINT)


def _measure(page: Any, url: str, n_rows: int) -> tuple[float, float, float]:
    """Return the median and the 95th percentile of a move, and the median lag."""
    from trivium.lab.presets import moons

    page.goto("about:blank")  # an address that differs in its end alone is not loaded again
    page.goto(f"{url}#{moons(n_rows, 0).to_fragment()}")
    page.wait_for_function(
        "(n) => document.querySelectorAll('.trivium-panel .marks path').length === 3 * n",
        arg=n_rows,
    )
    page.wait_for_timeout(1000)
    times = page.evaluate(_DRAG, [_MOVES + _FIRST, True, 5])[_FIRST:]
    lags = [page.evaluate(_DRAG, [90, False, 8])[0] for _ in range(_STREAMS)]
    return float(np.median(times)), float(np.quantile(times, 0.95)), float(np.median(lags))


def main() -> None:
    """Print a line for each number of rows; exit with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(GOALS))
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    from playwright.sync_api import sync_playwright

    reached = True
    with _lab() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        print("rows  round   move: median      95 %   lag after 90 moves: median   load")
        for n_rows in chosen.rows:
            goals = GOALS.get(n_rows, (float("inf"),) * 3)
            best = [float("inf")] * 3
            for number in range(1, chosen.rounds + 1):
                found = _measure(page, url, n_rows)
                best = [min(pair) for pair in zip(best, found, strict=True)]
                times = "{:>11.0f} ms {:>6.0f} ms {:>24.0f} ms".format(*found)
                print(f"{n_rows:>5} {number:>5} {times} {os.getloadavg()[0]:>10.1f}", flush=True)
            reached &= all(value <= goal for value, goal in zip(best, goals, strict=True))
        browser.close()
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
