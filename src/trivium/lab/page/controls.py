"""Controls of the page: the browser's own, which every keyboard and screen reader knows.

A control tells what a person has chosen, and is told what holds where that is something else: a
slider that is still being moved would jump back at the echo of its own words. So values are set by
a message of their own, not as properties, which every redrawing of the page would set again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui
from nicegui.element import Element

from trivium.lab.page.numbers import nearest

_MOVES = 0.04  # seconds between two messages of a slider that is moved
_VALUE = "(event) => emit(event.target.value)"


def set_in_browser(element: Element, **values: object) -> None:
    """Set what the browser's own control shows, once, as a person would."""
    element.client.run_javascript(f"Object.assign(getElement({element.id}), {json.dumps(values)})")


def text(tag: str, words: str = "", classes: str = "") -> Text:
    """Return an element that holds text and nothing else."""
    return Text(tag, words, classes)


class Text:
    """An element whose text changes; what has not changed is not sent again."""

    def __init__(self, tag: str, words: str, classes: str) -> None:
        self._words = words
        # Text is text: the browser is never handed it as HTML.
        self.element = ui.element(tag).classes(classes)
        self.element._text = words

    def set(self, words: str) -> None:
        """Show other words."""
        if words != self._words:
            self._words = words
            self.element._text = words
            self.element.update()


def button(words: str, act: Callable[[], Any], *, label: str = "", classes: str = "") -> Element:
    """Return a button.

    Parameters
    ----------
    words : str
    act : callable
    label : str
        What it does, where its words are a sign alone.
    classes : str
    """
    made = ui.element("button").props("type=button").classes(f"lab-button {classes}")
    made._text = words
    if label:
        made.props["aria-label"] = label
        made.props["title"] = label
    made.on("click", lambda: act(), js_handler="() => emit()")
    return made


class Choice:
    """A list to choose from.

    Parameters
    ----------
    label : str
    options : mapping of str to str
        What is told, and what is read, in order.
    value : str
    act : callable
        Called with what has been chosen.
    """

    def __init__(
        self, label: str, options: Mapping[str, str], value: str, act: Callable[[str], Any]
    ) -> None:
        self._act = act
        self._options: dict[str, str] = {}
        self._value = ""
        with ui.element("label").classes("lab-field") as self.field:
            text("span", label, "lab-label")
            self._list = ui.element("select").on("change", self._chosen, js_handler=_VALUE)
        self.offer(options, value)

    def offer(self, options: Mapping[str, str], value: str) -> None:
        """Offer other options."""
        if dict(options) != self._options:
            self._options = dict(options)
            self._list.clear()
            with self._list:
                for told, read in options.items():
                    each = ui.element("option")
                    each.props["value"] = told
                    each._text = read
            self._value = ""
        self.set(value)

    def set(self, value: str) -> None:
        """Show a choice."""
        if value != self._value:
            self._value = value
            set_in_browser(self._list, value=value)

    def show(self, visible: bool) -> None:
        """Show the whole field, or hide it."""
        self.field.set_visibility(visible)

    def _chosen(self, event: Any) -> Any:
        if event.args not in self._options:
            return None
        self._value = event.args
        return self._act(event.args)


class Switch:
    """A box to tick."""

    def __init__(self, label: str, value: bool, act: Callable[[bool], Any]) -> None:
        self._act = act
        self._value = False
        with ui.element("label").classes("lab-switch"):
            self._box = ui.element("input").props("type=checkbox")
            text("span", label)
        self.set(value)
        self._box.on("change", self._chosen, js_handler="(event) => emit(event.target.checked)")

    def set(self, value: bool) -> None:
        """Show whether it is ticked."""
        if value is not self._value:
            self._value = value
            set_in_browser(self._box, checked=value)

    def _chosen(self, event: Any) -> None:
        self._value = event.args is True
        self._act(self._value)


class Slider:
    """A slider over values in order, with the value beside it.

    Parameters
    ----------
    label : str
    values : sequence of float
        Ascending, and always of one type: they may be very many.
    value : float
        The nearest of `values` is shown.
    act : callable
        Called with the chosen one of `values`.
    write : callable
        Writes a value.
    """

    def __init__(
        self,
        label: str,
        values: Sequence[float],
        value: float,
        act: Callable[[Any], Any],
        write: Callable[[Any], str] = str,
    ) -> None:
        self._act, self._write = act, write
        self._values: Sequence[float] = ()
        self._place = -1
        with ui.element("label").classes("lab-field lab-slider"):
            with ui.element("span").classes("lab-label"):
                text("span", label)
                self._told = text("span", "", "lab-value")
            self._range = ui.element("input").props("type=range min=0 step=1")
            self._range.props["aria-label"] = label
            self._range.on("input", self._chosen, throttle=_MOVES, js_handler=_VALUE)
        self.offer(values, value)

    def offer(self, values: Sequence[float], value: float, words: str = "") -> None:
        """Offer other values."""
        if values != self._values:
            self._values = values
            self._range.props["max"] = max(len(values) - 1, 0)
            self._place = -1  # the browser may have moved it within the new bounds
        self.set(value, words)

    def set(self, value: float, words: str = "") -> None:
        """Show a value, in other words if there are some."""
        place = nearest(self._values, value)
        if place != self._place:
            self._place = place
            set_in_browser(self._range, value=place)
        self._tell(words or self._write(value))

    def _tell(self, words: str) -> None:
        self._told.set(words)
        if self._range.props.get("aria-valuetext") != words:
            self._range.props["aria-valuetext"] = words

    def _chosen(self, event: Any) -> None:
        try:
            place = int(event.args)
            value = self._values[place]
        except (TypeError, ValueError, IndexError):
            return
        self._place = place
        self._tell(self._write(value))
        self._act(value)
