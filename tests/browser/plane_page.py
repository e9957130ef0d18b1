"""A page of NiceGUI's with planes on it, run as a program of its own: PORT as its argument."""

import sys

import numpy as np
from nicegui import app, ui
from tests.browser.plane_scenes import HOSTILE, WINDOW, rows

from trivium import KNeighborsClassifier, LeastSquaresClassifier
from trivium.lab import Plane, PlaneWidget
from trivium.lab.painting import panel

SHOWN: dict[str, PlaneWidget] = {}
HEARD: list[str] = []


def put(widget: PlaneWidget) -> None:
    """Put a plane on the page that is being made."""
    SHOWN["last"] = widget
    HEARD.clear()
    widget.on_event(lambda event: HEARD.append(event.kind))
    ui.page_title("Plane")
    ui.anywidget(widget).LOOPBACK = False
    ui.element("div").style("height: 100rem")


@ui.page("/")
def models(dark: bool = False) -> None:
    ui.dark_mode(dark)
    X, y = rows()
    models = {"neighbours": KNeighborsClassifier(3), "least squares": LeastSquaresClassifier()}
    put(Plane(models, X, y, window=WINDOW))


@ui.page("/hostile")
def hostile() -> None:
    shown = panel(
        HOSTILE,
        WINDOW,
        note=HOSTILE,
        description=HOSTILE,
        failure=HOSTILE,
        lines=[("ghost", HOSTILE, [[0, 0], [1, 1]])],
        legend={"text": HOSTILE, "low": HOSTILE, "high": HOSTILE, "color": HOSTILE},
    )
    put(
        PlaneWidget(
            *([[0, 0]], [0]),
            classes=[HOSTILE],
            names=(HOSTILE, HOSTILE),
            window=WINDOW,
            panels=[shown],
        )
    )


@ui.page("/silent")
def silent() -> None:
    """A plane whose moves are answered when a hand lets go, and not before."""
    X, y = rows()
    codes = (y == "b").astype(int)
    shown = panel("silent", WINDOW, sizes=np.linspace(0, 1, len(X)), rows=[0, 1])
    names = ["a", "b"]
    widget = PlaneWidget(X, codes, classes=names, window=WINDOW, panels=[shown], hover=True)

    def answer(event):
        if event.kind == "move":
            X[event.row] = event.x, event.y
        if event.kind == "hover":
            HEARD.append(f"hover {event.x} {event.y}")
        if event.kind != "move" or event.done:
            widget.show_rows(X, codes)
            widget.show([shown])

    widget.on_event(answer)
    put(widget)


@app.get("/state")
def state() -> dict[str, object]:
    widget = SHOWN["last"]
    X = getattr(widget, "X", np.empty((0, 2))).tolist()
    labels = list(map(str, getattr(widget, "y", ())))
    return {"X": X, "y": labels, "serial": widget.rows["serial"], "heard": HEARD}


if __name__ == "__main__":
    ui.run(host="127.0.0.1", port=int(sys.argv[1]), reload=False, show=False)
