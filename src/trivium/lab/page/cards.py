"""The card of each classifier: its scores, its controls and its curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from nicegui import ui

from trivium.arrays import Float64
from trivium.lab.answers.answer import DIGITS, Answer
from trivium.lab.page.controls import Choice, Slider, Switch, button, text
from trivium.lab.page.curves import Curve, drawing
from trivium.lab.page.numbers import steps_of_ten, written
from trivium.lab.page.tab import Tab

_SIZES = {
    "none": "all alike",
    "leverage": "leverage",
    "cooks_distance": "Cook's distance",
}
_DENSITIES = {
    "classes": "classes",
    "p(c|x)": "p(c | x), the class given the place",
    "p(x|c)": "p(x | c), the place given the class",
    "p(x)": "p(x), how dense rows are",
}
_SCORES = {"gap": "gap to the least loss, at most"}
_PENALTIES = (0.0, *steps_of_ten(-8, 3))
_RATES = steps_of_ten(-3, 4)


class Card:
    """What all three have: a heading, scores and remarks."""

    title = ""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._rows: dict[str, Any] = {}
        with ui.element("section").classes("lab-card") as self.element:
            self.element.props["aria-label"] = self.title
            text("h2", self.title)
            self._scores = ui.element("table").classes("lab-scores")
            with self._scores:
                text("caption", f"Scores of {self.title.lower()}", "trivium-unseen")
                self._body = ui.element("tbody")
            self._notes = text("p", "", "lab-notes")
            self.build()

    def build(self) -> None:
        """Make the controls."""

    def follow(self) -> None:
        """Set the controls by the scene."""

    def show(self, answer: Answer) -> None:
        """Show what the classifier says."""
        self._show_scores(answer.scores)
        self._notes.set(" ".join(answer.notes))
        self._notes.element.set_visibility(bool(answer.notes))

    def _show_scores(self, scores: Mapping[str, float]) -> None:
        if list(scores) != list(self._rows):
            self._body.clear()
            self._rows = {}
            with self._body:
                for name in scores:
                    with ui.element("tr"):
                        text("th", _SCORES.get(name, name)).element.props["scope"] = "row"
                        self._rows[name] = text("td")
        for name, value in scores.items():
            self._rows[name].set(written(value, DIGITS.get(name, 4)))


class Neighbors(Card):
    """k, what is shaded, and the leave-one-out accuracy of every k."""

    title = "Nearest neighbours"

    def build(self) -> None:
        """Make the controls."""
        tab = self.tab
        self._found: Mapping[str, Float64] = {}
        self._k = Slider("k, the neighbours that vote", range(1, 2), 1, lambda k: tab.set(k=k))
        with ui.element("figure").classes("lab-figure"):
            with ui.element("figcaption"):
                text("span", "Leave-one-out accuracy of every k")
                self._best = text("span")
            self._curve = ui.html("", sanitize=False)
            with ui.element("div").classes("lab-ends"):
                text("span", "k = 1")
                self._last = text("span")
        self._shading = Choice(
            "Shading", _DENSITIES, "classes", lambda name: tab.set(neighbors_shading=name)
        )
        self._class = Choice(
            "Class c", {"0": ""}, "0", lambda code: tab.set(shaded_class=int(code))
        )

    def follow(self) -> None:
        """Set the controls by the scene."""
        scene = self.tab.scene
        settings = scene.settings
        self._k.offer(range(1, max(scene.n_rows, settings.k, 1) + 1), settings.k)
        self._shading.set(settings.neighbors_shading)
        self._class.offer(
            {str(code): name for code, name in enumerate(scene.classes)},
            str(settings.shaded_class),
        )
        self._class.show("|" in settings.neighbors_shading)

    def show(self, answer: Answer) -> None:
        """Show what the classifier says."""
        super().show(answer)
        self._draw()

    def show_curve(self, found: Mapping[str, Float64]) -> None:
        """Show the accuracy of every k."""
        self._found = found
        self._draw()

    def _draw(self) -> None:
        ks, accuracies = self._found.get("k"), self._found.get("leave-one-out accuracy")
        if ks is None or accuracies is None or len(ks) == 0:
            self._curve.set_content("")
            self._best.set("")
            self._last.set("")
            return
        self._last.set(f"k = {int(ks[-1])}")
        k = self.tab.scene.settings.k
        at = int(np.argmin(np.abs(ks - k))) if k <= ks[-1] else None
        best = int(np.argmax(accuracies))
        self._best.set(f"best: {written(float(accuracies[best]))} at k = {int(ks[best])}")
        label = (
            f"Leave-one-out accuracy for k from {int(ks[0])} to {int(ks[-1])}: "
            f"best {written(float(accuracies[best]))} at k = {int(ks[best])}"
        )
        if at is not None:
            label += f", {written(float(accuracies[at]))} at k = {int(ks[at])}"
        # Few k's matter more than many: the first ones have more room.
        self._curve.set_content(drawing(Curve(np.sqrt(ks), accuracies), at, label))


class LeastSquares(Card):
    """The penalty, robustness, and what sizes mean."""

    title = "Least squares"

    def build(self) -> None:
        """Make the controls."""
        tab = self.tab
        self._alpha = Slider(
            "Penalty alpha", _PENALTIES, 0.0, lambda alpha: tab.set(alpha=alpha), written
        )
        self._robust = Switch(
            "Robust: weigh rows down that lie far from the line",
            False,
            lambda on: tab.set(robust=on),
        )
        self._rounded = Switch(
            "Predict rint(f), as the exercise sheet does", False, lambda on: tab.set(rounded=on)
        )
        self._sizes = Choice("Sizes of the rows", _SIZES, "none", lambda name: tab.set(sizes=name))

    def follow(self) -> None:
        """Set the controls by the scene."""
        settings = self.tab.scene.settings
        self._alpha.set(settings.alpha)
        self._robust.set(settings.robust)
        self._rounded.set(settings.rounded)
        self._sizes.set(settings.sizes)


class Softmax(Card):
    """The penalty, what is shaded, and gradient descent."""

    title = "Softmax regression"

    def build(self) -> None:
        """Make the controls."""
        tab = self.tab
        self._shading = Choice(
            "Shading",
            {name: _DENSITIES[name] for name in ("classes", "p(c|x)")},
            "classes",
            lambda name: tab.set(softmax_shading=name),
        )
        self._class = Choice(
            "Class c", {"0": ""}, "0", lambda code: tab.set(shaded_class=int(code))
        )
        self._alpha = Slider(
            "Penalty alpha", _PENALTIES, 1e-4, lambda alpha: tab.set(softmax_alpha=alpha), written
        )
        text("h3", "Gradient descent")
        with ui.element("div").classes("lab-tools"):
            self._play = button("Play", self._play_or_pause)
            self._step = button("Step", self._one_step)
            button("Start", lambda: self._go_to(0), label="To the start of the descent")
            button("Optimum", lambda: self._go_to(None), label="To the optimum")
        self._steps = Slider("Step", range(2), 0, self._go_to, str)
        self._rate = Slider(
            "Learning rate", _RATES, 1.0, lambda rate: tab.set(learning_rate=rate), written
        )
        self._figures = {}
        for name, scale in (("loss", " (log scale)"), ("accuracy", "")):
            with ui.element("figure").classes("lab-figure") as figure:
                with ui.element("figcaption"):
                    text("span", f"{name.capitalize()} of every step{scale}")
                    value = text("span")
                self._figures[name] = (figure, value, ui.html("", sanitize=False))

    def follow(self) -> None:
        """Set the controls by the scene."""
        scene = self.tab.scene
        settings = scene.settings
        self._shading.set(settings.softmax_shading)
        self._class.offer(
            {str(code): name for code, name in enumerate(scene.classes)},
            str(settings.shaded_class),
        )
        self._class.show(settings.softmax_shading != "classes")
        self._alpha.set(settings.softmax_alpha)
        self._rate.set(settings.learning_rate)
        steps = range(settings.n_steps + 1)
        if settings.step is None:
            self._steps.offer(steps, settings.n_steps, "at the optimum")
        else:
            self._steps.offer(steps, settings.step)
        self._play._text = "Pause" if self.tab.is_playing else "Play"
        self._play.update()

    def show(self, answer: Answer) -> None:
        """Show what the classifier says."""
        super().show(answer)
        step = self.tab.scene.settings.step
        for name, (figure, value, picture) in self._figures.items():
            values = answer.curves.get(name)
            figure.set_visibility(values is not None and len(values) > 0)
            if values is None or len(values) == 0:
                continue
            at = None if step is None else min(step, len(values) - 1)
            shown = float(values[-1 if at is None else at])
            value.set(f"step {len(values) - 1 if at is None else at}: {written(shown)}")
            label = (
                f"{name.capitalize()} of {len(values) - 1} steps of gradient descent, from "
                f"{written(float(values[0]))} to {written(float(values[-1]))}"
            )
            picture.set_content(
                drawing(
                    Curve(np.arange(len(values), dtype=np.float64), values),
                    at,
                    label,
                    log=name == "loss",
                )
            )

    def _play_or_pause(self) -> None:
        if self.tab.is_playing:
            self.tab.pause()
        else:
            self.tab.play()

    def _one_step(self) -> None:
        self.tab.pause()
        settings = self.tab.scene.settings
        step = 0 if settings.step is None else min(settings.step + 1, settings.n_steps)
        self.tab.set(step=step)

    def _go_to(self, step: int | None) -> None:
        self.tab.pause()
        self.tab.set(step=step)
