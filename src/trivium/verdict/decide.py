"""The verdict: which models are better, which are equivalent, and of which nobody can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from trivium.arrays import Float64, Labels
from trivium.verdict.corrected_t import corrected_t
from trivium.verdict.difference import Difference, interval
from trivium.verdict.equivalence import probability_within
from trivium.verdict.holm import holm
from trivium.verdict.mcnemar import paired_rows
from trivium.verdict.rows_needed import rows_needed

ALPHA = 0.05
"""A difference is told where p, corrected by Holm, is less."""
SURELY = 0.95
"""Models are equivalent where this is the probability of it, or more."""

Word = Literal["better", "equivalent", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models, compared.

    Attributes
    ----------
    first, second : str
        The first has the better mean score; of two equal ones the simpler is first.
    difference : float
        Of their mean scores, 0 or more: in the direction that is better, whatever the metric.
    interval : (float, float)
        95 % interval of the difference.
    p : float
        Two-sided, of no difference; corrected by Holm over the pairs of its family.
    equivalent : float
        Probability that the difference is within the margin.
    word : {"better", "equivalent", "cannot tell"}
        The first is better; both are equivalent within the margin; or nobody can tell.
    rows_needed : int or None
        About how many rows would tell, where nobody can; None where that is more than a thousand
        times the present ones, or something was told.
    """

    first: str
    second: str
    difference: float
    interval: tuple[float, float]
    p: float
    equivalent: float
    word: Word
    rows_needed: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of several models.

    Attributes
    ----------
    test : {"corrected t", "McNemar"}
        What differences were tested by.
    margin : float
        Differences of the metric that do not matter.
    pairs : tuple of Pair
        Every two models.
    against_floor : tuple of Pair
        Every model beside the floor; `first` may be the floor.
    best : str or None
        The model with the best mean score.
    not_told_apart : tuple of str
        `best` and the models to which it is not better, from the simplest; empty where `best` is
        better than all others.
    chosen : str or None
        The simplest model of those that are better than the floor (or, where none is, of all) to
        which `best` is not better.
    better_than_floor : bool
        Whether `chosen` is better than the floor.
    """

    test: Literal["corrected t", "McNemar"]
    margin: float
    pairs: tuple[Pair, ...]
    against_floor: tuple[Pair, ...]
    best: str | None
    not_told_apart: tuple[str, ...]
    chosen: str | None
    better_than_floor: bool


class _Evidence(NamedTuple):
    """What models are compared by.

    Attributes
    ----------
    scores : mapping of str to ndarray of shape (repeats, folds)
    hits : mapping of str to ndarray of bool of shape (n_tested,), or None
        Where rows are compared, not folds.
    test_share, margin : float
    n_rows : int
    order : tuple of str
        All of them, from the simplest: the floor first.
    """

    scores: Mapping[str, Float64]
    hits: Mapping[str, Labels] | None
    test_share: float
    margin: float
    n_rows: int
    order: tuple[str, ...]


def decide(
    scores: Mapping[str, Float64],
    *,
    floor: str,
    simplest_first: Sequence[str],
    test_share: float,
    n_rows: int,
    margin: float,
    hits: Mapping[str, Labels] | None = None,
) -> Verdict:
    """Compare every two models, and each with the floor.

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (repeats, folds)
        Greater is better. The same folds for all. A fold that lacks one of two scores (NaN) does
        not count between these two.
    floor : str
        The one of `scores` that any model should be better than.
    simplest_first : sequence of str
        The models, from the simplest. Those that have no scores are left out.
    test_share : float
        Rows of a fold divided by rows that were learnt from.
    n_rows : int
        In all.
    margin : float
        Differences that do not matter.
    hits : mapping of str to ndarray of bool of shape (n_tested,), optional
        Which rows were predicted right in the first run, where the score is accuracy: then a
        single run is tested by McNemar's exact test.

    Raises
    ------
    ValueError
        If models have scores of different shapes, or fewer than two folds; if the floor or the
        hits of a model are missing, or a model is not in `simplest_first`.
    """
    order = (floor, *(name for name in simplest_first if name in scores and name != floor))
    _require_scores(scores, order, floor)
    single = np.shape(scores[floor])[0] == 1
    if hits is not None:
        _require_hits(hits, order)
    evidence = _Evidence(
        {name: np.asarray(scores[name], dtype=np.float64) for name in order},
        hits if single else None,
        test_share,
        margin,
        n_rows,
        order,
    )
    models = order[1:]
    pairs = _family(evidence, [(a, b) for i, a in enumerate(models) for b in models[i + 1 :]])
    against_floor = _family(evidence, [(floor, name) for name in models])
    best = models[_best(evidence, models)] if models else None
    worse = {pair.second for pair in pairs if pair.word == "better" and pair.first == best}
    above = {pair.first for pair in against_floor if pair.word == "better"} - {floor}
    level = [name for name in models if name not in worse]
    chosen = next((name for name in level if name in above), level[0] if level else None)
    return Verdict(
        test="corrected t" if evidence.hits is None else "McNemar",
        margin=margin,
        pairs=pairs,
        against_floor=against_floor,
        best=best,
        not_told_apart=tuple(level) if len(level) > 1 else (),
        chosen=chosen,
        better_than_floor=chosen in above,
    )


def _require_scores(scores: Mapping[str, Float64], order: Sequence[str], floor: str) -> None:
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


def _require_hits(hits: Mapping[str, Labels], order: Sequence[str]) -> None:
    for name in order:
        if name not in hits:
            raise ValueError(f"model {name!r} has scores, but no hits.")
        if np.ndim(hits[name]) != 1 or np.shape(hits[name]) != np.shape(hits[order[0]]):
            raise ValueError(
                f"model {name!r} has hits of shape {np.shape(hits[name])}, but {order[0]!r} has "
                f"{np.shape(hits[order[0]])}: the same rows are needed."
            )
    if np.size(hits[order[0]]) == 0:
        raise ValueError("hits are of no row: expected one row or more.")


def _best(evidence: _Evidence, models: Sequence[str]) -> int:
    """Return the place of the model with the best mean score, the simplest of several."""
    means = [_mean(evidence, name) for name in models]
    return int(np.argmax(np.nan_to_num(means, nan=-np.inf, neginf=-np.inf)))


def _mean(evidence: _Evidence, name: str) -> float:
    values = evidence.scores[name] if evidence.hits is None else evidence.hits[name]
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else np.nan


def _family(evidence: _Evidence, names: Sequence[tuple[str, str]]) -> tuple[Pair, ...]:
    """Compare pairs, of which each names the simpler model first."""
    ordered, found = [], []
    for simple, other in names:
        difference = _compare(evidence, simple, other)
        turned = difference.mean < 0.0
        ordered.append((other, simple) if turned else (simple, other))
        found.append(difference._replace(mean=abs(difference.mean)) if turned else difference)
    corrected = holm(np.array([each.p for each in found]))
    return tuple(
        _pair(evidence, both, difference, float(p))
        for both, difference, p in zip(ordered, found, corrected, strict=True)
    )


def _compare(evidence: _Evidence, first: str, second: str) -> Difference:
    if evidence.hits is not None:
        return paired_rows(evidence.hits[first], evidence.hits[second])
    return corrected_t(evidence.scores[first] - evidence.scores[second], evidence.test_share)


def _pair(evidence: _Evidence, both: tuple[str, str], difference: Difference, p: float) -> Pair:
    equivalent = probability_within(difference, evidence.margin)
    word: Word = "cannot tell"
    if p < ALPHA:
        word = "better"
    elif equivalent >= SURELY:
        word = "equivalent"
    rows = None
    if word == "cannot tell":
        alpha = ALPHA * min(1.0, difference.p / p)
        rows = rows_needed(
            difference, evidence.n_rows, margin=evidence.margin, alpha=alpha, surely=SURELY
        )
    return Pair(*both, difference.mean, interval(difference), p, equivalent, word, rows)
