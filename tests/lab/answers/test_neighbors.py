"""The panel of neighbours beside plain truth: distances sorted by (distance, row)."""

import numpy as np
import pytest
from tests.lab.answers.test_all_three import clouds

from trivium import KNeighborsDensity
from trivium.lab.answers import neighbors
from trivium.lab.answers.answer import Pointer
from trivium.lab.scene import Scene
from trivium.lab.view import View, coarser, view_of


def nearest(X, point, k):
    squares = np.square(X - point).sum(axis=1)
    return np.lexsort((np.arange(len(X)), squares))[:k]


def votes(X, codes, points, k, n_classes):
    return np.array([np.bincount(codes[nearest(X, p, k)], minlength=n_classes) for p in points])


@pytest.mark.parametrize("k", [1, 4, 50])
@pytest.mark.parametrize("integers", [False, True])
def test_regions_and_shares_are_those_of_votes(k, integers):
    scene = clouds(50, 3, integers=integers).with_settings(k=k)
    view = view_of(scene, 15)
    counted = votes(scene.X, scene.codes, view.points, k, 3)
    shading = neighbors.answer(scene, view).shading
    np.testing.assert_array_equal(shading.ravel(), counted.argmax(axis=1))
    scene = scene.with_settings(neighbors_shading="p(c|x)", shaded_class=2)
    shading = neighbors.answer(scene, view).shading
    np.testing.assert_allclose(shading.ravel(), counted[:, 2] / k)


def test_the_first_row_of_cells_is_the_lowest():
    scene = Scene([[0, 0], [0, 1]], [0, 1], ("low", "high")).with_settings(k=1)
    shading = neighbors.answer(scene, View((-1.0, 1.0, 0.0, 1.0), 4)).shading
    assert shading.tolist() == [[0] * 4, [0] * 4, [1] * 4, [1] * 4]


def test_densities_are_those_of_the_estimator_up_to_the_top():
    scene = clouds(40, 2).with_settings(k=5, neighbors_shading="p(x|c)", shaded_class=1)
    view = view_of(scene, 15)
    found = neighbors.answer(scene, view)
    density = KNeighborsDensity(5).fit(scene.X, scene.codes)
    truth = np.exp(density.class_score_samples(view.points)[:, 1])
    np.testing.assert_allclose(
        found.shading.ravel() * found.top, np.minimum(truth, found.top), atol=1e-12
    )
    assert (found.shading == 0).any() == (truth == 0).any()
    assert 0.005 < np.mean(found.shading == 1) < 0.03


def test_densities_keep_apart_in_any_units():
    scene = clouds(40, 2, scale=(1e-90, 1e-90)).with_settings(k=5, neighbors_shading="p(x)")
    shading = neighbors.answer(scene, view_of(scene, 15)).shading
    plain = clouds(40, 2).with_settings(k=5, neighbors_shading="p(x)")
    same = neighbors.answer(plain, view_of(plain, 15)).shading
    np.testing.assert_allclose(shading, same, rtol=1e-9)


def test_coinciding_rows_are_infinitely_dense_and_said_to_be():
    scene = Scene(np.zeros((6, 2)), [0, 1] * 3, ("a", "b"), window=(-1, 1, -1, 1))
    scene = scene.with_settings(k=3, neighbors_shading="p(x)")
    found = neighbors.answer(scene, view_of(scene, 5))  # the middle cell's centre is on them
    assert found.shading[2, 2] == 1
    assert np.isfinite(found.top)
    assert found.notes[0].startswith("Where k rows lie at one place")


@pytest.mark.parametrize("standardize", [False, True])
def test_the_circle_holds_the_nearest_rows(standardize):
    scene = clouds(40, 2, scale=(1.0, 1.7)).with_settings(k=7, standardize=standardize)
    place = np.array([0.3, 0.4])
    found = neighbors.answer(scene, view_of(scene, 15), Pointer(*place))
    scale = scene.X.std(axis=0) if standardize else np.ones(2)
    rows = nearest(scene.X / scale, place / scale, 7)
    np.testing.assert_array_equal(found.rows, rows)
    (circle,) = [line.points for line in found.lines if line.kind == "circle"]
    radius = np.linalg.norm((scene.X[rows[-1]] - place) / scale)
    np.testing.assert_allclose(np.linalg.norm((circle - place) / scale, axis=1), radius)


def test_scores_are_shares_of_rows():
    scene = clouds(40, 3)
    scene = Scene(scene.X, scene.codes, scene.classes, X_test=scene.X[:9] + 0.3, test_codes=[2] * 9)
    scores = neighbors.answer(scene, view_of(scene, 5)).scores
    told = votes(scene.X, scene.codes, scene.X, 5, 3).argmax(axis=1)
    assert scores["accuracy"] == np.mean(told == scene.codes)
    told = votes(scene.X, scene.codes, scene.X_test, 5, 3).argmax(axis=1)
    assert scores["test accuracy"] == np.mean(told == 2)
    assert scores["leave-one-out accuracy"] == left_out(scene, 5)


def left_out(scene, k):
    right = 0
    for row in range(scene.n_rows):
        X, codes = np.delete(scene.X, row, axis=0), np.delete(scene.codes, row)
        counted = votes(X, codes, scene.X[row : row + 1], k, len(scene.classes))
        right += counted.argmax() == scene.codes[row]
    return right / scene.n_rows


def test_the_curve_has_every_k():
    scene = clouds(24, 3, integers=True)
    curve = neighbors.curve(scene)
    assert curve["k"].tolist() == list(range(1, 24))
    truth = [left_out(scene, k) for k in range(1, 24)]
    np.testing.assert_allclose(curve["leave-one-out accuracy"], truth)
    assert neighbors.curve(scene.removed(0).with_settings(k=3))["k"].size == 22
    for row in range(23):
        scene = scene.removed(22 - row)
    assert scene.n_rows == 1
    assert neighbors.curve(scene)["k"].size == 0


def test_the_curve_of_many_rows_ends_with_all_others():
    curve = neighbors.curve(clouds(500, 2))
    assert curve["k"][[0, -1]].tolist() == [1, 499]
    assert curve["k"].size < 300


def test_what_k_does_not_allow_is_said():
    scene = clouds(6, 2)
    view = view_of(scene, 5)
    assert neighbors.answer(scene.with_settings(k=7), view).failure == (
        "k = 7 is more than there are: 6 rows."
    )
    one = Scene([[0, 0]], [0], ("a",))
    assert neighbors.answer(one, view).failure == "k = 5 is more than there are: one row."
    found = neighbors.answer(scene.with_settings(k=6), view)
    assert "leave-one-out accuracy" not in found.scores
    for shading in ("p(x)", "p(x|c)"):
        scene = scene.with_settings(k=1, neighbors_shading=shading)
        assert neighbors.answer(scene, view).failure.startswith("k = 1 tells no density")


def test_cells_get_fewer_only_where_k_is_great():
    scene = clouds(1000, 2)
    view = view_of(scene)
    assert coarser(view, 390) == view
    assert coarser(view, 10**6).cells >= 24
    assert coarser(View(view.window, 10), 2000).cells == 10
    found = neighbors.answer(scene.with_settings(k=1000), view)
    assert found.shading.shape == (50, 50)
    assert np.unique(found.shading).tolist() == [0]  # a tie, everywhere
