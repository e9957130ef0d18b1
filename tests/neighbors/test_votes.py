"""Votes and shares as pure functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST, class_shares

from trivium.neighbors import votes as votes_module
from trivium.neighbors.votes import (
    class_votes,
    counted_mass,
    leading,
    own_shares,
    path_leaders,
    path_radii,
    path_votes,
    shares,
    vote_weights,
)

masses = arrays(float, (1, 8), elements=st.integers(0, 4))
codes = arrays(np.intp, (6, 9), elements=st.integers(0, 3))
some_ks = st.lists(st.integers(1, 9), min_size=1, max_size=6)
heavy = arrays(float, (6, 9), elements=st.sampled_from([0.1, 0.25, 0.7, 1.0, 1.3, 3.0]))
votes_of_three = arrays(float, (4, 5, 3), elements=st.floats(0, 3)).map(lambda v: v + 0.1)
distances = arrays(float, (6, 9), elements=st.integers(0, 5)).map(lambda d: np.sort(d, axis=1))


@pytest.fixture(scope="class", params=["compiled", "by NumPy"])
def ways(request):
    with pytest.MonkeyPatch.context() as monkeypatch:
        for each in votes_module.patience.values():
            monkeypatch.setattr(each, "limit", -1.0 if request.param == "compiled" else np.inf)
        yield


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

    def test_votes_that_would_overflow_in_a_sum_are_scaled_down(self):
        near = np.array([[1e-308, 2e-308, 1.0], [1e-3, 1.0, 2.0]])
        for rule in ("distance", lambda d: 1 / d):
            votes = vote_weights(near, rule)
            np.testing.assert_array_equal(votes[1], 1 / near[1])
            assert votes[0].sum() < 1e260
            assert votes[0, 0] / votes[0, 1] == 2.0

    @pytest.mark.parametrize("rule", ["inverse", "Distance", ""])
    def test_a_name_that_there_is_not(self, rule):
        with pytest.raises(ValueError, match=f"weights='{rule}': expected 'uniform', 'distance'"):
            vote_weights(np.ones((2, 3)), rule)
        X, y = np.arange(4.0)[:, None], np.array([0, 1, 0, 1])
        with pytest.raises(ValueError, match=f"no plain truth for weights='{rule}'"):
            class_shares(X, X, y, 2, weights=rule)

    def test_a_callable_takes_distances_and_returns_weights(self):
        near = np.array([[0.0, 1.0], [2.0, 3.0]])
        np.testing.assert_array_equal(vote_weights(near, lambda d: 10 - d), 10 - near)
        np.testing.assert_array_equal(vote_weights(near, lambda d: (9 - d).tolist()), 9 - near)

    @pytest.mark.parametrize("rule", [lambda d: d[:, 0], lambda d: 1.0, lambda d: d.T])
    def test_a_callable_that_returns_another_shape(self, rule):
        with pytest.raises(ValueError, match=r"returned shape \(.*for distances of \(2, 3\)"):
            vote_weights(np.ones((2, 3)), rule)

    @pytest.mark.parametrize("rule", [lambda d: d.astype(str), lambda d: 1j * d])
    def test_a_callable_that_returns_no_real_numbers(self, rule):
        with pytest.raises(TypeError, match=r"returned .* values: expected numbers"):
            vote_weights(np.ones((2, 3)), rule)

    @pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
    def test_a_callable_that_returns_bad_weights_is_shown_where(self, bad):
        near = np.array([[1.0, 2.0], [3.0, 4.0]])
        with pytest.raises(ValueError, match=r"(?s)not negative.*distances \[3\. 4\.\] got"):
            vote_weights(near, lambda d: np.where(d == 4.0, bad, 1.0))


@pytest.mark.usefixtures("ways")
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

    @given(codes, distances, some_ks)
    @MODEST
    def test_a_path_gives_the_bits_of_each_k_alone(self, codes, votes, ks):
        for say in (None, votes / 7):
            path = path_votes(codes, say, ks, 4)
            assert path.shape == (6, len(ks), 4)
            for place, k in enumerate(ks):
                alone = class_votes(codes[:, :k], None if say is None else say[:, :k], 4)
                np.testing.assert_array_equal(path[:, place], alone)

    @given(codes, distances, heavy, some_ks)
    @MODEST
    def test_a_path_of_weights_gives_the_bits_of_counted_mass(self, codes, votes, weights, ks):
        for say in (np.ones_like(votes), votes / 7):
            path = path_votes(codes, say, ks, 4, weights)
            for place, k in enumerate(ks):
                alone = class_votes(codes, counted_mass(weights, k) * say, 4)
                np.testing.assert_array_equal(path[:, place], alone)

    @given(codes, some_ks)
    @MODEST
    def test_leaders_are_the_smallest_classes_of_most_votes(self, codes, ks):
        expected = path_votes(codes, None, ks, 4).argmax(axis=2)
        np.testing.assert_array_equal(path_leaders(codes, ks, 4), expected)

    @pytest.mark.parametrize("n_classes", [1, 300])
    def test_one_class_and_many(self, n_classes):
        codes = np.random.default_rng(0).integers(0, n_classes, size=(20, 50))
        leaders = path_leaders(codes, [50, 1], n_classes)
        np.testing.assert_array_equal(leaders[:, 1], codes[:, 0])
        counts = class_votes(codes, None, n_classes)
        np.testing.assert_array_equal(leaders[:, 0], counts.argmax(axis=1))


class TestPathRadii:
    @given(distances, heavy, some_ks)
    @MODEST
    def test_the_radius_is_the_farthest_distance_that_counts(self, near, weights, ks):
        radii = path_radii(near, ks, weights)
        for place, k in enumerate(ks):
            right = np.where(counted_mass(weights, k) > 0, near, 0.0).max(axis=1)
            np.testing.assert_array_equal(radii[:, place], right)

    @given(distances, some_ks)
    @MODEST
    def test_it_is_the_kth_distance_where_each_row_counts_once(self, near, ks):
        np.testing.assert_array_equal(path_radii(near, ks), near[:, np.array(ks) - 1])


@pytest.mark.usefixtures("ways")
class TestShares:
    QUERIES = np.array([7, 8, 9, 5])

    @given(votes_of_three)
    @MODEST
    def test_shares_are_proportional_and_sum_to_one(self, votes):
        found = shares(votes.copy(), self.QUERIES)
        np.testing.assert_allclose(found.sum(axis=2), 1.0, rtol=1e-15)
        np.testing.assert_array_equal(found, votes / votes.sum(axis=2, keepdims=True))

    @given(votes_of_three, arrays(np.intp, 4, elements=st.integers(0, 2)))
    @MODEST
    def test_what_leads_is_what_has_the_greatest_share(self, votes, own):
        self.check_leaders(votes, own)

    def test_votes_that_tie_in_their_shares_alone(self):
        rng = np.random.default_rng(0)
        votes = rng.choice([1.0, np.nextafter(1, 2), np.nextafter(1, 0)], size=(4, 500, 3))
        votes *= rng.uniform(0.5, 2.0, size=(4, 500, 1))
        exact = votes.argmax(axis=2)
        rounded = shares(votes.copy(), self.QUERIES).argmax(axis=2)
        assert (exact != rounded).mean() > 0.01
        for own in range(3):
            self.check_leaders(votes, np.full(4, own))

    def check_leaders(self, votes, own):
        right = shares(votes.copy(), self.QUERIES)
        leaders = leading(votes, self.QUERIES)
        np.testing.assert_array_equal(leaders, right.argmax(axis=2))
        share, hits = own_shares(votes, own, self.QUERIES)
        np.testing.assert_array_equal(share, right[np.arange(4), :, own])
        np.testing.assert_array_equal(hits, leaders == own[:, None])

    def test_a_query_without_a_vote_is_named(self):
        votes = np.array([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
        queries = np.array([4, 7])
        for ask in (shares, leading, lambda v, q: own_shares(v, np.zeros(2, dtype=np.intp), q)):
            with pytest.raises(ValueError, match="No neighbour of query 7 has a vote"):
                ask(votes.copy(), queries)
