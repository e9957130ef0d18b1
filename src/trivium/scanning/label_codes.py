"""Labels that come batch by batch, in a byte or two each: what they are, and whose is which."""

from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.utils.multiclass import check_classification_targets

from trivium.arrays import Indices, Labels
from trivium.labels import encoded, hashable, shown
from trivium.scanning.column_file import ColumnFile, first_null, plain_cells
from trivium.scanning.text_labels import is_missing, value_of, values_of_texts

_BEYOND_INTEGERS = 2.0**63  # as in scikit-learn, floats from here on are no labels
_WINDOW = 1 << 16  # integers, as many below zero as above, each of which has a place for its code


class LabelCodes:
    """Labels of rows, as they come.

    Parameters
    ----------
    name : str
        What errors call the column.
    known : ndarray or None
        The classes that there may be, sorted; None lets labels say so.
    as_text : bool
        Whether numbers are written as text.
    """

    def __init__(self, name: str, known: Labels | None, *, as_text: bool = False) -> None:
        self._name, self._known, self._as_text = name, known, as_text
        # Texts that are no labels among numbers, with their files and rows.
        self._odd: dict[str, tuple[str, ColumnFile, int]] = {}
        labels = [] if known is None else hashable(known)
        self._code_of: dict[Any, int] = {label: code for code, label in enumerate(labels)}
        self._codes_of_small: Indices | None = None  # by integer; -1 of those not seen
        self._parts: list[Indices] = []
        self._dtypes: list[np.dtype[Any]] = []
        self._dtypes_of_none: list[tuple[str, np.dtype[Any]]] = []  # in files without rows
        self._first: tuple[str, pa.DataType, str] | None = None

    def expect(self, kind: pa.DataType, path: str, *, is_empty: bool) -> None:
        """Say what type the labels of a file have.

        Raises
        ------
        ValueError
            If they are no labels, or cannot be of the same classes as those of files before.
        """
        if pa.types.is_null(kind):
            return
        family = family_of(kind)
        if is_empty:
            if family is not None:
                self._dtypes_of_none.append((family, dtype_of(kind)))
            return
        if family is None:
            raise ValueError(
                f"Column {self._name!r} of {path} holds {kind}: labels are strings, whole numbers, "
                "booleans or dates."
            )
        if self._first is None:
            self._first = (family, kind, path)
        elif family != self._first[0]:
            _, other, where = self._first
            raise ValueError(
                f"Column {self._name!r} holds {other} in {where}, but {kind} in {path}: labels are "
                "of one kind."
            )
        self._dtypes.append(dtype_of(kind))

    def add(self, cells: pa.Array, file: ColumnFile, row: int) -> None:
        """Take the labels of the next rows.

        Parameters
        ----------
        cells : Arrow array
        file : ColumnFile
        row : int
            The first of them, in the file.

        Raises
        ------
        ValueError
            If one is missing, no label, or none of those known; the message names the row.
        """
        cells = plain_cells(cells)
        if cells.null_count:
            raise ValueError(
                f"Column {self._name!r} holds no label in {file.where(row + first_null(cells))}: "
                "fill it, or leave the row out."
            )
        cells.validate(full=True)
        if pa.types.is_float16(cells.type):  # of which older versions of pyarrow know little
            cells = pa.array(cells.to_numpy(zero_copy_only=False).astype(np.float32))
        codes = self._of_small_integers(cells)
        if codes is not None:
            self._parts.append(codes)
            return
        found = cells.dictionary_encode()
        labels = found.dictionary.to_numpy(zero_copy_only=False)
        places = found.indices.to_numpy()
        wrong = _no_labels(labels)
        if wrong.any():
            place = int(np.argmax(wrong[places]))
            raise ValueError(self._said_of(labels[places[place]], file.where(row + place)))
        if self._as_text:
            self._note_odd(labels, places, file, row)
        codes = np.array([self._code(label) for label in hashable(labels)], dtype=np.intp)
        if self._known is not None and (codes < 0).any():
            place, known = int(np.argmax(codes[places] < 0)), self._known
            raise ValueError(self._unknown(labels[places[place]], known, file.where(row + place)))
        self._parts.append(codes.astype(smallest(len(self._code_of)))[places])

    def finish(self) -> tuple[Labels, Indices]:
        """Return the classes, sorted, and the code of each row among them."""
        parts, self._parts = self._parts, []
        n_rows = sum(map(len, parts))
        classes, place_of = self._sorted()
        place_of = place_of.astype(smallest(classes.size))
        codes: Indices = np.empty(n_rows, dtype=place_of.dtype)
        first = 0
        for part in parts:
            codes[first : first + len(part)] = place_of.take(part)  # half as long as brackets
            first += len(part)
        if classes.dtype.kind == "f" and 0 < n_rows < 2 * len(classes):
            check_classification_targets(classes[codes])  # warns, as of an array
        return classes, codes

    def _of_small_integers(self, cells: pa.Array) -> Indices | None:
        """Look codes of integers up, where all are small and none is unknown; else return None."""
        if self._as_text or not pa.types.is_integer(cells.type) or not len(cells):
            return None
        values = cells.to_numpy()
        least, most = int(values.min()), int(values.max())
        if least < -_WINDOW // 2 or most >= _WINDOW // 2:
            return None
        if self._codes_of_small is None:
            self._codes_of_small = np.full(_WINDOW, -1, dtype=np.int32)
        values = values.astype(np.intp, copy=False)
        codes = self._codes_of_small.take(values)  # those below zero lie at the end
        if codes.min() < 0:
            for label in np.unique(values[codes < 0]).tolist():
                self._codes_of_small[label] = self._code(label)
            codes = self._codes_of_small.take(values)
            if codes.min() < 0:  # none of the classes given
                return None
        small: Indices = codes.astype(smallest(len(self._code_of)))
        return small

    def _code(self, label: Any) -> int:
        if self._known is None:
            return self._code_of.setdefault(label, len(self._code_of))
        is_number = self._as_text and self._known.dtype.kind not in "OU"
        return self._code_of.get(value_of(label) if is_number else label, -1)

    def _note_odd(self, labels: Labels, places: Indices, file: ColumnFile, row: int) -> None:
        """Remember where the first text was that would be no label if all others were numbers."""
        for code, text in enumerate(labels.tolist()):
            if text in self._code_of or {"missing", "broken"} <= self._odd.keys():
                continue
            value = value_of(text)
            is_broken = isinstance(value, float) and not value.is_integer()
            what = "broken" if is_broken else "missing" if is_missing(text) else ""
            if what and what not in self._odd:
                self._odd[what] = (text, file, row + int(np.argmax(places == code)))

    def _sorted(self) -> tuple[Labels, Indices]:
        """Return the classes in order, and for each label in the order of coming its place."""
        if self._known is not None:
            return self._known, np.arange(len(self._known))
        labels = list(self._code_of)
        if not self._as_text or not all(isinstance(label, str) for label in labels):
            return sorted_labels(labels, self._all_dtypes())
        self._require_labels(labels)
        return sorted_labels(*values_of_texts(labels))

    def _all_dtypes(self) -> list[np.dtype[Any]]:
        """Return the types of labels in files, in those without rows where they fit the others."""
        family = self._first[0] if self._first else next(iter(dict(self._dtypes_of_none)), None)
        return self._dtypes + [dtype for own, dtype in self._dtypes_of_none if own == family]

    def _require_labels(self, texts: list[str]) -> None:
        """Raise where numbers are not whole, or some of them are missing."""
        others = [value_of(text) for text in texts if not is_missing(text)]
        if not others or any(isinstance(value, str) for value in others):
            return
        if "missing" in self._odd:
            text, file, row = self._odd["missing"]
            raise ValueError(
                f"Column {self._name!r} holds no label in {file.where(row)}, but {text!r}."
            )
        if "broken" in self._odd:
            text, file, row = self._odd["broken"]
            raise ValueError(self._said_of(float(text), file.where(row)))

    def _said_of(self, label: Any, where: str) -> str:
        if not np.isfinite(label):
            return f"Column {self._name!r} holds no label in {where}, but {shown(label)}."
        return (
            f"Column {self._name!r} holds {shown(label)} in {where}, and a classifier takes "
            "classes: is this a target of regression?"
        )

    def _unknown(self, label: Any, known: Labels, where: str) -> str:
        return (
            f"Column {self._name!r} holds {shown(label)} in {where}, which is none of the "
            f"{known.size} given classes ({', '.join(map(shown, known[:5]))}"
            f"{', ...' if known.size > 5 else ''})."
        )


def smallest(n_classes: int) -> np.dtype[Any]:
    """Return the smallest type of integers that has room for codes."""
    return np.dtype(np.min_scalar_type(max(n_classes - 1, 0)))


def sorted_labels(labels: list[Any], dtypes: list[np.dtype[Any]]) -> tuple[Labels, Indices]:
    """Sort labels that differ, and say where each one went.

    Parameters
    ----------
    labels : list
    dtypes : list of dtype
        That the labels had in files; what comes of them is what NumPy makes of arrays of these.
    """
    kinds = {dtype.kind for dtype in dtypes}
    if "O" in kinds:
        dtype = np.dtype(object)
    elif {"i", "u"} <= kinds <= {"b", "i", "u"}:  # NumPy would make floats of them
        dtype = np.dtype(np.int64 if max(labels, default=0) < 2**63 else np.uint64)
    else:
        dtype = np.result_type(*dtypes) if dtypes else np.dtype(np.intp)
    array: Labels = np.array(labels, dtype=dtype)
    if array.dtype.kind == "f":
        classes, places = np.unique(array, return_inverse=True)
        return classes, places
    return encoded(array)


def family_of(kind: pa.DataType) -> str | None:
    """Name what labels can be compared with: labels of one family are of one table."""
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "strings"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        return "numbers"
    if types.is_date(kind) or types.is_timestamp(kind):
        return "dates"
    return "times" if types.is_duration(kind) else None


def dtype_of(kind: pa.DataType) -> np.dtype[Any]:
    """Return the type that cells of an Arrow type have in NumPy."""
    dtype: np.dtype[Any] = plain_cells(pa.array([], kind)).to_numpy(zero_copy_only=False).dtype
    return dtype


def _no_labels(labels: Labels) -> Any:
    """Mark floats that are not whole, or beyond integers."""
    if labels.dtype.kind != "f":
        return np.zeros(labels.shape, dtype=np.bool_)
    wide = labels.astype(np.float64)
    return ~((wide == np.trunc(wide)) & (np.abs(wide) < _BEYOND_INTEGERS))
