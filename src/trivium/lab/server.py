"""The lab's server: NiceGUI in an application of our own, behind a guard.

`ui.run` would listen at every network, reload, and hear any origin. So the application is made
here: its socket is taken beforehand, and a `Guard` sees every request first.
"""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from trivium import signals
from trivium.lab.address import Address, LabError
from trivium.lab.guard import Guard

if TYPE_CHECKING:
    from fastapi import FastAPI

_PATIENCE = 2  # seconds that requests may take to end once the server is told to


def require_installed() -> None:
    """Find out whether the page can be shown at all.

    Raises
    ------
    LabError
        If a library of the extra `lab` is missing.
    """
    try:
        for library in ("anywidget", "nicegui", "PIL"):
            import_module(library)
    except ModuleNotFoundError as error:
        raise LabError(f'{error.name} is not installed: pip install "trivium[lab]"') from error


def create_app(build: Callable[[], Any], title: str = "Trivium's lab") -> FastAPI:
    """Return an application that builds a page for each of its visitors.

    Parameters
    ----------
    build : callable
        Makes the elements of the page, anew for each tab.
    title : str
        What the tab is called.
    """
    from fastapi import FastAPI
    from nicegui import app as nicegui
    from nicegui import ui

    # A bar that tells of requests has no name that a screen reader could say.
    nicegui.config.quasar_config["loadingBar"]["skipHijack"] = True
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ui.run_with(
        app,
        root=build,
        title=title,
        dark=None,  # as the system is
        language="en-GB",
        favicon=_ICON,
        tailwind=False,
        show_welcome_message=False,
        binding_refresh_interval=None,
        reconnect_timeout=3.0,
    )
    return app


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<path d="M16 4 29 27H3z" fill="none" stroke="#0072B2" stroke-width="2"/>'
    '<circle cx="16" cy="5" r="4" fill="#0072B2"/><circle cx="28" cy="26" r="4" fill="#D55E00"/>'
    '<circle cx="4" cy="26" r="4" fill="#009E73"/></svg>'
)


def serve(
    build: Callable[[], Any], address: Address, *, show: bool, ready: Callable[[], None]
) -> None:
    """Serve the page until the process is told to stop.

    Parameters
    ----------
    build : callable
        As of :func:`create_app`.
    address : Address
        Its socket is closed at the end.
    show : bool
        Open the page in the user's browser.
    ready : callable
        Called once the page is there.
    """
    import uvicorn

    def is_there() -> None:
        ready()
        if show:
            webbrowser.open(address.url)

    config = uvicorn.Config(
        Guard(create_app(build), address.hosts, address.token),
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="wsproto",
        lifespan="on",
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = uvicorn.Server(config)
    # What a browser has closed is an error to be dealt with, not the end of the process.
    with address.listener, signals.pipes_may_break():
        try:
            asyncio.run(_serve(server, address, is_there))
        except SystemExit:
            if not signals.pardon_interrupt():  # Ctrl-C is how a server is meant to end
                raise


async def _serve(server: Any, address: Address, is_there: Callable[[], None]) -> None:
    async def tell() -> None:
        while not server.started:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(is_there)

    telling = asyncio.create_task(tell())
    try:
        await server.serve(sockets=[address.listener])
    finally:
        telling.cancel()
