"""What one tab of a browser holds: its scene, the scenes before it, and the work on it.

Tabs share nothing but threads. When a tab is closed, its work ends with the fit that is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np

from trivium.arrays import Float64
from trivium.lab.answers.answer import Pointer
from trivium.lab.answers.neighbors import curve
from trivium.lab.plane_events import PlaneEvent
from trivium.lab.question import Question, Shown, answer
from trivium.lab.scene import Scene
from trivium.lab.view import View, view_of
from trivium.lab.work import Worker

MOST_UNDONE = 200
_REACH = 0.035  # of a side: a row that is nearer to the pointer is the one it means
_FRAME = 0.06  # seconds from one picture of the descent to the next
_REST = 0.15  # seconds without a change, after which the curve over k is computed, too
_FRAMES = 120  # pictures of a whole descent, at most


class Tab:
    """One tab's state.

    Parameters
    ----------
    scene : Scene
        What is shown first.
    threads : Executor
    show : callable
        Called with what there is to show, whenever that has changed.
    show_curve : callable
        Called with the curve over k, which comes when all has been at rest for a moment.
    changed : callable
        Called when the scene is another one: controls follow it.
    tell : callable
        Called with a sentence, and whether it tells of a failure.

    Attributes
    ----------
    scene : Scene
    view : View
    origin : int
        Number of the scene that was opened last, of which this one is an edit.
    shown : Shown or None
        The last answers, and what they answer.
    """

    def __init__(
        self,
        scene: Scene,
        threads: Executor,
        *,
        show: Callable[[Shown], Any],
        show_curve: Callable[[Mapping[str, Float64]], Any],
        changed: Callable[[], Any],
        tell: Callable[[str, bool], Any],
    ) -> None:
        self.scene, self.view = scene, view_of(scene)
        self.origin = self._opened = 0
        self.shown: Shown | None = None
        self._pointer: Pointer | None = None
        self._before: list[tuple[Scene, View, int]] = []
        self._base: Shown | None = None  # what "Explain" compares with
        self._gesture: object = None  # what goes on, and is one step to undo
        self._serial = 0
        self._show, self._changed, self.tell = show, changed, tell
        self._worker = Worker(answer, self._done, self._failed, threads)
        self._curves = Worker(curve, lambda _scene, found: show_curve(found), self._failed, threads)
        self._rest: asyncio.TimerHandle | None = None
        self._playing: asyncio.Task[None] | None = None

    # What is shown -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Have the scene answered as it is now."""
        scene, pointer = self.scene, self._pointer
        self._worker.ask(Question(scene, self.view, pointer, self._serial, self._base, self.origin))
        if self._rest is not None:
            self._rest.cancel()
        loop = asyncio.get_running_loop()
        self._rest = loop.call_later(_REST, lambda: self._curves.ask(self.scene))

    @property
    def is_busy(self) -> bool:
        """Whether answers are still to come."""
        return self._worker.is_busy or self._curves.is_busy

    def close(self) -> None:
        """End all work of this tab."""
        self.pause()
        if self._rest is not None:
            self._rest.cancel()
        self._worker.close()
        self._curves.close()

    def _done(self, _question: Question, shown: Shown) -> None:
        self.shown = shown
        self._show(shown)

    def _failed(self, _asked: object, error: Exception) -> None:
        words = " ".join(str(error).split())[:300]
        self.tell(f"This scene could not be answered: {words}", True)

    # Edits ---------------------------------------------------------------------------------------

    def edit(
        self,
        scene: Scene,
        *,
        gesture: object = None,
        view: View | None = None,
        origin: int | None = None,
    ) -> None:
        """Go on with another scene.

        Parameters
        ----------
        scene : Scene
        gesture : object
            Edits in a row with the same one, that is not None, are undone together.
        view : View or None
            None leaves it as it is.
        origin : int or None
            Number of a scene that is opened; None: an edit of the one there is.
        """
        if gesture is None or gesture != self._gesture:
            self._before.append((self.scene, self.view, self.origin))
            del self._before[:-MOST_UNDONE]
            self._base = self.shown
        self._gesture = gesture
        self.scene = scene
        self.view = view or self.view
        self.origin = self.origin if origin is None else origin
        self._changed()
        self.refresh()

    def set(self, **settings: Any) -> None:
        """Change settings; what is out of range is told, and nothing changes."""
        try:
            scene = self.scene.with_settings(**settings)
        except ValueError as error:
            self.tell(str(error), True)
            self._changed()
            return
        self.edit(scene, gesture=("set", *sorted(settings)))

    def open(self, scene: Scene, words: str = "") -> None:
        """Show another scene, from its own view."""
        self.pause()
        self._pointer = None
        self._opened += 1
        self.edit(scene, view=view_of(scene), origin=self._opened)
        self._base = None
        self.refresh()
        self.tell(words, False)

    def undo(self) -> None:
        """Go back to the scene before the last edit."""
        if not self._before:
            return
        self.pause()
        self._base = self.shown
        self.scene, self.view, self.origin = self._before.pop()
        self._gesture = None
        self._changed()
        self.refresh()

    @property
    def can_undo(self) -> bool:
        """Whether there is a scene to go back to."""
        return bool(self._before)

    def fit_view(self) -> None:
        """Show all rows."""
        self.view = view_of(self.scene)
        self._changed()
        self.refresh()

    # What a hand does ----------------------------------------------------------------------------

    def take(self, event: PlaneEvent) -> None:
        """Do what a hand did on the plane."""
        self._serial = event.serial
        try:
            if event.origin == self.origin:  # rows of a scene before are no longer there
                self._do(event)
        except ValueError as error:
            self.tell(str(error), True)
        self.refresh()  # the plane waits for an answer to what it has told

    def _do(self, event: PlaneEvent) -> None:
        match event:
            case PlaneEvent(kind="move", row=int(row), x=float(x), y=float(y)):
                self._pointer = Pointer(x, y, row)
                self.edit(self.scene.moved(row, x, y), gesture=("move", row))
                if event.done:
                    self._gesture = None
            case PlaneEvent(kind="add", x=float(x), y=float(y), code=int(code)):
                self._pointer = Pointer(x, y, self.scene.n_rows)
                self.edit(self.scene.added(x, y, code))
            case PlaneEvent(kind="remove", row=int(row)):
                self._pointer = None
                self.edit(self.scene.removed(row))
            case PlaneEvent(kind="relabel", row=int(row), code=int(code)):
                self.edit(self.scene.relabelled(row, code))
            case PlaneEvent(kind="hover", x=float(x), y=float(y)):
                self._pointer = Pointer(x, y, self._row_near(x, y))
            case PlaneEvent(kind="hover"):
                self._pointer = None
            case PlaneEvent(kind="select", row=int(row)) if row < self.scene.n_rows:
                x, y = self.scene.X[row].tolist()
                self._pointer = Pointer(x, y, row)

    def _row_near(self, x: float, y: float) -> int | None:
        """Return the row that is meant by a pointer, if one is near."""
        if self.scene.n_rows == 0:
            return None
        left, right, bottom, top = self.view.window
        side = np.array([right - left, top - bottom])
        away = (((self.scene.X - (x, y)) / side) ** 2).sum(axis=1)
        nearest = int(np.argmin(away))
        return nearest if away[nearest] <= _REACH**2 else None

    # Gradient descent, step by step --------------------------------------------------------------

    @property
    def is_playing(self) -> bool:
        """Whether the descent goes on by itself."""
        return self._playing is not None

    def play(self) -> None:
        """Let the descent go on, from its start where it has come to its end."""
        if self._playing is None:
            self._playing = asyncio.get_running_loop().create_task(self._play())
            self._changed()

    def pause(self) -> None:
        """Let the descent rest."""
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
            self._changed()

    async def _play(self) -> None:
        settings = self.scene.settings
        step = settings.step
        if step is None or step >= settings.n_steps:
            self.set(step=0)
        try:
            while True:
                await asyncio.sleep(_FRAME)
                if self._worker.is_busy:
                    continue  # a picture that nobody has seen yet
                settings = self.scene.settings
                stride = max(1, settings.n_steps // _FRAMES)
                step = min((settings.step or 0) + stride, settings.n_steps)
                self.set(step=step)
                if step == settings.n_steps:
                    return
        finally:
            self._playing = None
            self._changed()
