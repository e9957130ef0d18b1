"""The panel of softmax regression: the optimum, and gradient descent step by step."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from tests.lab.answers.test_all_three import clouds

from trivium import SoftmaxRegression
from trivium.lab.answers import descent, softmax
from trivium.lab.answers.descent import descent_of
from trivium.lab.scene import Scene
from trivium.lab.view import view_of
from trivium.softmax.solvers.gradient_descent import gradient_descent


def by_estimator(scene, steps, rate):
    with warnings.catch_warnings(action="ignore"):
        return SoftmaxRegression(
            scene.settings.softmax_alpha,
            solver="gradient-descent",
            learning_rate=rate,
            max_iter=steps,
            tol=0,
        ).fit(scene.X, scene.codes)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_the_optimum_is_the_estimators(n_classes):
    scene = clouds(50, n_classes).with_settings(softmax_alpha=0.01, softmax_shading="p(c|x)")
    view = view_of(scene, 20)
    found = softmax.answer(scene, view)
    model = SoftmaxRegression(0.01).fit(scene.X, scene.codes)
    truth = model.predict_proba(view.points)
    np.testing.assert_allclose(found.shading.ravel(), truth[:, 0], atol=1e-12)
    assert found.scores["loss"] == model.history_["loss"][-1]
    assert found.scores["gap"] < 1e-8
    regions = softmax.answer(scene.with_settings(softmax_shading="classes"), view).shading
    np.testing.assert_array_equal(regions.ravel(), model.predict(view.points))


def test_the_boundary_is_where_both_are_as_probable():
    scene = clouds(50, 2)
    found = softmax.answer(scene, view_of(scene, 20))
    model = SoftmaxRegression().fit(scene.X, scene.codes)
    np.testing.assert_allclose(model.predict_proba(found.lines[0].points), 0.5, atol=1e-9)


@pytest.mark.parametrize("steps", [0, 1, 7, 60])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_steps_are_those_of_the_estimator(n_classes, steps):
    scene = clouds(50, n_classes).with_settings(step=steps, learning_rate=0.3, n_steps=20)
    found = softmax.answer(scene, view_of(scene, 20))
    model = by_estimator(scene, max(steps, 1), 0.3)
    history = {name: each[: steps + 1] for name, each in model.history_.items()}
    assert found.scores["loss"] == pytest.approx(history["loss"][-1], rel=1e-13)
    assert found.scores["accuracy"] == pytest.approx(history["train_accuracy"][-1])
    shown = found.curves["loss"][: steps + 1]
    np.testing.assert_allclose(shown, history["loss"], rtol=1e-13)
    assert found.curves["step"].tolist() == list(range(max(20, steps) + 1))
    least = SoftmaxRegression().fit(scene.X, scene.codes).history_["loss"][-1]
    assert found.scores["gap"] == pytest.approx(found.scores["loss"] - least, abs=1e-8)


def test_a_path_that_is_asked_in_parts_is_the_same_path():
    scene = clouds(30, 3)
    parts = descent_of(scene.with_settings(learning_rate=0.1))
    for step in (0, 3, 4, 11, 2):
        parts.at(step)
    whole = descent_of(scene.moved(0, *scene.X[0]).with_settings(learning_rate=0.1))
    assert whole is not parts
    np.testing.assert_array_equal(whole.at(11).parameters, parts.at(11).parameters)
    np.testing.assert_array_equal(whole.curves(11)["loss"], parts.curves(11)["loss"])


def test_a_path_goes_on_where_it_ended(monkeypatch):
    asked = []

    def counted(*given, max_iter, **more):
        asked.append(max_iter)
        return gradient_descent(*given, max_iter=max_iter, **more)

    monkeypatch.setattr(descent, "gradient_descent", counted)
    path = descent_of(clouds(30, 3, seed=8))
    for step in (0, 10, 3, 11):
        path.at(step)
    assert asked == [0, 10, 1]


def test_steps_come_one_by_one():
    steps = descent_of(clouds(30, 2).with_settings(learning_rate=0.1)).steps()
    some = [next(steps) for _ in range(50)]
    assert [step.number for step in some] == list(range(50))
    assert all(a.loss > b.loss for a, b in pairwise(some))
    assert all(step.gap >= 0 for step in some)


def test_a_rate_that_diverges_is_said_and_the_last_finite_step_shown():
    scene = clouds(30, 2).with_settings(learning_rate=1e6, softmax_alpha=1.0, step=500)
    found = softmax.answer(scene, view_of(scene, 20))
    stopped = descent_of(scene).diverged_at
    assert 0 < stopped < 500
    assert found.notes[0].startswith(f"The learning rate 1e+06 diverges: at step {stopped} ")
    assert found.facts["step"] == stopped - 1
    assert np.isfinite(found.curves["loss"]).all()
    assert len(list(descent_of(scene).steps())) == stopped


def test_a_rate_that_overshoots_is_said_with_one_that_does_not():
    scene = clouds(60, 2).with_settings(learning_rate=8.0, step=100)
    found = softmax.answer(scene, view_of(scene, 20))
    losses = found.curves["loss"][:101]
    rises = int((np.diff(losses) > 0).sum())
    assert rises > 5
    assert found.notes[0].startswith(f"{rises} of 100 steps raised the loss")
    rate = found.facts["safe learning rate"]
    calm = softmax.answer(scene.with_settings(learning_rate=rate), view_of(scene, 20))
    assert calm.notes == ()
    assert (np.diff(calm.curves["loss"]) < 0).all()


def test_separated_classes_are_said_where_nothing_holds_the_coefficients():
    scene = Scene([[0, 0], [0, 1], [3, 0], [3, 1]], [0, 0, 1, 1], ("a", "b"))
    scene = scene.with_settings(softmax_alpha=0.0)
    for step in (None, 10):
        notes = softmax.answer(scene.with_settings(step=step), view_of(scene, 20)).notes
        assert any("the loss falls for ever" in note for note in notes)
    assert softmax.answer(scene.with_settings(softmax_alpha=0.1), view_of(scene, 20)).notes == ()


def test_test_rows_are_scored():
    scene = clouds(50, 3)
    scene = Scene(scene.X, scene.codes, scene.classes, X_test=scene.X[:8], test_codes=[1] * 8)
    found = softmax.answer(scene, view_of(scene, 20))
    model = SoftmaxRegression().fit(scene.X, scene.codes)
    assert found.scores["test accuracy"] == np.mean(model.predict(scene.X_test) == 1)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("shading", ["classes", "p(c|x)"])
def test_a_tiny_step_says_of_its_classes_what_its_score_says(n_classes, shading):
    scene = clouds(50, n_classes).with_settings(
        step=3, learning_rate=1e-300, softmax_alpha=0.0, softmax_shading=shading
    )
    found = softmax.answer(scene, view_of(scene, 20))
    logits = np.c_[scene.X, np.ones(scene.n_rows)] @ descent_of(scene).at(3).parameters.T
    predicted = logits.argmax(axis=1)
    assert len(np.unique(predicted)) == n_classes
    assert found.scores["accuracy"] == np.mean(predicted == scene.codes)
    assert not any("No row is predicted" in note for note in found.notes)
    if shading == "classes":
        assert len(np.unique(found.shading)) == n_classes
