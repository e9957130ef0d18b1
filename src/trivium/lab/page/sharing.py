"""A scene as a link, as a file, and as Python; and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from trivium.lab.page.controls import button, set_in_browser, text
from trivium.lab.page.tab import Tab
from trivium.lab.scene import Scene
from trivium.lab.script import script

MOST_BYTES = 900_000
"""Of a file that is opened: a message of the page's socket holds little more."""

_COPY = """(event) => {
  const area = event.target.closest("dialog").querySelector("textarea");
  area.focus();
  area.select();
  const told = (done) => { event.target.textContent = done ? "Copied" : "Press Ctrl+C"; };
  if (!navigator.clipboard) told(document.execCommand("copy"));
  else navigator.clipboard.writeText(area.value).then(() => told(true), () => told(false));
}"""
_READ = f"""(event) => {{
  const [file] = event.target.files;
  if (!file) return;
  const tell = (text) => {{ event.target.value = ""; emit(file.name, text); }};
  if (file.size > {MOST_BYTES}) tell(null);
  else file.text().then(tell, () => tell(null));
}}"""


class Dialog:
    """A text to be copied, in a window of its own."""

    def __init__(self, title: str) -> None:
        with ui.element("dialog") as self._dialog, ui.element("div").classes("lab-dialog"):
            self._dialog.props["aria-label"] = title
            text("h2", title)
            self._about = text("p")
            self._area = ui.element("textarea").props("readonly spellcheck=false rows=12")
            self._area.props["aria-label"] = title
            with ui.element("div").classes("lab-tools"):
                self._copy = ui.element("button").props("type=button").classes("lab-button")
                self._copy.on("click", js_handler=_COPY)
                close = ui.element("button").props("type=button").classes("lab-button")
                close._text = "Close"
                close.on("click", js_handler='(event) => event.target.closest("dialog").close()')

    def show(self, about: str, words: str) -> None:
        """Open it."""
        self._about.set(about)
        set_in_browser(self._area, value=words, selectionStart=0, selectionEnd=0, scrollTop=0)
        self._copy._text = "Copy"
        self._copy.update()
        ui.run_javascript(f"document.getElementById('c{self._dialog.id}').showModal()")


class Sharing:
    """The buttons that hand a scene on, and take one.

    Parameters
    ----------
    tab : Tab
    opened : callable
        Called when a scene from elsewhere is shown.
    """

    def __init__(self, tab: Tab, opened: Callable[[], None]) -> None:
        self._tab, self._told = tab, opened
        button("Link", self._link, label="A link to this scene")
        button("Save", self._save, label="Save this scene as a file")
        with ui.element("label").classes("lab-button lab-file") as opening:
            opening._text = "Open"
            self._file = ui.element("input").props('type=file accept=".json,application/json"')
            self._file.props["aria-label"] = "Open a scene from a file"
            self._file.on("change", self._opened, js_handler=_READ)
        button("Copy as Python", self._script)

    def dialogs(self) -> None:
        """Make the windows, outside of the row of buttons."""
        self._links = Dialog("A link to this scene")
        self._scripts = Dialog("This scene as Python")

    def _link(self) -> None:
        fragment = self._tab.scene.to_fragment()
        with self._file:
            where = "window.location.origin + window.location.pathname"
            ui.run_javascript(
                f"history.replaceState(null, '', {where} + '#{fragment}');"
                "window.labHash = window.location.hash;"
            )
        self._links.show(
            "It holds all rows and settings. Whoever opens it needs a lab of their own: put what "
            "follows the address after the address of theirs.",
            f"#{fragment}",
        )

    def _save(self) -> None:
        ui.download.content(self._tab.scene.to_json(), "scene.json", "application/json")

    def _script(self) -> None:
        self._scripts.show("It prints the numbers of the three panels.", script(self._tab.scene))

    def _opened(self, event: Any) -> None:
        name, words = event.args if isinstance(event.args, list) else ("", None)
        if not isinstance(words, str):
            self._tab.tell(f"{str(name)[:80]}: a scene has at most {MOST_BYTES:,} bytes", True)
            return
        self.open(lambda: Scene.from_json(words), f"Opened: {str(name)[:80]}")

    def open(self, read: Callable[[], Scene], words: str) -> None:
        """Show a scene that comes from elsewhere, or say what is wrong with it."""
        try:
            scene = read()
        except ValueError as error:
            self._tab.tell(str(error), True)
            return
        self._tab.open(scene, words)
        self._told()
