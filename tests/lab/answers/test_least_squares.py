"""The panel of least squares beside the normal equations."""

import numpy as np
import pytest
from tests.lab.answers.test_all_three import clouds

from trivium import LeastSquaresClassifier
from trivium.lab.answers import least_squares
from trivium.lab.answers.answer import Pointer
from trivium.lab.scene import Scene
from trivium.lab.view import view_of


def line(scene, kind, row=None, **settings):
    scene = scene.with_settings(**settings)
    found = least_squares.answer(scene, view_of(scene, 20), Pointer(0.0, 0.0, row))
    lines = [each for each in found.lines if each.kind == kind]
    return lines[0].points if lines else None


def plain_values(X, codes, points):
    rows = np.column_stack([X, np.ones(len(X))])
    solution = np.linalg.lstsq(rows, 2.0 * codes - 1.0)[0]
    return np.column_stack([points, np.ones(len(points))]) @ solution


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("scale", [(1.0, 1.0), (1e-6, 1e9)])
def test_the_line_is_where_the_normal_equations_say_zero(scale, standardize):
    scene = clouds(40, 2, scale=scale)
    ends = line(scene, "boundary", standardize=standardize)
    assert ends.shape == (2, 2)
    values = plain_values(scene.X / scale, scene.codes, ends / scale)
    np.testing.assert_allclose(values, 0.0, atol=1e-9)


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_ghost_is_the_boundary_of_a_fit_without_the_row(n_classes, robust):
    scene = clouds(40, n_classes).moved(3, 30.0, -20.0)
    ghost = line(scene, "ghost", row=3, robust=robust)
    without = scene.removed(3)
    view = view_of(scene, 20)
    other = least_squares.answer(without.with_settings(robust=robust), view).lines[0].points
    np.testing.assert_allclose(ghost, other, rtol=1e-6, atol=1e-6)
    assert line(scene, "ghost", row=None) is None


def test_there_is_no_ghost_without_a_class():
    scene = Scene([[0, 0], [0, 1], [1, 0.5], [3, 3]], [0, 0, 0, 1], ("a", "b"))
    assert line(scene, "ghost", row=3) is None
    assert line(scene, "ghost", row=2) is not None
    assert line(scene, "ghost", row=99) is None


def test_sizes_are_leverage_and_distance():
    scene = clouds(30, 3).moved(5, 9.0, 9.0)
    truth = LeastSquaresClassifier().fit(scene.X, scene.codes).influence(scene.X, scene.codes)
    for kind in ("leverage", "cooks_distance"):
        asked = scene.with_settings(sizes=kind)
        found = least_squares.answer(asked, view_of(scene, 20))
        values = getattr(truth, kind)
        np.testing.assert_allclose(found.sizes, values / values.max())
        assert found.sizes.argmax() == 5
    np.testing.assert_array_equal(found.measures["leverage"], truth.leverage)
    np.testing.assert_array_equal(found.measures["Cook's distance"], truth.cooks_distance)
    assert least_squares.answer(scene, view_of(scene, 20)).sizes is None


def test_a_robust_fit_has_the_leverage_of_what_it_counts():
    scene = clouds(60, 2).moved(4, 40.0, -40.0)
    scene = scene.with_settings(robust=True, sizes="leverage")
    found = least_squares.answer(scene, view_of(scene, 20))
    model = LeastSquaresClassifier(robust=True).fit(scene.X, scene.codes)
    weights = model.robust_weights_
    assert weights[4] < 0.2
    plain = LeastSquaresClassifier().fit(scene.X, scene.codes, weights)
    leverage = plain.influence(scene.X, scene.codes, weights).leverage
    np.testing.assert_allclose(found.sizes, leverage / leverage.max(), atol=1e-9)
    assert "leave-one-out accuracy" not in found.scores


def test_sizes_that_rows_do_not_tell_are_said():
    scene = Scene([[0, 0], [1, 1]], [0, 1], ("a", "b")).with_settings(sizes="cooks_distance")
    found = least_squares.answer(scene, view_of(scene, 20))
    assert found.sizes is None
    assert found.notes == ("These rows tell no Cook's distance.",)


def test_the_line_follows_a_robust_fit():
    plain = clouds(60, 2)
    far = plain.moved(4, 40.0, -40.0)
    view = view_of(plain, 20)
    before, bent, held = (
        least_squares.answer(scene.with_settings(robust=robust), view).lines[0].points
        for scene, robust in ((plain, False), (far, False), (far, True))
    )
    assert np.abs(held - before).max() < 0.5 * np.abs(bent - before).max()


def test_rounding_names_no_class_between():
    scene = clouds(40, 2).with_settings(rounded=True)
    view = view_of(scene, 20)
    found = least_squares.answer(scene, view)
    values = plain_values(scene.X, scene.codes, view.points)
    expected = np.select([np.rint(values) == -1, np.rint(values) == 1], [0, 1], -1)
    np.testing.assert_array_equal(found.shading.ravel(), expected)
    own = np.rint(plain_values(scene.X, scene.codes, scene.X))
    assert found.scores["accuracy by rint"] == np.mean(own == 2 * scene.codes - 1)
    assert found.scores["accuracy"] > found.scores["accuracy by rint"]
    three = clouds(40, 3).with_settings(rounded=True)
    assert "accuracy by rint" not in least_squares.answer(three, view).scores


def test_leaving_one_out_is_that_of_fits_without_each_row():
    scene = clouds(25, 3, seed=4)
    right = 0
    for row in range(25):
        rest = scene.removed(row)
        model = LeastSquaresClassifier().fit(rest.X, rest.codes)
        right += int(model.predict(scene.X[row : row + 1])[0] == scene.codes[row])
    found = least_squares.answer(scene, view_of(scene, 20))
    assert found.scores["leave-one-out accuracy"] == right / 25
