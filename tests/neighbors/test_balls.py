"""Balls that just hold weight k."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.reference import BALL_METRICS, MODEST, nearest

from trivium.neighbors.balls import Balls
from trivium.neighbors.estimates import log_volume
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.metrics import METRICS
from trivium.rows.memory import ArrayRows


def balls_of(rows, weights=None, metric="euclidean"):
    index = Index(ArrayRows(rows), metric=METRICS[metric], algorithm="brute", n_jobs=1)
    return Balls(index, weights)


@pytest.mark.parametrize("metric", BALL_METRICS)
@pytest.mark.parametrize("own", [False, True])
def test_the_ball_reaches_to_the_kth_row(metric, own):
    rows = np.random.default_rng(0).integers(0, 9, size=(80, 2)).astype(float)
    queries = None if own else rows[:30] + 0.5
    (ball,) = balls_of(rows, metric=metric).around(queries, [2, 6])
    distances, indices = nearest(queries, rows, 6, metric)
    assert ball.weights is None
    np.testing.assert_array_equal(ball.indices, indices)
    for k, volumes in zip([2, 6], ball.log_volumes, strict=True):
        right = log_volume(distances[:, k - 1].copy(), METRICS[metric], 2)
        np.testing.assert_array_equal(volumes, right)


@given(
    weights=st.lists(st.integers(1, 40).map(lambda eighths: eighths / 8), min_size=3, max_size=12),
    k=st.integers(1, 4),
)
@MODEST
def test_a_ball_reaches_to_the_row_that_fills_it(weights, k):
    weights = np.array([*weights, float(k)])
    rows = np.arange(1.0, len(weights) + 1)[:, None]
    (ball,) = balls_of(rows, weights).around(np.zeros((1, 1)), [k])
    radius = 1.0 + np.searchsorted(np.cumsum(weights), k)  # sums of eighths are exact
    assert ball.log_volumes[0, 0] == log_volume(np.array([radius]), METRICS["euclidean"], 1)[0]
    assert ball.weights.sum() >= k


@given(st.integers(1, 9), st.integers(1, 100).map(lambda tenths: tenths / 10))
@MODEST
def test_and_no_farther_however_the_next_weight_is_rounded(k, heavy):
    balls = balls_of(np.array([[1.0], [2.0]]), np.array([float(k), heavy]))
    # The second query may need both rows, so that the first is shown both as well.
    for queries in ([[0.0]], [[0.0], [3.5]]):
        (ball,) = balls.around(np.array(queries), [k])
        assert ball.log_volumes[0, 0] == log_volume(np.array([1.0]), METRICS["euclidean"], 1)[0]


def test_log_density_is_that_of_each_ball():
    rows = np.random.default_rng(1).normal(size=(60, 3))
    balls = balls_of(rows)
    distances, _ = nearest(None, rows, 7)
    found = balls.log_density(None, [7, 3], [6.0, 2.5])
    for k, count, scores in zip([7, 3], [6.0, 2.5], found, strict=True):
        volumes = log_volume(distances[:, k - 1].copy(), METRICS["euclidean"], 3)
        np.testing.assert_array_equal(scores, np.log(count) - np.log(59.0) - volumes)
    assert balls.log_density(np.empty((0, 3)), [7], [6.0]).shape == (1, 0)
