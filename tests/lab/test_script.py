"""Scripts print what the panels show, whatever is set, and nothing in a name is run."""

import subprocess
import sys

import numpy as np
import pytest
from tests.lab.answers.test_all_three import clouds

from trivium.lab.presets import outlier
from trivium.lab.scene import Scene
from trivium.lab.script import PANELS, printed, script
from trivium.lab.settings import Settings
from trivium.lab.view import view_of

HOSTILE = '"; print("run")\n#\r\x0c\u2028<script>{1/0}\\'
TESTED = Scene(
    clouds(40, 3).X,
    clouds(40, 3).codes * 2,
    ("a", "no row", "b", "-", "c"),
    X_test=clouds(20, 3, seed=1).X,
    test_codes=np.arange(20) % 4,
)
TWO = Scene(clouds(30, 2).X, clouds(30, 2).codes + 1, ("none", "a", "b"))
SCENES = {
    "at the optimum": TESTED,
    "robust, at a step": TESTED.with_settings(robust=True, step=7, softmax_alpha=0.0),
    "standardized, at the start": TESTED.with_settings(standardize=True, step=0, k=40),
    "diverging": TWO.with_settings(step=400, learning_rate=1e6, softmax_alpha=1.0),
    "rounded": TWO.with_settings(rounded=True, alpha=0.1),
    "rounded, tested": outlier(8),
    "no density": TWO.with_settings(k=1, neighbors_shading="p(x)"),
    "one class": Scene([[0, 0], [1, 1]], [0, 0], ("a",)).with_settings(k=2),
    "hostile names": Scene(
        [[0, 0], [1, 1]], [0, 1], (HOSTILE, "b"), (HOSTILE, "y"), Settings(k=1), HOSTILE
    ),
    "far apart": clouds(40, 2, scale=(1e-6, 1e9)).with_settings(standardize=True),
    "duplicates": clouds(40, 2, integers=True).with_settings(step=20),
}


def test_scripts_print_the_numbers_of_the_panels():
    """All in one process: each script stands for itself, between two lines that part them."""
    part = 'print("----")\n'
    whole = part.join(script(scene) for scene in SCENES.values())
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", whole], capture_output=True, text=True, timeout=120
    )
    assert run.stderr == ""
    for name, told in zip(SCENES, run.stdout.split("----\n"), strict=True):
        scene = SCENES[name]
        answers = {
            panel: module.answer(scene, view_of(scene, 4)) for panel, module in PANELS.items()
        }
        assert told == printed(answers), name


@pytest.mark.parametrize("name", ["at the optimum", "robust, at a step"])
def test_scripts_are_short_lines(name):
    assert all(len(line) <= 110 for line in script(SCENES[name]).split("\n"))


def test_scores_are_all_printed():
    answers = {panel: module.answer(TESTED, view_of(TESTED, 4)) for panel, module in PANELS.items()}
    lines = printed(answers).splitlines()
    assert len(lines) == sum(len(answer.scores) for answer in answers.values()) == 10
    assert lines[0].startswith("k nearest neighbours: accuracy 0.")


def test_no_more_steps_are_taken_than_are_shown():
    assert "max_iter=7," in script(SCENES["robust, at a step"])
    assert "max_iter=1," in script(SCENES["standardized, at the start"])


def test_there_is_nothing_to_print_without_rows():
    told = script(Scene([], [], ("a",)))
    assert "print" not in told
