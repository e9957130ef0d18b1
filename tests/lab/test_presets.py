"""Presets: the sheets' rows give the sheets' numbers, the others show what they say."""

import numpy as np
import pytest

from trivium.lab.answers import least_squares, neighbors, softmax
from trivium.lab.presets import (
    OUTLIER_SCALES,
    PRESETS,
    digits,
    imbalanced,
    masked,
    moons,
    outlier,
    separable,
)
from trivium.lab.scene import Scene
from trivium.lab.view import view_of


def scores(panel, scene):
    return panel.answer(scene, view_of(scene, 10)).scores


def test_moons_have_the_sheets_accuracies_of_each_k():
    scene = moons()
    published = {1: 0.94, 2: 0.96, 4: 0.94, 5: 0.97, 8: 0.95, 16: 0.99, 32: 0.97, 512: 0.80}
    told = {k: scores(neighbors, scene.with_settings(k=k))["test accuracy"] for k in published}
    assert told == published


@pytest.mark.parametrize(("scale", "by_rint", "by_sign"), [(1, 0.95, 1.0), (8, 0.85, 0.98)])
def test_a_dragged_outlier_has_the_sheets_numbers(scale, by_rint, by_sign):
    scene = outlier(1).moved(outlier(1).marked, *np.multiply(scale, (1.0, 1.75)))
    told = scores(least_squares, scene)
    assert told["test accuracy by rint"] == by_rint
    assert told["test accuracy"] == by_sign


def test_outliers_are_in_one_window():
    windows = {outlier(scale).window for scale in OUTLIER_SCALES}
    assert len(windows) == 1
    for scale in OUTLIER_SCALES:
        scene = PRESETS[f"outlier-{scale}"].make()
        assert view_of(scene).holds(*scene.X[scene.marked])
        assert scene.classes[scene.codes[scene.marked]] == "-1"
        np.testing.assert_array_equal(scene.X[scene.marked], (scale, 1.75 * scale))


def test_the_middle_class_is_masked_in_least_squares_alone():
    scene = masked()
    view = view_of(scene)
    found = least_squares.answer(scene, view)
    assert found.notes == ("No row is predicted as middle.",)
    for panel in (neighbors, softmax):
        other = panel.answer(scene, view)
        assert other.notes == ()
        assert other.scores["accuracy"] > 0.95


def test_separable_classes_have_no_optimum_and_the_loss_falls():
    scene = separable()
    found = softmax.answer(scene, view_of(scene, 10))
    assert any("falls for ever" in note for note in found.notes)
    assert (np.diff(found.curves["loss"]) < 0).all()
    assert found.scores["accuracy"] == 1.0


def test_imbalanced_classes_are_outvoted_at_high_accuracy():
    scene = imbalanced()
    found = neighbors.answer(scene, view_of(scene, 10))
    assert found.scores["accuracy"] >= 0.95
    assert np.mean(scene.codes == 1) <= 0.05
    assert found.notes == ("No row is predicted as rare.",)


def test_digits_are_the_sheets_on_uncorrelated_axes():
    scene = digits()
    assert (scene.n_rows, scene.test_codes.size, len(scene.classes)) == (1347, 450, 10)
    assert abs(np.corrcoef(scene.X.T)[0, 1]) < 1e-9
    assert scene.X[:, 0].var() > scene.X[:, 1].var()
    assert 0.5 < scores(neighbors, scene)["test accuracy"] < 0.8


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_whole_scenes(name):
    preset = PRESETS[name]
    assert preset.title
    assert preset.about.endswith(".")
    scene = preset.make()
    assert Scene.from_fragment(scene.to_fragment()).to_json() == scene.to_json()
    assert preset.make().to_json() == scene.to_json()
    for panel in (neighbors, least_squares, softmax):
        assert not panel.answer(scene, view_of(scene, 10)).failure
