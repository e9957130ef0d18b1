"""All rows as numbers, for the checks that look at distances and at influence."""

from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.preparation.plan import Plan

_MOST_ENTRIES = 20_000_000
_LEAST_ROWS = 2_000


class Prepared(NamedTuple):
    """Rows as numbers, all of them or a sample.

    Attributes
    ----------
    X : ndarray or csr_array of shape (n, d)
        As models are given them.
    rows : ndarray of int of shape (n,)
        Which rows they are.
    """

    X: Any
    rows: Indices


def prepared(evidence: Evidence, most: int = _MOST_ENTRIES) -> Prepared:
    """Prepare rows as for a fit of all.

    Parameters
    ----------
    evidence : Evidence
    most : int
        Entries of the matrix; of more rows than it then has room for, a sample is taken.
    """
    plan = Plan.learn(evidence.task.columns, evidence.task.values)
    room = max(_LEAST_ROWS, most // max(plan.width, 1))
    rows = sample(evidence.task.codes.size, room, evidence.seed)
    X, _ = plan.matrix(evidence.task.values, rows)
    return Prepared(X, rows)


def sample(n: int, most: int, seed: int) -> Indices:
    """Return all of n rows, or some of them in order."""
    if n <= most:
        return np.arange(n)
    found: Indices = np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
    return found
