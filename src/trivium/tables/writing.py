"""Tables out: batches of rows to a file whose name says its format."""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa

FORMATS = (".csv", ".csv.gz", ".tsv", ".parquet", ".feather", ".arrow")
"""Ends of names of files that can be written."""

_STRUCTURAL = frozenset('",\t\r\n')


class BatchWriter(Protocol):
    """Takes batches of rows, in order."""

    def write_batch(self, batch: pa.RecordBatch, /) -> Any:
        """Write a batch."""


def format_of(path: str | Path) -> str:
    """Return which of `FORMATS` a name ends in.

    Raises
    ------
    ValueError
        If it ends in none of them.

    Examples
    --------
    >>> format_of("answers.CSV.gz")
    '.csv.gz'
    """
    name = Path(path).name.lower()
    for ending in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(ending):
            return ending
    raise ValueError(
        f"{Path(path).name or path}: its name should end in one of {', '.join(FORMATS)}"
    )


def needs_no_quotes(texts: Any) -> bool:
    """Whether texts can stand in a CSV file as they are.

    Parameters
    ----------
    texts : iterable of str

    Examples
    --------
    >>> needs_no_quotes(["yes", "no"]), needs_no_quotes(["1,5"]), needs_no_quotes([" no"])
    (True, False, False)
    """
    return all(text == text.strip() and _STRUCTURAL.isdisjoint(text) for text in texts)


@contextmanager
def batch_writer(
    file: IO[bytes], schema: pa.Schema, kind: str, *, quoted: bool = True
) -> Iterator[BatchWriter]:
    """Open a writer of batches that have one schema.

    Parameters
    ----------
    file : binary file
        It stays open.
    schema : pyarrow.Schema
    kind : str
        One of `FORMATS`.
    quoted : bool
        Whether texts in CSV files are put in quotes: needed unless `needs_no_quotes`.

    Yields
    ------
    BatchWriter
        What it holds back is written when the context ends.
    """
    if kind == ".parquet":
        from pyarrow.parquet import ParquetWriter

        with ParquetWriter(file, schema) as writer:
            yield writer
    elif kind in (".feather", ".arrow"):
        with pa.ipc.new_file(file, schema) as writer:
            yield writer
    elif kind == ".csv.gz":
        # No name and no time of day within, so that the same rows give the same bytes.
        packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
        with packed, _csv_writer(packed, schema, ",", quoted) as writer:
            yield writer
    else:
        with _csv_writer(file, schema, "\t" if kind == ".tsv" else ",", quoted) as writer:
            yield writer


def _csv_writer(file: Any, schema: pa.Schema, separator: str, quoted: bool) -> Any:
    from pyarrow.csv import CSVWriter, WriteOptions

    header = io.StringIO()  # that of Arrow has every name in quotes
    csv.writer(header, delimiter=separator, lineterminator="\n").writerow(schema.names)
    file.write(header.getvalue().encode())
    options = WriteOptions(
        include_header=False, delimiter=separator, quoting_style="needed" if quoted else "none"
    )
    return CSVWriter(file, schema, write_options=options)
