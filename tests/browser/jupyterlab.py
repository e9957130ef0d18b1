"""A JupyterLab of its own on 127.0.0.1: own folders, own token, a free port."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

import trivium

_PATIENCE = 120  # seconds, where kernels are compiled for the first time on a busy machine
_QUIET = {
    "@jupyterlab/apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false"}
}


class Lab(NamedTuple):
    """Where it is, what lets one in, and the folder that notebooks are in."""

    url: str
    token: str
    folder: Path

    def open(self, page: Page, name: str, cells: Sequence[str]) -> None:
        """Write a notebook, open it and run its cells."""
        notebook = {
            "cells": [_cell(source) for source in cells],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.folder / name).write_text(json.dumps(notebook), encoding="utf-8")
        page.goto(f"{self.url}lab/tree/{name}?token={self.token}")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=1000 * _PATIENCE)
        page.wait_for_function(
            """() => window.jupyterapp?.shell.currentWidget?.sessionContext
                ?.session?.kernel?.connectionStatus === "connected" """,
            timeout=1000 * _PATIENCE,
        )
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        error = page.locator("[data-mime-type='application/vnd.jupyter.error']")
        page.locator(".trivium-panel").or_(error).first.wait_for(timeout=1000 * _PATIENCE)
        assert error.count() == 0, error.inner_text()


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Lab]:
    """Run a JupyterLab that knows nothing of the user's settings, and end it."""
    homes = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    places = {f"JUPYTER_{name}": folder / name.lower() for name in homes}
    settings, root = folder / "settings", folder / "notebooks"
    places |= {"JUPYTERLAB_SETTINGS_DIR": settings, "JUPYTERLAB_WORKSPACES_DIR": folder / "spaces"}
    root.mkdir(parents=True)
    for name, values in _QUIET.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    token = secrets.token_hex(16)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": 0,
        "ServerApp.root_dir": root,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": token,
        "LabApp.news_url": None,
        "LabApp.expose_app_in_browser": True,
        "LabApp.extension_manager": "readonly",
    }
    program = [sys.executable, "-m", "jupyterlab", "--no-browser"]
    program += [f"--{name}={value}" for name, value in options.items()]
    environment = os.environ | {name: str(path) for name, path in places.items()}
    # Kernels run elsewhere, where a relative path leads to nothing.
    environment["PYTHONPATH"] = str(Path(trivium.__file__).resolve().parents[1])
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(program, env=environment, stdout=log, stderr=log)
        try:
            yield Lab(_url(server, places["JUPYTER_RUNTIME_DIR"], folder), token, root)
        finally:
            server.terminate()
            server.wait(_PATIENCE)


def _url(server: subprocess.Popen[bytes], runtime: Path, folder: Path) -> str:
    """Wait until the server says where it is."""
    said = runtime / f"jpserver-{server.pid}.json"
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        if said.exists() and (text := said.read_text(encoding="utf-8")):
            return str(json.loads(text)["url"])
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start:\n{(folder / 'log.txt').read_text()}")


def _cell(source: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": secrets.token_hex(4),
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
