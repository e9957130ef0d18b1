"""What checks compute, beside plain truth: loops, permutations, SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import association as peer

from trivium.comparison.checks.binned import (
    Binned,
    association,
    binned,
    ranked,
    told_by,
    told_by_threshold,
)
from trivium.comparison.checks.copies import outvoted
from trivium.comparison.checks.denied import denied, labelling_of, of_the_rows, raised
from trivium.comparison.checks.far import isolated
from trivium.comparison.checks.times import drift_of

LABELS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(-1, 3)), min_size=5, max_size=60
)


@given(LABELS)
def test_what_a_column_tells_is_what_a_loop_finds(rows):
    levels, classes, fold = (np.array(part) for part in zip(*rows, strict=True))
    hits = 0
    for level, right, number in rows:
        if number < 0:
            continue
        learnt = [(c, place) for place, (one, c, f) in enumerate(rows) if f != number]
        counts = np.bincount([c for c, _ in learnt], minlength=3)
        own = np.bincount([c for c, place in learnt if rows[place][0] == level], minlength=3)
        rank = np.argsort(np.argsort(counts, kind="stable"), kind="stable")
        hits += int(np.argmax(own * 3 + rank) == right)
    told = told_by(Binned(levels, 5), classes, 3, fold)
    assert told == (hits, int((fold >= 0).sum()))


@given(LABELS)
def test_a_threshold_is_one_of_those_that_are_right_for_most_learnt_rows(rows):
    levels, classes, fold = (np.array(part) for part in zip(*rows, strict=True))
    told = told_by_threshold(Binned(levels, 5), np.arange(1.0, 5.0), classes, 3, fold)
    assert told.rows == int((fold >= 0).sum())
    hits = 0
    for number in range(fold.max() + 1):
        learn, test = fold != number, fold == number
        most = 0
        for cut in range(1, 5):
            sides = [learn & (levels > 0) & (levels <= cut), learn & (levels > cut)]
            most = max(most, sum(np.bincount(classes[side], minlength=3).max() for side in sides))
        best = []
        for cut in range(1, 5):
            sides = [(levels > 0) & (levels <= cut), levels > cut]
            counts = [np.bincount(classes[learn & side], minlength=3) for side in sides]
            if sum(each.max() for each in counts) == most:
                best.append(sum(int((test & side).sum()) for side in sides))
        hits += max(best) + int((test & (levels == 0)).sum())
    assert 0 <= told.hits <= hits


@pytest.mark.parametrize("n", [30, 300, 6000])
def test_a_threshold_between_two_classes_tells_all_rows(n):
    rng = np.random.default_rng(n)
    values = np.where(np.arange(n) % 2 == 0, -10.0, 10.0) + rng.normal(size=n)
    told = told_by_threshold(*ranked(values), np.arange(n) % 2, 2, rng.integers(0, 5, n))
    assert told == (n, n)


@given(LABELS)
def test_rows_outvoted_by_their_copies_are_as_many_as_a_loop_finds(rows):
    copies, classes = (np.array(part) for part in list(zip(*rows, strict=True))[:2])
    sizes = {c: np.bincount(classes[copies == c]) for c in np.unique(copies).tolist()}
    losers = outvoted(copies, classes)
    assert losers.size == sum(int(each.sum() - each.max()) for each in sizes.values())
    for row in losers.tolist():
        own = sizes[int(copies[row])]
        assert classes[row] != own.argmax()
        assert own[classes[row]] <= own.max()


@pytest.mark.parametrize("n", [30, 500, 20_000])
def test_bins_cut_a_quantity_evenly_and_keep_what_comes_often_apart(n):
    values = np.random.default_rng(n).normal(size=n)
    values[: n // 5] = 7.5
    values[-1] = np.nan
    column = binned(values)
    counts = np.bincount(column.codes, minlength=column.n_levels)
    assert counts[0] == 1
    often = np.unique(column.codes[: n // 5])
    assert often.size == 1
    assert (column.codes == often[0]).sum() == n // 5
    order = np.argsort(values[:-1], kind="stable")
    assert (np.diff(column.codes[order]) >= 0).all()
    assert column.n_levels <= 600
    assert counts[1:].max() <= max(n // 5, 60)


def test_association_is_that_of_scipy():
    rng = np.random.default_rng(0)
    levels, classes = rng.integers(0, 4, 300), rng.integers(0, 3, 300)
    table = np.zeros((4, 3), dtype=int)
    np.add.at(table, (levels, classes), 1)
    p, effect = association(levels, 4, classes, 3)
    assert p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-10)
    assert effect == pytest.approx(peer(table), rel=1e-12)
    assert association(levels, 4, np.zeros(300, dtype=int), 3).tolist() == [1.0, 0.0]


def test_runs_have_the_spread_that_permutations_have():
    rng = np.random.default_rng(1)
    codes = rng.choice(3, 200, p=[0.6, 0.3, 0.1])
    drawn = [drift_of(rng.permutation(codes), 3) for _ in range(2000)]
    assert np.mean([each.z for each in drawn]) == pytest.approx(0.0, abs=0.1)
    assert np.std([each.z for each in drawn]) == pytest.approx(1.0, abs=0.08)
    same = np.mean([each.same for each in drawn])
    assert same == pytest.approx(drawn[0].chance, abs=0.004)
    assert drift_of(np.sort(codes), 3).z > 10.0
    assert not drift_of(codes[:10], 3).is_there(0.1, 0.1)


class TestLabelling:
    @staticmethod
    def drawn(n, wrong, factor=1.0, seed=0):
        """Labels that come true as probabilities say, but for a share of any other class."""
        rng = np.random.default_rng(seed)
        logs = np.log(rng.dirichlet(np.full(3, 0.3), n) + 1e-4)
        q = raised(logs, factor)
        labels = (q.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
        flipped = rng.random(n) < wrong
        labels[flipped] = (labels[flipped] + rng.integers(1, 3, flipped.sum())) % 3
        return logs, labels, flipped

    def test_the_share_of_wrong_labels_and_the_factor_are_found(self):
        logs, labels, _ = self.drawn(4000, 0.05, factor=1.7)
        found = labelling_of(logs, labels)
        assert found.wrong == pytest.approx(0.05, rel=0.25)
        assert found.factor == pytest.approx(1.7, rel=0.1)
        assert found.p < 1e-9

    def test_right_labels_are_taken_for_wrong_no_more_often_than_said(self):
        p = np.array([labelling_of(*self.drawn(300, 0.0, seed=s)[:2]).p for s in range(200)])
        assert np.mean(p < 0.05) <= 0.1

    def test_what_is_denied_is_mostly_wrong(self):
        logs, labels, flipped = self.drawn(2000, 0.03)
        out = denied(logs, logs.argmax(axis=1), labelling_of(logs, labels))
        own = out[np.arange(2000), labels]
        assert own.sum() >= 10
        assert flipped[own].mean() > 0.8
        assert not out[np.arange(2000), logs.argmax(axis=1)].any()
        assert not denied(logs, np.full(2000, -1), labelling_of(logs, labels)).any()

    def test_probabilities_of_balanced_classes_become_those_of_rows(self):
        found = of_the_rows(np.full((2, 4, 2), 0.5), np.array([300, 100]))
        assert found[1, 3] == pytest.approx([0.75, 0.25])


def test_isolated_goes_by_what_is_usual():
    reach = np.random.default_rng(2).uniform(1.0, 2.0, 500)
    assert isolated(reach, 0.01).size == 0
    assert isolated(np.append(reach, [30.0, 40.0]), 0.01).tolist() == [501, 500]
    tail = np.exp(2.0 * np.random.default_rng(3).normal(size=500))
    assert isolated(tail, 0.01).size == 0
