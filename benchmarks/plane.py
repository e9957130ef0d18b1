"""How long a plane takes from a hand's move to the picture that answers it, in a real browser.

``python -m benchmarks.plane`` drags a row in a headless Chromium, in JupyterLab and on a page of
NiceGUI's, with one panel and with three. Times are taken within the page: from the event of a
move to the second frame after its picture came, so that the picture is on the screen. Then ninety
moves come as fast as a hand makes them, and what counts is the time from the last of them to its
picture. Needs ``pip install -e ".[browser]"``. Absolute times are those of the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.browser.jupyterlab import jupyterlab
from tests.browser.plane_hands import Hand

_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_MODELS = {
    1: '{"neighbours": KNeighborsClassifier(5)}',
    3: '{"neighbours": KNeighborsClassifier(5), "least squares": LeastSquaresClassifier(), '
    '"softmax": SoftmaxRegression(alpha=1e-3)}',
}
_PLANE = """
from sklearn.datasets import make_moons
from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.lab import Plane
X, y = make_moons({n}, noise=0.25, random_state=0)
models = {models}
plane = Plane(models, X, y)
"""
_PAGE = """
from nicegui import ui
@ui.page("/")
def page():
    ui.anywidget(Plane(models, X, y)).LOOPBACK = False
ui.run(host="127.0.0.1", port={port}, reload=False, show=False)
"""
# Each edit's time, from the event to the second frame after its picture.
_WATCH = """(root) => {
    const begun = new Map();
    window.waits = [];
    root.addEventListener("pointermove", () => {
        const now = performance.now();
        queueMicrotask(() => {
            if (!begun.has(root.dataset.asked)) begun.set(root.dataset.asked, now);
        });
    });
    const frame = (call) => requestAnimationFrame(() => requestAnimationFrame(call));
    new MutationObserver(() => {
        const answered = Number(root.dataset.answered);
        frame(() => {
            for (const [asked, start] of begun)
                if (Number(asked) <= answered) {
                    window.waits.push(performance.now() - start);
                    begun.delete(asked);
                }
        });
    }).observe(root, { attributes: true, attributeFilter: ["data-answered"] });
}"""


def times(page: Page, moves: int = 60) -> dict[str, float]:
    """Return the median and the 95th percentile of single moves, and the lag after many."""
    hand = Hand(page)
    hand.panels.first.wait_for(timeout=60_000)
    hand.root.evaluate(_WATCH)
    x, y = hand.at(3)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(moves + 10):
        if step == 10:  # the first ones warm up
            page.evaluate("window.waits = []")
        page.mouse.move(x + 3 * (step % 20), y - 3 * (step % 15))
        hand.settled()
        page.wait_for_timeout(30)
    single = sorted(page.evaluate("window.waits"))
    for step in range(90):
        page.mouse.move(x + step % 30, y + step % 40)
        page.wait_for_timeout(10)
    before = page.evaluate("window.waits.length")
    page.mouse.move(x, y)
    page.mouse.up()
    hand.settled()
    page.wait_for_function(f"window.waits.length > {before}")
    return {
        "median": statistics.median(single),
        "p95": single[int(0.95 * len(single))],
        "lag": page.evaluate("window.waits.at(-1)"),
    }


@contextmanager
def served(program: str) -> Iterator[str]:
    """Run a page of NiceGUI's, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = program + _PAGE.format(port=port)
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def reached(page: Page, url: str) -> None:
    """Open a page as soon as it is served."""
    for _ in range(600):
        try:
            page.goto(url)
            return
        except Exception:  # not served yet
            time.sleep(0.1)
    raise RuntimeError(f"nothing is served at {url}")


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        for n in options.rows:
            for panels, models in _MODELS.items():
                program = _PLANE.format(n=n, models=models)
                for _ in range(options.repeats):
                    with served(program) as url:
                        page = browser.new_page(viewport={"width": 1400, "height": 900})
                        reached(page, url)
                        report("NiceGUI", n, panels, times(page))
                        page.close()
                    with tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as lab:
                        page = browser.new_page(viewport={"width": 1400, "height": 900})
                        lab.open(page, "plane.ipynb", [program + "plane"])
                        report("JupyterLab", n, panels, times(page))
                        page.close()


def report(where: str, n: int, panels: int, found: dict[str, float]) -> None:
    """Print one line."""
    shown = ", ".join(f"{name} {value:.0f} ms" for name, value in found.items())
    load = os.getloadavg()[0]
    print(f"{where}, {n} rows, {panels} panel(s): {shown} (load {load:.1f})", flush=True)


if __name__ == "__main__":
    main()
