"""What is opened: a page for each tab, and the threads that all share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from trivium.lab.own_scenes import OwnScenes
from trivium.lab.page.layout import Page
from trivium.lab.presets import Preset


def page_of(presets: Mapping[str, Preset], own: OwnScenes | None = None) -> Callable[[], None]:
    """Return what makes the page, anew for each tab.

    Parameters
    ----------
    presets : mapping of str to Preset
        Scenes to begin with; the first is shown first.
    own : OwnScenes or None
        A table of the user's, which is shown before them.
    """
    threads = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="lab")
    name, preset = next(iter(presets.items()))
    first = preset.make()  # once, and before there is an event loop that would wait for it
    ready = {**presets, name: replace(preset, make=lambda: first)}

    def build() -> None:
        Page(ready, own, threads)

    return build
