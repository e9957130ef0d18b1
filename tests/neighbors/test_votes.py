"""Votes and shares as pure functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST

from trivium.neighbors.votes import class_votes, counted_mass, path_votes, shares, vote_weights

masses = arrays(float, (1, 8), elements=st.integers(0, 4))
codes = arrays(np.intp, (6, 9), elements=st.integers(0, 3))
distances = arrays(float, (6, 9), elements=st.integers(0, 5)).map(lambda d: np.sort(d, axis=1))


class TestCountedMass:
    @given(masses, st.integers(1, 20))
    @MODEST
    def test_it_is_the_first_k_of_the_repeated_rows(self, weights, k):
        repeated = np.repeat(np.arange(8), weights[0].astype(int))[:k]
        np.testing.assert_array_equal(
            counted_mass(weights, k)[0], np.bincount(repeated, minlength=8)
        )

    @given(arrays(float, (3, 6), elements=st.floats(0, 100)), st.integers(1, 100))
    @MODEST
    def test_it_never_exceeds_a_weight_and_reaches_k(self, weights, k):
        mass = counted_mass(weights, k)
        assert (mass >= 0).all()
        assert (mass <= weights).all()
        np.testing.assert_allclose(mass.sum(axis=1), np.minimum(k, weights.sum(axis=1)), rtol=1e-13)

    @given(st.integers(1, 9), st.integers(1, 100).map(lambda tenths: tenths / 10))
    @MODEST
    def test_once_k_is_reached_the_next_row_counts_for_nothing(self, k, heavy):
        assert counted_mass(np.array([[float(k), heavy]]), k)[0, 1] == 0


class TestVoteWeights:
    def test_uniform_needs_no_weights(self):
        assert vote_weights(np.ones((2, 3)), "uniform") is None

    @given(distances)
    @MODEST
    def test_distance_is_the_inverse_or_those_on_top(self, near):
        votes = vote_weights(near, "distance")
        for d, say in zip(near, votes, strict=True):
            np.testing.assert_array_equal(say, d == 0 if (d == 0).any() else 1 / d)

    def test_a_distance_whose_inverse_overflows_counts_as_zero(self):
        votes = vote_weights(np.array([[1e-310, 1.0], [0.5, 1.0]]), "distance")
        np.testing.assert_array_equal(votes, [[1, 0], [2, 1]])

    def test_a_callable_takes_distances_and_returns_weights(self):
        near = np.array([[0.0, 1.0], [2.0, 3.0]])
        np.testing.assert_array_equal(vote_weights(near, lambda d: 10 - d), 10 - near)
        np.testing.assert_array_equal(vote_weights(near, lambda d: (9 - d).tolist()), 9 - near)

    @pytest.mark.parametrize("rule", [lambda d: d[:, 0], lambda d: 1.0, lambda d: d.T])
    def test_a_callable_that_returns_another_shape(self, rule):
        with pytest.raises(ValueError, match=r"returned shape \(.*for distances of \(2, 3\)"):
            vote_weights(np.ones((2, 3)), rule)

    @pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
    def test_a_callable_that_returns_bad_weights_is_shown_where(self, bad):
        near = np.array([[1.0, 2.0], [3.0, 4.0]])
        with pytest.raises(ValueError, match=r"(?s)not negative.*distances \[3\. 4\.\] got"):
            vote_weights(near, lambda d: np.where(d == 4.0, bad, 1.0))


class TestClassVotes:
    @given(codes, distances)
    @MODEST
    def test_votes_are_added_nearest_first(self, codes, votes):
        expected = np.zeros((6, 4))
        for query in range(6):
            for code, vote in zip(codes[query], votes[query], strict=True):
                expected[query, code] += vote / 3
        np.testing.assert_array_equal(class_votes(codes, votes / 3, 4), expected)
        counts = [np.bincount(row, minlength=4) for row in codes]
        np.testing.assert_array_equal(class_votes(codes, None, 4), counts)

    @given(codes, distances, st.lists(st.integers(1, 9), min_size=1, max_size=6))
    @MODEST
    def test_a_path_gives_the_bits_of_each_k_alone(self, codes, votes, ks):
        for say in (None, votes / 7):
            path = path_votes(codes, say, ks, 4)
            assert len(path) == len(ks)
            for k, found in zip(ks, path, strict=True):
                alone = class_votes(codes[:, :k], None if say is None else say[:, :k], 4)
                np.testing.assert_array_equal(found, alone)


class TestShares:
    @given(arrays(float, (4, 3), elements=st.integers(1, 9)))
    @MODEST
    def test_shares_are_proportional_and_sum_to_one(self, votes):
        found = shares(votes)
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-15)
        np.testing.assert_array_equal(found, votes / votes.sum(axis=1, keepdims=True))

    def test_a_query_without_a_vote_is_named(self):
        with pytest.raises(ValueError, match="No neighbour of query 1 has a vote"):
            shares(np.array([[1.0, 0.0], [0.0, 0.0]]))
