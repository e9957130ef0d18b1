"""What holds for the answers of all three panels, whatever the rows."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trivium.lab.answers import least_squares, neighbors, softmax
from trivium.lab.answers.answer import Pointer
from trivium.lab.scene import Scene
from trivium.lab.view import view_of

PANELS = [neighbors, least_squares, softmax]
NAMES = tuple("abcdefghijkl")


def clouds(n, n_classes, *, scale=(1.0, 1.0), seed=0, integers=False):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % n_classes
    X = rng.standard_normal((n, 2)) + 2.0 * np.column_stack([np.sin(codes), np.cos(codes)])
    if integers:
        X = X.round()
    return Scene(X * scale, codes, NAMES[: max(n_classes, 1)])


SCENES = {
    "two classes": clouds(40, 2),
    "twelve classes": clouds(60, 12),
    "ties and duplicates": clouds(50, 3, integers=True),
    "1e-6 beside 1e9": clouds(40, 3, scale=(1e-6, 1e9)),
    "1e-90 beside 1e90": clouds(40, 2, scale=(1e-90, 1e90)),
    "a constant column": clouds(30, 2, scale=(1.0, 0.0)),
    "all at one place": clouds(12, 3, scale=(0.0, 0.0)),
    "far from zero": Scene(clouds(30, 2).X + 1e9, clouds(30, 2).codes, ("a", "b")),
    "two rows": clouds(2, 2),
    "an outlier": clouds(30, 2).moved(3, 1e8, -1e8),
}
SETTINGS = {
    "plain": {"k": 1},
    "probabilities": {"k": 2, "neighbors_shading": "p(c|x)", "softmax_shading": "p(c|x)"},
    "densities": {"k": 2, "neighbors_shading": "p(x)", "sizes": "cooks_distance", "step": 0},
    "of a class": {"k": 2, "neighbors_shading": "p(x|c)", "shaded_class": 1, "step": 20},
    "robust": {"k": 2, "robust": True, "sizes": "leverage", "rounded": True, "step": 30},
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", SCENES)
def test_answers_are_what_their_shape_says(name, settings, standardize):
    scene = SCENES[name].with_settings(**SETTINGS[settings], standardize=standardize)
    view = view_of(scene, 20)
    left, right, bottom, top = view.window
    for panel in PANELS:
        found = panel.answer(scene, view, Pointer(*scene.X[0], row=0))
        if found.failure:
            assert "\n" not in found.failure
            assert found.shading.size == 0
            continue
        assert found.shading.shape == (20, 20)
        if found.kind == "classes":
            assert np.isin(found.shading, [*scene.present, -1]).all()
        else:
            assert ((found.shading >= 0) & (found.shading <= 1)).all()
        for line in found.lines:
            if line.kind == "circle":
                continue
            for part in line.parts():
                assert np.isfinite(part).all()
                wide, high = 1e-6 * (right - left), 1e-6 * (top - bottom)
                assert (part[:, 0] >= left - wide).all()
                assert (part[:, 0] <= right + wide).all()
                assert (part[:, 1] >= bottom - high).all()
                assert (part[:, 1] <= top + high).all()
        if found.sizes is not None:
            assert found.sizes.shape == (scene.n_rows,)
            assert found.sizes.min() >= 0
            assert found.sizes.max() in (0.0, 1.0)
        for key, value in found.scores.items():
            assert np.isfinite(value), key
            if "accuracy" in key:
                assert 0 <= value <= 1
        assert all("\n" not in note for note in found.notes)


def test_few_answers_fail():
    failed = {}
    for name, scene in SCENES.items():
        for panel in PANELS:
            found = panel.answer(scene.with_settings(k=2), view_of(scene, 20))
            if found.failure:
                failed[name, panel.__name__.split(".")[-1]] = found.failure
    assert failed == {}


@pytest.mark.parametrize("panel", PANELS)
def test_no_row_and_one_class_are_said(panel):
    none = Scene([], [], ("a", "b"))
    assert panel.answer(none, view_of(none)).failure == "There is no row to learn from."
    one = Scene([[0, 0], [1, 1]], [1, 1], ("a", "b")).with_settings(k=2)
    found = panel.answer(one, view_of(one, 20))
    if panel is neighbors:
        assert (found.shading == 1).all()
    else:
        assert found.failure == "All rows are of class b: it takes two classes."


def test_classes_without_rows_play_no_part():
    scene = clouds(30, 2)
    wider = Scene(scene.X, 2 * scene.codes + 1, ("-", "a", "-b-", "b", "c"))
    wider = wider.with_settings(shaded_class=2, softmax_shading="p(c|x)")
    view = view_of(scene, 20)
    for panel in PANELS:
        plain, other = panel.answer(scene, view), panel.answer(wider, view)
        assert other.scores == plain.scores
        if other.kind == "classes":
            np.testing.assert_array_equal(other.shading, 2 * plain.shading + 1)
        else:
            assert (other.shading == 0).all()
    scene = wider.with_settings(neighbors_shading="p(x|c)")
    assert neighbors.answer(scene, view).failure == "There is no row of -b-."


def test_standardized_regions_do_not_depend_on_units():
    scene = clouds(50, 3).with_settings(standardize=True, sizes="leverage", robust=False)
    units = np.array([2.0**-20, 2.0**30])
    other = Scene(scene.X * units, scene.codes, scene.classes, settings=scene.settings)
    window = view_of(scene, 20).window
    here = view_of(scene, 20)
    there = type(here)((*(units[0] * np.array(window[:2])), *(units[1] * np.array(window[2:]))), 20)
    for panel in PANELS:
        a = panel.answer(scene, here, Pointer(0.5, 0.5, 3))
        b = panel.answer(other, there, Pointer(0.5 * units[0], 0.5 * units[1], 3))
        np.testing.assert_array_equal(a.shading, b.shading)
        assert a.scores == pytest.approx(b.scores)
        for one, two in zip(a.lines, b.lines, strict=True):
            np.testing.assert_allclose(one.points, two.points / units, rtol=1e-9, atol=1e-9)


def test_an_edit_leaves_the_rows_that_it_does_not_touch():
    scene = clouds(30, 2)
    other = scene.with_settings(alpha=2.0)
    assert other.X is scene.X
    assert other.X_test is scene.X_test
    view = view_of(scene, 20)
    before = neighbors.answer(scene, view)
    assert neighbors.answer(other, view).shading is before.shading
    assert neighbors.answer(scene.moved(0, 0.0, 0.0), view).shading is not before.shading


def test_threads_do_not_disturb_each_other():
    settings = {"k": 3, "step": 40, "n_steps": 50, "learning_rate": 0.1}
    scenes = [clouds(30, 2 + i % 3, seed=i).with_settings(**settings) for i in range(12)]
    asked = [(panel, scene) for scene in scenes for panel in PANELS] * 2

    def ask(panel, scene):
        return panel.answer(scene, view_of(scene, 12))

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda pair: ask(*pair), asked))
    for (panel, scene), found in zip(asked, together, strict=True):
        alone = ask(panel, clouds_like(scene))
        np.testing.assert_array_equal(found.shading, alone.shading)
        assert found.scores == alone.scores
        assert found.notes == alone.notes
        for name, values in alone.curves.items():
            np.testing.assert_array_equal(found.curves[name], values)


def clouds_like(scene):
    """The same scene, of which nothing is kept yet."""
    return Scene.from_json(scene.to_json())


def test_what_is_kept_is_not_what_is_handed_out():
    scene = clouds(30, 2)
    for panel in PANELS:
        panel.answer(scene, view_of(scene, 12)).scores.clear()
        assert panel.answer(scene, view_of(scene, 12)).scores


def test_a_class_that_is_never_predicted_is_named():
    X = np.vstack([np.zeros((9, 2)), [[0.0, 0.0]], np.ones((9, 2))])
    scene = Scene(X, [0] * 9 + [1] + [2] * 9, ("left", "<rare>", "right"))
    for panel in PANELS:
        assert "No row is predicted as <rare>." in panel.answer(scene, view_of(scene, 20)).notes
