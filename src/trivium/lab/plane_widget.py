"""The plane as a widget: traits that its JavaScript draws, and events that come back.

It knows no classifier. `Plane` gives it fitted models in a notebook, the lab's page gives it the
answers of its scene. State goes one way, from Python: `look` (classes and axes), `rows`, `picture`
(panels); what a hand did comes back in `events` alone. `rows` and `picture` say by a serial number
up to which event they are answers, so that the browser keeps what it has drawn ahead of them and
sends the next move only when the last one is answered: a slow model makes fewer pictures, never a
queue of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from trivium.displays import palette
from trivium.lab.painting import Window, as_window, coordinates, mark, ticks
from trivium.lab.plane_events import TOOLS, PlaneEvent, read_events

MOST_POINTS = 5000
"""Rows that a browser draws as marks of their own, and still follows a hand."""


_HINT = "Drag a point, or go to a panel and press N for the first."
_HELP = (
    ("drag", "move a point"),
    ("double click", "add one; or choose Add, Delete or Relabel above"),
    ("N, P", "next, previous point; Space: the nearest to the cross; Escape: none"),
    ("arrows", "move the point, or the cross where none is chosen; a tenth as far with Shift"),
    ("A", "add a point at the cross"),
    ("1 … 9", "give the point that class, or choose the class to add; Enter: the next class"),
    ("Delete", "delete the point"),
)


def _source(name: str) -> str:
    return (files("trivium.lab") / name).read_text(encoding="utf-8")


class PlaneWidget(anywidget.AnyWidget):
    """Rows of the plane over panels, to be moved, added, removed and given another class.

    Parameters
    ----------
    points : array-like of shape (n, 2)
        Rows, in the user's units.
    codes : array-like of int of shape (n,)
        Place of each row's class in `classes`.
    classes : sequence of str
    window : tuple of float
        (left, right, bottom, top) of all panels, in the user's units.
    names : tuple of two str, default=("x", "y")
        Of the axes.
    panels : sequence of dict, default=()
        As `trivium.lab.painting.panel` makes them.
    tools : bool, default=True
        Whether the choice of tools and classes stands above the panels.
    hover : bool, default=False
        Whether events say where the pointer is.

    Attributes
    ----------
    selected : int or None
        Number of the row that is chosen.
    tool : {"move", "add", "remove", "relabel"}
        What a click does.
    code : int
        Place of the class that rows are added in and relabelled to.
    look, rows, picture, choice : dict
        What is drawn; set them by `show_look`, `show_rows`, `show` and `choose`.
    events : list of dict
        What the browser told last; listen by `on_event`.

    Raises
    ------
    TypeError
        If the window is not of numbers.
    ValueError
        If shapes or codes do not fit together, there are more rows than a browser draws, or the
        window is empty or not finite.
    """

    _esm = "\n".join(_source(name) for name in ("plane.js", "plane_hands.js"))
    _css = _source("plane.css")

    look = traitlets.Dict().tag(sync=True)
    rows = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    choice = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(None, allow_none=True)
    tool = traitlets.Enum(TOOLS, "move")
    code = traitlets.Int(0)
    events: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        points: ArrayLike,
        codes: ArrayLike,
        *,
        classes: Sequence[str],
        window: Window,
        names: tuple[str, str] = ("x", "y"),
        panels: Sequence[Mapping[str, Any]] = (),
        tools: bool = True,
        hover: bool = False,
    ) -> None:
        self._taken = 0  # serial numbers of the last event, and of the last edit
        self._edited = 0
        self._n_rows = 0
        self._n_classes = len(classes)
        self._callbacks: list[Callable[[PlaneEvent], object]] = []
        super().__init__()
        self.show_look(classes, window, names, tools=tools, hover=hover)
        self.show_rows(points, codes)
        self.show(panels)
        self.observe(self._take, "events")

    def show_look(
        self,
        classes: Sequence[str],
        window: Window,
        names: tuple[str, str] = ("x", "y"),
        *,
        tools: bool = True,
        hover: bool = False,
    ) -> None:
        """Show other classes or axes; parameters are those of the class.

        Raises
        ------
        TypeError, ValueError
            If the window is not four finite numbers in order.
        """
        window = as_window(window)
        places = range(len(classes))
        self._n_classes = len(classes)
        self.look = {
            "classes": [str(name) for name in classes],
            "colors": [palette.class_color(place) for place in places],
            "marks": [mark(palette.class_style(place)["marker"]) for place in places],
            "names": [str(name) for name in names],
            "window": list(window),
            "ticks": [ticks(*window[:2]), ticks(*window[2:])],
            "tools": tools,
            "hover": hover,
            "hint": _HINT,
            "help": [list(line) for line in _HELP],
        }

    def show_rows(
        self,
        points: ArrayLike,
        codes: ArrayLike,
        *,
        others: tuple[ArrayLike, ArrayLike] | None = None,
        serial: int | None = None,
        origin: int = 0,
    ) -> None:
        """Show rows.

        Parameters
        ----------
        points : array-like of shape (n, 2)
        codes : array-like of int of shape (n,)
        others : tuple of such points and codes, default=None
            Rows that are shown faintly and that no hand moves, such as those of a test.
        serial : int, default=None
            Number of the last event that these rows are an answer to; by default the last that
            was handed on.
        origin : int, default=0
            Another number for rows that are not those before, edited: what a hand has done to
            these meanwhile is handed on as "stale".

        Raises
        ------
        ValueError
            If shapes or codes do not fit together, or there are more rows than a browser draws.
        """
        shown = self._checked(points, codes)
        faint = self._checked(*others) if others is not None else {"xy": "", "codes": []}
        self._n_rows = len(shown["codes"])
        answered = self._taken if serial is None else serial
        before = self.rows.get("serial", -1)
        drawn = {**shown, "others": faint, "serial": before, "origin": origin}
        # Sent again only where they differ, or where the browser has drawn an edit ahead of them.
        if drawn != self.rows or before < self._edited <= answered:
            self.rows = {**drawn, "serial": answered}

    def show(self, panels: Sequence[Mapping[str, Any]], *, serial: int | None = None) -> None:
        """Show panels, side by side.

        Parameters
        ----------
        panels : sequence of dict
            As `trivium.lab.painting.panel` makes them.
        serial : int, default=None
            Number of the last event that these panels are an answer to; by default the last that
            was handed on. An event that is not answered keeps the moves after it waiting.
        """
        self.picture = {
            "panels": [dict(panel) for panel in panels],
            "serial": self._taken if serial is None else serial,
        }

    def choose(self, **choice: Any) -> None:
        """Choose a row, a tool or a class, as a hand would.

        Parameters
        ----------
        **choice
            Any of ``selected``, ``tool`` and ``code``, which are attributes of this name.

        Raises
        ------
        ValueError
            If there is nothing of that name to choose.
        TraitError
            If a value is of a wrong kind.
        """
        unknown = sorted(set(choice) - {"selected", "tool", "code"})
        if unknown:
            raise ValueError(f"there is no {unknown[0]!r} to choose: selected, tool or code")
        for name, value in choice.items():
            setattr(self, name, value)
        # A count makes equal choices differ, or the second would not be sent.
        self.choice = {**choice, "count": self.choice.get("count", 0) + 1}

    def on_event(self, callback: Callable[[PlaneEvent], object]) -> None:
        """Have a function called with each event, in order.

        It, or what it starts, answers by `show_rows` and then `show`, once for several events if
        it likes.
        """
        self._callbacks.append(callback)

    def handle(self, events: Sequence[PlaneEvent]) -> None:
        """Answer events that came together, before `on_event` hands each on; here: do nothing."""

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a notebook's browser sends: events, and no more."""
        super().set_state({name: sync_data[name] for name in sync_data if name == "events"})

    def close(self) -> None:
        """Let go of the widget, and of the listeners."""
        self._callbacks = []
        # Not by the attribute, which would make one for a widget whose making has failed.
        layout = self._trait_values.get("layout")
        super().close()
        if layout is not None:
            layout.close()

    def _checked(self, points: ArrayLike, codes: ArrayLike) -> dict[str, Any]:
        placed = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        given = np.asarray(codes, dtype=np.intp)
        require_few(len(placed))
        if given.shape != (len(placed),):
            raise ValueError(f"codes must be one for each of {len(placed)} rows")
        if given.size and not 0 <= given.min() <= given.max() < self._n_classes:
            raise ValueError(f"codes must be places of the {self._n_classes} classes, from 0")
        return {"xy": coordinates(placed), "codes": given.tolist()}

    def _take(self, change: Any) -> None:
        """Hand on the events that are new."""
        n_panels = max(1, len(self.picture.get("panels", ())))
        counts = self._n_rows, self._n_classes, n_panels, self.rows["origin"]
        found = read_events(change["new"], self._taken, *counts)
        for event in found:
            self._taken = event.serial
            self._edited = event.serial if event.is_edit else self._edited
            self._n_rows += (event.kind == "add") - (event.kind == "remove")
            if event.kind == "select":
                self.selected = event.row
            elif event.kind == "tool":
                self.tool = event.tool
            elif event.kind == "class" and event.code is not None:
                self.code = event.code
            elif event.kind == "remove":
                self.selected = None
        if not found:
            return
        # Not within the call that hands traits on: NiceGUI walks over them and lets none change.
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._hand_on(found)
        else:
            loop.call_soon(self._hand_on, found)

    def _hand_on(self, events: list[PlaneEvent]) -> None:
        self.handle(events)
        for event in events:
            for callback in list(self._callbacks):
                callback(event)


def require_few(n_rows: int) -> None:
    """Raise a ValueError where a browser could not draw so many rows."""
    if n_rows > MOST_POINTS:
        raise ValueError(f"{n_rows} rows: a plane draws {MOST_POINTS} at most")
