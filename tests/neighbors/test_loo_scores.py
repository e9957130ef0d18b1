"""Scores of blocks of rows, merged."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST

from trivium.neighbors.loo_scores import OwnScores, merge
from trivium.neighbors.path_kernels import add_moments

losses = arrays(float, (12, 3), elements=st.floats(0, 40))
hits = arrays(bool, (12, 3))
weights = arrays(float, 12, elements=st.floats(0.25, 5))


def scores_of(losses, hits, weights):
    moments = np.zeros((3, losses.shape[1]))
    add_moments(losses.copy(), hits, weights, 0.5, 36.0, *moments)
    return OwnScores(float(weights.sum()), *moments)


@given(losses, hits, weights, st.integers(1, 11))
@MODEST
def test_blocks_merge_into_the_moments_of_all_rows(losses, hits, weights, cut):
    parts = [scores_of(losses[s], hits[s], weights[s]) for s in (slice(cut), slice(cut, None))]
    merged = merge(*parts)
    clipped = np.clip(losses, 0.5, 36.0)
    mean = np.average(clipped, axis=0, weights=weights)
    spread = (weights[:, None] * np.square(clipped - mean)).sum(axis=0)
    np.testing.assert_allclose(merged.weight, weights.sum(), rtol=1e-14)
    np.testing.assert_allclose(merged.right, weights @ hits, rtol=1e-14)
    np.testing.assert_allclose(merged.loss, mean, rtol=1e-13)
    np.testing.assert_allclose(merged.spread, spread, rtol=1e-11, atol=1e-11)


@given(losses, hits, arrays(np.intp, 12, elements=st.integers(1, 4)))
@MODEST
def test_standard_errors_are_those_of_repeated_rows(losses, hits, counts):
    scores = scores_of(losses, hits, counts.astype(float))
    repeated, right = (np.repeat(each, counts, axis=0) for each in (losses.clip(0.5, 36.0), hits))
    n = counts.sum()
    for (mean, error), rows in ((scores.log_loss(), repeated), (scores.accuracy(), right)):
        np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-12)
        expected = rows.std(axis=0, ddof=1) / np.sqrt(n)
        np.testing.assert_allclose(error, expected, rtol=1e-9, atol=1e-13)
