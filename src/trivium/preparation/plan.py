"""What was learnt of all columns of a table, as data, and the matrix that comes of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array

from trivium.arrays import Float64, Indices
from trivium.preparation.dates import DatePlan
from trivium.preparation.levels import LevelPlan, Levels
from trivium.preparation.numbers import NumberPlan
from trivium.preparation.parsing import Values
from trivium.preparation.truths import TruthPlan
from trivium.tables.kinds import USED, Column, Kind

Part = NumberPlan | TruthPlan | DatePlan | LevelPlan
_PARTS: dict[Kind, type[Part]] = {
    Kind.NUMERIC: NumberPlan,
    Kind.BOOLEAN: TruthPlan,
    Kind.DATE: DatePlan,
    Kind.CATEGORY: LevelPlan,
}
_WIDE, _SPARSE_SHARE = 256, 0.125


@dataclass(frozen=True, slots=True)
class Plan:
    """What training rows have taught about the columns of a table.

    Attributes
    ----------
    columns : tuple of Column
        Those of whom something was learnt, in the order of the training table.
    parts : tuple
        What was learnt of each.
    sparse : bool
        Whether the matrix is sparse.
    """

    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    sparse: bool

    @classmethod
    def learn(
        cls,
        columns: Iterable[Column],
        values: Mapping[str, Values],
        *,
        rows: Indices | None = None,
        min_frequency: int = 2,
        max_levels: int = 50,
        sparse: bool | None = None,
    ) -> Self:
        """Learn from training rows.

        Parameters
        ----------
        columns : iterable of Column
            Those of kinds that are not used are left out.
        values : mapping
            From the others' names to their cells.
        rows : ndarray of int or None
            The training rows; None means all.
        min_frequency, max_levels : int
            As of `LevelPlan.learn`.
        sparse : bool or None
            Whether the matrix is sparse. None means where it has 256 columns or more and an
            eighth of its entries at most are not zero.
        """
        used = [column for column in columns if column.kind in USED]
        n = max((_length(values[column.name]) for column in used), default=0)
        held: dict[str, Values] = {}

        def read(column: Column) -> Iterable[Values]:
            if column.name not in held:
                held.clear()  # one column's at a time
                held[column.name] = some(values[column.name], rows)
            return held.values()

        return cls.learn_read(
            used,
            read,
            np.empty(n if rows is None else rows.size),
            min_frequency=min_frequency,
            max_levels=max_levels,
            sparse=sparse,
        )

    @classmethod
    def learn_read(
        cls,
        columns: Iterable[Column],
        read: Callable[[Column], Iterable[Values]],
        room: Float64,
        *,
        min_frequency: int = 2,
        max_levels: int = 50,
        sparse: bool | None = None,
    ) -> Self:
        """Learn from training rows, one column after the other, each read up to three times.

        Parameters
        ----------
        columns : iterable of Column
            Of kinds that are used.
        read : callable
            Takes a column and returns the cells of its training rows, some at a time.
        room : ndarray of shape (n,)
            What takes the cells of a column; it is overwritten.
        min_frequency, max_levels, sparse
            As of `learn`.
        """
        kept, parts = [], []
        for column in columns:
            cells: Any = partial(read, column)
            part: Part | None
            if column.kind is Kind.CATEGORY:
                part = LevelPlan.learn_read(
                    cells(), min_frequency=min_frequency, max_levels=max_levels
                )
            elif column.kind is Kind.BOOLEAN:
                part = TruthPlan.learn_read(cells())
            elif column.kind is Kind.DATE:
                part = DatePlan.learn_read(cells, room)
            else:
                part = NumberPlan.learn_read(cells, room)
            if part is not None:
                kept.append(column)
                parts.append(part)
        if sparse is None:
            width = sum(part.width for part in parts)
            stored = sum(1 if isinstance(part, LevelPlan) else part.width for part in parts)
            sparse = width >= _WIDE and stored <= _SPARSE_SHARE * width
        return cls(tuple(kept), tuple(parts), sparse)

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return sum(part.width for part in self.parts)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix's columns, all different, none of which holds a level's word."""
        each = zip(self.columns, self.parts, strict=True)
        return _different([name for column, part in each for name in part.names(column.name)])

    def matrix(
        self, values: Mapping[str, Values] | None, rows: Indices | None = None
    ) -> tuple[Float64 | csr_array, dict[str, int]]:
        """Turn cells into numbers.

        Parameters
        ----------
        values : mapping
            From the columns' names to their cells. None stands for a table of no rows.
        rows : ndarray of int or None
            None means all.

        Returns
        -------
        matrix : ndarray or csr_array of shape (n, width)
        unseen : dict
            How many cells of a column are of a level that no training row has, where there are
            some.
        """
        if values is None:
            return (csr_array if self.sparse else np.zeros)((0, self.width)), {}
        cells = [some(values[column.name], rows) for column in self.columns]
        n = _length(cells[0]) if cells else 0
        X, counts = (self._csr if self.sparse else self._dense)(cells, n)
        names = (column.name for column in self.columns)
        return X, {name: count for name, count in zip(names, counts, strict=True) if count}

    def new_gaps(self, values: Mapping[str, Values]) -> dict[str, int]:
        """Count the missing cells of columns in which no training row had one.

        They count as the median, as the more frequent truth value, as a time in the middle or as an
        unseen level: nothing was learnt of what it means that they are missing.

        Parameters
        ----------
        values : mapping
            From the columns' names to their cells.

        Returns
        -------
        dict
            From the names of columns with such cells to how many there are.
        """
        counts = {
            column.name: _missing(values[column.name])
            for column, part in zip(self.columns, self.parts, strict=True)
            if not part.gaps
        }
        return {name: count for name, count in counts.items() if count}

    @property
    def places(self) -> tuple[slice, ...]:
        """Which columns of the matrix come of each column of the table."""
        ends = np.cumsum([part.width for part in self.parts]).tolist()
        return tuple(map(slice, [0, *ends[:-1]], ends))

    def _dense(self, cells: Sequence[Values], n: int) -> tuple[Float64, list[int]]:
        out, end, unseen = np.zeros((n, self.width)), 0, []
        # A part is given the cells of its own kind, which types of pairs cannot say, here or below.
        for part, own in zip(self.parts, cells, strict=True):
            begin, end = end, end + part.width
            unseen.append(part.fill(own, out[:, begin:end]) or 0)  # type: ignore[arg-type]
        return out, unseen

    def _csr(self, cells: Sequence[Values], n: int) -> tuple[csr_array, list[int]]:
        """Make the same matrix of one entry a row for levels, and as many as columns for others."""
        widths = [1 if isinstance(part, LevelPlan) else part.width for part in self.parts]
        each = sum(widths)
        indices = np.empty((n, each), dtype=np.int32)
        data = np.ones((n, each))
        unseen, begin, first = [], 0, 0
        for part, own, width in zip(self.parts, cells, widths, strict=True):
            if isinstance(part, LevelPlan) and isinstance(own, Levels):
                places, count = part.places(own)
                indices[:, begin] = places + first
                unseen.append(count)
            else:
                part.fill(own, data[:, begin : begin + width])  # type: ignore[arg-type]
                indices[:, begin : begin + width] = np.arange(first, first + width)
                unseen.append(0)
            begin, first = begin + width, first + part.width
        starts = np.arange(n + 1, dtype=np.int64) * each
        X = csr_array((data.ravel(), indices.ravel(), starts), shape=(n, self.width))
        X.eliminate_zeros()
        return X, unseen

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON holds."""
        return {
            "columns": [column.to_dict() for column in self.columns],
            "parts": [part.to_dict() for part in self.parts],
            "sparse": self.sparse,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the plan that `to_dict` has written.

        Raises
        ------
        ValueError
            If that is not what `data` is; the message names the column.
        """
        given, stored, sparse = (data.get(name) for name in ("columns", "parts", "sparse"))
        if not isinstance(given, list) or not isinstance(stored, list) or len(given) != len(stored):
            raise ValueError("Plan: expected as many parts as columns.")
        if not isinstance(sparse, bool):
            raise ValueError(f"sparse={sparse!r}: expected true or false.")
        columns, parts = [], []
        for number, (about, part) in enumerate(zip(given, stored, strict=True), start=1):
            try:
                column = Column.from_dict(about)
                parts.append(_PARTS[column.kind].from_dict(part))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ValueError(f"Column {number} of the plan: {error}") from error
            columns.append(column)
        return cls(tuple(columns), tuple(parts), sparse)


def some(values: Values, rows: Indices | None) -> Values:
    """Return the cells of some rows; of all if `rows` is None."""
    if rows is None:
        return values
    return values.take(rows)


def _missing(values: Values) -> int:
    gone = values.codes < 0 if isinstance(values, Levels) else np.isnan(values)
    return int(np.count_nonzero(gone))


def _length(values: Values) -> int:
    return len(values.codes) if isinstance(values, Levels) else len(values)


def _different(names: Sequence[str]) -> tuple[str, ...]:
    """Give names that are there already a number: a column may be called "age is missing"."""
    if len(set(names)) == len(names):
        return tuple(names)
    taken, seen, result = set(names), Counter[str](), []
    for name in names:
        seen[name] += 1
        own = name
        while seen[name] > 1 and own in taken:
            own = f"{name} ({seen[name]})"
            seen[name] += own in taken
        taken.add(own)
        result.append(own)
    return tuple(result)
