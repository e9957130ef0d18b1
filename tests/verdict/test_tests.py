"""The tests and the posterior, beside formulas by hand and other libraries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, stats
from statsmodels.stats.contingency_tables import mcnemar as peer_mcnemar
from statsmodels.stats.multitest import multipletests

from trivium.verdict.corrected_t import corrected_t
from trivium.verdict.decide import decide
from trivium.verdict.difference import UNKNOWN, Difference, interval
from trivium.verdict.equivalence import probability_within
from trivium.verdict.holm import holm
from trivium.verdict.mcnemar import compare_rows, least_discordant, mcnemar
from trivium.verdict.rows_needed import rows_needed

shares = st.floats(0.0, 1.0)


def wins(only_first, only_second, n):
    """Return the hits of two models, of shape (1, n)."""
    first, second = np.zeros((2, 1, n), dtype=bool)
    first[0, :only_first] = True
    second[0, only_first : only_first + only_second] = True
    return first, second


class TestHolm:
    @pytest.mark.parametrize("m", [1, 2, 3, 8])
    def test_as_the_peer(self, m):
        p = np.random.default_rng(m).beta(0.2, 1.0, size=m)
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])

    @given(st.lists(shares, min_size=2, max_size=8))
    def test_keeps_the_order_and_lowers_none(self, p):
        corrected = holm(np.array(p))
        assert (corrected >= p).all()
        assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0.0).all()

    def test_of_none(self):
        assert holm(np.array([])).size == 0


class TestMcNemar:
    @pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (5, 5), (9, 2), (3, 40), (700, 620)])
    def test_as_the_peer(self, b, c):
        expected = peer_mcnemar([[3, b], [c, 4]], exact=True).pvalue
        assert mcnemar(b, c) == pytest.approx(expected)
        assert mcnemar(b, c) == mcnemar(c, b)
        assert mcnemar(b, c) <= compare_rows(*wins(b, c, 2000)).p <= 1.6 * mcnemar(b, c) + 1e-6

    @pytest.mark.parametrize(("b", "c"), [(6, 0), (8, 1), (40, 22), (300, 251)])
    def test_of_runs_that_agree_is_near_the_exact_one(self, b, c):
        first, second = wins(b, c, 1000)
        found = compare_rows(np.repeat(first, 10, axis=0), np.repeat(second, 10, axis=0))
        assert found.p == pytest.approx(mcnemar(b, c), rel=0.4)
        assert found.mean == pytest.approx((b - c) / 1000)

    def test_by_hand(self):
        first, second = np.array([[1, 1, 1, 0], [1, 1, 0, 0]]), np.array([[0, 0, 1, 1]] * 2)
        found = compare_rows(first, second)
        squares = (3 + 4) / 2 + 2
        assert found.mean == pytest.approx((1 + 0) / 2 / 4)
        assert found.p == pytest.approx(2 * stats.norm.sf(0.5 / math.sqrt(1.1 * squares)))
        assert found.error == pytest.approx(math.sqrt(1.1 * (squares - 0.25 / 6)) / 6)

    def test_weights_make_it_balanced_accuracy(self):
        rng = np.random.default_rng(0)
        y = np.arange(300) % 10 == 0
        first, second = rng.random((2, 5, 300)) < 0.7
        weights = 0.5 / np.where(y, y.sum(), (~y).sum())
        found = compare_rows(first, second, weights=weights)
        recalls = [[each[:, of].mean() for of in (y, ~y)] for each in (first, second)]
        assert found.mean == pytest.approx(np.mean(recalls[0]) - np.mean(recalls[1]))
        scaled = compare_rows(first, second, weights=300.0 * weights)
        np.testing.assert_allclose(scaled, found)

    def test_copies_count_once(self):
        rng = np.random.default_rng(1)
        first, second = rng.random((2, 3, 200)) < [[[0.8]], [[0.7]]]
        together = np.repeat(np.arange(200), 5)
        copied = compare_rows(
            np.repeat(first, 5, axis=1), np.repeat(second, 5, axis=1), together=together
        )
        np.testing.assert_allclose(copied, compare_rows(first, second))


class TestCorrectedT:
    @pytest.mark.parametrize("shape", [(1, 10), (10, 10), (2, 5)])
    def test_by_hand(self, shape):
        differences = np.random.default_rng(2).normal(0.02, 0.05, size=shape)
        found = corrected_t(differences, 1 / 9, 200)
        variance = (1 / differences.size + 1 / 9) * differences.var(ddof=1)
        ratio = differences.mean() / math.sqrt(variance)
        assert found.p == pytest.approx(2 * stats.t.sf(abs(ratio), differences.size - 1))
        plain = corrected_t(differences, 0.0)
        assert plain.p == pytest.approx(stats.ttest_1samp(differences.ravel(), 0.0).pvalue)
        assert plain.p < found.p

    @given(arrays(float, (2, 5), elements=st.floats(-1, 1).map(lambda x: round(x, 3))))
    def test_turned_and_scaled(self, differences):
        found, turned = corrected_t(differences, 0.25, 50), corrected_t(-differences, 0.25, 50)
        assert turned.mean == -found.mean
        np.testing.assert_allclose(turned[1:], found[1:])
        if np.ptp(differences) > 0.0:
            scaled = corrected_t(8.0 * differences, 0.25, 50)
            np.testing.assert_allclose(scaled, [8 * found.mean, 8 * found.error, *found[2:]])

    def test_folds_without_a_score_do_not_count(self):
        differences = np.array([[0.1, np.nan, 0.3, 0.2], [np.nan, 0.1, 0.2, 0.2]])
        kept = differences[np.isfinite(differences)][None, :]
        assert corrected_t(differences, 1 / 3) == corrected_t(kept, 1 / 3)
        for unknown in ([[np.nan, np.nan]], [[0.1, np.nan]]):
            found = corrected_t(np.array(unknown), 1.0, 10)
            assert math.isnan(found.mean)
            assert found.p == 1.0

    def test_the_same_difference_in_every_fold_is_no_proof(self):
        found = corrected_t(np.full((10, 10), 0.05), 1 / 9, 200)
        assert found.mean == pytest.approx(0.05)
        assert found.p == 2.0**-9
        assert found.error == pytest.approx(math.sqrt(12 - 100 / 202) / 202)
        assert corrected_t(np.full((3, 4), 0.05), 1 / 3, 200).p == 2.0**-3

    @pytest.mark.parametrize("n", [20, 200, 2000])
    def test_no_difference_in_any_fold(self, n):
        found = corrected_t(np.zeros((10, 10)), 1 / 9, n)
        assert (found.mean, found.p) == (0.0, 1.0)
        assert (probability_within(found, 0.01) >= 0.95) == (n == 2000)
        assert corrected_t(np.zeros((1, 10)), 1 / 9).error == 0.0


class TestPosterior:
    @pytest.mark.parametrize("dof", [9.0, 99.0, math.inf])
    def test_is_the_integral_of_a_student_t(self, dof):
        difference = Difference(0.013, 0.008, dof, 0.1)
        inside, _ = integrate.quad(
            lambda x: stats.t.pdf(x, dof, loc=difference.mean, scale=difference.error), -0.01, 0.01
        )
        assert probability_within(difference, 0.01) == pytest.approx(inside)
        turned = difference._replace(mean=-difference.mean)
        assert probability_within(turned, 0.01) == pytest.approx(inside)
        low, high = interval(difference)
        span = stats.t.interval(0.95, dof, loc=difference.mean, scale=difference.error)
        assert (low, high) == pytest.approx(span)

    def test_of_what_nothing_tells(self):
        assert probability_within(UNKNOWN, 0.01) == 0.0
        assert probability_within(Difference(0.005, 0.0, 9.0, 1.0), 0.01) == 1.0
        assert probability_within(Difference(0.02, 0.0, 9.0, 1.0), 0.01) == 0.0


class TestRowsNeeded:
    @pytest.mark.parametrize("mean", [0.0, 0.004, 0.0099, 0.012, 0.05])
    @pytest.mark.parametrize("alpha", [0.05, 0.05 / 3])
    def test_so_many_tell_and_fewer_do_not(self, mean, alpha):
        found = Difference(mean, 0.03, math.inf, 0.5)
        rows = rows_needed(found, 400, margin=0.01, alpha=alpha, surely=0.95)

        def told(n):
            then = found._replace(error=0.03 * math.sqrt(400 / n))
            p = 2 * stats.norm.sf(mean / then.error)
            return p <= alpha or probability_within(then, 0.01) >= 0.95

        assert told(rows)
        assert not told(rows * 0.89)
        assert len(str(rows).rstrip("0")) <= 2

    def test_rows_of_which_none_differ(self):
        none = wins(0, 0, 100)
        rows = rows_needed(compare_rows(*none), 100, margin=0.01, alpha=0.05, surely=0.95)
        for n, told in ((1.05 * rows, True), (0.9 * rows, False)):
            found = compare_rows(*wins(0, 0, int(n)))
            assert (probability_within(found, 0.01) >= 0.95) == told

    @pytest.mark.parametrize("alpha", [0.05, 0.025, 0.05 / 3, 0.001])
    def test_the_fewest_rows_of_which_the_test_finds_anything(self, alpha):
        least = least_discordant(alpha)
        assert compare_rows(*wins(least, 0, least)).p < alpha
        assert compare_rows(*wins(least - 1, 0, least - 1)).p >= alpha

    @pytest.mark.parametrize("n", [2, 3, 5, 7])
    def test_of_few_rows_no_fewer_than_the_test_takes(self, n):
        right = {"floor": np.zeros((1, n), bool), "a": np.ones((1, n), bool)}
        right |= {"b": right["a"], "c": right["a"]}
        scores = {name: hits[:, :2].astype(float) for name, hits in right.items()}
        verdict = decide(
            scores,
            floor="floor",
            simplest_first="abc",
            test_share=1.0,
            n_rows=n,
            margin=0.01,
            hits=right,
        )
        for pair in verdict.against_floor:
            assert pair.word == "cannot tell"
            assert pair.rows_needed == least_discordant(0.05 / 3)
        for pair in verdict.pairs:  # none differ: only equivalence can be found
            assert pair.rows_needed > 100

    def test_none_where_it_is_too_many_or_nothing_is_known(self):
        hopeless = Difference(0.01, 0.5, math.inf, 0.9)
        assert rows_needed(hopeless, 100, margin=0.01, alpha=0.05, surely=0.95) is None
        assert rows_needed(hopeless, 100, margin=0.0, alpha=0.05, surely=0.95) is None
        nothing = hopeless._replace(mean=0.0)
        assert rows_needed(nothing, 100, margin=0.0, alpha=0.05, surely=0.95) is None
        assert rows_needed(UNKNOWN, 100, margin=0.01, alpha=0.05, surely=0.95) is None

    def test_always_more_than_there_are(self):
        nearly = Difference(0.03, 0.01, math.inf, 0.051)
        assert rows_needed(nearly, 99, margin=0.01, alpha=0.05, surely=0.95) == 100
