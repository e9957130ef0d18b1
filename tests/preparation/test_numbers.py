"""Quantities: gaps, scales, extremes, and plans as data."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium.preparation.numbers import FAR, NumberPlan, middle, spread

nan = np.nan
CELLS = st.lists(
    st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.just(nan)), min_size=1
)


def filled(plan, values):
    out = np.full((len(values), plan.width), -7.0)
    plan.fill(np.asarray(values, dtype=np.float64), out)
    return out


def test_gaps_are_filled_by_the_median_and_marked():
    plan = NumberPlan.learn(np.array([1.0, nan, 3.0, 8.0]))
    assert plan.median == 3.0
    assert plan.names("age") == ("age", "age is missing")
    out = filled(plan, [nan, 3.0, 1.0])
    assert out[0, 0] == out[1, 0]
    assert out[:, 1].tolist() == [1.0, 0.0, 0.0]
    training = filled(plan, [1.0, nan, 3.0, 8.0])[:, 0]
    np.testing.assert_allclose([training.mean(), training.std()], [0.0, 1.0], atol=1e-15)


def test_no_gap_in_training_leaves_no_mark_of_one_later():
    plan = NumberPlan.learn(np.array([1.0, 2.0, 3.0]))
    assert plan.names("age") == ("age",)
    assert filled(plan, [nan]).tolist() == [[0.0]]


@pytest.mark.parametrize("values", [[nan, nan], [4.0, 4.0], [4.0], []])
def test_a_column_that_tells_nothing_is_left_out(values):
    assert NumberPlan.learn(np.array(values)) is None


def test_of_a_constant_with_gaps_the_mark_stays():
    plan = NumberPlan.learn(np.array([4.0, nan]))
    assert plan.names("age") == ("age is missing",)
    assert filled(plan, [nan, 9.0]).tolist() == [[1.0], [0.0]]


def test_small_differences_of_great_numbers_keep_their_digits():
    noise = np.random.default_rng(0).integers(-512, 512, 1000) / 1024.0
    plan = NumberPlan.learn(1e9 + noise)
    scaled = filled(plan, 1e9 + noise)[:, 0]
    np.testing.assert_allclose(scaled, (noise - noise.mean()) / noise.std(), atol=1e-6)
    np.testing.assert_allclose(plan.scale, noise.std(), rtol=1e-10)


@given(CELLS)
def test_any_numbers_give_finite_columns_and_a_plan_that_json_keeps(cells):
    plan = NumberPlan.learn(np.array(cells))
    if plan is None:
        return
    assert np.isfinite(filled(plan, [*cells, 1.7e308, -1.7e308, nan])).all()
    assert NumberPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_what_is_far_beyond_all_counts_as_far():
    plan = NumberPlan.learn(np.array([0.0, 1e-300]))
    assert filled(plan, [1e308, -1e308]).tolist() == [[FAR], [-FAR]]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_the_median_is_numpys(known):
    assert middle(np.array(known)) == np.median(known)


def test_the_median_of_the_greatest_numbers_is_finite():
    assert middle(np.array([2.0**1023, 2.0**1023])) == 2.0**1023


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from([-900, 0, 900]))
def test_mean_and_deviation_scale_with_the_numbers(values, power):
    values = np.array(values)
    mean, deviation = spread(values)
    np.testing.assert_allclose(mean, values.mean(), atol=1e-9)
    np.testing.assert_allclose(deviation, values.std(), rtol=1e-7, atol=1e-9)
    if np.abs(values[values != 0.0]).min(initial=1.0) > 1e-6:
        assert spread(np.ldexp(values, power))[0] == np.ldexp(mean, power)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": 0.0}, "scale=0.0: expected a positive number"),
        ({"mean": "1"}, "mean='1': expected a finite number"),
        ({"median": float("inf")}, "median=inf: expected a finite number"),
        ({"gaps": 1}, "gaps=1: expected true or false"),
    ],
)
def test_a_stored_plan_is_checked(change, message):
    data = NumberPlan.learn(np.array([1.0, 2.0])).to_dict()
    with pytest.raises(ValueError, match=message):
        NumberPlan.from_dict(data | change)
