"""Formulas of densities."""

from math import factorial, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import BALL_METRICS, MODEST, distance_matrix

from trivium.neighbors.estimates import (
    log_density,
    log_marginal,
    log_unit_ball,
    log_volume,
    posterior,
)
from trivium.neighbors.search.metrics import METRICS

scores = arrays(float, (5, 3), elements=st.floats(-1000, 1000))
priors = arrays(float, 3, elements=st.floats(0.01, 1)).map(lambda p: p / p.sum())


class TestVolumes:
    @pytest.mark.parametrize(
        ("metric", "volumes"),
        [
            ("euclidean", [2, pi, 4 / 3 * pi, pi**2 / 2, 8 / 15 * pi**2]),
            ("manhattan", [2**d / factorial(d) for d in range(1, 6)]),
            ("chebyshev", [2**d for d in range(1, 6)]),
        ],
    )
    def test_closed_forms(self, metric, volumes):
        found = [np.exp(log_unit_ball(METRICS[metric].norm, d)) for d in range(1, 6)]
        np.testing.assert_allclose(found, volumes, rtol=1e-14)

    @pytest.mark.parametrize("metric", BALL_METRICS)
    def test_the_share_of_random_points_inside(self, metric):
        points = np.random.default_rng(0).uniform(-1, 1, size=(40_000, 3))
        share = (distance_matrix(points, np.zeros((1, 3)), metric) <= 1).mean()
        expected = np.exp(log_unit_ball(METRICS[metric].norm, 3)) / 8
        assert abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / len(points))

    @pytest.mark.parametrize("metric", BALL_METRICS)
    @given(radius=st.floats(1e-3, 1e3), d=st.integers(1, 500))
    @MODEST
    def test_a_volume_grows_with_the_dth_power_of_the_radius(self, metric, radius, d):
        one, other = log_volume(np.array([1.0, radius]), METRICS[metric], d)
        assert one == log_unit_ball(METRICS[metric].norm, d)
        np.testing.assert_allclose(other - one, d * np.log(radius), atol=1e-10)

    def test_a_ball_of_no_radius_has_no_volume(self):
        assert log_volume(np.zeros(1), METRICS["euclidean"], 3) == -np.inf

    def test_balls_of_other_norms_lie_between(self):
        volumes = [
            log_unit_ball(p, 3) for p in (1.0, 1.0 + 1e-9, 1.5, 2.0, 2.0 + 1e-9, 7.0, np.inf)
        ]
        assert (np.diff(volumes) > -1e-8).all()
        np.testing.assert_allclose(volumes[:5:3], volumes[1:5:3], atol=1e-8)
        assert abs(log_unit_ball(1e9, 3) - log_unit_ball(np.inf, 3)) < 1e-8

    def test_a_cap_is_a_part_of_the_sphere(self):
        areas = np.exp(log_volume(np.array([np.pi, np.pi / 2, 1e-4]), METRICS["haversine"], 2))
        np.testing.assert_allclose(areas, [4 * np.pi, 2 * np.pi, np.pi * 1e-8], rtol=1e-8)

    @pytest.mark.parametrize("name", ["cosine", "precomputed"])
    def test_a_metric_without_volumes_is_refused(self, name):
        with pytest.raises(ValueError, match=f"Balls of '{name}' have no volumes"):
            log_volume(np.ones(1), METRICS[name], 2)


class TestDensity:
    @given(st.floats(0.1, 100), st.floats(0.1, 1e6), st.floats(-50, 50))
    @MODEST
    def test_it_is_the_count_over_the_total_and_the_volume(self, count, total, log_v):
        found = np.exp(log_density(count, total, np.array([log_v])))
        np.testing.assert_allclose(found, count / (total * np.exp(log_v)), rtol=1e-12)

    def test_nobody_wins_over_no_volume(self):
        assert log_density(0.0, 5.0, np.array([-np.inf])) == -np.inf
        assert log_density(1.0, 5.0, np.array([-np.inf])) == np.inf


class TestBayes:
    @given(scores, priors)
    @MODEST
    def test_posterior_times_marginal_is_the_joint(self, class_scores, priors):
        joint = class_scores + np.log(priors)
        marginal = log_marginal(class_scores, priors)
        found = posterior(class_scores, priors)
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-14)
        np.testing.assert_allclose(
            found, np.exp(joint - marginal[:, None]), rtol=1e-11, atol=1e-300
        )

    def test_only_classes_of_infinite_density_are_possible(self):
        found = posterior(np.array([[np.inf, 3.0, np.inf]]), np.array([0.2, 0.5, 0.3]))
        np.testing.assert_array_equal(found, [[0.5, 0.0, 0.5]])

    def test_where_no_class_has_any_density_the_priors_stand(self):
        priors = np.array([0.25, 0.75])
        np.testing.assert_allclose(posterior(np.full((1, 2), -np.inf), priors), [priors])

    def test_a_class_without_density_is_impossible(self):
        found = posterior(np.array([[-np.inf, -900.0]]), np.array([0.5, 0.5]))
        np.testing.assert_array_equal(found, [[0, 1]])
