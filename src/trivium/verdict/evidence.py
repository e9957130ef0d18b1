"""What models are compared by: scores of folds, or rows predicted right."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.verdict.corrected_t import corrected_t
from trivium.verdict.difference import Difference
from trivium.verdict.mcnemar import compare_rows


class Evidence(NamedTuple):
    """What models are compared by.

    Attributes
    ----------
    scores : mapping of str to ndarray of shape (repeats, folds)
        Of the floor and of the models.
    test_share : float
    n_rows : int
    hits : mapping of str to ndarray of bool of shape (repeats, n_tested), or None
        Where rows are compared, not folds.
    weights : ndarray of shape (n_tested,) or None
    together : ndarray of int of shape (n_tested,) or None
    """

    scores: Mapping[str, Float64]
    test_share: float
    n_rows: int
    hits: Mapping[str, Labels] | None
    weights: Float64 | None
    together: Indices | None


def compare(evidence: Evidence, first: str, second: str) -> Difference:
    """Compare two models by rows where they are known, else by folds."""
    if evidence.hits is None:
        differences = evidence.scores[first] - evidence.scores[second]
        return corrected_t(differences, evidence.test_share, evidence.n_rows)
    return compare_rows(
        evidence.hits[first],
        evidence.hits[second],
        weights=evidence.weights,
        together=evidence.together,
    )


def mean_score(evidence: Evidence, name: str) -> float:
    """Return a model's mean score, over the folds that have one; NaN where none has."""
    if evidence.hits is not None:
        return float(np.average(evidence.hits[name].mean(axis=0), weights=evidence.weights))
    there = evidence.scores[name][np.isfinite(evidence.scores[name])]
    return float(there.mean()) if there.size else np.nan


def gather(
    scores: Mapping[str, Float64],
    order: Sequence[str],
    test_share: float,
    n_rows: int,
    hits: Mapping[str, Labels] | None,
    weights: Float64 | None,
    together: Indices | None,
) -> Evidence:
    """Check what is known of the models in `order`, the floor first, and return it.

    Hits of the first of several runs alone are left aside, and without hits what is said of rows.

    Raises
    ------
    ValueError
        As `trivium.verdict.decide.decide` says.
    """
    shape = _require_scores(scores, order)
    tested = None if hits is None else _require_hits(hits, order, shape[0])
    for name, values in (("weights", weights), ("together", together)):
        if tested is not None and values is not None and np.shape(values) != (tested,):
            raise ValueError(f"{name} has shape {np.shape(values)}: expected one for each row hit.")
    of_all_runs = None
    if hits is not None and all(len(np.atleast_2d(hits[name])) == shape[0] for name in order):
        of_all_runs = {name: np.atleast_2d(np.asarray(hits[name], dtype=bool)) for name in order}
    return Evidence(
        {name: np.asarray(scores[name], dtype=np.float64) for name in order},
        test_share,
        n_rows,
        of_all_runs,
        weights,
        together,
    )


def _require_scores(scores: Mapping[str, Float64], order: Sequence[str]) -> tuple[int, int]:
    floor = order[0]
    if floor not in scores:
        raise ValueError(f"floor={floor!r}: it has no scores.")
    shape = np.shape(scores[floor])
    for name in scores:
        if name not in order:
            raise ValueError(f"model {name!r} has scores, but is not in simplest_first.")
        if np.shape(scores[name]) != shape:
            raise ValueError(
                f"model {name!r} has scores of shape {np.shape(scores[name])}, but {floor!r} has "
                f"{shape}: the same folds are needed."
            )
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 2:
        raise ValueError(f"scores have shape {shape}: expected (repeats, folds), 2 folds or more.")
    return shape


def _require_hits(hits: Mapping[str, Labels], order: Sequence[str], repeats: int) -> int:
    """Check the hits, and return the number of their rows."""
    for name in order:
        if name not in hits:
            raise ValueError(f"model {name!r} has scores, but no hits.")
        if np.shape(hits[name]) != np.shape(hits[order[0]]):
            raise ValueError(
                f"model {name!r} has hits of shape {np.shape(hits[name])}, but {order[0]!r} has "
                f"{np.shape(hits[order[0]])}: the same rows are needed."
            )
    shape = np.shape(hits[order[0]])
    if len(shape) not in (1, 2) or shape[-1] == 0 or (len(shape) == 2 and shape[0] != repeats):
        raise ValueError(
            f"hits have shape {shape}: expected (n,) or ({repeats}, n), with one row or more."
        )
    return int(shape[-1])
