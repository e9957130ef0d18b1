"""A file of columns, as the tables of this room read it."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.scanning.stamp import Stamp

ROWS_OF_A_BATCH = 16_384
"""What is decoded at once: a column of it fits a core's cache."""

DAMAGE = (pa.ArrowException, OSError, LookupError, OverflowError, EOFError, ValueError)
"""What readers raise on files that were damaged."""


class ColumnFile(Protocol):
    """A file whose columns have names. It can be pickled, and holds no open file.

    Attributes
    ----------
    stamp : Stamp
    n_rows : int or None
        None where that takes a pass through the file.
    types : mapping of str to DataType
        Of all columns, in order.
    starts : sequence of int
        Rows, rising from 0, from which reading can begin at no cost.
    """

    @property
    def stamp(self) -> Stamp: ...  # noqa: D102 - see above

    @property
    def n_rows(self) -> int | None: ...  # noqa: D102

    @property
    def types(self) -> Mapping[str, pa.DataType]: ...  # noqa: D102

    @property
    def starts(self) -> Sequence[int]: ...  # noqa: D102

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns, one at least, from a row on, in batches.

        Raises
        ------
        ValueError
            If the file is damaged, gone or another; the message names it.
        """

    def where(self, row: int) -> str:
        """Say where a row is, counted from 0 in the file."""


def damaged(stamp: Stamp, kind: str, error: Exception) -> ValueError:
    """Return an error that says that a file is not whole.

    Raises
    ------
    ValueError
        If it is so because the file is gone, or another one.
    """
    stamp.require()
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return ValueError(f"{stamp.path} is no whole {kind} file: {reason}")


def number_type(kind: pa.DataType) -> np.dtype[Any] | None:
    """Return the type that numbers of a column are read as; None if it is not made of numbers."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return np.dtype(np.float32)
    is_number = (
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )
    return np.dtype(np.float64) if is_number else None


def advice(is_weight: bool) -> str:
    """Say what to do with a column that is not made of numbers."""
    if is_weight:
        return "weights are numbers, so convert it first, or name another column by `weight`"
    return "convert it first, or name the columns to learn from by `columns`"


def plain_cells(cells: pa.Array) -> pa.Array:
    """Return cells of a type that NumPy has, those of a dictionary written out."""
    if pa.types.is_dictionary(cells.type):
        cells.validate(full=True)  # an index beyond its dictionary would read anything
        cells = cells.dictionary_decode()
    if pa.types.is_decimal(cells.type):
        cells = pc.cast(pc.cast(cells, pa.string()), pa.float64())  # rounded once, as float() does
    return cells


def first_null(cells: pa.Array) -> int:
    """Return the place of the first null; there is one."""
    return int(np.argmax(cells.is_null().to_numpy(zero_copy_only=False)))


def types_of(path: str, schema: pa.Schema) -> dict[str, pa.DataType]:
    """Return the types of columns by their names.

    Raises
    ------
    ValueError
        If two have one name.
    """
    if len(set(schema.names)) < len(schema.names):
        twice = next(name for name in schema.names if schema.names.count(name) > 1)
        raise ValueError(f"{path} has two columns that are called {twice!r}.")
    return dict(zip(schema.names, schema.types, strict=True))
