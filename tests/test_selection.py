"""Which model scores choose, and that rounding does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium.selection import RULES, choose, choose_penalty


@pytest.mark.parametrize(
    ("scores", "first", "last", "simplest"),
    [([5, 9, 9, 8, 7], 1, 2, 3), ([9, 1, 1], 0, 0, 0), ([1, 2, 3], 2, 2, 2), ([2, 2, 2], 0, 2, 2)],
)
def test_rules(scores, first, last, simplest):
    scores, errors = np.array(scores, dtype=float), np.full(len(scores), 1.5)
    assert choose(scores, errors, "best", tied=0) == first
    assert choose(scores, errors, "best") == last
    for tied in (0, -1):
        assert choose(scores, errors, "one-standard-error", tied=tied) == simplest


@pytest.mark.parametrize("rule", ["two-standard-errors", "Best", ""])
def test_a_rule_that_there_is_not(rule):
    with pytest.raises(ValueError, match=f"rule='{rule}': expected one of 'one-standard-error', "):
        choose(np.array([0.5, 0.7]), np.zeros(2), rule)
    with pytest.raises(ValueError, match=f"rule='{rule}': expected one of"):
        choose_penalty(np.array([1.0, 2.0]), np.array([0.5, 0.7]), np.zeros(2), rule)


def test_the_error_that_counts_is_the_bests():
    scores = np.array([1.0, 2.0, 1.5])
    assert choose(scores, np.array([9.0, 0.5, 0.0]), "one-standard-error") == 2
    assert choose(scores, np.array([9.0, 0.4, 9.0]), "one-standard-error") == 1


def test_one_standard_error_is_one():
    assert choose(np.array([0.9, 0.85, 0.75]), np.full(3, 0.1), "one-standard-error") == 1


def test_scores_and_errors_beyond_float64():
    scores, errors = np.array([-np.inf, -2.0, -np.inf]), np.array([np.inf, 0.1, np.inf])
    for rule in RULES:
        assert choose(scores, errors, rule) == 1
        assert choose(np.full(3, -np.inf), np.full(3, np.inf), rule) == 2
    assert choose(np.array([-1.0, -2.0]), np.full(2, np.inf), "one-standard-error") == 1


def test_penalties_in_any_order():
    alphas, errors = np.array([10.0, 0.1, 1.0]), np.array([0.0, 0.1, 0.5])
    assert choose_penalty(alphas, np.array([0.8, 0.9, 0.85]), errors, "best") == 1
    assert choose_penalty(alphas, np.array([0.8, 0.9, 0.85]), errors, "one-standard-error") == 0
    assert choose_penalty(alphas, np.array([0.7, 0.9, 0.85]), errors, "one-standard-error") == 2


@pytest.mark.parametrize("rule", RULES)
def test_of_equal_scores_the_greatest_penalty(rule):
    alphas = np.array([1.0, 3.0, 2.0])
    assert choose_penalty(alphas, np.array([0.5, 0.4, 0.5]), np.zeros(3), rule) == 2


@given(
    st.lists(
        st.tuples(st.integers(-30, 30), st.integers(0, 6), st.integers(-8, 8), st.integers(-8, 8)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([0, -1]),
)
def test_roundings_decide_nothing(models, tied):
    """Of scores in sevenths that are off by a few roundings."""
    counts, ses, *off = (np.array(column) for column in zip(*models, strict=True))
    best = int(np.flatnonzero(counts == counts.max())[tied])
    simplest = int(np.flatnonzero(counts >= counts[best] - ses[best])[-1])
    scores, errors = (
        numbers / 7 * (1 + times * np.finfo(float).eps)
        for numbers, times in zip((counts, ses), off, strict=True)
    )
    assert choose(scores, errors, "best", tied=tied) == best
    assert choose(scores, errors, "one-standard-error", tied=tied) == simplest
