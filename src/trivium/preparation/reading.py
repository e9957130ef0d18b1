"""Tables as batches of text that hold certain columns."""

from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa

from trivium.tables.errors import TableError
from trivium.tables.kinds import Column
from trivium.tables.source import open_source
from trivium.tables.values import is_plain, takes_numbers


def as_numbers(columns: Collection[Column]) -> dict[str, frozenset[str]]:
    """Say of which columns a source may hand out numbers rather than text, in its own words."""
    return {
        "numbers": frozenset(column.name for column in columns if takes_numbers(column)),
        "plain": frozenset(column.name for column in columns if is_plain(column)),
    }


def text_batches(
    table: Any, names: Collection[str], columns: Collection[Column] = ()
) -> Iterator[pa.RecordBatch]:
    """Read a table in batches of text.

    Parameters
    ----------
    table : pyarrow.Table, pyarrow.RecordBatch, or what `open_source` takes
        Of a table or batch whose columns of these names are strings, the cells are taken as they
        are; all others are brought to text.
    names : collection of str
        Columns that it must have.
    columns : collection of Column
        What is known of them: then numbers may come as they are.

    Raises
    ------
    TableError
        If it does not have them all; it names those that are missing.
    """
    if isinstance(table, pa.RecordBatch | pa.Table):
        require_columns(table.schema.names, names)
        if all(_is_text(table.schema.field(name).type) for name in names):
            if isinstance(table, pa.RecordBatch):
                yield table
                return
            yield from table.to_batches()
            return
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
    source = open_source(table)
    require_columns(source.names, names, source.doubt)
    yield from source.batches(names, **as_numbers(columns))


def text_table(table: Any, names: Collection[str]) -> pa.Table:
    """Read all rows of a table as text.

    Parameters
    ----------
    table, names
        As of `text_batches`.

    Raises
    ------
    TableError
        As `text_batches`, or if there are no rows.
    """
    batches = [batch.select(names) for batch in text_batches(table, names) if batch.num_rows]
    if not batches:
        raise TableError("the table has no rows")
    return pa.Table.from_batches(batches)


def require_columns(
    there: Collection[str], names: Collection[str], doubt: str | None = None
) -> None:
    """Refuse a table that lacks columns.

    Parameters
    ----------
    there : collection of str
        Columns of the table.
    names : collection of str
        Columns that it must have.
    doubt : str or None
        Why what was taken for the header may be none.

    Raises
    ------
    TableError
        If some are missing; it names them all.

    Examples
    --------
    >>> require_columns(["b", "a", "more"], ["a", "b"])
    """
    known = set(there)
    missing = [repr(name) for name in names if name not in known]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        said = f"the table lacks the column{plural} {', '.join(missing)}, by which the model goes"
        wanted = {_bare(name) for name in names if name not in known}
        if alike := [repr(name) for name in there if _bare(name) in wanted]:
            said += f"; it has {', '.join(alike)}, but names count as they are written"
        raise TableError(said if doubt is None else f"{said}; {doubt}")


def _bare(name: str) -> str:
    return name.strip().casefold()


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
