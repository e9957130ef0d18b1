"""What the checks look at: a table, its rows as learnt from, and what models said of each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Indices
from trivium.preparation.levels import Levels
from trivium.tables.look import Look
from trivium.tables.values import levels_of
from trivium.tabular.folds import Split
from trivium.tabular.reading import Reading
from trivium.tabular.task import Task
from trivium.tabular.validation import Validation

_FLOORS = ("majority", "floor")
_MOST_ROWS = 10


class Evidence(NamedTuple):
    """A table and what cross-validation has found of it.

    Attributes
    ----------
    seen : Look
        With a target.
    task : Task
        All rows that have a label.
    copies : ndarray of int of shape (n,)
        Of each row the first that is like it, its label aside.
    by_chance : bool
        Whether copies say no more than that few different rows are possible.
    fold : ndarray of int of shape (n,)
        Of the first run; -1 of rows that are never tested.
    runs : mapping of str to Validation
        Models that have run to their end; the floor does not count as one.
    group, time : str or None
        Columns by which rows are dealt.
    seed : int
        Draws the rows to look at where there are too many.
    """

    seen: Look
    task: Task
    copies: Indices
    by_chance: bool
    fold: Indices
    runs: Mapping[str, Validation]
    group: str | None
    time: str | None
    seed: int

    @classmethod
    def of(
        cls,
        seen: Look,
        reading: Reading,
        splits: Sequence[Split],
        runs: Mapping[str, Validation],
        *,
        group: str | None = None,
        time: str | None = None,
    ) -> Self:
        """Gather what a first run has come to.

        Parameters
        ----------
        seen : Look
        reading : Reading
        splits : sequence of (ndarray of int, ndarray of int)
            Rows to learn from and rows to test.
        runs, group, time
            As above.
        """
        task = reading.task
        fold = np.full(task.codes.size, -1)
        for number, (_, test) in enumerate(splits):
            fold[test] = number
        return cls(
            seen, task, reading.copies, reading.by_chance, fold, runs, group, time, task.seed
        )

    @property
    def target(self) -> str:
        """Name of the column of labels."""
        return "" if self.seen.target is None else self.seen.target.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of `task.codes`."""
        return () if self.seen.target is None else self.seen.target.classes

    @property
    def counts(self) -> Indices:
        """Rows of each class."""
        found: Indices = np.bincount(self.task.codes, minlength=self.task.n_classes)
        return found

    @property
    def models(self) -> dict[str, Validation]:
        """Runs without the floor."""
        return {name: run for name, run in self.runs.items() if name not in _FLOORS}

    def numbers(self, rows: Iterable[int], most: int = _MOST_ROWS) -> tuple[int, ...]:
        """Return rows as their reader counts those of the table, from 1; a few of them."""
        some = [int(row) for row in rows][:most]
        used = self.seen.used
        return tuple((row if used is None else int(used[row])) + 1 for row in some)

    def levels(self, name: str) -> Levels:
        """Return the cells of any column as levels."""
        column = next(each for each in self.seen.columns if each.name == name)
        cells = self.seen.cells(name)
        whole = pa.concat_arrays(cells.chunks) if cells.num_chunks else pa.array([], pa.string())
        encoded = levels_of(whole, column).dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        return Levels(encoded.dictionary.to_pylist(), codes)
