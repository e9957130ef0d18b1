"""Quantities as columns of a table: gaps filled by the median, then scaled, with a mark of gaps."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from trivium.arrays import Float64

Read = Callable[[], Iterable[Float64]]
"""Returns a column's cells, some at a time, each time it is called."""

FAR = 1e100
"""Standard deviations from the mean, beyond which all cells count alike: squares stay finite."""


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """What training rows have taught about a column of quantities.

    Attributes
    ----------
    median : float
        Stands for a missing cell.
    mean, scale : float
        Of the training cells, gaps filled: what is taken off, and what the rest is divided by.
    varies : bool
        Whether there is more than one value; else the column is left out.
    gaps : bool
        Whether a cell was missing; then a column says where, by 1.
    """

    median: float
    mean: float
    scale: float
    varies: bool
    gaps: bool

    @classmethod
    def learn(cls, values: Float64) -> Self | None:
        """Learn from the cells of training rows.

        Parameters
        ----------
        values : ndarray of shape (n,)
            NaN where a cell is missing.

        Returns
        -------
        NumberPlan or None
            None if nothing can be learnt of the column: no value, or one and no gap.
        """
        return cls.learn_read(lambda: [values], np.empty(values.size))

    @classmethod
    def learn_read(cls, read: Read, room: Float64) -> Self | None:
        """Learn from the cells of training rows that are read twice.

        Parameters
        ----------
        read : callable
            Returns arrays of cells, NaN where one is missing, anew each time it is called.
        room : ndarray of shape (n,)
            What takes them all; it is overwritten.

        Returns
        -------
        NumberPlan or None
            As `learn`.
        """
        n, end = 0, 0
        for part in read():
            known = part[~np.isnan(part)]
            room[end : end + known.size] = known
            n, end = n + part.size, end + known.size
        if end == 0:
            return None
        gaps, known = end < n, room[:end]
        low, high = known.min(), known.max()
        median = _middle_of(known)
        end = 0
        for part in read():
            room[end : end + part.size] = np.where(np.isnan(part), median, part) if gaps else part
            end += part.size
        mean, scale = _spread_of(room[:n])
        varies = bool(low < high) and scale > 0.0
        if not varies and not gaps:
            return None
        return cls(median, mean, scale if varies else 1.0, varies, gaps)

    @property
    def width(self) -> int:
        """Columns that come of it."""
        return self.varies + self.gaps

    def names(self, column: str) -> tuple[str, ...]:
        """Name these columns."""
        return (column,) * self.varies + (f"{column} is missing",) * self.gaps

    def fill(self, values: Float64, out: Float64) -> None:
        """Write these columns.

        Parameters
        ----------
        values : ndarray of shape (n,)
        out : ndarray of shape (n, width)
        """
        missing = np.isnan(values)
        if self.varies:
            filled = np.where(missing, self.median, values)
            with np.errstate(over="ignore"):
                filled -= self.mean
                filled /= self.scale
            np.clip(filled, -FAR, FAR, out=out[:, 0])
        if self.gaps:
            out[:, -1] = missing

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON holds."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the plan that `to_dict` has written.

        Raises
        ------
        ValueError
            If that is not what `data` is.
        """
        median, mean, scale = (finite(data, name) for name in ("median", "mean", "scale"))
        if scale <= 0.0:
            raise ValueError(f"scale={scale}: expected a positive number.")
        return cls(median, mean, scale, truth(data, "varies"), truth(data, "gaps"))


def middle(known: Float64) -> float:
    """Median of finite numbers, without overflow.

    Examples
    --------
    >>> import numpy as np
    >>> middle(np.array([1.0, 4.0, 2.0, 3.0]))
    2.5
    """
    return _middle_of(known.copy())


def _middle_of(known: Float64) -> float:
    """Do so, and leave the numbers in another order."""
    half = known.size // 2
    if known.size % 2:
        known.partition(half)
        return float(known[half])
    known.partition([half - 1, half])
    low, high = known[half - 1 : half + 1].tolist()
    together: float = low + high
    return together / 2.0 if np.isfinite(together) else low / 2.0 + high / 2.0


def spread(values: Float64) -> tuple[float, float]:
    """Mean and standard deviation (with n), from two passes in units of the greatest number.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite numbers, one at least.

    Examples
    --------
    >>> import numpy as np
    >>> spread(np.array([1e300, -1e300]))
    (0.0, 1e+300)
    """
    return _spread_of(values.copy())


def _spread_of(scaled: Float64) -> tuple[float, float]:
    """Do so, and leave other numbers in their place."""
    unit = int(np.frexp(max(scaled.max(), -scaled.min()))[1])
    np.ldexp(scaled, -unit, out=scaled)
    mean = float(scaled.mean())
    scaled -= mean
    furthest = int(np.frexp(max(scaled.max(), -scaled.min()))[1])  # so that squares do not vanish
    np.ldexp(scaled, -furthest, out=scaled)
    np.square(scaled, out=scaled)
    deviation = float(np.sqrt(scaled.mean()))
    return float(np.ldexp(mean, unit)), float(np.ldexp(deviation, furthest + unit))


def finite(data: Mapping[str, Any], name: str) -> float:
    """Read a number of a stored plan.

    Raises
    ------
    ValueError
        If there is none, or it is not finite.
    """
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError(f"{name}={value!r}: expected a finite number.")
    return float(value)


def truth(data: Mapping[str, Any], name: str) -> bool:
    """Read a truth value of a stored plan.

    Raises
    ------
    ValueError
        If there is none.
    """
    value = data.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name}={value!r}: expected true or false.")
    return value
