"""Experiments: work of one thread whose size is known, and what each thing in it takes."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import nnls

Clock = Callable[[], int]
"""Nanoseconds of this thread: what others do beside it is not counted."""


class Watch:
    """Times work: the least of some repeats, after one that does not count.

    Parameters
    ----------
    repeats : int
    clock : callable
    """

    def __init__(self, repeats: int = 5, clock: Clock = time.thread_time_ns) -> None:
        self._repeats, self._clock = repeats, clock

    def __call__(self, work: Callable[[], object]) -> float:
        """Return nanoseconds."""
        work()
        least = float("inf")
        for _ in range(self._repeats):
            start = self._clock()
            work()
            least = min(least, self._clock() - start)
        return least


def fitted(
    names: Sequence[str], counts: Sequence[Sequence[float]], times: Sequence[float]
) -> dict[str, float]:
    """Find what each thing takes from how many there were in some runs.

    By least squares of relative errors, with no time below zero.

    Parameters
    ----------
    names : sequence of str
    counts : sequence of sequences
        How many things of each name there were in each run.
    times : sequence of float

    Examples
    --------
    >>> fitted(["row", "call"], [[10.0, 1.0], [100.0, 1.0]], [25.0, 205.0])
    {'row': 2.0, 'call': 5.0}
    """
    seconds = np.asarray(times, dtype=np.float64)
    found, _ = nnls(np.asarray(counts, dtype=np.float64) / seconds[:, None], np.ones(seconds.size))
    return dict(zip(names, found.round(9).tolist(), strict=True))
