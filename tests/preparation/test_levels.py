"""Levels: what is kept, pooled, missing and unseen."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium.preparation.levels import LevelPlan, Levels


def levels(cells):
    words = list(dict.fromkeys(cell for cell in cells if cell is not None))
    return Levels(words, np.array([-1 if c is None else words.index(c) for c in cells], np.int32))


def learn(cells, min_frequency=2, max_levels=50):
    return LevelPlan.learn(levels(cells), min_frequency=min_frequency, max_levels=max_levels)


def places(plan, cells):
    found, unseen = plan.places(levels(cells))
    return found.tolist(), unseen


def test_each_level_has_a_column_by_its_number_and_no_name_holds_its_word():
    plan = learn(["red", "blue", "red", None, "blue", "once"])
    assert plan.kept == ("blue", "red")
    assert plan.pooled == ("once",)
    assert plan.names("colour") == (
        "colour, level 1",
        "colour, level 2",
        "colour is missing",
        "colour, other or unseen",
    )


def test_what_is_rare_shares_a_column_with_what_is_unseen_and_only_that_is_counted():
    plan = learn(["red", "blue", "red", None, "blue", "once"])
    cells = ["red", None, "once", "new", "new", "blue"]
    assert places(plan, cells) == ([1, 2, 3, 3, 3, 0], 2)
    out = np.zeros((6, 4))
    assert plan.fill(levels(cells), out) == 2
    assert out.argmax(axis=1).tolist() == [1, 2, 3, 3, 3, 0]
    assert out.sum() == 6.0


def test_a_missing_cell_where_training_had_none_is_as_an_unseen_level():
    plan = learn(["red", "red", "blue", "blue"])
    assert places(plan, [None, "blue"]) == ([2, 0], 0)


def test_of_many_levels_the_most_frequent_are_kept():
    cells = [f"{number:04d}" for number in range(5000)] + ["0007", "0003", "0007", "4999"]
    plan = learn(cells, max_levels=2)
    assert plan.kept == ("0003", "0007")  # 0003 and 4999 come twice: the first in order
    assert len(plan.pooled) == 4998
    assert plan.width == 3


@pytest.mark.parametrize(
    "cells", [[None, None], ["a", "a"], ["a", "b", "c"], []], ids=["gaps", "one", "rare", "none"]
)
def test_a_column_that_tells_nothing_is_left_out(cells):
    assert learn(cells) is None


def test_codes_of_levels_that_no_training_row_has_do_not_count():
    whole = Levels(["a", "b", "test only"], np.array([0, 1, 0, 1, 2], np.int32))
    plan = LevelPlan.learn(whole.take(np.arange(4)), min_frequency=1, max_levels=9)
    assert plan.kept == ("a", "b")
    assert plan.places(whole)[1] == 1


@given(st.lists(st.sampled_from([None, "a", "b", "c", "d", "e"])), st.randoms())
def test_neither_order_nor_coding_of_cells_matters(cells, random):
    plan = learn(cells)
    shuffled = random.sample(cells, len(cells))
    assert learn(shuffled) == plan
    if plan is not None:
        assert LevelPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
        assert len(set(plan.names("x"))) == plan.width


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kept": ["b", "a"]}, "kept: expected different words in order"),
        ({"kept": [1]}, "kept: expected a list of words"),
        ({"pooled": None}, "pooled: expected a list of words"),
        ({"pooled": ["a"]}, "a level is in both"),
        ({"gaps": "no"}, "gaps='no': expected true or false"),
    ],
)
def test_a_stored_plan_is_checked(change, message):
    data = learn(["a", "a", "b", "b"]).to_dict()
    with pytest.raises(ValueError, match=message):
        LevelPlan.from_dict(data | change)
