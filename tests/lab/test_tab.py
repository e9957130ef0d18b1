"""What one tab holds, without a page."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trivium import LeastSquaresClassifier
from trivium.lab.page.tab import MOST_UNDONE, Tab
from trivium.lab.plane_events import PlaneEvent
from trivium.lab.scene import Scene

PATIENCE = 120


def two_clouds(n_rows=24):
    codes = np.arange(n_rows) % 2
    X = np.random.default_rng(0).normal(size=(n_rows, 2)) + 2.0 * codes[:, None]
    return Scene(X, codes, ("left", "right"))


class Seen:
    """A tab, and what it has told."""

    def __init__(self, scene, threads):
        self.shown, self.curves, self.words, self.changes = [], [], [], 0
        self.tab = Tab(
            scene,
            threads,
            show=self.shown.append,
            show_curve=self.curves.append,
            changed=self.change,
            tell=lambda words, wrong: self.words.append((words, wrong)),
        )

    def change(self):
        self.changes += 1

    async def rest(self):
        """Wait until all has been answered, the curve over k too."""
        async with asyncio.timeout(PATIENCE):
            n_curves = len(self.curves)
            self.tab.refresh()
            while self.tab.is_busy or len(self.curves) == n_curves:
                await asyncio.sleep(0.005)


def told(story, scene=None):
    with ThreadPoolExecutor(2) as threads:

        async def run():
            seen = Seen(scene or two_clouds(), threads)
            try:
                await story(seen, seen.tab)
            finally:
                seen.tab.close()
            return seen

        return asyncio.run(run())


def event(kind, serial=1, **values):
    return PlaneEvent(kind, serial, **values)


def test_a_scene_is_answered_and_its_curve_comes_after():
    async def story(seen, tab):
        await seen.rest()

    seen = told(story)
    shown = seen.shown[-1]
    scene = two_clouds()
    model = LeastSquaresClassifier().fit(scene.X, scene.codes)
    assert shown.answers["least_squares"].scores["accuracy"] == model.score(scene.X, scene.codes)
    assert [panel["title"] for panel in shown.panels] == [
        "Nearest neighbours",
        "Least squares",
        "Softmax regression",
    ]
    assert all(panel["note"] for panel in shown.panels)
    assert seen.curves[-1]["k"].tolist() == list(range(1, 24))
    assert seen.words == []


def test_edits_of_a_hand_and_back():
    async def story(seen, tab):
        first = tab.scene
        await seen.rest()
        for serial, x in enumerate((0.1, 0.2, 0.3), 1):  # one gesture, one step back
            tab.take(event("move", serial, row=3, x=x, y=x, done=serial == 3))
        assert tab.scene.X[3].tolist() == [0.3, 0.3]
        await seen.rest()
        assert seen.shown[-1].question.serial == 3
        assert seen.shown[-1].panels[1]["note"].startswith("Row 3 of class right has moved: ")
        tab.take(event("move", 4, row=3, x=0.4, y=0.4))
        tab.take(event("relabel", 5, row=3, code=0))
        tab.take(event("add", 6, x=9.0, y=9.0, code=1))
        assert (tab.scene.n_rows, tab.scene.codes[3]) == (25, 0)
        tab.take(event("remove", 7, row=0))
        assert tab.scene.n_rows == 24
        for _ in range(5):
            tab.undo()
        assert tab.scene is first
        assert not tab.can_undo
        tab.undo()  # there is nothing to go back to, and nothing happens
        assert tab.scene is first

    assert told(story).words == []


def test_what_a_hand_cannot_do_is_said_and_answered():
    async def story(seen, tab):
        tab.take(event("remove", 8, row=99))
        tab.take(event("select", 9, row=99))  # of a scene that is no longer there
        await seen.rest()
        assert seen.shown[-1].question.serial == 9

    ((words, wrong),) = told(story).words
    assert wrong
    assert words == "row must be one of the 24 rows, counted from 0"


def test_the_pointer_means_the_row_that_is_near():
    async def story(seen, tab):
        x, y = tab.scene.X[5].tolist()
        for at, row in (((x, y), 5), ((x + 1e-3, y), 5), ((50.0, 50.0), None)):
            tab.take(event("hover", 1, x=at[0], y=at[1]))
            await seen.rest()
            assert seen.shown[-1].question.pointer.row == row
        assert len(seen.shown[-1].answers["neighbors"].rows) == tab.scene.settings.k
        tab.take(event("hover", 2))
        await seen.rest()
        assert seen.shown[-1].question.pointer is None

    told(story)


def test_without_rows_there_is_none_that_is_near():
    async def story(seen, tab):
        tab.take(event("hover", 1, x=0.0, y=0.0))
        await seen.rest()
        assert "There is no row to learn from." in seen.shown[-1].answers["softmax"].failure

    told(story, Scene([], [], ("a", "b")))


def test_settings_out_of_range_change_nothing():
    async def story(seen, tab):
        tab.set(k=0)
        assert tab.scene.settings.k == 5
        assert not tab.can_undo
        tab.set(k=7)
        tab.set(k=9)  # a slider that is moved is one step back
        tab.set(alpha=1.0)
        tab.undo()
        assert tab.scene.settings.k == 9
        tab.undo()
        assert tab.scene.settings.k == 5

    assert told(story).words == [("k must be an integer of at least 1, got 0", True)]


def test_undo_is_bounded():
    async def story(seen, tab):
        for serial in range(MOST_UNDONE + 50):
            tab.take(event("move", serial, row=0, x=float(serial), y=0.0))
        steps = 0
        while tab.can_undo:
            tab.undo()
            steps += 1
        assert steps == MOST_UNDONE

    told(story)


def test_the_descent_plays_to_its_end_and_begins_again():
    async def story(seen, tab):
        tab.set(n_steps=3, learning_rate=0.5)
        for _ in range(2):
            tab.play()
            tab.play()  # it plays already
            assert tab.is_playing
            async with asyncio.timeout(PATIENCE):
                while tab.is_playing:
                    await asyncio.sleep(0.005)
            assert tab.scene.settings.step == 3
        tab.play()
        tab.pause()
        assert not tab.is_playing
        await seen.rest()

    told(story)


def test_closing_ends_everything():
    async def story(seen, tab):
        tab.set(n_steps=10_000)
        tab.play()
        await asyncio.sleep(0.2)
        tab.close()
        assert not tab.is_playing
        async with asyncio.timeout(PATIENCE):
            while tab.is_busy:
                await asyncio.sleep(0.005)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert others == set()
        shown, scene = len(seen.shown), tab.scene
        tab.refresh()
        await asyncio.sleep(0.3)
        assert (len(seen.shown), tab.scene) == (shown, scene)
        assert not tab.is_busy

    told(story)


def test_what_goes_wrong_is_one_line(monkeypatch):
    def fail(_question):
        raise RuntimeError("broken\nin two")

    monkeypatch.setattr("trivium.lab.page.tab.answer", fail)

    async def story(seen, tab):
        await seen.rest()

    assert told(story).words == [("This scene could not be answered: broken in two", True)]


@pytest.mark.parametrize("view", ["other", "same"])
def test_another_scene_has_a_view_of_its_own(view):
    async def story(seen, tab):
        far = two_clouds()
        far = Scene(far.X * 100.0, far.codes, ("left", "right"))
        before = tab.view
        if view == "other":
            tab.open(far, "opened")
            assert tab.view != before
            assert seen.words == [("opened", False)]
        else:
            tab.take(event("move", 1, row=0, x=1e3, y=1e3))
            assert tab.view == before
            tab.fit_view()
            assert tab.view.holds(1e3, 1e3)
        await seen.rest()

    told(story)


def test_what_was_done_to_a_scene_before_is_answered_and_not_done():
    async def story(seen, tab):
        tab.take(event("move", 1, row=3, x=0.5, y=0.5))
        edited, other = tab.scene, two_clouds(30)
        tab.open(other)
        await seen.rest()
        assert seen.shown[-1].question.origin == tab.origin == 1
        late = (("move", {"row": 3, "x": 9.0, "y": 9.0}), ("remove", {"row": 0}), ("add", {}))
        for serial, (kind, values) in enumerate(late, 2):
            tab.take(event(kind, serial, **{"x": 1.0, "y": 1.0, "code": 0} | values))
        assert tab.scene is other
        await seen.rest()
        assert seen.shown[-1].question.serial == 4
        tab.take(event("move", 5, row=3, x=9.0, y=9.0, origin=1))
        assert tab.scene.X[3].tolist() == [9.0, 9.0]
        tab.undo()
        tab.undo()
        assert tab.scene is edited
        tab.take(event("remove", 6, row=0))
        assert tab.scene.n_rows == 23

    assert {wrong for _, wrong in told(story).words} == {False}
