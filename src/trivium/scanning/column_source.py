"""Files of named columns: which of them are learnt from, and which are labels and weights."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trivium.arrays import Labels
from trivium.scanning.arrow import ArrowColumns
from trivium.scanning.beside import Beside, expected_labels, read_beside
from trivium.scanning.column_file import ColumnFile
from trivium.scanning.column_table import ColumnTable, number_types
from trivium.scanning.finding import ARROW, PARQUET, TEXT
from trivium.scanning.keys import with_keys
from trivium.scanning.parquet import ParquetColumns
from trivium.scanning.text import TextColumns, with_numbers
from trivium.tables.file_names import Part

_OPENED: Mapping[str, Callable[[str], ColumnFile]] = {
    PARQUET: ParquetColumns.opened,
    ARROW: ArrowColumns.opened,
    TEXT: TextColumns.opened,
}


class ColumnSource:
    """Columns in files, as `Source`.

    Parameters
    ----------
    kind : str
    found : sequence of Part
    target, weight : str or None
    columns : sequence of str or None
    known : ndarray or None
        The classes that there may be, sorted.

    Raises
    ------
    ValueError
        If a column is named that there is not, or is not what it has to be, or one is named twice.
    TypeError
        If a column is named by something else than a string.
    """

    def __init__(
        self,
        kind: str,
        found: Sequence[Part],
        target: Any,
        columns: Any,
        weight: Any,
        known: Labels | None,
    ) -> None:
        for what, name in (("target", target), ("weight", weight)):
            if name is not None and not isinstance(name, str):
                raise TypeError(
                    f"{what}={name!r}: a column of {kind} files is named by a string. Labels that "
                    "are not in the files are given to fit."
                )
        if target is not None and target == weight:
            raise ValueError(f"Column {target!r} is both the target and the weight.")
        self._target, self._weight, self.known = target, weight, known
        beside = [name for name in (target, weight) if name is not None]
        self._is_text = kind == TEXT
        if kind == TEXT:  # of no bytes, text has not even a header
            found = [file for file in found if file.path.stat().st_size] or found[:1]
        paths, keys = [str(file.path) for file in found], [file.folder_cells for file in found]
        files: Sequence[ColumnFile] = list(map(_OPENED[kind], paths))
        first = with_keys(files[:1], keys[:1])[0]
        for name in beside:
            _require(name, first)
        self._names = _chosen(columns, first, target, weight)
        numbers = self._names if weight is None else (*self._names, weight)
        if self._is_text:
            texts = [file for file in files if isinstance(file, TextColumns)]
            files = with_numbers(texts, numbers, weight)
        self._files = with_keys(files, keys)
        for file in self._files:
            number_types(file, numbers, weight)
        if target is not None:
            expected_labels(self._files, target, known, as_text=self._is_text)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Of the columns to learn from."""
        return self._names

    @property
    def n_columns(self) -> int:
        """How many there are."""
        return len(self._names)

    @property
    def has_target(self) -> bool:
        """Whether there are labels."""
        return self._target is not None

    @property
    def has_weight(self) -> bool:
        """Whether there are weights."""
        return self._weight is not None

    def beside(self, *, labelled: bool) -> Beside:
        """Read labels, if they are wanted, and weights."""
        target = self._target if labelled else None
        return read_beside(self._files, target, self._weight, self.known, as_text=self._is_text)

    def table(self, sizes: Sequence[int]) -> ColumnTable:
        """Return the numbers of files that have so many rows."""
        return ColumnTable(self._files, sizes, self._names, is_split=not self._is_text)


def _chosen(
    columns: Any, first: ColumnFile, target: str | None, weight: str | None
) -> tuple[str, ...]:
    """Return the columns to learn from.

    Raises
    ------
    ValueError
        If there are none, one is named twice, or is not there.
    """
    if columns is None:
        names = [name for name in first.types if name not in (target, weight)]
    else:
        names = [columns] if isinstance(columns, str) else list(columns)
        for number, name in enumerate(names):
            _require(name, first)
            if name in names[:number]:
                raise ValueError(f"columns names {name!r} twice.")
            if name == target:
                raise ValueError(f"Column {name!r} is the target: it cannot be learnt from.")
    if not names:
        raise ValueError(f"No column of {first.stamp.path} is left to learn from.")
    return tuple(names)


def _require(name: str, file: ColumnFile) -> None:
    """Raise a ValueError unless a file has a column; say which one may be meant."""
    if name in file.types:
        return
    names = list(file.types)
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    if near:
        said = f"do you mean {' or '.join(map(repr, near))}?"
    else:
        listed = ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
        said = f"it has {listed or 'none'}."
    raise ValueError(f"There is no column {name!r} in {file.stamp.path}: {said}")
