"""The lab's server with pages that say when their tabs have been closed, and what still goes on."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from nicegui import ui

from trivium.lab.address import listen
from trivium.lab.page.layout import Page
from trivium.lab.presets import PRESETS
from trivium.lab.server import serve

threads = ThreadPoolExecutor(2)


def build():
    page = Page(PRESETS, None, threads)

    async def say():
        tab = page.tab
        print("closed while", "playing" if tab.is_playing else "at rest", flush=True)
        while tab.is_busy:  # with the fit that was under way
            await asyncio.sleep(0.01)
        others = [task for task in asyncio.all_tasks() if "Tab._play" in repr(task)]
        print(f"ended: {len(others)} descents go on", flush=True)

    ui.context.client.on_delete(say)


if __name__ == "__main__":
    address = listen()
    serve(build, address, show=False, ready=lambda: print(f"The lab: {address.url}", flush=True))
