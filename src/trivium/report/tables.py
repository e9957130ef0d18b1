"""Tables and matrices of a report: their rows, ready to set."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from markupsafe import Markup

Value = str | float | bool | None
_MISSING = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """How one column of a table is set.

    Parameters
    ----------
    title : str
    kind : {"text", "number", "check"}
        Numbers stand right-aligned; a check column holds booleans, shown as marks.
    spec : str
        Format of a number, as in ``format(value, spec)``. By default integers stand as they are
        and other numbers with six significant digits.
    words : tuple of str
        What a screen reader says for true and for false in a check column.
    """

    title: str
    kind: Literal["text", "number", "check"] = "text"
    spec: str = ""
    words: tuple[str, str] = ("agrees", "differs")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the template sets it: its text, the key it sorts by, and its mark."""

    text: str
    kind: str
    sort: str | None = None
    mark: bool | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; the first column heads the rows.

    Parameters
    ----------
    caption : str
    columns : tuple of Column
    rows : tuple of tuple
        One value for each column: text, a number, a boolean, or None where there is none. A
        number column takes text too, for what is not one number.
    sortable : bool
        Whether the reader may sort by a column's heading.

    Raises
    ------
    ValueError
        If a row has not one value for each column.
    TypeError
        If a check column holds anything but booleans and None.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sortable: bool = True
    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {number} of table {self.caption!r} has {len(row)} values "
                    f"for {len(self.columns)} columns"
                )
            for column, value in zip(self.columns, row, strict=True):
                is_mark = value is None or isinstance(value, (bool, np.bool_))
                if column.kind == "check" and not is_mark:
                    raise TypeError(
                        f"column {column.title!r} of table {self.caption!r} takes booleans, "
                        f"row {number} has {value!r}"
                    )

    @property
    def body(self) -> Iterator[tuple[Cell, ...]]:
        """The rows, ready to set."""
        for row in self.rows:
            yield tuple(
                _cell(column, value) for column, value in zip(self.columns, row, strict=True)
            )


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts of what was one thing and taken for another; the more of its row, the darker a cell.

    Parameters
    ----------
    caption : str
    names : tuple of str
        Of the rows and of the columns.
    counts : tuple of tuple of int
        As many rows and columns as names; the diagonal is what was taken rightly.
    corner : str
        What rows and columns are.

    Raises
    ------
    ValueError
        If there are not as many rows and columns as names.
    """

    caption: str
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    corner: str = ""
    kind: ClassVar[str] = "matrix"

    @property
    def upright(self) -> bool:
        """Whether names are so short that those of the columns need not be turned."""
        return all(len(Markup(name).striptags()) <= 4 for name in self.names)  # noqa: S704

    def __post_init__(self) -> None:
        sizes = {len(self.counts), *map(len, self.counts)}
        if sizes != {len(self.names)}:
            raise ValueError(
                f"matrix {self.caption!r} has {len(self.names)} names and needs as many rows and "
                "columns"
            )

    @property
    def body(self) -> Iterator[tuple[str, tuple[tuple[int, float, bool], ...]]]:
        """The rows: name, and each cell's count, how dark it is, and whether it is right.

        Errors are as dark as the root of their share of the row, for most shares are small.
        """
        for place, (name, counts) in enumerate(zip(self.names, self.counts, strict=True)):
            whole = max(sum(counts), 1)
            power = [1.0 if other == place else 0.5 for other in range(len(counts))]
            cells = zip(counts, power, strict=True)
            yield name, tuple((n, round((n / whole) ** p, 3), p == 1.0) for n, p in cells)


def _cell(column: Column, value: Value) -> Cell:
    """Set one value; missing ones get an empty sort key, which sorts last in either direction."""
    if value is None:
        return Cell(_MISSING, column.kind, sort="")
    if column.kind == "check":
        return Cell(column.words[not value], "check", sort=str(int(value)), mark=bool(value))
    if column.kind == "number" and isinstance(value, (int, float, np.number)):
        default = "" if isinstance(value, (int, np.integer)) else ".6g"
        text = format(value, column.spec or default).replace("-", "−")
        return Cell(text, "number", sort="" if math.isnan(value) else repr(float(value)))
    return Cell(value if isinstance(value, str) else str(value), column.kind)
