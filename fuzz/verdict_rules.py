"""Rules that name a winner between two models, beside the verdict's own: each gives a p."""

from typing import Any

import numpy as np
from scipy import stats

from trivium.verdict.corrected_t import corrected_t
from trivium.verdict.mcnemar import mcnemar


def of_folds(wins: Any, folds: Any, n_folds: int, weights: Any) -> Any:
    """Return (weighted) differences of accuracy, fold by fold, of shape (repeats, n_folds)."""
    held = (folds[:, None, :] == np.arange(n_folds)[:, None]) * weights
    return (held * wins[:, None, :]).sum(axis=2) / held.sum(axis=2)


def _t(mean: float, variance: float, dof: float) -> float:
    if variance <= 0.0:
        return float(mean == 0.0)
    return float(2.0 * stats.t.sf(abs(mean) / np.sqrt(variance), dof))


def five_by_two(differences: Any) -> float:
    """Return p of the combined 5×2 cv F test (Alpaydın 1999), from shape (5, 2)."""
    spread = ((differences - differences.mean(axis=1, keepdims=True)) ** 2).sum()
    if spread == 0.0:
        return float(not differences.any())
    return float(stats.f.sf((differences**2).sum() / (2.0 * spread), 10, 5))


def other_rules(wins: Any, differences: Any, halves: Any) -> dict[str, float]:
    """Return p by each of the other rules.

    Parameters
    ----------
    wins : ndarray of shape (repeats, n)
        1 where the first model alone is right, -1 where the second is, else 0.
    differences : ndarray of shape (repeats, folds)
    halves : ndarray of shape (5, 2)
        Of five runs of two folds.
    """
    folds = differences.shape[1]
    share = 1.0 / (folds - 1)
    mean, variance = float(differences.mean()), float(differences.var(ddof=1))
    net = wins.mean(axis=0)
    all_t = corrected_t(differences, share, wins.shape[1]).p
    rows = 2.0 * stats.norm.sf(abs(net.sum()) / np.sqrt((net**2).sum() + 2.0))
    single = [mcnemar(int((run > 0).sum()), int((run < 0).sum())) for run in wins]
    majority = wins.sum(axis=0)
    return {
        "corrected t, 10 × 10": all_t,
        "the same, ρ = 1/20": _t(
            mean, variance * (1.0 / differences.size + 0.05), differences.size - 1
        ),
        "Bayesian, P ≥ .95": all_t / 2.0,
        "corrected t, one run": corrected_t(differences[:1], share, wins.shape[1]).p,
        "5×2 cv F": five_by_two(halves),
        "rows, averaged": float(rows),
        "McNemar, majority": mcnemar(int((majority > 0).sum()), int((majority < 0).sum())),
        "McNemar, median p": float(np.median(single)),
        "t and rows": max(all_t, float(rows)),
        "plain t, 10 × 10": _t(mean, variance / differences.size, differences.size - 1),
    }
