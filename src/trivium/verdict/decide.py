"""The verdict: which models are better, which are equivalent, and of which nobody can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from trivium.arrays import Float64

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


def decide(
    scores: Mapping[str, Float64],
    *,
    floor: str,
    simplest_first: Sequence[str],
    test_share: float,
    n_rows: int,
    margin: float,
    hits: Mapping[str, Float64] | None = None,
) -> Verdict:
    """Compare every two models, and each with the floor.

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (repeats, folds)
        Greater is better. The same folds for all.
    floor : str
        The one of `scores` that any model should be better than.
    simplest_first : sequence of str
        The models, from the simplest.
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
        If models have scores of different shapes, or fewer than two folds.
    """
    raise NotImplementedError
