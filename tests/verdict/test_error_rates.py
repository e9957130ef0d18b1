"""How often a winner is named between models that are equally good, and between some that are not.

Each model goes by a column of its own: a row's class is that of the nearer mean of the training
rows. The columns are exchangeable, so that the models expect equally many errors.
"""

import numpy as np
import pytest
from scipy import stats

from trivium.verdict.decide import decide

FOLDS = 10


def dealt(n, runs, rng):
    """Return folds of shape (runs, n); rows i and i + n/2 are of the two classes."""
    half = np.arange(n // 2) % FOLDS
    return np.stack([np.concatenate([rng.permutation(half) for _ in "ab"]) for _ in range(runs)])


def cross_validated(x, y, folds):
    """Return hits, from sums over folds."""
    held = (folds[:, None, :] == np.arange(FOLDS)[:, None]).reshape(-1, x.size).astype(float)
    middles = 0.0
    for label in (False, True):
        rows, values = (held @ (y == label)), (held @ (x * (y == label)))
        rows, values = rows.reshape(-1, FOLDS), values.reshape(-1, FOLDS)
        learnt = rows.sum(1, keepdims=True) - rows
        middles = middles + (values.sum(1, keepdims=True) - values) / learnt / 2.0
    return (x > np.take_along_axis(middles, folds, axis=1)) == y


def named(n, shifts, alike, runs, seed, *, by_rows=True):
    """Return the verdict on a random table."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) >= n // 2
    folds = dealt(n, runs, rng)
    common = np.sqrt(alike) * rng.normal(size=n)
    hits = {"floor": np.zeros((runs, n), dtype=bool)}
    for name, shift in zip("abc", shifts, strict=False):
        x = common + np.sqrt(1.0 - alike) * rng.normal(size=n) + shift * (2 * y - 1)
        hits[name] = cross_validated(x, y, folds)
    held = folds[:, None, :] == np.arange(FOLDS)[:, None]
    scores = {name: (held * h[:, None]).sum(2) / held.sum(2) for name, h in hits.items()}
    return decide(
        scores,
        floor="floor",
        simplest_first=tuple("abc"[: len(shifts)]),
        test_share=1 / 9,
        n_rows=n,
        margin=0.01,
        hits=hits if by_rows else None,
    )


def rate(word, draws, *how, **by):
    return np.mean(
        [any(pair.word == word for pair in named(*how, seed, **by).pairs) for seed in range(draws)]
    )


@pytest.mark.parametrize(
    ("models", "runs", "by_rows"), [(2, 1, True), (2, 10, True), (3, 10, True), (2, 10, False)]
)
def test_seldom_a_winner_of_equals(models, runs, by_rows):
    most = stats.binom.ppf(0.999, 100, 0.05) / 100
    assert rate("better", 100, 200, (0.8,) * models, 0.5, runs, by_rows=by_rows) <= most


def test_a_true_difference_is_found_as_often_as_it_can_be():
    shifts = stats.norm.ppf(0.85), stats.norm.ppf(0.833)
    assert 0.35 < rate("better", 60, 1000, shifts, 0.95, 10) < 0.7


def test_seldom_equivalent_where_one_is_better():
    shifts = stats.norm.ppf(0.85), stats.norm.ppf(0.838)
    assert rate("equivalent", 40, 1000, shifts, 0.99, 10) <= stats.binom.ppf(0.999, 40, 0.05) / 40
    assert rate("equivalent", 20, 4000, (1.0, 1.0), 0.99, 1) > 0.8
