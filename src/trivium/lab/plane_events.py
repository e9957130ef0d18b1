"""What a hand did to the plane, as the browser tells it: read once, and dropped if it is nonsense.

The browser keeps what has not been answered in a list and sends the whole list, so that nothing
is lost where a notebook merges two messages into one. Each event has a serial number, by which
what has been handled before is skipped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("move", "add", "remove", "relabel", "select", "tool", "class", "hover")
TOOLS = ("move", "add", "remove", "relabel")

_MOST = 1000  # events in one message


@dataclass(frozen=True)
class PlaneEvent:
    """One thing that a hand did.

    Attributes
    ----------
    kind : str
        "move", "add", "remove" or "relabel" of a row; "select" of a row, or of none; "tool" or
        "class" for a choice of what a click does; "hover" for where the pointer is; "stale" for
        any of these that was done to rows which are no longer there.
    serial : int
        Its number, greater than that of every event before.
    row : int or None
        The row's number, counted from 0.
    x, y : float or None
        Where to, or where, in the user's units; None of "hover" is a pointer that has left.
    code : int or None
        Place of the class.
    tool : str
        One of `TOOLS`, of an event "tool".
    panel : int
        The panel that it happened in, counted from 0.
    done : bool
        False while a row is still being dragged.
    origin : int
        Number of the rows that it was done to, as `PlaneWidget.show_rows` was told.
    """

    kind: str
    serial: int
    row: int | None = None
    x: float | None = None
    y: float | None = None
    code: int | None = None
    tool: str = ""
    panel: int = 0
    done: bool = True
    origin: int = 0

    @property
    def is_edit(self) -> bool:
        """Whether rows or their classes change."""
        return self.kind in ("move", "add", "remove", "relabel")


def read_events(
    told: Any, after: int, n_rows: int, n_classes: int, n_panels: int = 1, origin: int = 0
) -> list[PlaneEvent]:
    """Return the events that are new, in order; what is malformed is left out.

    Parameters
    ----------
    told : object
        What the browser sent: a list of mappings.
    after : int
        Serial number of the last event that was handled.
    n_rows, n_classes, n_panels : int
        Rows before these events; they are counted along as events add and remove them.
    origin : int, default=0
        Number of the rows that are shown; events of others come back as "stale", to be answered
        and not done.

    Examples
    --------
    >>> from trivium.lab.plane_events import read_events
    >>> told = [{"kind": "remove", "serial": serial, "row": 2} for serial in (3, 4, 5)]
    >>> [event.serial for event in read_events(told, 3, n_rows=3, n_classes=2)]
    [4]
    """
    found: list[PlaneEvent] = []
    for each in told[:_MOST] if isinstance(told, list) else []:
        event = _read(each, n_rows, n_classes, n_panels, origin)
        if event is None or event.serial <= after:
            continue
        after = event.serial
        n_rows += (event.kind == "add") - (event.kind == "remove")
        found.append(event)
    return found


def _read(told: Any, n_rows: int, n_classes: int, n_panels: int, shown: int) -> PlaneEvent | None:
    """Return an event, or None if it has not what its kind needs."""
    if not isinstance(told, Mapping) or told.get("kind") not in KINDS:
        return None
    kind = str(told["kind"])
    serial = _whole(told.get("serial"), 2**53)
    if serial is None:
        return None
    origin = _whole(told.get("origin"), 2**53) or 0
    if origin != shown:
        return PlaneEvent("stale", serial, origin=origin)
    event = PlaneEvent(
        kind,
        serial,
        _whole(told.get("row"), n_rows),
        _finite(told.get("x")),
        _finite(told.get("y")),
        _whole(told.get("code"), n_classes),
        str(told.get("tool", "")),
        _whole(told.get("panel"), n_panels) or 0,
        told.get("done") is not False,
        origin,
    )
    placed = event.x is not None and event.y is not None
    needed = {
        "move": placed and event.row is not None,
        "add": placed and event.code is not None,
        "remove": event.row is not None,
        "relabel": event.row is not None and event.code is not None,
        "class": event.code is not None,
        "tool": event.tool in TOOLS,
    }
    return event if needed.get(kind, True) else None


def _whole(value: Any, end: int) -> int | None:
    """Return an integer from 0 up to an end; JavaScript's may come as floats."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if 0 <= value < end else None


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300:
        return None
    return float(value) if math.isfinite(value) else None
