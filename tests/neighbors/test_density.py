"""Densities: against truth, against each other, and contracts 4 and 6."""

import math
import warnings

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from tests.neighbors.reference import BALL_METRICS, nearest

from trivium import KNeighborsDensity
from trivium.neighbors.estimates import log_unit_ball
from trivium.neighbors.search.metrics import METRICS

both_volumes = pytest.mark.parametrize("volume", ["shared", "per_class"])
biased_or_not = pytest.mark.parametrize("unbiased", [True, False])
new_or_own = pytest.mark.parametrize("own", [False, True])


def labelled(seed=0, n=90, n_classes=3, d=2):
    """Overlapping classes of different sizes; coordinates from a coarse grid, so with ties."""
    rng = np.random.default_rng(seed)
    y = rng.choice(
        n_classes, size=n, p=np.arange(1, n_classes + 1) / (n_classes * (n_classes + 1) / 2)
    )
    return np.round(4 * rng.normal(size=(n, d)) + 2 * y[:, None]) / 4 + rng.normal(
        size=(n, d)
    ) / 64, y


def plain_density(queries, X, k, unbiased, metric="euclidean"):
    distances, _ = nearest(queries, X, k, metric)
    n = len(X) - (queries is None)
    d = X.shape[1]
    return (
        np.log(k - unbiased)
        - np.log(n)
        - log_unit_ball(METRICS[metric].norm, d)
        - d * np.log(distances[:, -1])
    )


class TestFormula:
    @pytest.mark.parametrize("metric", BALL_METRICS)
    @biased_or_not
    @new_or_own
    def test_marginal(self, metric, unbiased, own):
        X, _ = labelled()
        queries = None if own else X[:20] + 0.1
        model = KNeighborsDensity(7, unbiased=unbiased, metric=metric).fit(X)
        found = model.score_samples(queries)
        np.testing.assert_allclose(
            found, plain_density(queries, X, 7, unbiased, metric), atol=1e-13
        )
        assert model.score(queries) == pytest.approx(found.sum(), rel=1e-14)

    @biased_or_not
    @new_or_own
    def test_shared_volume_counts_classes_in_one_ball(self, unbiased, own):
        X, y = labelled()
        queries = None if own else X[:20] + 0.1
        model = KNeighborsDensity(7, unbiased=unbiased).fit(X, y)
        _, indices = nearest(queries, X, 7)
        counts = (y[indices][:, :, None] == np.arange(3)).sum(axis=1)
        np.testing.assert_array_equal(model.class_prior_, np.bincount(y) / len(y))
        np.testing.assert_allclose(model.predict_proba(queries), counts / 7, rtol=1e-15)
        np.testing.assert_array_equal(
            model.score_samples(queries),
            KNeighborsDensity(7, unbiased=unbiased).fit(X).score_samples(queries),
        )

    @biased_or_not
    @pytest.mark.parametrize("metric", BALL_METRICS)
    def test_own_volumes_are_a_density_of_each_class(self, unbiased, metric):
        X, y = labelled()
        queries = X[:20] + 0.1
        model = KNeighborsDensity(5, unbiased=unbiased, volume="per_class", metric=metric).fit(X, y)
        found = model.class_score_samples(queries)
        for c in range(3):
            right = plain_density(queries, X[y == c], 5, unbiased, metric)
            np.testing.assert_allclose(found[:, c], right, atol=1e-13)

    @biased_or_not
    def test_own_rows_are_those_of_a_fit_without_the_row(self, unbiased):
        X, y = labelled(n=60)
        marginal = KNeighborsDensity(4, unbiased=unbiased).fit(X).score_samples(None)
        own = KNeighborsDensity(4, unbiased=unbiased, volume="per_class").fit(X, y)
        of_classes = own.class_score_samples(None)
        for row in range(0, 60, 7):
            rest = np.arange(60) != row
            refit = KNeighborsDensity(4, unbiased=unbiased).fit(X[rest])
            assert refit.score_samples(X[[row]])[0] == marginal[row]
            refit = KNeighborsDensity(4, unbiased=unbiased, volume="per_class").fit(
                X[rest], y[rest]
            )
            np.testing.assert_array_equal(refit.class_score_samples(X[[row]])[0], of_classes[row])

    @both_volumes
    def test_algorithm_and_threads_do_not_show(self, volume):
        X, y = labelled(n=900)
        answers = [
            KNeighborsDensity(9, volume=volume, algorithm=algorithm, n_jobs=n_jobs).fit(X, y)
            for algorithm in ("brute", "kd_tree")
            for n_jobs in (1, 2, 4, None)
        ]
        for ask in ("score_samples", "class_score_samples", "predict_proba"):
            for queries in (None, X + 0.1):
                right = getattr(answers[0], ask)(queries)
                for other in answers[1:]:
                    np.testing.assert_array_equal(getattr(other, ask)(queries), right)

    def test_the_unit_of_length_shifts_the_log_density(self):
        X, y = labelled()
        for volume in ("shared", "per_class"):
            small = KNeighborsDensity(6, volume=volume).fit(X, y)
            large = KNeighborsDensity(6, volume=volume).fit(1024 * X, y)
            np.testing.assert_allclose(
                large.score_samples(None), small.score_samples(None) - 2 * np.log(1024), atol=1e-12
            )
            np.testing.assert_allclose(
                large.predict_proba(None), small.predict_proba(None), atol=1e-12
            )


class TestTruth:
    """Means over many data sets, within four standard errors."""

    REPEATS = 150

    @pytest.mark.parametrize("metric", BALL_METRICS)
    @pytest.mark.parametrize(("d", "n", "k"), [(1, 400, 12), (2, 600, 8), (3, 1500, 6)])
    def test_uniform_data_have_density_one_if_unbiased(self, metric, d, n, k):
        rng = np.random.default_rng(d)
        centre = np.full((1, d), 0.5)
        unbiased, biased = np.empty(self.REPEATS), np.empty(self.REPEATS)
        for repeat in range(self.REPEATS):
            X = rng.random((n, d))
            model = KNeighborsDensity(k, metric=metric, algorithm="brute").fit(X)
            unbiased[repeat] = np.exp(model.score_samples(centre)[0])
            model.set_params(unbiased=False)
            biased[repeat] = np.exp(model.score_samples(centre)[0])
        # The ball's share of the rows is Beta(k, n - k + 1).
        error = np.sqrt(((k - 1) * (n - 1) / (n * (k - 2)) - 1) / self.REPEATS)
        assert abs(unbiased.mean() - 1) <= 4 * error
        np.testing.assert_allclose(biased, unbiased * k / (k - 1), rtol=1e-12)

    def test_the_centre_of_a_gaussian(self):
        rng = np.random.default_rng(7)
        n, k, d = 3000, 15, 2
        found = np.empty(self.REPEATS)
        for repeat in range(self.REPEATS):
            X = rng.normal(size=(n, d))
            found[repeat] = np.exp(
                KNeighborsDensity(k, algorithm="brute").fit(X).score_samples(np.zeros((1, d)))[0]
            )
        true = multivariate_normal(np.zeros(d)).pdf(np.zeros(d))
        error = true / np.sqrt((k - 2) * self.REPEATS)
        curvature = true * k / (2 * n)  # the ball's mean density is 1 - r²/4, and k/n = r²/2
        assert abs(found.mean() - true) <= 4 * error + curvature

    def test_under_one_percent_of_bias_at_ten_neighbours(self):
        rng = np.random.default_rng(10)
        n, k, repeats = 20_000, 10, 40
        # Apart by more than two radii (of 0.013), the balls share no rows.
        places = np.linspace(0.05, 0.95, 30)
        queries = np.column_stack([np.repeat(places, 30), np.tile(places, 30)])
        model = KNeighborsDensity(k, algorithm="kd_tree")
        found = np.array(
            [np.exp(model.fit(rng.random((n, 2))).score_samples(queries)) for _ in range(repeats)]
        )
        deviation = np.sqrt((k - 1) * (n - 1) / (n * (k - 2)) - 1)  # about 1/sqrt(k - 2)
        assert deviation == pytest.approx(1 / np.sqrt(k - 2), rel=1e-2)
        assert 3 * deviation / np.sqrt(found.size) < 0.01
        assert abs(found.mean() - 1) < 0.01
        assert abs(found.mean() * k / (k - 1) - 1) > 0.1  # what the textbooks' estimate gives
        assert found.std() == pytest.approx(deviation, rel=0.05)

    @pytest.mark.parametrize("k", [10, 40])
    def test_a_gaussian_within_the_error_to_be_expected(self, k):
        rng = np.random.default_rng(11)
        n, repeats = 8000, 100
        places = np.array([-1.5, 0.0, 1.5])
        queries = np.column_stack([np.repeat(places, 3), np.tile(places, 3)])
        true = multivariate_normal(np.zeros(2)).pdf(queries)
        model = KNeighborsDensity(k, algorithm="kd_tree")
        ratio = np.array(
            [
                np.exp(model.fit(rng.normal(size=(n, 2))).score_samples(queries)) / true
                for _ in range(repeats)
            ]
        )
        error = 1 / np.sqrt(k - 2)
        # Over the ball p is p(x)(1 + r²(|x|² - 2)/8) in the mean, and k/n = p(x)πr².
        area = k / (n * true)
        curvature = area / np.pi * (np.square(queries).sum(axis=1) - 2) / 8
        bias = ratio.mean(axis=0) - (1 + curvature)
        assert np.abs(bias).max() <= 4 * error / np.sqrt(repeats)
        assert abs(bias.mean()) <= 4 * error / np.sqrt(ratio.size)
        assert ratio.std(axis=0).mean() == pytest.approx(error, rel=0.1)

    @pytest.mark.parametrize("own", [False, True])
    @pytest.mark.parametrize("volume", ["shared", "per_class"])
    def test_logarithms_of_posteriors(self, volume, own):
        rng = np.random.default_rng(0)
        y = rng.integers(0, 3, 90)
        X = rng.normal(size=(90, 2)) + 2.0 * y[:, None]
        model = KNeighborsDensity(5, volume=volume).fit(X, y, np.where(y == 1, 0.0, 1.0))
        logs = model.predict_log_proba(None if own else X)
        np.testing.assert_allclose(
            np.exp(logs), model.predict_proba(None if own else X), rtol=1e-12
        )
        assert np.isneginf(logs[:, 1]).all()

    def test_posteriors_too_small_for_float64_have_a_logarithm(self):
        X = np.random.default_rng(1).normal(size=(60, 100))
        X[30:] += 1e6
        model = KNeighborsDensity(5, volume="per_class").fit(X, np.repeat([0, 1], 30))
        assert model.predict_proba(X[:1]).tolist() == [[1.0, 0.0]]
        difference = np.diff(model.class_score_samples(X[:1]))[0, 0]
        assert difference < -1000
        assert model.predict_log_proba(X[:1])[0, 1] == pytest.approx(difference, rel=1e-12)
        with pytest.raises(ValueError, match="fitted without labels"):
            KNeighborsDensity(5).fit(X).predict_log_proba(X)
        with pytest.raises(ValueError, match="not fitted yet"):
            KNeighborsDensity(5).predict_log_proba(X)

    def test_posterior_of_two_gaussians(self):
        rng = np.random.default_rng(8)
        X = np.concatenate([rng.normal(size=(4000, 1)), rng.normal(size=(2000, 1)) + 2])
        y = np.repeat([0, 1], [4000, 2000])
        queries = np.linspace(-1, 3, 41)[:, None]
        joint = [w * np.exp(-np.square(queries[:, 0] - m) / 2) for w, m in [(2, 0), (1, 2)]]
        true = joint[1] / (joint[0] + joint[1])
        k = 200
        for volume in ("shared", "per_class"):
            found = KNeighborsDensity(k, volume=volume).fit(X, y).predict_proba(queries)[:, 1]
            assert np.abs(found - true).max() <= 4 * np.sqrt(0.5 / k)

    def test_500_columns_stay_finite(self):
        X = np.random.default_rng(9).normal(size=(60, 500))
        y = np.arange(60) % 2
        for volume in ("shared", "per_class"):
            for metric in BALL_METRICS:
                for scale in (1e-30, 1.0, 1e30):
                    model = KNeighborsDensity(5, volume=volume, metric=metric).fit(X * scale, y)
                    assert np.isfinite(model.score_samples(X[:9] * scale + scale)).all()
                    assert np.isfinite(model.score_samples(None)).all()
                    np.testing.assert_allclose(model.predict_proba(None).sum(axis=1), 1)
            right = plain_density(X[:9] + 1, X, 5, True)
            found = KNeighborsDensity(5).fit(X, y).score_samples(X[:9] + 1)
            np.testing.assert_allclose(found, right, rtol=1e-13)

    @pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
    def test_500_columns_by_plain_sums_of_logarithms(self, scale):
        X = scale * np.random.default_rng(12).normal(size=(40, 500))
        query = X[0] + scale
        gaps = np.abs(X - query)
        log = math.log
        unit = {  # π^250/250!, 2^500/500! and 2^500
            "euclidean": 250 * log(math.pi) - math.fsum(map(log, range(1, 251))),
            "manhattan": 500 * log(2) - math.fsum(map(log, range(1, 501))),
            "chebyshev": 500 * log(2),
        }
        reach = {
            "euclidean": [math.dist(row, query) for row in X],
            "manhattan": [math.fsum(row) for row in gaps],
            "chebyshev": [max(row) for row in gaps],
        }
        for metric in BALL_METRICS:
            radius = sorted(reach[metric])[6]
            right = log(6) - log(40) - unit[metric] - 500 * log(radius)
            found = KNeighborsDensity(7, metric=metric).fit(X).score_samples(query[None])
            assert found[0] == pytest.approx(right, rel=1e-13, abs=1e-10)


class TestPath:
    KS = (5, 2, 12, 5, 9)
    ASKS = ("score_samples", "class_score_samples", "predict_proba")

    @both_volumes
    @biased_or_not
    @new_or_own
    @pytest.mark.parametrize("weighted", [None, "whole", "fractions"])
    @pytest.mark.parametrize("n_classes", [1, 3, 10])
    @pytest.mark.filterwarnings("ignore:.*the ball has no volume:UserWarning")
    def test_every_k_has_the_bits_of_an_estimator_of_that_k(
        self, volume, unbiased, own, weighted, n_classes
    ):
        rng = np.random.default_rng(4)
        n = 60 * n_classes
        X, y = labelled(n=n)[0], rng.permutation(np.arange(n) % n_classes)
        kinds = {"whole": rng.integers(0, 4, n), "fractions": rng.uniform(0.2, 3, n)}
        queries = None if own else X[:40] + 0.1
        options = {"unbiased": unbiased, "volume": volume}
        model = KNeighborsDensity(3, **options).fit(X, y, kinds.get(weighted))
        for ask in self.ASKS:
            path = getattr(model, f"{ask}_path")(queries, self.KS)
            assert path.shape[0] == len(self.KS)
            for k, found in zip(self.KS, path, strict=True):
                alone = KNeighborsDensity(k, **options).fit(X, y, kinds.get(weighted))
                np.testing.assert_array_equal(found, getattr(alone, ask)(queries))

    @new_or_own
    def test_without_labels(self, own):
        X, _ = labelled()
        queries = None if own else X[:40] + 0.1
        path = KNeighborsDensity(3).fit(X).score_samples_path(queries, self.KS)
        for k, found in zip(self.KS, path, strict=True):
            right = plain_density(queries, X, k, unbiased=True)
            np.testing.assert_allclose(found, right, atol=1e-13)

    def test_the_mean_over_own_rows_is_the_likelihood_of_leaving_one_out(self):
        X, _ = labelled(n=40)
        path = KNeighborsDensity(3).fit(X).score_samples_path(None, [2, 9])
        for k, scores in zip([2, 9], path, strict=True):
            refits = [
                KNeighborsDensity(k).fit(np.delete(X, row, axis=0)).score(X[[row]])
                for row in range(40)
            ]
            np.testing.assert_array_equal(scores, refits)

    @both_volumes
    def test_ks_may_be_an_array_or_a_generator(self, volume):
        X, y = labelled()
        model = KNeighborsDensity(3, volume=volume).fit(X, y)
        for ask in self.ASKS:
            path = getattr(model, f"{ask}_path")
            right = path(X, [2, 4])
            np.testing.assert_array_equal(path(X, np.array([2, 4])), right)
            np.testing.assert_array_equal(path(X, (k for k in (2, 4))), right)

    @both_volumes
    @pytest.mark.parametrize(
        ("ks", "error", "match"),
        [
            ([], ValueError, "ks is empty"),
            (4, TypeError, "ks=4: expected several"),
            ([3, 0], ValueError, "n_neighbors=0"),
            ([2, 1], ValueError, "n_neighbors=1 leaves nothing"),
            ([3, 91], ValueError, "n_neighbors=91 is more than there are rows.*90"),
            ([3, 2.5], TypeError, "n_neighbors=2.5: expected an integer"),
        ],
    )
    def test_bad_ks(self, volume, ks, error, match):
        X, y = labelled()
        model = KNeighborsDensity(3, volume=volume).fit(X, y)
        for ask in self.ASKS:
            with pytest.raises(error, match=match):
                getattr(model, f"{ask}_path")(X, ks)

    def test_more_than_a_class_has(self):
        X, y = labelled()
        model = KNeighborsDensity(3, volume="per_class").fit(X, y)
        with pytest.raises(ValueError, match="n_neighbors=40 is more than there are rows of class"):
            model.class_score_samples_path(X, [3, 40])

    def test_infinities_of_the_smallest_k_warn_at_the_caller(self):
        X, y = TestNoVolume.X, TestNoVolume.y
        for volume in ("shared", "per_class"):
            model = KNeighborsDensity(3, volume=volume).fit(X, y)
            asks = [model.score_samples_path, model.class_score_samples_path]
            asks += [model.predict_proba_path] * (volume == "per_class")
            for ask in asks:
                with pytest.warns(UserWarning, match="1 of 2 queries, number 1 the f") as caught:
                    ask([[2.0, 2.0], [0.0, 0.0]], [3, 4])
                assert caught[0].filename == __file__


@both_volumes
@biased_or_not
@new_or_own
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", BALL_METRICS)
def test_bayes_rule_is_an_identity(volume, unbiased, own, weighted, metric):
    X, y = labelled(n=120)
    weights = np.random.default_rng(1).choice([0.5, 1, 2, 3.25], 120) if weighted else None
    model = KNeighborsDensity(6, unbiased=unbiased, volume=volume, metric=metric)
    model.fit(X, y, weights)
    queries = None if own else np.concatenate([X[:30] + 0.05, 40 * X[:30]])
    posterior = model.predict_proba(queries)
    with np.errstate(divide="ignore"):
        left = np.log(posterior) + model.score_samples(queries)[:, None]
    right = model.class_score_samples(queries) + np.log(model.class_prior_)
    np.testing.assert_allclose(left, right, atol=1e-11)
    np.testing.assert_allclose(posterior.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_allclose(model.class_prior_.sum(), 1, rtol=1e-15)


class TestWeights:
    @both_volumes
    @biased_or_not
    @new_or_own
    def test_an_integer_weight_is_that_many_rows(self, volume, unbiased, own):
        X, y = labelled(n=70)
        weights = np.random.default_rng(2).integers(0, 5, size=70)
        copies = np.repeat(np.arange(70), weights)
        k = 8  # more than the copies of a row, so that no ball is empty
        model = KNeighborsDensity(k, unbiased=unbiased, volume=volume)
        weighted = [model.fit(X, y, weights)]
        repeated = KNeighborsDensity(k, unbiased=unbiased, volume=volume).fit(X[copies], y[copies])
        kept = np.flatnonzero(weights)
        _, first = np.unique(copies, return_index=True)
        for ask in ("score_samples", "class_score_samples", "predict_proba"):
            queries = None if own else X + 0.1
            found = getattr(weighted[0], ask)(queries)
            right = getattr(repeated, ask)(queries)
            assert len(found) == 70
            if own:
                found, right = found[kept], right[first]
            np.testing.assert_array_equal(found, right)
        np.testing.assert_array_equal(model.class_prior_, repeated.class_prior_)

    def test_nor_do_labels_matter_to_the_marginal(self):
        X, y = labelled(n=70)
        weights = np.random.default_rng(3).integers(0, 5, size=70)
        without = KNeighborsDensity(8).fit(X, sample_weight=weights)
        repeated = KNeighborsDensity(8).fit(np.repeat(X, weights, axis=0))
        np.testing.assert_array_equal(without.score_samples(X + 1), repeated.score_samples(X + 1))
        np.testing.assert_array_equal(
            without.score_samples(X + 1),
            KNeighborsDensity(8).fit(X, y, weights).score_samples(X + 1),
        )

    @both_volumes
    def test_weight_zero_is_a_row_removed(self, volume):
        X, y = labelled(n=70)
        keep = np.arange(70) % 3 > 0
        weighted = KNeighborsDensity(5, volume=volume).fit(X, y, keep)
        removed = KNeighborsDensity(5, volume=volume).fit(X[keep], y[keep])
        for ask in ("score_samples", "class_score_samples", "predict_proba"):
            answer, expected = getattr(weighted, ask), getattr(removed, ask)
            np.testing.assert_array_equal(answer(X), expected(X))
            own = answer(None)  # of the rows given: those without weight are queries
            np.testing.assert_array_equal(own[keep], expected(None))
            np.testing.assert_array_equal(own[~keep], expected(X[~keep]))
        indices = weighted.kneighbors(X, return_distance=False)
        np.testing.assert_array_equal(
            indices, np.flatnonzero(keep)[removed.kneighbors(X, return_distance=False)]
        )

    @both_volumes
    @pytest.mark.parametrize("gone", [[1], [2], [0, 1]])
    def test_a_class_of_weight_zero_has_the_prior_zero(self, volume, gone):
        X, y = labelled(n=70)
        keep = ~np.isin(y, gone)
        model = KNeighborsDensity(5, volume=volume).fit(X, y, keep)
        removed = KNeighborsDensity(5, volume=volume).fit(X[keep], y[keep])
        there = np.setdiff1d([0, 1, 2], gone)
        assert model.classes_.tolist() == [0, 1, 2]
        np.testing.assert_array_equal(model.class_prior_[there], removed.class_prior_)
        np.testing.assert_array_equal(model.class_prior_[gone], 0.0)
        for queries in (X + 0.1, None):
            scores, shares = model.class_score_samples(queries), model.predict_proba(queries)
            np.testing.assert_array_equal(scores[:, gone], -np.inf)
            np.testing.assert_array_equal(shares[:, gone], 0.0)
            with np.errstate(divide="ignore"):
                joint = np.log(shares) + model.score_samples(queries)[:, None]
                expected = scores + np.log(model.class_prior_)
            np.testing.assert_allclose(joint, expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(scores[keep][:, there], removed.class_score_samples(None))


class TestNoVolume:
    X = np.array([[0.0, 0.0]] * 4 + [[1.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 4.0]])
    y = np.array([0, 0, 0, 0, 1, 1, 1, 1])

    @biased_or_not
    def test_the_density_is_infinite_with_a_warning(self, unbiased):
        model = KNeighborsDensity(3, unbiased=unbiased).fit(self.X, self.y)
        with pytest.warns(UserWarning, match=r"1 of 2 queries, number 1 the first.*no volume"):
            scores = model.score_samples([[2.0, 2.0], [0.0, 0.0]])
        assert np.isfinite(scores[0])
        assert scores[1] == np.inf
        with pytest.warns(UserWarning, match="4 of 8 queries, number 0 the first"):
            assert model.score_samples(None).tolist()[:4] == [np.inf] * 4

    @both_volumes
    def test_classes_are_infinite_where_they_are_and_nothing_is_nan(self, volume):
        model = KNeighborsDensity(3, volume=volume).fit(self.X, self.y)
        with pytest.warns(UserWarning, match="no volume"):
            scores = model.class_score_samples([[0.0, 0.0], [2.0, 2.0]])
        assert scores[0, 0] == np.inf
        assert scores[0, 1] < np.inf
        assert not np.isnan(scores).any()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            posterior = model.predict_proba([[0.0, 0.0], [2.0, 2.0]])
            own = model.predict_proba(None)
        np.testing.assert_array_equal(posterior[0], [1, 0])
        np.testing.assert_allclose(posterior.sum(axis=1), 1)
        np.testing.assert_allclose(own.sum(axis=1), 1)

    @both_volumes
    def test_the_warning_points_at_the_caller(self, volume):
        model = KNeighborsDensity(3, volume=volume).fit(self.X, self.y)
        asks = [model.score_samples, model.class_score_samples]
        for ask in asks + [model.predict_proba] * (volume == "per_class"):
            with pytest.warns(UserWarning, match="no volume") as caught:
                ask([[0.0, 0.0]])
            assert caught[0].filename == __file__


class TestErrors:
    X, y = labelled(n=40)

    @pytest.mark.parametrize(
        ("parameters", "error", "match"),
        [
            ({"volume": "own"}, ValueError, "volume='own': expected one of 'shared', 'per_class'"),
            ({"metric": "cosine"}, ValueError, "metric='cosine': expected one of 'euclidean'"),
            ({"algorithm": "ball"}, ValueError, "algorithm='ball'"),
            ({"n_neighbors": 0}, ValueError, "n_neighbors=0"),
            ({"n_neighbors": 41}, ValueError, "n_neighbors=41 is more than there are rows.*40"),
            ({"n_neighbors": 2.0}, TypeError, "n_neighbors=2.0: expected an integer"),
            ({"n_neighbors": True}, TypeError, "n_neighbors=True"),
            ({"n_neighbors": 1}, ValueError, "unbiased=False, or two or more"),
            (
                {"n_neighbors": 10, "volume": "per_class"},
                ValueError,
                "n_neighbors=10 is more than there are rows of class 0: n_samples = ",
            ),
        ],
    )
    def test_a_bad_parameter_is_named_in_fit(self, parameters, error, match):
        assert np.bincount(self.y)[0] < 10
        with pytest.raises(error, match=match):
            KNeighborsDensity(**{"n_neighbors": 5, **parameters}).fit(self.X, self.y)

    def test_one_neighbour_is_enough_for_the_textbook(self):
        model = KNeighborsDensity(1, unbiased=False).fit(self.X, self.y)
        assert np.isfinite(model.score_samples(None)).all()

    def test_a_row_has_one_neighbour_less_than_there_are_rows(self):
        model = KNeighborsDensity(40).fit(self.X)
        model.score_samples(self.X + 1)
        with pytest.raises(
            ValueError, match="n_neighbors=40 is more than there are other rows.*39"
        ):
            model.score_samples(None)

    def test_so_has_a_row_in_its_class(self):
        k = int(np.bincount(self.y).min())
        model = KNeighborsDensity(k, volume="per_class").fit(self.X, self.y)
        for ask in (model.score_samples, model.class_score_samples, model.predict_proba):
            ask(self.X + 1)
            with pytest.raises(ValueError, match="other rows of class 0"):
                ask(None)

    @both_volumes
    def test_without_labels_there_are_no_classes(self, volume):
        model = KNeighborsDensity(5, volume=volume).fit(self.X)
        model.score_samples(self.X + 1)
        for ask in (model.class_score_samples, model.predict_proba):
            with pytest.raises(ValueError, match="without labels"):
                ask(self.X)

    def test_labels_are_forgotten_by_a_fit_without_them(self):
        model = KNeighborsDensity(5).fit(self.X, self.y).fit(self.X)
        assert not hasattr(model, "classes_")
        assert not hasattr(model, "class_prior_")

    def test_one_class_is_enough(self):
        model = KNeighborsDensity(5).fit(self.X, np.zeros(40))
        np.testing.assert_array_equal(model.predict_proba(None), np.ones((40, 1)))

    def test_weights_that_are_too_light(self):
        with pytest.raises(ValueError, match="n_neighbors=5 is more than.*n_samples = 4"):
            KNeighborsDensity(5).fit(self.X[:4], self.y[:4], [0.5, 0.5, 0.25, 0.75])
