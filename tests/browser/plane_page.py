"""A page of NiceGUI's with planes on it, run as a program of its own: PORT as its argument."""

import sys

import numpy as np
from nicegui import app, ui
from tests.browser.plane_scenes import HOSTILE, WINDOW, rows

from trivium import KNeighborsClassifier, LeastSquaresClassifier
from trivium.lab import Plane, PlaneWidget
from trivium.lab.painting import panel, shading_image

SHOWN: dict[str, PlaneWidget] = {}
HEARD: list[str] = []
SHOWN_PANEL = panel("p", WINDOW)


def put(widget: PlaneWidget) -> None:
    """Put a plane on the page that is being made."""
    SHOWN["last"] = widget
    HEARD.clear()
    widget.on_event(lambda event: HEARD.append(event.kind))
    ui.page_title("Plane")
    ui.anywidget(widget).LOOPBACK = False
    ui.element("div").style("height: 100rem")


def changing(widget: PlaneWidget, window: tuple) -> None:
    """Show three classes, then one, each time the page asks for it."""

    def change() -> None:
        several = widget.look["classes"] == ["a"]
        names = ["a", "b", "c"] if several else ["a"]
        widget.show_look(names, window)
        X = [[0, 0], [1, 1], [2, 2]] if several else [[0.2, 0.1]]
        widget.show_rows(X, range(3) if several else [0])

    def answer(event) -> None:
        if event.kind == "move":
            X = [[0, 0], [1, 1], [2, 2]]
            X[event.row] = [event.x, event.y]
            widget.show_rows(X, [0, 1, 2])
        widget.show([SHOWN_PANEL])

    widget.on_event(answer)
    ui.button("Another scene", on_click=change)
    ui.button("Undo", on_click=lambda: widget.show_rows([[0, 0], [1, 1], [2, 2]], [0, 1, 2]))


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


@ui.page("/wide")
def wide(low: float, high: float) -> None:
    """Twelve classes over a window of that width, and a row far outside."""
    window = (low, high, low, high)
    X = np.linspace(low, high, 14)[1:-1]
    X = np.vstack([np.column_stack([X, X[::-1]]), [[1e-200, -1e200]] * 3])
    classes = [f"class {place}" for place in range(12)]
    image = shading_image(np.arange(16).reshape(4, 4) % 12)
    shown = [panel("p", window, image=image), panel("q", window, image=image)]
    put(PlaneWidget(X, [*range(12), 0, 0, 0], classes=classes, window=window, panels=shown))


@ui.page("/changing")
def scenes() -> None:
    X, window = [[0, 0], [1, 1], [2, 2]], WINDOW
    widget = PlaneWidget(X, [0, 1, 2], classes=["a", "b", "c"], window=window, panels=[SHOWN_PANEL])
    put(widget)
    changing(widget, window)


@app.get("/state")
def state() -> dict[str, object]:
    widget = SHOWN["last"]
    X = getattr(widget, "X", np.empty((0, 2))).tolist()
    labels = list(map(str, getattr(widget, "y", ())))
    return {"X": X, "y": labels, "serial": widget.rows["serial"], "heard": HEARD}


if __name__ == "__main__":
    ui.run(host="127.0.0.1", port=int(sys.argv[1]), reload=False, show=False)
