"""A headless Chromium of the system's own: nothing is downloaded."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.lab_process import Lab, running
from tests.comparison.examples import EXAMPLES

from trivium.sheet.output import OutputFolder
from trivium.sheet.run import run

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Opened(NamedTuple):
    """A page in a window, what it asked for, and what it complained of."""

    page: Page
    requests: list[str]
    complaints: list[str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.exit("there is no Chromium on the PATH: install the system's, chromium", 1)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(_QUIET))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of every example, and all fragments for notebooks in one page."""
    folder = tmp_path_factory.mktemp("reports")
    made = {name: make() for name, make in EXAMPLES.items()}
    texts = {name: found.to_html() for name, found in made.items()}
    fragments = "\n".join(found._repr_html_() for found in made.values())
    texts["notebook"] = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Cells</title>'
        f"<main><h1>Cells</h1><h2>All</h2>{fragments}</main></html>"
    )
    paths = {name: folder / f"{name}.html" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8")
    with OutputFolder(folder / "sheet") as output:
        run([1, 2, 3], output, facts=[("date", "today")], processes=2)
    return {**paths, "sheet": folder / "sheet" / "report.html"}


@pytest.fixture
def show(browser: Browser, files: dict[str, Path]) -> Iterator[Callable[..., Opened]]:
    """Open a page in a window of that width and colour scheme."""
    contexts = []

    def shown(
        name: str, width: int = 1400, scheme: str = "light", *, script: bool = True
    ) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        opened = Opened(page, [], [])
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.goto(files[name].as_uri())
        return opened

    yield shown
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab as a user starts it, for all tests that only visit it."""
    with running(folder=tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def open_lab(browser: Browser, lab: Lab) -> Iterator[Callable[..., Opened]]:
    """Open the lab in a window of that width and colour scheme, once all panels are drawn."""
    contexts = []

    def opened(
        width: int = 1400, scheme: str = "light", *, fragment: str = "", url: str = lab.url
    ) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        opened = Opened(page, [], [])
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.goto(f"{url}#{fragment}" if fragment else url)
        page.wait_for_function(
            "document.querySelectorAll('.trivium-panel image[href]').length === 3"
        )
        return opened

    yield opened
    for context in contexts:
        context.close()
