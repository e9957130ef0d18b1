"""Files of NumPy's arrays: which columns are learnt from, and where labels and weights are."""

import operator
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.containers import as_numbers
from trivium.labels import as_labels, encoded, known_codes
from trivium.scanning.beside import Beside, expected_labels, read_beside
from trivium.scanning.finding import NUMPY, find_files
from trivium.scanning.label_codes import smallest
from trivium.scanning.npy import NpyColumns, NpyTable, opened_array
from trivium.scanning.stamp import Stamp
from trivium.tables.file_names import Part


class NpySource:
    """Columns of arrays in files, as `Source`.

    Parameters
    ----------
    found : sequence of Part
    target, weight : int, path, array-like or None
        The number of a column, or what stands beside the numbers.
    columns : sequence of int or None
    known : ndarray or None
        The classes that there may be, sorted.

    Raises
    ------
    ValueError
        If arrays do not fit each other, or a column is named that there is not, or twice.
    TypeError
        If a column is named by something else than its number.
    """

    column_names = None

    def __init__(
        self,
        found: Sequence[Part],
        target: Any,
        columns: Any,
        weight: Any,
        known: Labels | None,
    ) -> None:
        self._files = [NpyColumns.opened(str(file.path)) for file in found]
        first = self._files[0]
        for file in self._files:
            if len(file.types) != len(first.types):
                raise ValueError(
                    f"{file.stamp.path} has {len(file.types)} columns, but {first.stamp.path} has "
                    f"{len(first.types)}."
                )
        d, self.known = len(first.types), known
        self._target, self._labels = _named("target", target, d)
        self._weight, self._weights = _named("weight", weight, d)
        if self._target is not None and self._target == self._weight:
            raise ValueError(f"Column {self._target} is both the target and the weight.")
        beside = (self._target, self._weight)
        if columns is None:
            kept = [number for number in range(d) if number not in beside]
        else:
            kept = [_number("columns", number, d) for number in columns]
        _require_usable(kept, self._target, first.stamp.path)
        self._columns = np.array(kept)
        if self._target is not None:
            expected_labels(self._files, str(self._target), known)

    @property
    def n_columns(self) -> int:
        """How many there are to learn from."""
        return self._columns.size

    @property
    def has_target(self) -> bool:
        """Whether there are labels."""
        return self._target is not None or self._labels is not None

    @property
    def has_weight(self) -> bool:
        """Whether there are weights."""
        return self._weight is not None or self._weights is not None

    def beside(self, *, labelled: bool) -> Beside:
        """Read labels, if they are wanted, and weights."""
        target = None if self._target is None or not labelled else str(self._target)
        weight = None if self._weight is None else str(self._weight)
        read = read_beside(self._files, target, weight, self.known)
        n_rows = sum(read.sizes)
        if labelled and self._labels is not None:
            classes, codes = self._labels.labels(n_rows, self.known)
            read = read._replace(classes=classes, codes=codes)
        if self._weights is not None:
            read = read._replace(weights=self._weights.weights(n_rows))
        return read

    def table(self, sizes: Sequence[int]) -> NpyTable:
        """Return the numbers."""
        return NpyTable(self._files, self._columns)


class _Beside:
    """Values of rows that are not among their numbers: an array, or files of arrays."""

    def __init__(self, name: str, given: Any) -> None:
        self._name, self._given = name, given
        self._stamps: list[Stamp] = []
        if isinstance(given, (str, os.PathLike)):
            kind, files = find_files(given)
            if kind != NUMPY:
                raise ValueError(f"{name}={str(given)!r} is {kind}, but the rows are NumPy's.")
            self._stamps, self._name = [Stamp.of(str(file.path)) for file in files], str(given)

    def labels(self, n_rows: int, known: Labels | None) -> tuple[Labels, Indices]:
        """Return the classes, and the code of each row."""
        labels = as_labels(self._values(n_rows), self._name)
        if known is None:
            classes, codes = encoded(labels)
        else:
            classes, codes = known, known_codes(labels, known, name=self._name)
        small: Indices = codes.astype(smallest(classes.size))
        return classes, small

    def weights(self, n_rows: int) -> Float64:
        """Return the weight of each row.

        Raises
        ------
        ValueError
            If one is negative or not finite.
        """
        weights = as_numbers(self._values(n_rows), self._name)
        bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if bad.size:
            raise ValueError(
                f"Weights must be finite and not negative; {self._name} holds {weights[bad[0]]} in "
                f"row {bad[0]}."
            )
        return weights

    def _values(self, n_rows: int) -> Any:
        parts = [_loaded(stamp) for stamp in self._stamps]
        values = np.concatenate(parts) if parts else self._given
        if np.shape(values) != (n_rows,):
            raise ValueError(
                f"{self._name} has shape {np.shape(values)}; expected ({n_rows},), one value a row."
            )
        return values


def _loaded(stamp: Stamp) -> Any:
    stamp.require()
    return opened_array(stamp)


def _named(what: str, given: Any, d: int) -> tuple[int | None, _Beside | None]:
    """Return the number of a column, or what is not among the numbers."""
    if given is None:
        return None, None
    if isinstance(given, (str, os.PathLike)) or np.ndim(given):
        return None, _Beside(what, given)
    return _number(what, given, d), None


def _number(what: str, number: Any, d: int) -> int:
    """Return the number of a column, counted from the first."""
    try:
        place = operator.index(number)
    except TypeError as error:
        raise TypeError(
            f"{what}={number!r}: a column of NumPy's arrays is named by its number."
        ) from error
    if not -d <= place < d:
        raise ValueError(f"{what}={place}: there are {d} columns, from 0 to {d - 1}.")
    return place % d


def _require_usable(kept: Sequence[int], target: int | None, path: str) -> None:
    if not kept:
        raise ValueError(f"No column of {path} is left to learn from.")
    for place, number in enumerate(kept):
        if number in kept[:place]:
            raise ValueError(f"columns names {number} twice.")
        if number == target:
            raise ValueError(f"Column {number} is the target: it cannot be learnt from.")
