"""Rows in bytes, each by itself: scores that never exceed the true ones, and come close to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST

from trivium.neighbors.search.products.byte_panels import relative_error
from trivium.neighbors.search.products.byte_rows import (
    byte_scores,
    empty_byte_rows,
    write_byte_rows,
)
from trivium.neighbors.search.products.panels import frame_of, rounding_error


def written(points, frame, tau):
    rows = empty_byte_rows(*points.shape)
    write_byte_rows(rows, 0, points, frame, tau, np.empty(points.shape))
    return rows


def frame_for(rows):
    frame = frame_of(rows, np.float32)
    return frame and frame._replace(error=rounding_error(16, frame.dtype))


def scores_of(rows, queries, frame):
    """Scores of every pair, and what the queries' own errors may add to the true ones."""
    tau = relative_error(rows, frame)
    own, asking = written(rows, frame, tau), written(queries, frame, tau)
    scores = np.empty((len(queries), len(rows)))
    for q in range(len(queries)):
        byte_scores(asking, q, own, np.arange(len(rows)), len(rows), scores[q])
    return scores, asking.errors + frame.vanished


def true_scores(rows, queries, frame):
    """Half the squared norm of a row less its product, in the widest precision there is."""
    centred = [
        (part.astype(np.longdouble) - frame.center) * np.longdouble(frame.scale)
        for part in (rows, queries)
    ]
    return 0.5 * np.square(centred[0]).sum(axis=1) - centred[1] @ centred[0].T


@pytest.mark.parametrize("d", [1, 3, 64, 100, 784, 1500])
@pytest.mark.parametrize("kind", ["normal", "shifted", "of many sizes", "whole"])
def test_scores_are_lower_bounds_and_close(kind, d):
    rng = np.random.default_rng(d)
    points = rng.normal(size=(90, d))
    if kind == "shifted":
        points += 1e6
    if kind == "of many sizes":
        points *= 10.0 ** rng.integers(-9, 9, size=(90, 1))
    if kind == "whole":
        points = rng.integers(-9, 10, size=(90, d)).astype(float)
    frame = frame_for(points)
    rows, queries = points[:70], points[60:]
    scores, errors = scores_of(rows, queries, frame)
    below = true_scores(rows, queries, frame) + errors[:, None] - scores
    assert (below >= 0.0).all()
    if kind != "of many sizes":
        assert np.median(below) < 0.05 * np.abs(true_scores(rows, queries, frame)).max()


@given(
    points=arrays(float, (8, 5), elements=st.floats(-1e3, 1e3)),
    exponents=arrays(int, (8, 1), elements=st.integers(-200, 200)),
)
@MODEST
def test_so_they_are_of_any_points(points, exponents):
    rows = np.ldexp(points, exponents)
    if (frame := frame_for(rows)) is not None:
        scores, errors = scores_of(rows, rows, frame)
        assert (scores <= true_scores(rows, rows, frame) + errors[:, None]).all()


def test_the_greatest_products_stay_within_their_words():
    ends = np.vstack([np.ones((1, 100_000)), -np.ones((1, 100_000)), np.zeros((1, 100_000))])
    frame = frame_for(ends)
    scores, errors = scores_of(ends, ends, frame)
    np.testing.assert_allclose(
        scores, true_scores(ends, ends, frame).astype(float), atol=2.0 * errors.max() + 1e-12
    )


def test_rows_are_written_where_they_belong():
    rows = np.random.default_rng(0).normal(size=(50, 20))
    frame = frame_for(rows)
    whole, parts = written(rows, frame, 0.01), empty_byte_rows(50, 20)
    centred = np.empty(rows.shape)
    for first in range(0, 50, 16):
        some = slice(first, first + 16)
        write_byte_rows(parts, first, rows[some], frame, 0.01, centred[some])
    np.testing.assert_array_equal(centred, (rows - frame.center) * frame.scale)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
