"""The verdict: which models are better, which are equivalent, and of which nobody can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.verdict.difference import Difference, interval
from trivium.verdict.equivalence import probability_within
from trivium.verdict.evidence import Evidence, compare, gather, mean_score
from trivium.verdict.holm import holm, raised
from trivium.verdict.mcnemar import least_discordant
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
        95 % interval of the difference, not widened for several pairs; NaN where nothing is known.
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
        What differences were tested by: folds or rows.
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


def decide(
    scores: Mapping[str, Float64],
    *,
    floor: str,
    simplest_first: Sequence[str],
    test_share: float,
    n_rows: int,
    margin: float,
    hits: Mapping[str, Labels] | None = None,
    weights: Float64 | None = None,
    together: Indices | None = None,
) -> Verdict:
    """Compare every two models, and each with the floor.

    The first of a pair is *better* where p, corrected by Holm over all pairs of models (or over
    all models beside the floor), is below .05; else both are *equivalent* where the posterior
    probability that their difference is within the margin is .95 or more; else nobody *can tell*.

    Rows are tested where it is known which were predicted right, by McNemar's test over all runs
    (`trivium.verdict.mcnemar` says why), else folds by the corrected resampled t test.

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (repeats, folds)
        Greater is better. The same folds for all. A fold that lacks one of two scores (NaN) does
        not count between these two; with fewer than two left, nobody can tell.
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
    hits : mapping of str to ndarray of bool of shape (repeats, n_tested), optional
        Which rows were predicted right in each run, a row of the table in one column, where the
        score is the share of such rows. Of shape (n_tested,) those of the first run: they count
        where there is one run.
    weights : ndarray of shape (n_tested,), optional
        Of rows, where the score is a weighted share: one over the rows of the class, for balanced
        accuracy. They do not count without hits.
    together : ndarray of int of shape (n_tested,), optional
        Numbers from 0 of the groups that rows belong to, or of what they are copies of. Rows that
        belong together count as one. They do not count without hits.

    Raises
    ------
    ValueError
        If models have scores of different shapes, or fewer than two folds; if the floor or the
        hits of a model are missing, hits are of no row or not of as many runs as scores, weights
        or groups not one a row, or a model is not in `simplest_first`.

    Notes
    -----
    Where nobody can tell, `rows_needed` takes standard errors to shrink as one over the square
    root of the rows, and the difference to stay: it is the lesser of the rows with which p would
    be below .05 (after as much correction as now), and of those with which the models would be
    found equivalent.
    """
    order = (floor, *(name for name in simplest_first if name in scores and name != floor))
    evidence = gather(scores, order, test_share, n_rows, hits, weights, together)
    models = order[1:]
    family = _Family(evidence, margin)
    pairs = family.pairs([(a, b) for i, a in enumerate(models) for b in models[i + 1 :]])
    against_floor = family.pairs([(floor, name) for name in models])
    best = _best(evidence, models)
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


def _best(evidence: Evidence, models: Sequence[str]) -> str | None:
    """Return the model with the best mean score, the simplest of several."""
    means = [mean_score(evidence, name) for name in models]
    return models[int(np.argmax(np.nan_to_num(means, nan=-np.inf)))] if models else None


@dataclass(frozen=True)
class _Family:
    evidence: Evidence
    margin: float

    def pairs(self, names: Sequence[tuple[str, str]]) -> tuple[Pair, ...]:
        """Compare pairs, of which each names the simpler model first."""
        ordered, found = [], []
        for simple, other in names:
            difference = compare(self.evidence, simple, other)
            turned = difference.mean < 0.0
            ordered.append((other, simple) if turned else (simple, other))
            found.append(difference._replace(mean=abs(difference.mean)))
        own = np.array([each.p for each in found])
        corrected, unbounded = holm(own).tolist(), raised(own).tolist()
        return tuple(map(self._pair, ordered, found, corrected, unbounded))

    def _pair(
        self, both: tuple[str, str], difference: Difference, p: float, unbounded: float
    ) -> Pair:
        equivalent = probability_within(difference, self.margin)
        word: Word = "cannot tell"
        if p < ALPHA:
            word = "better"
        elif equivalent >= SURELY:
            word = "equivalent"
        rows = None
        if word == "cannot tell":
            alpha = ALPHA * min(1.0, difference.p / unbounded)
            rows = rows_needed(
                difference,
                self.evidence.n_rows,
                margin=self.margin,
                alpha=alpha,
                surely=SURELY,
                least=0.0 if self.evidence.hits is None else self._least(difference, alpha),
            )
        return Pair(*both, difference.mean, interval(difference), p, equivalent, word, rows)

    def _least(self, difference: Difference, alpha: float) -> float:
        """Return the fewest rows of which the test of rows could find such a difference.

        Of that share of rows one model alone is right, if the other never is; of weighted rows at
        least the rows that it takes themselves.
        """
        share = difference.mean if self.evidence.weights is None else 1.0
        return least_discordant(alpha) / share if share > 0.0 else np.inf
