"""The lab: three classifiers side by side over the same points, which a hand moves.

`Plane` and `PlaneWidget` need the extra ``trivium[notebook]`` and are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trivium.lab.plane import Plane
    from trivium.lab.plane_widget import PlaneWidget

__all__ = ["Plane", "PlaneWidget"]

_HOME = {"Plane": "trivium.lab.plane", "PlaneWidget": "trivium.lab.plane_widget"}


def __getattr__(name: str) -> object:
    """Import a widget on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'trivium.lab' has no attribute {name!r}")
    try:
        value = getattr(import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        raise ImportError(
            f'{name} is a widget, and anywidget is not installed: pip install "trivium[notebook]"'
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
