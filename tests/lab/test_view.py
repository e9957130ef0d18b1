"""Views: square where units are alike, each axis its own where not."""

import numpy as np
import pytest

from trivium.lab.scene import LARGEST, Scene
from trivium.lab.view import View, view_of


def a_scene(X, **more):
    return Scene(X, np.zeros(len(X), dtype=int), ("a",), **more)


def test_alike_ranges_have_one_unit():
    left, right, bottom, top = view_of(a_scene([[0, 0], [3, 1.5]])).window
    assert right - left == pytest.approx(top - bottom)
    assert view_of(a_scene([[0, 0], [3, 1.5]])).points.shape == (6400, 2)


@pytest.mark.parametrize(
    "X",
    [
        [[0, 1e9], [1e-6, 3e9]],
        [[5, 5]],
        [[0, 0], [0, 0]],
        [[1e-320, 0], [0, 1]],
        [[-LARGEST, LARGEST], [LARGEST, -LARGEST]],
        [[1e16, 1], [1e16 + 2, 2]],
        [],
    ],
)
def test_all_rows_are_shown_whatever_the_units(X):
    scene = a_scene(X)
    view = view_of(scene)
    assert all(view.holds(*row) for row in scene.X)
    assert np.isfinite(view.points).all()


def test_test_rows_are_shown_and_a_window_is_kept():
    scene = a_scene([[0, 0]], X_test=[[50.0, 1.0]], test_codes=[0])
    assert view_of(scene).holds(50.0, 1.0)
    scene = a_scene([[0, 0]], window=(-1, 1, -2, 9))
    assert view_of(scene, 20) == View((-1.0, 1.0, -2.0, 9.0), 20)
    assert not view_of(scene).holds(2.0, 0.0)
