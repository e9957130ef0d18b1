"""The lab's page."""

from nicegui import ui


def build() -> None:
    """Make the elements of the page, for one tab."""
    ui.label("hello")
