"""Medians, and ratios taken round by round: what a busy machine does to both cancels."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import median

from benchmarks.harness.results import Entry


@dataclass(frozen=True)
class Ratio:
    """Median of the ratios of single rounds, with the least and the greatest."""

    median: float
    least: float
    most: float


def seconds(entry: Entry, stage: str) -> float:
    """Median over the rounds."""
    return median(lap[stage] for lap in entry.laps)


def ratio(entry: Entry, subject: Entry, stage: str) -> Ratio:
    """How many times as long as the subject the entry took, over rounds that both ran."""
    rounds = [
        theirs[stage] / ours[stage]
        for theirs, ours in zip(entry.laps, subject.laps, strict=False)  # some run fewer rounds
    ]
    return Ratio(median(rounds), min(rounds), max(rounds))


def nearest(rivals: Sequence[Entry], subject: Entry, stage: str) -> Entry | None:
    """Rival with the least ratio: of medians of times, a pause in one round may be the less."""
    return min(rivals, key=lambda each: ratio(each, subject, stage).median, default=None)


def predicted(sizes: Sequence[float], times: Sequence[float], size: float) -> float:
    """Extrapolate a time along the power law of the last two sizes.

    Growth is taken as linear at least, and from a single size as linear.
    """
    power = 1.0
    if len(sizes) > 1:
        power = max(power, log(times[-1] / times[-2]) / log(sizes[-1] / sizes[-2]))
    return float(times[-1] * (size / sizes[-1]) ** power)
