"""Training rows after every check, and what is known of their labels."""

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.blocks.map_reduce import cut
from trivium.class_weights import ClassWeight, class_factors
from trivium.rows.csr import as_scipy
from trivium.rows.source import Rows

_AT_ONCE = 1 << 20  # codes that are counted


@dataclass(frozen=True)
class LabelledRows:
    """Training rows after every check.

    Attributes
    ----------
    rows : Rows
        Those that remain, with the position of each one's class in `classes`, and with positive
        sample weights, if there are any.
    classes : ndarray of shape (n_classes,)
        The labels of the rows given, sorted: of those that weigh nothing, too.
    kept : ndarray of shape (n,) or None
        Numbers of the rows given that remain; None means all of them.
    n_given : int
        Number of rows given.
    given : Rows or None
        All rows given, those that `kept` numbers; None where all of them remain.
    all_there : bool
        Whether each class is known to have rows that remain.
    """

    rows: Rows
    classes: Labels
    kept: Indices | None
    n_given: int
    given: Rows | None = None
    all_there: bool = False

    @property
    def codes(self) -> Indices:
        """Class of each row that remains, from 0."""
        return self.rows.codes

    @property
    def weights(self) -> Float64 | None:
        """Their positive weights; None means that each row counts once."""
        return self.rows.weights

    def class_weights(self) -> Float64:
        """Sum the weights of each class's rows."""
        if self.weights is None:
            return self._counts().astype(np.float64)
        with np.errstate(over="ignore"):
            weights = np.bincount(self.codes, self.weights, minlength=self.classes.size)
        return weights.astype(np.float64)

    def _counts(self) -> Indices:
        """Count each class's rows, some at a time: NumPy widens what it counts."""
        if self.classes.size == 2:
            of_second = np.count_nonzero(self.codes)
            return np.array([self.codes.size - of_second, of_second], dtype=np.intp)
        counts = np.zeros(self.classes.size, dtype=np.intp)
        for part in cut(self.codes.size, _AT_ONCE):
            counts += np.bincount(self.codes[part], minlength=counts.size)
        return counts

    def classes_of_weight(self) -> Indices:
        """Return the positions of the classes whose rows weigh more than nothing."""
        if self.all_there:
            return np.arange(self.classes.size)
        return np.flatnonzero(self._counts())

    def of_weight(self) -> tuple["LabelledRows", Indices]:
        """Return these rows with the classes alone that have a weight, and their positions."""
        present = self.classes_of_weight()
        if present.size == self.classes.size:
            return self, present
        among = np.zeros(self.classes.size, dtype=np.intp)
        among[present] = np.arange(present.size)
        rows = self.rows.relabelled(among[self.codes], present.size)
        return replace(self, rows=rows, classes=self.classes[present], all_there=True), present

    def weightless(self) -> tuple[Any, Indices]:
        """Return the rows given that weigh nothing, and their numbers."""
        light = self.weightless_numbers()
        every = self.rows if self.given is None else self.given
        return every.take(light).X, light

    def weightless_numbers(self) -> Indices:
        """Return the numbers of the rows given that weigh nothing."""
        if self.given is None or self.kept is None:
            return np.empty(0, dtype=np.intp)
        is_light = np.ones(self.n_given, dtype=np.bool_)
        is_light[self.kept] = False
        return np.flatnonzero(is_light)

    def in_memory(self) -> Any:
        """Return all rows as one array, as scorers of a user's see them; SciPy's if sparse."""
        (whole,) = self.rows.slabs(sys.maxsize)
        return as_scipy(whole.X)

    def where(self, mask: Any) -> "LabelledRows":
        """Return those of the rows that a mask marks."""
        return self.take(np.flatnonzero(mask))

    def take(self, numbers: Indices) -> "LabelledRows":
        """Return some of the rows, in whichever order.

        `given` and the numbers in `kept` go on being those of the rows given first, of a fold as
        of rows that lost those without weight. So what is left out here, as a fold's test set is,
        counts among the `weightless` rows: nobody asks a fold for these.
        """
        return replace(
            self,
            rows=self.rows.subset(numbers),
            kept=numbers if self.kept is None else self.kept[numbers],
            given=self.rows if self.given is None else self.given,
            all_there=False,
        )

    def reweighted(self, weights: Float64 | None) -> "LabelledRows":
        """Return the same rows with other weights."""
        return replace(self, rows=self.rows.reweighted(weights))

    def times(self, class_weight: ClassWeight, *, allow_none_left: bool = False) -> "LabelledRows":
        """Return these rows with their weights multiplied by those of their classes.

        Rows of a class whose weight is zero count as removed; the classes stay.

        Parameters
        ----------
        class_weight : dict, "balanced" or None
            As in `class_factors`.
        allow_none_left : bool
            Whether the weights may be zero of all classes that have rows.

        Raises
        ------
        ValueError, TypeError
            As `class_factors`, or if a product leaves float64.
        """
        if class_weight is None:
            return self
        mass = self.class_weights()
        return self.multiplied(
            class_factors(class_weight, self.classes, mass, allow_none_left=allow_none_left)
        )

    def multiplied(self, factors: Float64 | None) -> "LabelledRows":
        """Multiply weights by factors of the classes, as `times`; None leaves them as they are.

        Parameters
        ----------
        factors : ndarray of shape (n_classes,) or None

        Raises
        ------
        ValueError
            If a product leaves float64.
        """
        if factors is None:
            return self
        with np.errstate(over="ignore", under="ignore"):
            weights = factors[self.codes] * (1.0 if self.weights is None else self.weights)
        kept = factors[self.codes] > 0
        lost = np.flatnonzero(kept & ~((weights > 0) & np.isfinite(weights)))
        if lost.size:
            row = lost[0] if self.kept is None else self.kept[lost[0]]
            raise ValueError(f"sample_weight times class_weight leaves float64 in row {row}.")
        some = self if kept.all() else self.where(kept)
        return some.reweighted(unless_ones(weights[kept]))


def unless_ones(weights: Float64) -> Float64 | None:
    """Return weights; None where all are one."""
    return None if np.all(weights == 1.0) else weights
