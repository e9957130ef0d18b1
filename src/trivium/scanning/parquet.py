"""Parquet files, decoded some rows at a time."""

from bisect import bisect_right
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from trivium.scanning.column_file import DAMAGE, ROWS_OF_A_BATCH, damaged, types_of
from trivium.scanning.stamp import Stamp

_BUFFER = 1 << 16  # bytes of a column that are read at once, rather than all of a row group
_FEW = 4  # columns, which come in batches of as many numbers as so many columns


@dataclass(frozen=True)
class ParquetColumns:
    """A Parquet file, as `ColumnFile`.

    Attributes
    ----------
    stamp, n_rows, types, starts
        As of `ColumnFile`; reading begins at row groups.
    """

    stamp: Stamp
    n_rows: int
    types: Mapping[str, pa.DataType]
    starts: Sequence[int]

    @classmethod
    def opened(cls, path: str) -> "ParquetColumns":
        """Read what a file says of itself.

        Raises
        ------
        ValueError
            If it is damaged, or two columns have one name.
        """
        from pyarrow import parquet

        stamp = Stamp.of(path)
        try:
            with parquet.ParquetFile(path) as file:
                schema, about = file.schema_arrow, file.metadata
                sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
        except DAMAGE as error:
            raise damaged(stamp, "Parquet", error) from error
        starts = np.cumsum([0, *sizes]).tolist()
        return cls(stamp, starts[-1], types_of(path, schema), tuple(starts[:-1]) or (0,))

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns from a row on."""
        from pyarrow import parquet

        self.stamp.require()
        path = self.stamp.path
        n_rows = ROWS_OF_A_BATCH * max(1, _FEW // len(names))
        try:
            with parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
                skipped, groups = 0, list[int]()
                for group in range(file.num_row_groups):
                    size = file.metadata.row_group(group).num_rows
                    if groups or skipped + size > start:
                        groups.append(group)
                    else:
                        skipped += size
                skip = start - skipped
                for batch in file.iter_batches(
                    n_rows, row_groups=groups, columns=list(names), use_threads=False
                ):
                    if skip >= batch.num_rows:
                        skip -= batch.num_rows
                        continue
                    # A name picks the parts of nested columns too: those wanted are found by name.
                    yield [batch.column(name).slice(skip) for name in names]
                    skip = 0
        except DAMAGE as error:
            raise damaged(self.stamp, "Parquet", error) from error

    def where(self, row: int) -> str:
        """Say where a row is."""
        group = bisect_right(self.starts, row) - 1
        return f"row {row} (row group {group}) of {self.stamp.path}"
