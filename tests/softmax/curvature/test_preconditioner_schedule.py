"""When preconditioners are made: what is dear waits until steps without it have cost as much."""

import numpy as np
import pytest

from trivium.blocks.costs import SOFTMAX
from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.curvature import preconditioner_schedule as module
from trivium.softmax.curvature.preconditioner import Blocks, Diagonal
from trivium.softmax.curvature.preconditioner_schedule import PreconditionerSchedule
from trivium.softmax.objective.cross_entropy import CrossEntropy


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    rows = ArrayRows(rng.normal(size=(60, 5)), rng.integers(0, 3, size=60), 3)
    return Problem(CrossEntropy(rows, alpha=0.01), frame_of(rows.summary(), centred=True))


def steps(problem, *, warm, n_steps=30):
    """What a schedule answers with at a point, one pass a step, and what it holds dear."""
    schedule = PreconditionerSchedule(problem, 1e-9, warm=warm)
    made = []
    for step in range(n_steps):
        at = problem.evaluate(np.zeros(problem.objective.shape))
        made.append(schedule(step, at))
    return made, schedule._blocks


@pytest.mark.parametrize("warm", [False, True])
def test_a_cheap_block_comes_first(problem, warm):
    made, _ = steps(problem, warm=warm)
    assert isinstance(made[0], Blocks)


@pytest.mark.parametrize("warm", [False, True])
def test_a_dear_block_comes_when_steps_have_cost_as_much(problem, warm, monkeypatch):
    monkeypatch.setattr(module, "_DEAR", 0.5)
    monkeypatch.setattr(module, "SOFTMAX", SOFTMAX._replace(block_start=3.0 * SOFTMAX.pass_start))
    made, cost = steps(problem, warm=warm)
    (later,) = [step for step in range(1, 15) if made[step] is not None]
    assert isinstance(made[0], Diagonal)
    assert isinstance(made[later], Blocks)
    assert cost <= later <= cost + 1


def test_one_that_no_steps_would_pay_for_is_never_made(problem, monkeypatch):
    monkeypatch.setattr(module, "_MOST_PASSES", 0)
    made, _ = steps(problem, warm=True)
    assert isinstance(made[0], Diagonal)
    assert not any(made[1:])
