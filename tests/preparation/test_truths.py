"""Truth values."""

import json

import numpy as np
import pytest

from trivium.preparation.truths import TruthPlan

nan = np.nan


def filled(plan, values):
    out = np.full((len(values), plan.width), -7.0)
    plan.fill(np.asarray(values, dtype=np.float64), out)
    return out


def test_gaps_are_filled_by_the_more_frequent_and_marked():
    plan = TruthPlan.learn(np.array([1.0, 1.0, 0.0, nan]))
    assert plan.names("sold") == ("sold", "sold is missing")
    assert filled(plan, [nan, 0.0, 1.0]).tolist() == [[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    assert TruthPlan.learn(np.array([1.0, 0.0])).usual == 0.0
    assert TruthPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize("values", [[nan, nan], [1.0, 1.0], []])
def test_a_column_that_tells_nothing_is_left_out(values):
    assert TruthPlan.learn(np.array(values)) is None


def test_of_one_value_with_gaps_the_mark_stays():
    plan = TruthPlan.learn(np.array([1.0, nan]))
    assert plan.names("sold") == ("sold is missing",)
    assert filled(plan, [nan, 0.0]).tolist() == [[1.0], [0.0]]


def test_a_stored_plan_is_checked():
    data = TruthPlan.learn(np.array([1.0, 0.0])).to_dict()
    with pytest.raises(ValueError, match=r"usual=2.0: expected 0 or 1"):
        TruthPlan.from_dict(data | {"usual": 2})
