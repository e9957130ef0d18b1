"""Rows of a table that was looked at without being kept: read for estimators, or some of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from trivium.arrays import Indices
from trivium.preparation.levels import Levels
from trivium.preparation.parsing import Values, column_values
from trivium.preparation.prepared_table import PreparedTable
from trivium.preparation.reading import as_numbers
from trivium.rows.elsewhere import NO_LABELS, Given
from trivium.rows.files import FileRows
from trivium.rows.stored import Progress, Stored
from trivium.tables.kinds import Column, Kind
from trivium.tables.streamed_look import StreamedLook
from trivium.tabular.training import spaced


class PreparedRows:
    """Rows that are prepared as they are read, as `Elsewhere`.

    Parameters
    ----------
    table : PreparedTable
    n_classes : int
    progress : Progress or None
    client : distributed.Client or None
        Whose workers read the files, and keep the rows.
    """

    column_names = None

    def __init__(
        self,
        table: PreparedTable,
        n_classes: int,
        progress: Progress | None = None,
        client: Any = None,
    ) -> None:
        self.n_columns, self.shape = table.shape[1], table.shape
        self._classes = np.arange(n_classes, dtype=np.intp)
        self._stored = Stored(table, "auto", progress)
        self._client = client
        self._rows: Any = None

    def given(self, y: Any = None, sample_weight: Any = None, *, labelled: bool = True) -> Given:
        """Return the rows, with places of classes for labels."""
        rows: Any = FileRows(self._stored)
        if self._client is not None:
            from trivium.rows.loading import rows_on_workers

            self._rows = self._rows or rows_on_workers(self._client, self._stored.table)
            rows = self._rows
        if not labelled:
            return Given(rows, NO_LABELS, None, sample_weight)
        return Given(rows, self._classes, y, sample_weight)


class Rows(NamedTuple):
    """Cells of some rows, by columns, and their classes.

    Attributes
    ----------
    values : dict
        From names to cells.
    codes : ndarray of int of shape (n,)
        Places of the labels among all classes.
    """

    values: dict[str, Values]
    codes: Indices


def rows_of(seen: StreamedLook, columns: Sequence[Column], stride: int = 1) -> Rows:
    """Read rows that have a label into memory: all, or some of them.

    Parameters
    ----------
    seen : StreamedLook
        With a target.
    columns : sequence of Column
        Those that are used.
    stride : int
        As of `training.spaced`.
    """
    chosen = _chosen(seen, stride)
    parts: list[list[Any]] = [[] for _ in columns]
    begin = 0
    names = [column.name for column in columns]
    for batch in seen.watched.batches(names, **as_numbers(columns)) if names else ():
        end = begin + batch.num_rows
        wanted = chosen[np.searchsorted(chosen, begin) : np.searchsorted(chosen, end)] - begin
        begin = end
        if not wanted.size:
            continue
        some = batch if wanted.size == batch.num_rows else batch.take(pa.array(wanted))
        for own, column, cells in zip(parts, columns, some.columns, strict=True):
            own.append(column_values(cells, column))
    values = {
        column.name: _levels(own) if column.kind is Kind.CATEGORY else np.concatenate(own)
        for column, own in zip(columns, parts, strict=True)
    }
    seen.room.let_go()
    codes: Any = seen.codes
    return Rows(values, codes[chosen].astype(np.intp))


def _chosen(seen: StreamedLook, stride: int) -> Indices:
    """Return the numbers of the rows that `training.spaced` names among those with a label."""
    codes: Any = seen.codes
    if seen.kept is None:
        return spaced(codes, stride)
    return np.flatnonzero(seen.kept)[spaced(codes[seen.kept], stride)]


def _levels(parts: Sequence[Levels]) -> Levels:
    """Join cells whose words are numbered part by part."""
    places: dict[str, int] = {}
    codes = []
    for words, own in parts:
        table = np.array([*(places.setdefault(word, len(places)) for word in words), -1])
        codes.append(table[own])
    return Levels(list(places), np.concatenate(codes))
