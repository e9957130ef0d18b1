"""Scenes: edits make new ones, text brings back every bit, and nothing malformed gets in."""

import base64
import json
import tracemalloc
import zlib

import numpy as np
import pytest

from trivium.lab.scene import LARGEST, LONGEST_NAME, MOST_CLASSES, MOST_ROWS, Scene
from trivium.lab.scene_text import MOST_TEXT
from trivium.lab.settings import Settings


def a_scene(**changes):
    given = {
        "X": np.array([[0.1, 1e-300], [1e9, -1e-6], [np.pi, 2.0]]),
        "codes": [0, 1, 0],
        "classes": ("a", "<b>", "none yet"),
        "names": ("width in cm", "</script>"),
        "settings": Settings(k=2, robust=True, learning_rate=0.1, neighbors_shading="p(x|c)"),
        "title": "A scene",
        "marked": 2,
        "X_test": [[5.0, 6.0]],
        "test_codes": [1],
        "window": (-1.0, 2.0, 0.0, 1e9),
    }
    return Scene(**{**given, **changes})


def test_edits_leave_the_scene_as_it_was():
    scene = a_scene()
    before = scene.to_json()
    moved = scene.moved(1, 7.0, 8.0)
    assert moved.X.tolist()[1] == [7.0, 8.0]
    np.testing.assert_array_equal(moved.X[[0, 2]], scene.X[[0, 2]])
    assert scene.relabelled(0, 2).codes.tolist() == [2, 1, 0]
    assert scene.added(3.0, 4.0, 1).codes.tolist() == [0, 1, 0, 1]
    assert scene.with_settings(k=9).settings.k == 9
    assert scene.to_json() == before
    for array in (scene.X, scene.codes, scene.X_test, scene.test_codes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(("row", "marked"), [(0, 1), (1, 1), (2, None)])
def test_the_marked_row_stays_the_same_row(row, marked):
    assert a_scene().removed(row).marked == marked
    assert a_scene(marked=0).removed(2).marked == 0


def test_rows_may_all_go():
    scene = a_scene().removed(0).removed(0).removed(0)
    assert scene.n_rows == 0
    assert scene.present.size == 0
    assert Scene.from_fragment(scene.to_fragment()).X.shape == (0, 2)


def test_the_callers_arrays_are_not_the_scenes():
    X = np.array([[0.0, 1.0]])
    scene = Scene(X, [0], ("a",))
    X[0] = 5.0
    assert scene.X.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("way", ["json", "fragment"])
def test_text_brings_back_every_bit(way):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 2)) * 10.0 ** rng.integers(-200, 90, (50, 2))
    scenes = [a_scene(), Scene(X, np.arange(50) % 12, tuple("abcdefghijkl"))]
    for scene in scenes:
        text = scene.to_json() if way == "json" else "#" + scene.to_fragment()
        back = Scene.from_json(text) if way == "json" else Scene.from_fragment(text)
        assert back.to_json() == scene.to_json()
        assert back.X.tobytes() == scene.X.tobytes()
        assert back.settings == scene.settings
        assert (back.marked, back.window) == (scene.marked, scene.window)


def test_the_largest_scene_fits_into_text():
    X = np.random.default_rng(0).standard_normal((MOST_ROWS, 2)) * -1e-99
    codes = np.full(MOST_ROWS, MOST_CLASSES - 1)
    classes = tuple("é" * (LONGEST_NAME - 2) + f"{c:02d}" for c in range(MOST_CLASSES))
    scene = Scene(X, codes, classes, X_test=X, test_codes=codes)
    assert len(scene.to_json()) < MOST_TEXT
    assert Scene.from_json(scene.to_json()).X.tobytes() == X.tobytes()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"X": [[0.0, np.nan], [1, 1], [2, 2]]}, "X, row 0: not finite"),
        ({"X": [[0.0, 0], [1, -2 * LARGEST], [2, 2]]}, "X, row 1: not finite, or beyond 1e\\+100"),
        ({"X": [[0.0], [1], [2]]}, "two numbers"),
        ({"X": np.zeros((MOST_ROWS + 1, 2))}, "5001 rows; the lab shows 5000"),
        ({"codes": [0, 1]}, "codes must be one integer for each of 3 rows"),
        ({"codes": [0.0, 1.0, 1.0]}, "codes must be one integer"),
        ({"codes": [0, 3, 0]}, "codes, row 1: there is no class 3"),
        ({"codes": [0, -1, 0]}, "codes, row 1: there is no class -1"),
        ({"test_codes": [3]}, "test_codes, row 0: there is no class 3"),
        ({"classes": ()}, "classes must be 1 to 24, got 0"),
        ({"classes": tuple(map(str, range(25)))}, "classes must be 1 to 24, got 25"),
        ({"classes": ("a", "a", "b")}, "different names"),
        ({"classes": ("a", 1, "b")}, "classes must be text"),
        ({"classes": ("a", "b" * 81, "c")}, "at most 80 letters"),
        ({"names": ("x",)}, "names must be those of two axes, got 1"),
        ({"title": "x" * 81}, "title must be text of at most 80"),
        ({"marked": 3}, "marked must be one of the 3 rows"),
        ({"marked": True}, "marked must be one of the 3 rows"),
        ({"window": (0.0, 0.0, 1.0, 2.0)}, "window must be finite"),
        ({"window": (0.0, np.inf, 1.0, 2.0)}, "window must be finite"),
        ({"settings": {"k": 1}}, "settings must be Settings"),
        ({"settings": Settings(shaded_class=3)}, "shaded_class is 3, and there are 3"),
    ],
)
def test_what_does_not_fit_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        a_scene(**changes)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda scene: scene.moved(3, 0.0, 0.0), "row must be one of the 3"),
        (lambda scene: scene.moved(-1, 0.0, 0.0), "row must be one of the 3"),
        (lambda scene: scene.moved(0, np.inf, 0.0), "row 0: not finite"),
        (lambda scene: scene.removed(1.0), "row must be one of the 3"),
        (lambda scene: scene.relabelled(0, 3), "class must be one of the 3"),
        (lambda scene: scene.added(0.0, 0.0, -1), "class must be one of the 3"),
        (lambda scene: scene.with_settings(q=1), "there is no setting 'q'"),
    ],
)
def test_edits_that_make_no_sense_are_refused(edit, says):
    with pytest.raises(ValueError, match=says):
        edit(a_scene())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"k": 0}, "k must be an integer of at least 1, got 0"),
        ({"k": True}, "k must be an integer"),
        ({"k": 2.0}, "k must be an integer"),
        ({"n_steps": 10_001}, "n_steps must be an integer from 1 to 10000"),
        ({"step": -1}, "step must be an integer from 0 to 10000"),
        ({"alpha": -1.0}, "alpha must be a finite number of at least 0"),
        ({"alpha": 10**400}, "alpha must be a finite number .*got an integer of more than 40"),
        ({"softmax_alpha": float("nan")}, "softmax_alpha must be a finite number of at least 0"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number above 0"),
        ({"learning_rate": "1"}, "learning_rate must be a finite number above 0"),
        ({"robust": 1}, "robust must be true or false"),
        ({"sizes": "x" * 999}, "sizes must be one of 'none', 'leverage'.*…"),
        ({"sizes": []}, "sizes must be one of"),
        ({"neighbors_shading": "p"}, "neighbors_shading must be one of"),
        ({"softmax_shading": "p(x)"}, "softmax_shading must be one of"),
    ],
)
def test_settings_out_of_range_are_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        Settings(**changes)


def plain(**changes):
    return json.dumps({**json.loads(a_scene().to_json()), **changes})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON"),
        ("[1, 2]", "no key 'scene'"),
        ("[" * 100_000, "nested too deeply|no JSON"),
        ('{"scene": 1, "scene": 1}', "'scene' twice"),
        ('{"scene": 1}', "no key 'X'"),
        (plain(scene=2), "not of version 1"),
        (plain(scene=True), "not of version 1"),
        (plain(other=2), "nothing is known of the key 'other'"),
        (plain(X=3), "X is no list"),
        (plain(X=[[1, 2], [3, 4], [5, "6"]]), "X, row 2, is not 2 numbers"),
        (plain(X=[[1, 2], [3, True], [5, 6]]), "X, row 1, is not 2 numbers"),
        (plain(X=[[1, 2], [3, 4, 5], [5, 6]]), "X, row 1, is not 2 numbers"),
        (plain(X=[[1, 2], [3, 10**400], [5, 6]]), "X has a number beyond float64"),
        (plain(X=[[1, 2], [3, 4]]), "codes must be one integer for each of 2 rows"),
        (plain(X=[]).replace("[]", "[[NaN, 1]]"), "NaN"),
        (plain(X=[]).replace("[]", "[[1e999, 1]]"), "1e999"),
        (plain(codes=["0", 1, 1]), "codes must be one integer"),
        (plain(codes=[[0], [1, 2], 1]), "This is no scene"),
        (plain(window=[1, 2, 3]), "window, row 0, is not 4 numbers"),
        (plain(settings=[1]), "settings are no pairs"),
        (plain(settings={"kk": 1}), "there is no setting 'kk'"),
        (plain(settings={"k": 10**300}), "k must be an integer"),
        (plain(title=" " * (MOST_TEXT + 1)), "2000000 are the most"),
        ("[" + "[],".join([""] * 660_000) + "[]]", "would take"),
    ],
)
def test_malformed_text_is_refused_in_one_line(text, says):
    with pytest.raises(ValueError, match=says) as caught:
        Scene.from_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 350


def fragment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_link_that_would_unpack_to_much_takes_little_memory():
    bomb = fragment(zlib.compress(b" " * 100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="would unpack to more"):
            Scene.from_fragment(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (a_scene().to_fragment()[:-30], "cut off or changed"),
        ("x!", "cut off or changed"),
        ("é", "cut off or changed"),
        ("abcde", "cut off or changed"),
        (fragment(zlib.compress(b"\xff\xfe")), "cut off or changed"),
        (fragment(zlib.compress(b"{}")), "no key 'scene'"),
        (fragment(zlib.compress(b" " * 2_000_001)), "would unpack to more than 2000000"),
        ("a" * (MOST_TEXT + 1), "2000001 letters"),
    ],
)
def test_malformed_links_are_refused(text, says):
    with pytest.raises(ValueError, match=says):
        Scene.from_fragment(text)
