"""Make the pictures of docs/gallery.md that a browser shows: the lab's page and a plane.

Usage: python docs/screenshots.py

It takes the extras `lab`, `notebook` and `browser`, and a Chromium on the PATH.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).with_name("gallery")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def running(*arguments: str, port: int) -> Iterator[str]:
    """Run a program that serves a page, until it is there; yield its address."""
    command = [sys.executable, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                continue
            break
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        return int(given.getsockname()[1])


def main() -> None:
    """Take the pictures."""
    from gallery import run
    from plane import draw
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        raise SystemExit("there is no Chromium on the PATH")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=quiet)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        port = free_port()
        with running("-m", "trivium", "lab", "--no-browser", "--port", str(port), port=port) as url:
            page.goto(url)
            page.locator(".trivium-plane svg").first.wait_for(timeout=120_000)
            page.wait_for_timeout(3000)
            page.screenshot(path=FOLDER / "lab.png")
        draw(browser, run("plane")["plane"], FOLDER / "plane.png")
        browser.close()


if __name__ == "__main__":
    main()
