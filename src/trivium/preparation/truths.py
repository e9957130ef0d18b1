"""Truth values as columns of a table: 1 and 0, gaps filled by the more frequent, and marked."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from trivium.arrays import Float64
from trivium.preparation.numbers import finite, truth


@dataclass(frozen=True, slots=True)
class TruthPlan:
    """What training rows have taught about a column of truth values.

    Attributes
    ----------
    usual : float
        1 or 0, the more frequent one (0 of equals): stands for a missing cell.
    varies : bool
        Whether both were there; else the column is left out.
    gaps : bool
        Whether a cell was missing; then a column says where, by 1.
    """

    usual: float
    varies: bool
    gaps: bool

    @classmethod
    def learn(cls, values: Float64) -> Self | None:
        """Learn from the cells of training rows.

        Parameters
        ----------
        values : ndarray of shape (n,)
            1, 0, or NaN where a cell is missing.

        Returns
        -------
        TruthPlan or None
            None if nothing can be learnt of the column: no value, or one and no gap.
        """
        return cls.learn_read([values])

    @classmethod
    def learn_read(cls, parts: Iterable[Float64]) -> Self | None:
        """Learn from the cells of training rows, some at a time.

        Parameters
        ----------
        parts : iterable of ndarray

        Returns
        -------
        TruthPlan or None
            As `learn`.
        """
        n = n_known = n_true = 0
        for values in parts:
            known = values[~np.isnan(values)]
            n, n_known = n + values.size, n_known + known.size
            n_true += int(np.count_nonzero(known))
        gaps, varies = n_known < n, 0 < n_true < n_known
        if n_known == 0 or not (varies or gaps):
            return None
        return cls(float(2.0 * n_true > n_known), varies, gaps)

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
            out[:, 0] = np.where(missing, self.usual, values)
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
        usual = finite(data, "usual")
        if usual not in (0.0, 1.0):
            raise ValueError(f"usual={usual}: expected 0 or 1.")
        return cls(usual, truth(data, "varies"), truth(data, "gaps"))
