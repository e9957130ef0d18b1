"""What is said of several models, word by word."""

import numpy as np
import pytest

from trivium.verdict.decide import decide

SIMPLEST_FIRST = ("least-squares", "softmax", "neighbors")


def said(scores, hits=None, *, margin=0.01, n_rows=1000):
    return decide(
        scores,
        floor="floor",
        simplest_first=SIMPLEST_FIRST,
        test_share=1 / 9,
        n_rows=n_rows,
        margin=margin,
        hits=hits,
    )


def folds(mean, seed, spread=0.02, repeats=10):
    noise = np.random.default_rng(seed).normal(size=(repeats, 10))
    return mean + spread * (noise - noise.mean())


def test_a_clear_winner_is_chosen():
    verdict = said(
        {"floor": folds(0.5, 0), "least-squares": folds(0.7, 1), "softmax": folds(0.9, 2)}
    )
    assert (verdict.best, verdict.chosen, verdict.better_than_floor) == ("softmax", "softmax", True)
    assert verdict.not_told_apart == ()
    (pair,) = verdict.pairs
    assert (pair.first, pair.second, pair.word) == ("softmax", "least-squares", "better")
    assert pair.rows_needed is None
    assert pair.interval[0] < pair.difference < pair.interval[1]


def test_the_simplest_of_those_not_told_apart_is_chosen():
    verdict = said(
        {
            "floor": folds(0.5, 0),
            "least-squares": folds(0.81, 1, 0.05),
            "softmax": folds(0.7, 2, 0.05),
            "neighbors": folds(0.82, 3, 0.05),
        }
    )
    assert verdict.best == "neighbors"
    assert verdict.not_told_apart == ("least-squares", "neighbors")
    assert (verdict.chosen, verdict.better_than_floor) == ("least-squares", True)
    pair = next(each for each in verdict.pairs if each.second == "least-squares")
    assert pair.word == "cannot tell"
    assert pair.rows_needed > 1000


def test_scores_that_are_no_table():
    with pytest.raises(ValueError, match=r"scores have shape \(1, 1\): expected \(repeats, folds"):
        said({"floor": np.ones((1, 1))})
