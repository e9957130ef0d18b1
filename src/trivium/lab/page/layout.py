"""The page: a row of buttons, the plane with its three panels, and a card for each classifier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from nicegui import ui

from trivium.arrays import Float64
from trivium.lab.explain import Panel
from trivium.lab.own_scenes import Axes, OwnScenes
from trivium.lab.page.cards import Card, LeastSquares, Neighbors, Softmax
from trivium.lab.page.controls import Choice, Switch, button, text
from trivium.lab.page.kept import Kept
from trivium.lab.page.own_axes import OwnAxes
from trivium.lab.page.sharing import Sharing
from trivium.lab.page.tab import Tab
from trivium.lab.plane_widget import PlaneWidget
from trivium.lab.presets import Preset
from trivium.lab.question import Shown
from trivium.lab.scene import Scene

_OWN = "own"
_HERE = Path(__file__).parent
_SCHEMES = """(event) => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.scheme ?? (dark ? "dark" : "light");
  root.dataset.scheme = now === "dark" ? "light" : "dark";
}"""


class Page:
    """The elements of one tab.

    Parameters
    ----------
    presets : mapping of str to Preset
        Scenes to begin with; the first is shown first.
    own : OwnScenes or None
        A table of the user's, which is shown first.
    threads : Executor
    """

    def __init__(
        self, presets: Mapping[str, Preset], own: OwnScenes | None, threads: Executor
    ) -> None:
        self._presets, self._own, self._threads = presets, own, threads
        self._titles = {name: preset.title for name, preset in presets.items()}
        if own is None:
            self._first = next(iter(presets))
            scene, self._about = presets[self._first].make(), presets[self._first].about
        else:
            self._first = _OWN
            self._titles = {_OWN: own.title, **self._titles}
            scene, self._about = own.make(own.axes)
        self._asked = 0  # scenes, of which only the last is opened
        self._looked: Any = None
        self.tab = Tab(
            scene,
            threads,
            show=self._show,
            show_curve=self._show_curve,
            changed=self._follow,
            tell=self._tell,
        )
        ui.add_css(_HERE / "style.css")
        ui.add_css(_HERE.parent / "plane.css")
        with ui.element("div").classes("lab"):
            self._build_head()
            self._status = text("p", self._about, "lab-status")
            self._status.element.props["role"] = "status"
            self._build_plane()
            self._cards: dict[Panel, Card] = {}
            with ui.element("div").classes("lab-cards"):
                self._neighbors = Neighbors(self.tab)
                self._cards["neighbors"] = self._neighbors
                self._cards["least_squares"] = LeastSquares(self.tab)
                self._cards["softmax"] = Softmax(self.tab)
            self._sharing.dialogs()
        self._linked = self._ready = False
        client = ui.context.client
        self._kept = Kept(client)
        client.on_delete(self._close)
        client.on_connect(self._open_link)
        self._follow()
        self.tab.refresh()

    def _build_head(self) -> None:
        with ui.element("header").classes("lab-head"):
            text("h1", "Trivium's lab")
            self._scene = Choice("Scene", self._titles, self._first, self._choose)
            self._axes = None if self._own is None else OwnAxes(self._own, self._choose_axes)
            with ui.element("div").classes("lab-tools"):
                self._undo = button("Undo", lambda: self.tab.undo())
                button("Show all rows", lambda: self.tab.fit_view())
                self._sharing = Sharing(self.tab, self._opened)
                scheme = ui.element("button").props("type=button").classes("lab-button")
                scheme._text = "◐"
                scheme.props["aria-label"] = "Light or dark"
                scheme.props["title"] = "Light or dark"
                scheme.on("click", js_handler=_SCHEMES)
            self._standardize = Switch(
                "Standardise columns", False, lambda on: self.tab.set(standardize=on)
            )

    def _build_plane(self) -> None:
        scene, view = self.tab.scene, self.tab.view
        self._widget = PlaneWidget(
            scene.X,
            scene.codes,
            classes=scene.classes,
            window=view.window,
            names=scene.names,
            hover=True,
        )
        self._looked = (scene.classes, scene.names, view, self.tab.origin)
        self._widget.on_event(self.tab.take)
        # What comes from the browser is not sent back to it whole.
        ui.anywidget(self._widget).LOOPBACK = False

    async def _open_link(self) -> None:
        """Show the scene that the page's address holds, once."""
        if self._linked:
            return
        self._linked = True
        try:
            fragment, kept = await self._kept.read()
        except ValueError as error:
            fragment, kept = "", False
            self._tell(str(error), True)
        if fragment:
            words = (
                "The scene as it was when the page was left" if kept else "The scene of the link"
            )
            self._sharing.open(lambda: Scene.from_fragment(fragment), words)
        self._ready = True

    def _opened(self) -> None:
        """Let the list of scenes say that what is shown is none of them."""
        self._scene.offer({**self._titles, "": "one that was opened"}, "")
        if self._axes is not None:
            self._axes.show(False)

    async def _choose(self, name: str) -> None:
        self._scene.offer(self._titles, name)
        if self._axes is not None:
            self._axes.show(name == _OWN)
            if name == _OWN:
                await self._choose_axes(self._axes.axes)
                return
        preset = self._presets[name]
        await self._open(lambda: (preset.make(), preset.about))

    async def _choose_axes(self, axes: Axes) -> None:
        if self._own is not None:
            own = self._own
            await self._open(lambda: own.make(axes))

    async def _open(self, make: Callable[[], tuple[Scene, str]]) -> None:
        """Make a scene in a thread, and show it unless another was asked for meanwhile."""
        self._asked += 1
        asked = self._asked
        loop = asyncio.get_running_loop()
        try:
            scene, about = await loop.run_in_executor(self._threads, make)
        except ValueError as error:
            self._tell(str(error), True)
            return
        if asked == self._asked:
            self.tab.open(scene, about)

    def _follow(self) -> None:
        """Set all controls by the scene."""
        scene, tab = self.tab.scene, self.tab
        for card in self._cards.values():
            card.follow()
        self._standardize.set(scene.settings.standardize)
        if bool(self._undo.props.get("disabled")) is tab.can_undo:
            self._undo.props["disabled"] = not tab.can_undo

    def _show(self, shown: Shown) -> None:
        """Show what has been answered."""
        question = shown.question
        scene, view, serial = question.scene, question.view, question.serial
        look = (scene.classes, scene.names, view, question.origin)
        if look != self._looked:
            self._looked = look
            self._widget.show_look(scene.classes, view.window, scene.names, hover=True)
            self._widget.choose(selected=None, code=0)
        others = (scene.X_test, scene.test_codes)
        self._widget.show_rows(
            scene.X, scene.codes, others=others, serial=serial, origin=question.origin
        )
        self._widget.show(shown.panels, serial=serial)
        for name, card in self._cards.items():
            card.show(shown.answers[name])
        if self._ready:
            self._kept.keep(self.tab.scene)

    def _show_curve(self, found: Mapping[str, Float64]) -> None:
        """Show the curve over k, which comes when all has been at rest for a moment."""
        self._neighbors.show_curve(found)

    def _tell(self, words: str, wrong: bool) -> None:
        self._status.set(words)
        if wrong:
            self._status.element.classes("wrong")
        else:
            self._status.element.classes(remove="wrong")

    def _close(self) -> None:
        self._kept.close()
        self.tab.close()
        self._widget.close()
