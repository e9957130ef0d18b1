"""Cells of a table of text, read as what their columns are."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from trivium.arrays import Float64
from trivium.preparation.levels import Levels
from trivium.tables.errors import CellError
from trivium.tables.kinds import Column, Kind
from trivium.tables.values import values_of

Values = Float64 | Levels
"""Cells of a column: numbers, NaN where one is missing; or levels."""


def values_in(
    table: pa.Table | pa.RecordBatch, columns: Iterable[Column], *, first: int = 0
) -> dict[str, Values]:
    """Read columns of a table of text.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
        String columns, one of each name at least.
    columns : iterable of Column
        Numeric ones, truth values, dates or categories.
    first : int
        What errors call the first row.

    Returns
    -------
    dict
        From names to values.

    Raises
    ------
    CellError
        If a cell is not of its column's kind.
    """
    try:
        return {column.name: column_values(table.column(column.name), column) for column in columns}
    except CellError as error:
        raise CellError(error.message, error.column, first + error.row, error.cell) from None


def column_values(cells: pa.Array | pa.ChunkedArray, column: Column) -> Values:
    """Read one column.

    Parameters
    ----------
    cells : pyarrow.Array or pyarrow.ChunkedArray of string
    column : Column

    Raises
    ------
    CellError
        As `values_in`.
    """
    values = values_of(cells, column)
    if column.kind is not Kind.CATEGORY:
        numbers: Float64 = values
        return numbers
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    words = encoded.dictionary.to_pylist()
    if "" in words:  # an empty cell, by another writer
        codes = np.where(codes == words.index(""), -1, codes)
    return Levels(words, codes)
