"""Tables in files that estimators learn from without bringing them into memory."""

import os
from typing import Any, Protocol

from numpy.typing import ArrayLike

from trivium.arrays import Indices, Labels
from trivium.inputs import require_same_length, require_weights
from trivium.labels import as_labels, check_classes, encoded
from trivium.rows.clients import require_client
from trivium.rows.elsewhere import NO_LABELS, Given
from trivium.rows.files import FileRows
from trivium.rows.number_table import NumberTable
from trivium.rows.source import Rows
from trivium.rows.stored import Progress, Stored
from trivium.scanning.beside import Beside
from trivium.scanning.column_source import ColumnSource
from trivium.scanning.finding import NUMPY, find_files
from trivium.scanning.label_codes import smallest
from trivium.scanning.npy_source import NpySource
from trivium.scanning.pass_bar import PassBar


class Source(Protocol):
    """Files of one kind, by their schemas."""

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """Of the columns to learn from; None where they have none."""

    @property
    def n_columns(self) -> int:
        """How many there are."""

    @property
    def known(self) -> Labels | None:
        """The classes that there may be, if they are said."""

    @property
    def has_target(self) -> bool:
        """Whether there are labels."""

    @property
    def has_weight(self) -> bool:
        """Whether there are weights."""

    def beside(self, *, labelled: bool) -> Beside:
        """Read labels, if they are wanted, and weights."""

    def table(self, sizes: Any) -> NumberTable:
        """Return the numbers of files that have so many rows."""


def scan(
    source: Any,
    *,
    target: Any = None,
    columns: Any = None,
    weight: Any = None,
    classes: ArrayLike | None = None,
    cache: bool | str | os.PathLike[str] = "auto",
    progress: bool | Progress = False,
    client: Any = None,
) -> "Scan":
    """Name a table in files, to learn from it or to predict it without bringing it into memory.

    What is learnt is what the same rows would give in memory, to the last bit. Rows are read some
    megabytes at a time, again for each pass; only labels and weights are held, a byte or a few of
    each row.

    Parameters
    ----------
    source : path, or list of paths
        A file, a folder, or a pattern, in which ``*``, ``?`` and ``[]`` stand for characters of a
        name and ``**`` for folders: Parquet (.parquet, .pq), Arrow (.arrow, .feather, .ipc), CSV
        (.csv, .tsv, .txt, compressed or not; their bytes are looked at once to begin with) or
        arrays of NumPy's (.npy), all of one kind. Rows follow each other file by file: in the order
        of a list, and in that of the paths as text where a pattern or a folder is given, so that
        ``part-10`` comes before ``part-2``. Files of other kinds, and those whose names begin with
        ``.`` or ``_``, are left out. Folders that are called ``key=value`` make a column ``key``;
        what a file itself has in such a column must be the same.
    target : str, optional
        The column of labels. In ``.npy`` files its number (-1 is the last one), or labels that are
        not among the numbers: an array of shape (n,), or the path of a ``.npy`` file of one.
    columns : list of str, optional
        The columns to learn from, in this order; by default all others of the first file, in its
        order. A column that only later files have is not learnt from. In ``.npy`` files their
        numbers.
    weight : str, optional
        The column of the rows' weights; in ``.npy`` files as `target`.
    classes : array-like of shape (n_classes,), optional
        The labels that there may be. By default those are found that there are.
    cache : bool or path, default="auto"
        Whether numbers are copied once into a temporary file from which they are read faster:
        "auto" does so where a fit reads them many times and the disk has room; a path names the
        folder. The file has no name there, and is gone with the process.
    progress : bool, default=False
        Whether passes through the files that take a while show on standard error how far they are,
        rows a second and the time that is left; where that is no terminal, nothing is written.
        Or what is told so: an object with methods ``begin(n_rows)``, ``advance(n_rows)`` and
        ``end()``.
    client : distributed.Client, optional
        Of a Dask cluster whose workers read the files.

    Returns
    -------
    Scan
        To be given to ``fit``, ``predict``, ``score`` in the place of X.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If files are damaged, or of several kinds, or lack a column, or a column is of no use; all
        that can be told without reading rows.
    TypeError
        If a file or column is named by something else than its name, or `cache` or `client` is
        none.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    >>> import trivium
    >>> x = np.arange(6.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for part in range(2):
    ...         rows = pa.table({"x": x + 6 * part, "kind": ["low", "high"][part : part + 1] * 6})
    ...         pq.write_table(rows, pathlib.Path(folder) / f"part-{part}.parquet")
    ...     table = trivium.scan(f"{folder}/*.parquet", target="kind")
    ...     print(table.shape, table.column_names)
    ...     print(trivium.LeastSquaresClassifier().fit(table).predict(table)[[0, -1]])
    (12, 1) ('x',)
    ['low' 'high']
    """
    known = None if classes is None else check_classes(classes)
    if not isinstance(cache, (bool, str, os.PathLike)):
        raise TypeError(f'cache={cache!r}: it is "auto", True, False or a folder.')
    kind, files = find_files(source)
    found: Source
    if kind == NUMPY:
        found = NpySource(files, target, columns, weight, known)
    else:
        found = ColumnSource(kind, files, target, columns, weight, known)
    shown = str(source) if not isinstance(source, (list, tuple)) else str(files[0].path)
    about = f"{shown!r}, {len(files)} {kind} file{'s' if len(files) > 1 else ''}"
    return Scan(found, about, cache=cache, progress=progress, client=client)


class Scan:
    """A table in files, made by `scan`, for estimators in the place of X.

    Parameters
    ----------
    source : Source
    about : str
        What files they are.
    cache, progress, client
        As of `scan`.
    """

    def __init__(
        self,
        source: Source,
        about: str,
        *,
        cache: bool | str | os.PathLike[str] = "auto",
        progress: bool | Progress = False,
        client: Any = None,
    ) -> None:
        self._source, self._about = source, about
        self.cache, self.progress, self.client = cache, progress, client
        self._read: dict[bool, Beside] = {}  # with labels, and without
        if client is not None:
            require_client(client)

    def __getstate__(self) -> dict[str, Any]:
        """Refuse to be pickled with a client, which belongs to this process."""
        if self.client is not None:
            raise TypeError(
                "A scan with a client cannot be pickled or copied: the client belongs to this "
                "process. Scan without it, or scan again where the rows are wanted."
            )
        return vars(self).copy()

    def __repr__(self) -> str:
        with_ = [f"{self.n_columns} column{'s' if self.n_columns > 1 else ''}"]
        with_ += ["labels"] * self._source.has_target + ["weights"] * self._source.has_weight
        return f"Scan({self._about}: {', '.join(with_)})"

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """Names of the columns to learn from; None where they have none."""
        return self._source.column_names

    @property
    def n_columns(self) -> int:
        """How many there are."""
        return self._source.n_columns

    @property
    def has_labels(self) -> bool:
        """Whether there are labels."""
        return self._source.has_target

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns; of CSV files this reads them once."""
        return self.table.shape

    @property
    def table(self) -> NumberTable:
        """The numbers, to be read from row to row."""
        return self._source.table(self._beside(labelled=False).sizes)

    @property
    def y(self) -> Labels:
        """The label of each row, as an array of shape (n,): what ``y`` would be in memory."""
        found = self.given()
        labels: Labels = found.classes[found.codes]
        return labels

    def given(self, y: Any = None, sample_weight: Any = None, *, labelled: bool = True) -> Given:
        """Read the labels and the weights, as `trivium.rows.elsewhere.Elsewhere`.

        Parameters
        ----------
        y, sample_weight : array-like of shape (n,), or None
            None where the files have them.
        labelled : bool
            Whether labels are wanted.

        Raises
        ------
        ValueError
            If labels are wanted and there are none, or are named twice; so with weights; or if one
            is missing or wrong, with the file and the row.
        """
        if labelled and y is None and not self._source.has_target:
            raise ValueError("No labels are named: scan(..., target=...) does, or y.")
        if y is not None and self._source.has_target:
            raise ValueError("Labels are given twice: by the target of the scan, and by y.")
        if sample_weight is not None and self._source.has_weight:
            raise ValueError(
                "Weights are given twice: by the weight of the scan, and by sample_weight."
            )
        read = self._beside(labelled=labelled and y is None)
        n_rows = sum(read.sizes)
        classes, codes, weights = read.classes, read.codes, read.weights
        if labelled and y is not None:
            classes, codes = _encoded(y, n_rows)
        elif not labelled:
            classes, codes = NO_LABELS, None
        if sample_weight is not None:
            weights = require_weights(sample_weight, n_rows)
        all_there = y is not None or self._source.known is None
        return Given(self._rows(read), classes, codes, weights, all_there)

    def _beside(self, *, labelled: bool) -> Beside:
        if True in self._read:  # labels that nobody asks for do no harm
            return self._read[True]
        if labelled not in self._read:
            self._read[labelled] = self._source.beside(labelled=labelled)
        return self._read[labelled]

    def _rows(self, read: Beside) -> Rows:
        table = self._source.table(read.sizes)
        if self.client is not None:
            from trivium.rows.loading import rows_on_workers

            return rows_on_workers(self.client, table)
        progress = PassBar() if self.progress is True else self.progress or None
        return FileRows(Stored(table, self.cache, progress))


def _encoded(y: Any, n_rows: int) -> tuple[Labels, Indices]:
    """Return the classes of labels, and the code of each row in few bytes."""
    labels = as_labels(y)
    require_same_length(n_rows, labels)
    classes, codes = encoded(labels)
    small: Indices = codes.astype(smallest(classes.size))
    return classes, small
