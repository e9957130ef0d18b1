"""Dates as columns of a table: the day, scaled, and where in the year, week and day it falls.

A place in a cycle is a point of the unit circle, so that December is next to January. A cycle is
left out where training rows do not go round it, or all fall on one point of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from trivium.arrays import Float64
from trivium.preparation.numbers import NumberPlan, Read

DAY = 86_400.0  # seconds
_LEAST_SPAN = {"year": 365.0 * DAY, "week": 7.0 * DAY, "day": DAY}
CYCLES = tuple(_LEAST_SPAN)
_WEEK_BEGINS = 3.0 * DAY  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True)
class DatePlan:
    """What training rows have taught about a column of dates.

    Attributes
    ----------
    day : NumberPlan
        Of days since 1970-01-01, with their fractions.
    cycles : tuple of str
        Those of "year", "week" and "day" that dates go round.
    """

    day: NumberPlan
    cycles: tuple[str, ...]

    @classmethod
    def learn(cls, seconds: Float64) -> Self | None:
        """Learn from the cells of training rows.

        Parameters
        ----------
        seconds : ndarray of shape (n,)
            Since 1970-01-01; NaN where a cell is missing.

        Returns
        -------
        DatePlan or None
            None if nothing can be learnt of the column: no date, or one and no gap.
        """
        return cls.learn_read(lambda: [seconds], np.empty(seconds.size))

    @classmethod
    def learn_read(cls, read: Read, room: Float64) -> Self | None:
        """Learn from the cells of training rows that are read several times.

        Parameters
        ----------
        read, room
            As of `NumberPlan.learn_read`.

        Returns
        -------
        DatePlan or None
            As `learn`.
        """
        day = NumberPlan.learn_read(lambda: (part / DAY for part in read()), room)
        if day is None:
            return None
        ends = dict.fromkeys(CYCLES, (np.inf, -np.inf))
        least, most = np.inf, -np.inf
        for part in read():
            known = part[~np.isnan(part)]
            if not known.size:
                continue
            least, most = min(least, known.min()), max(most, known.max())
            for cycle, (low, high) in ends.items():
                places = turns(known, cycle)
                ends[cycle] = min(low, places.min()), max(high, places.max())
        found = [
            cycle
            for cycle, (low, high) in ends.items()
            if most - least >= _LEAST_SPAN[cycle] and low < high
        ]
        return cls(day, tuple(found))

    @property
    def gaps(self) -> bool:
        """Whether a cell was missing; then a column says where, by 1."""
        return self.day.gaps

    @property
    def width(self) -> int:
        """Columns that come of it."""
        return self.day.width + 2 * len(self.cycles)

    def names(self, column: str) -> tuple[str, ...]:
        """Name these columns."""
        circles = (
            f"{column}: time of {cycle}, {part}"
            for cycle in self.cycles
            for part in ("sine", "cosine")
        )
        first, last = (f"{column}: day",), (f"{column} is missing",)
        return (*first * self.day.varies, *circles, *last * self.day.gaps)

    def fill(self, seconds: Float64, out: Float64) -> None:
        """Write these columns; of a missing date the day is the median, and cycles are zero.

        Parameters
        ----------
        seconds : ndarray of shape (n,)
        out : ndarray of shape (n, width)
        """
        days = np.empty((seconds.size, self.day.width))
        self.day.fill(seconds / DAY, days)
        if self.day.varies:
            out[:, 0] = days[:, 0]
        if self.day.gaps:
            out[:, -1] = days[:, -1]
        # Many rows share their dates, and sines take long.
        encoded = pa.array(seconds).dictionary_encode()
        moments, places = encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
        for number, cycle in enumerate(self.cycles):
            begin = self.day.varies + 2 * number
            out[:, begin : begin + 2] = on_circle(turns(moments, cycle))[places]

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON holds."""
        return {"day": self.day.to_dict(), "cycles": list(self.cycles)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the plan that `to_dict` has written.

        Raises
        ------
        ValueError
            If that is not what `data` is.
        """
        day, cycles = data.get("day"), data.get("cycles")
        if not isinstance(day, Mapping):
            raise ValueError("day: expected the plan of a number.")
        if not isinstance(cycles, list) or cycles != [c for c in CYCLES if c in cycles]:
            raise ValueError(f"cycles={cycles!r}: expected some of {', '.join(CYCLES)}.")
        return cls(NumberPlan.from_dict(day), tuple(cycles))


def turns(seconds: Float64, cycle: str) -> Float64:
    """Say where in a cycle moments are, as a part of it in [0, 1).

    Parameters
    ----------
    seconds : ndarray of shape (n,)
        Since 1970-01-01; NaN stays NaN.
    cycle : {"year", "week", "day"}
        A year begins on the first of January, a week on Monday, a day at midnight.

    Examples
    --------
    >>> import numpy as np
    >>> turns(np.array([0.0, 86400.0 * 364, 86400.0 * 365]), "year").round(4)
    array([0.    , 0.9973, 0.    ])
    >>> turns(np.array([43200.0]), "day")
    array([0.5])
    """
    if cycle == "day":
        return np.mod(seconds, DAY) / DAY
    if cycle == "week":
        return np.mod(seconds + _WEEK_BEGINS, 7.0 * DAY) / (7.0 * DAY)
    known = np.isfinite(seconds)
    whole = np.floor(np.where(known, seconds, 0.0))
    years = whole.astype(np.int64).astype("datetime64[s]").astype("datetime64[Y]")
    begins = years.astype("datetime64[s]").astype(np.int64).astype(np.float64)
    ends = (
        (years + np.timedelta64(1, "Y")).astype("datetime64[s]").astype(np.int64).astype(np.float64)
    )
    return (seconds - begins) / (ends - begins)


def on_circle(places: Float64) -> Float64:
    """Sine and cosine of places in a cycle, of shape (n, 2); zero where one is missing."""
    angles = 2.0 * np.pi * places
    points = np.column_stack([np.sin(angles), np.cos(angles)])
    points[np.isnan(places)] = 0.0
    return points
