"""A table to learn from, and its parts, fold by fold."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.preparation.parsing import Values
from trivium.preparation.plan import Plan
from trivium.tables.kinds import Column
from trivium.tabular.folds import Split, joined, split_rows, splits_in_time, splits_of, taken
from trivium.tabular.training import Training

_INNER_FOLDS = 5


class Part(NamedTuple):
    """What one fold has to learn from and to test.

    Attributes
    ----------
    learn, test : ndarray of int
        Rows.
    rows : Training or None
        None where all are of one class.
    X : ndarray, sparse or None
        Of the rows that are tested.
    """

    learn: Indices
    test: Indices
    rows: Training | None
    X: Any


class Task(NamedTuple):
    """A table to learn from, read.

    Attributes
    ----------
    columns : tuple of Column
        Those that are used.
    values : mapping
        From their names to their cells.
    codes : ndarray of int of shape (n,)
        Classes of the rows, every number below `n_classes` among them.
    n_classes : int
    copies : ndarray of int of shape (n,)
        Rows that are the same: the same number.
    balanced : bool
        Whether classes weigh alike.
    seed : int
    groups : ndarray of int of shape (n,) or None
        Rows that belong together: the same number. -1: nobody knows to which, and it is neither
        learnt from nor tested.
    when : ndarray of shape (n,) or None
        Times of the rows: what is tested is later than all that was learnt from. NaN: neither.
    """

    columns: tuple[Column, ...]
    values: Mapping[str, Values]
    codes: Indices
    n_classes: int
    copies: Indices
    balanced: bool
    seed: int
    groups: Indices | None = None
    when: Float64 | None = None

    @property
    def together(self) -> Indices:
        """Rows that never are on two sides, copies and groups: the same number."""
        if self.groups is None:
            return self.copies
        alone = self.groups.max() + 1 + np.arange(self.groups.size)
        return joined(self.copies, np.where(self.groups < 0, alone, self.groups))

    def splits(self, n_folds: int, seed: int) -> list[Split]:
        """Deal the rows into what is learnt from and what is tested, several times.

        Parameters
        ----------
        n_folds : int
            Fewer where there are fewer rows that can be told apart, or fewer times.
        seed : int
        """
        kept, together = self._known(np.arange(self.codes.size)), self.together
        if self.when is not None:
            return taken(kept, splits_in_time(self.when[kept], together[kept], n_folds))
        n_folds = min(n_folds, np.unique(together[kept]).size)
        return taken(kept, split_rows(self.codes[kept], together[kept], n_folds, seed))

    def _known(self, rows: Indices) -> Indices:
        """Leave out rows that may belong to any group: where it is not known which."""
        return rows if self.groups is None else rows[self.groups[rows] >= 0]

    def learn(self, rows: Indices | None = None) -> tuple[Plan, Training]:
        """Learn the preparation of some rows, None being all, and prepare them."""
        plan = Plan.learn(self.columns, self.values, rows=rows)
        X, _ = plan.matrix(self.values, rows)
        some = slice(None) if rows is None else rows
        codes = self.codes[some]
        inner = self._inner(np.arange(self.codes.size) if rows is None else rows)
        return plan, Training(X, codes, self.copies[some], self.balanced, self.seed, inner)

    def part(self, learn: Indices, test: Indices) -> Part:
        """Prepare some rows to learn from and others to test."""
        if np.unique(self.codes[learn]).size == 1:
            return Part(learn, test, None, None)
        plan, rows = self.learn(learn)
        return Part(learn, test, rows, plan.matrix(self.values, test)[0])

    def _inner(self, rows: Indices) -> list[Split] | None:
        """Deal rows into what parameters are chosen by, where rows are not dealt one by one."""
        if self.when is None and self.groups is None:
            return None
        some, together = np.flatnonzero(np.isin(rows, self._known(rows))), self.together[rows]
        codes = self.codes[rows]
        if self.when is not None:
            there = set(np.unique(codes).tolist())
            found = taken(some, splits_in_time(self.when[rows][some], together[some], _INNER_FOLDS))
            return [split for split in found if set(codes[split[0]].tolist()) == there]
        return taken(some, splits_of(codes[some], together[some], _INNER_FOLDS, self.seed))
