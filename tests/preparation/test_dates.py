"""Dates: the day, and the cycles that dates go round."""

import calendar
import datetime
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium.preparation.dates import DAY, DatePlan, on_circle, turns

nan = np.nan
MOMENTS = st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2400, 1, 1))


def seconds(moment):
    return (moment - datetime.datetime(1970, 1, 1)).total_seconds()


def filled(plan, values):
    out = np.full((len(values), plan.width), -7.0)
    plan.fill(np.asarray(values, dtype=np.float64), out)
    return out


@given(MOMENTS)
def test_places_in_cycles_are_those_of_the_calendar(moment):
    days = 366 if calendar.isleap(moment.year) else 365
    year = (moment - datetime.datetime(moment.year, 1, 1)).total_seconds() / (days * DAY)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    day = (moment - midnight).total_seconds() / DAY
    at = np.array([seconds(moment)])
    np.testing.assert_allclose(turns(at, "year"), year, atol=1e-10)
    np.testing.assert_allclose(turns(at, "week"), (moment.weekday() + day) / 7.0, atol=1e-8)
    np.testing.assert_allclose(turns(at, "day"), day, atol=1e-8)


def test_the_last_day_of_a_year_is_next_to_the_first():
    eve = seconds(datetime.datetime(2023, 12, 31))
    at = np.array([eve, eve + DAY])
    first, second = on_circle(turns(at, "year"))
    assert np.linalg.norm(first - second) < 0.02


@pytest.mark.parametrize(
    ("values", "cycles"),
    [
        (np.arange(800) * DAY, ("year", "week")),
        (np.arange(800) * DAY / 3.0, ("week", "day")),
        (np.arange(60) * DAY, ("week",)),
        (np.arange(6) * DAY, ()),
        (np.arange(200) * 7 * DAY, ("year",)),
        (np.arange(40) * 3600.0, ("day",)),
        (np.array([0.0, 365.0, 730.0]) * DAY, ("week",)),
    ],
    ids=["days", "hours", "two months", "a week", "Thursdays", "two days", "new years"],
)
def test_a_cycle_is_there_where_dates_go_round_it(values, cycles):
    assert DatePlan.learn(values).cycles == cycles


def test_columns_and_their_names():
    plan = DatePlan.learn(np.array([*np.arange(60) * DAY, nan]))
    assert plan.names("joined") == (
        "joined: day",
        "joined: time of week, sine",
        "joined: time of week, cosine",
        "joined is missing",
    )
    out = filled(plan, [nan, 4 * DAY, plan.day.median * DAY])
    assert out[0, 0] == out[2, 0]
    assert out[0, 1:].tolist() == [0.0, 0.0, 1.0]
    np.testing.assert_allclose(out[1, 1:], [0.0, 1.0, 0.0], atol=1e-15)  # 5 January: a Monday
    assert DatePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize("values", [[nan, nan], [5.0, 5.0], []])
def test_a_column_that_tells_nothing_is_left_out(values):
    assert DatePlan.learn(np.array(values)) is None


def test_of_one_date_with_gaps_the_mark_stays():
    assert DatePlan.learn(np.array([5.0, nan])).names("joined") == ("joined is missing",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": None}, "day: expected the plan of a number"),
        ({"cycles": ["month"]}, "cycles=.*: expected some of year, week, day"),
        ({"cycles": "day"}, "cycles='day': expected some of"),
    ],
)
def test_a_stored_plan_is_checked(change, message):
    data = DatePlan.learn(np.arange(60) * DAY).to_dict()
    with pytest.raises(ValueError, match=message):
        DatePlan.from_dict(data | change)
