"""Sentences: each says what was measured, and nothing that was not."""

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.lab.answers.test_all_three import clouds

from trivium.lab.answers import softmax
from trivium.lab.answers.answer import DIGITS
from trivium.lab.explain import change_of, explain
from trivium.lab.presets import masked, outlier, separable
from trivium.lab.scene import Scene
from trivium.lab.script import PANELS
from trivium.lab.view import view_of


def told(panel, before, after):
    view = view_of(after, 40)
    answer = PANELS[panel].answer
    old = None if before is None else answer(before, view)
    return explain(panel, old, answer(after, view), change_of(before, after))


def kinds(before, after):
    change = change_of(before, after)
    return change.kind, change.row


def test_changes_are_found():
    scene = clouds(12, 3)
    assert kinds(None, scene) == ("start", None)
    assert kinds(scene, scene) == ("nothing", None)
    assert kinds(scene, scene.moved(4, 0.0, 0.0)) == ("move", 4)
    assert kinds(scene, scene.relabelled(4, 0)) == ("relabel", 4)
    assert kinds(scene, scene.added(0.0, 0.0, 2)) == ("add", 12)
    for row in (0, 5, 11):
        assert kinds(scene, scene.removed(row)) == ("remove", row)
    changed = change_of(scene, scene.with_settings(k=3, alpha=1.0))
    assert (changed.kind, changed.settings) == ("setting", ("k", "alpha"))
    for other in (
        scene.moved(4, 0.0, 0.0).moved(5, 0.0, 0.0),
        scene.moved(4, 0.0, 0.0).relabelled(4, 0),
        scene.moved(4, 0.0, 0.0).with_settings(k=3),
        scene.removed(4).removed(4),
        scene.removed(4).moved(2, 0.0, 0.0),
        Scene(scene.X, scene.codes, ("x", "y", "z")),
    ):
        assert change_of(scene, other).kind == "scene"


@pytest.mark.parametrize(
    ("edit", "begins"),
    [
        (lambda scene: scene.moved(4, 0.0, 0.0), "Row 4 of class b has moved: "),
        (lambda scene: scene.relabelled(4, 0), "Row 4 is of class a now: "),
        (lambda scene: scene.added(0.0, 0.0, 2), "Row 12 of class c is new: "),
        (lambda scene: scene.removed(4), "Row 4 of class b is gone: "),
        (lambda scene: scene.with_settings(standardize=True), "Columns are standardized: "),
    ],
)
@pytest.mark.parametrize("panel", PANELS)
def test_every_change_is_told_in_one_sentence(panel, edit, begins):
    scene = clouds(12, 3)
    sentence = told(panel, scene, edit(scene))
    assert sentence.startswith(begins)
    assert re.fullmatch(r"[^\n]+[^.]\.", sentence)
    assert "nan" not in sentence
    assert ", and , and" not in sentence


def test_shares_of_the_picture_are_counted():
    scene = clouds(40, 2)
    moved = scene.moved(0, 3.0, 3.0)
    view = view_of(moved, 40)
    a, b = (PANELS["neighbors"].answer(each, view) for each in (scene, moved))
    share = 100 * np.mean(a.shading != b.shading)
    assert f"{share:.1f} % of the picture has another class" in told("neighbors", scene, moved)
    far = scene.moved(0, *(scene.X[0] + 1e-9))
    assert "no part of the picture has another class" in told("neighbors", scene, far)


def test_a_line_that_turns_by_a_right_angle_is_said_to():
    square = [[0, 0], [0, 1], [1, 0], [1, 1]]
    before = Scene(square, [0, 0, 1, 1], ("a", "b")).with_settings(k=1)
    after = Scene(square, [0, 1, 0, 1], ("a", "b")).with_settings(k=1)
    view = view_of(before, 10)
    old, new = (PANELS["least_squares"].answer(each, view) for each in (before, after))
    assert abs(new.facts["angle"] - old.facts["angle"]) == pytest.approx(90.0)
    change = change_of(before, before.relabelled(1, 1))
    assert "the line turns by 90°" in explain("least_squares", old, new, change)
    old, new = (replace(old, facts={"angle": angle}) for angle in (170.0, -175.0))
    assert "the line turns by 15°" in explain("least_squares", old, new, change)


def test_the_outlier_has_the_greatest_leverage():
    before, after = outlier(1), outlier(1).moved(900, 8.0, 14.0)
    sentence = told("least_squares", before, after)
    assert sentence.startswith("Row 900 of class -1 has moved: the line turns by ")
    assert (
        "the test accuracy goes from 100.0 % to 98.0 %, by rint from 95.0 % to 85.0 %" in sentence
    )
    assert sentence.endswith("the greatest of all.")
    inner = before.moved(3, 1.2, 0.5)
    assert re.search(
        r"its leverage is 0\.\d+, the mean is 0\.0033\.$", told("least_squares", before, inner)
    )


def test_states_are_told_where_there_is_nothing_to_compare():
    scene = masked()
    assert told("neighbors", None, scene).startswith(
        "Of the rows 100.0 % are predicted right, 100.0 % where each"
    )
    assert re.match("The loss at the optimum is 0.0", told("softmax", None, scene))
    assert "at step 100" in told("softmax", None, separable())
    # another panel's setting
    assert told("neighbors", scene, scene.with_settings(alpha=1.0)) == told(
        "neighbors", None, scene
    )


def test_failures_are_told_as_they_are():
    scene = clouds(12, 2)
    wide = scene.with_settings(k=13)
    assert told("neighbors", scene, wide) == "k = 13 is more than there are: 12 rows."
    assert told("neighbors", wide, scene) == told("neighbors", None, scene)


def test_settings_are_told_with_both_values():
    scene = clouds(40, 2)
    assert told("neighbors", scene, scene.with_settings(k=9)).startswith(
        "With k = 9 in place of 5: "
    )
    robust = scene.with_settings(robust=True)
    assert told("least_squares", scene, robust).startswith("Robust is on: the line ")
    assert told("least_squares", robust, scene).startswith("Robust is off: the line ")
    stepped = scene.with_settings(step=3)
    assert told("softmax", scene, stepped).startswith("At step 3: ")
    assert "above the least there is" in told("softmax", scene, stepped)
    assert told("softmax", stepped, scene).startswith("At the optimum: ")
    fast = stepped.with_settings(learning_rate=0.25)
    assert told("softmax", stepped, fast).startswith("With a learning rate of 0.25 in place of 1: ")


def test_what_a_picture_shows_is_told_where_it_alone_has_changed():
    scene = clouds(40, 2)
    shares = scene.with_settings(neighbors_shading="p(c|x)", softmax_shading="p(c|x)")
    assert told("neighbors", scene, shares) == "Shaded is p(c|x), c = a, from 0 to 1."
    assert told("softmax", scene, shares) == "Shaded is p(c|x), c = a, from 0 to 1."
    dense = scene.with_settings(neighbors_shading="p(x)")
    assert re.fullmatch(
        r"Shaded is p\(x\) per unit of area, from 0 to [\d.]+ and more\.",
        told("neighbors", scene, dense),
    )
    assert told("neighbors", shares, scene) == told("neighbors", None, scene)
    sized = scene.moved(7, 9.0, 9.0).with_settings(sizes="leverage")
    plain = sized.with_settings(sizes="none")
    assert re.fullmatch(
        r"The greatest row is row 7: leverage 0\.\d+, Cook's distance [\d.]+\.",
        told("least_squares", plain, sized),
    )
    assert told("least_squares", sized, plain) == told("least_squares", None, plain)


def test_rows_that_robust_holds_back_are_counted():
    before = outlier(8)
    sentence = told("least_squares", before, before.with_settings(robust=True))
    assert sentence.endswith("; 3 rows count less than half.")
    one = clouds(40, 2).moved(4, 90.0, -90.0)
    sentence = told("least_squares", one, one.with_settings(robust=True))
    assert sentence.endswith("; one row counts less than half.")


def test_probabilities_and_densities_are_told_by_their_greatest_change():
    scene = clouds(40, 2).with_settings(neighbors_shading="p(c|x)")
    assert "the probability moves by 0.2 at most" in told("neighbors", scene, scene.removed(0)) or (
        "the probability moves by 0.4 at most" in told("neighbors", scene, scene.removed(0))
    )
    scene = scene.with_settings(neighbors_shading="p(x)")
    assert "the top of the scale goes from" in told("neighbors", scene, scene.with_settings(k=9))


def test_what_is_not_all_does_not_read_as_all():
    codes = np.arange(2200) % 2
    X = np.column_stack([18.0 * codes - 9.0, np.arange(2200) / 2200])
    far = Scene(X, codes, ("a", "b")).relabelled(0, 1)
    assert "more than 99.9 %" in told("least_squares", None, far)


def test_the_gap_has_the_digits_of_the_card():
    found = softmax.answer(scene := clouds(50, 2), view_of(scene, 10))
    gap = re.search(r"at most (\S+) above", explain("softmax", None, found, change_of(None, scene)))
    assert gap[1] == f"{found.scores['gap']:.{DIGITS['gap']}g}"
