"""The cells of a column that are read when they are wanted, and not kept."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Float64
from trivium.tables import spelling
from trivium.tables.blanks import blanked
from trivium.tables.cells import Cells, as_mask
from trivium.tables.counted_numbers import Numbers, ReadNumbers
from trivium.tables.numbers import PLAIN, values
from trivium.tables.plain_numbers import are_plain, as_plain_numbers
from trivium.tables.watched import Watched

_AT_ONCE = 1 << 20  # rows
_EMPTY = (1 << 16) - 1
_FEW = _EMPTY - 1  # texts


class Room:
    """Memory for the numbers of one column at a time.

    Parameters
    ----------
    n_rows : int
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows

    @cached_property
    def numbers(self) -> Float64:
        """An array of so many numbers, the same until it is let go."""
        return np.empty(self.n_rows)

    def let_go(self) -> None:
        """Give the memory back, as far as nobody looks at it, and what Arrow keeps of its own."""
        vars(self).pop("numbers", None)
        pa.default_memory_pool().release_unused()


class ReadCells(Cells):
    """Cells of a column, over all rows of a source, as `Cells`; they are read at once.

    What is held of them is each different text, and where it stands; of numbers as programs write
    them the numbers, in a room that the next column takes.

    Parameters
    ----------
    source : Watched
    name : str
    room : Room
    missing : sequence of str
        The user's words for no value.
    gone : sequence of str
        Texts that are taken for empty cells.
    """

    def __init__(
        self,
        source: Watched,
        name: str,
        room: Room,
        missing: Sequence[str] = (),
        gone: Sequence[str] = (),
    ) -> None:
        self.rows, self.empty = room.n_rows, 0
        self._source, self._name, self._room = source, name, room
        self._missing, self._gone = tuple(missing), tuple(gone)
        self._numbers: Numbers | None = None
        self._last: str | None = None
        self._last_times = 0
        try:
            numbers = ReadNumbers(self._parts(), room.numbers)
        except _NotPlainError:
            self.empty = self.rows - int(self.counts.sum())
        else:
            self.empty = numbers.n_rows - numbers.n_used
            self._numbers = numbers if numbers.n_used else None

    def release(self) -> None:
        """Forget what takes memory, but for what `cell` and `times` say of the last row."""
        if "_encoded" in vars(self):
            place = int(self.codes[-1])
            if place < len(self.texts):
                self._last, self._last_times = self.texts[place].as_py(), int(self.counts[place])
        for name in ("_encoded", "counts"):
            vars(self).pop(name, None)

    def plain_numbers(self, missing: Sequence[str]) -> Numbers | None:
        """Return the cells as numbers, if they are finite ones as programs write them."""
        return self._numbers

    @cached_property
    def points_tell(self) -> bool | None:
        """Whether some point of plain numbers is none of thousands; None without points."""
        told: bool | None = None
        for texts in self._texts():
            found = spelling.points_tell(pa.chunked_array([texts]))
            if found:
                return True
            told = found if told is None else told
        return told

    def without(self, gone: Sequence[str]) -> "ReadCells":
        """Return the same cells, of which some texts are empty ones."""
        return ReadCells(self._source, self._name, self._room, self._missing, gone)

    def index_of(self, text: str) -> int:
        """Return the first row of a text; -1 if there is none."""
        if self._numbers is not None and values(pa.array([text]), PLAIN).null_count:
            return -1
        first = 0
        for texts in self._texts():
            place = int(pc.index(texts, text).as_py())
            if place >= 0:
                return first + place
            first += len(texts)
        return -1

    def cell(self, row: int) -> str | None:
        """Return the cell of a row; of the last row only if it is no number."""
        if row == self.rows - 1:
            return self._last
        first = 0
        for texts in self._texts():
            if row < first + len(texts):
                found: str | None = texts[row - first].as_py()
                return found
            first += len(texts)
        return None

    def times(self, text: str) -> int:
        """Say in how many rows the text of the last row stands."""
        return self._last_times if text == self._last else 0

    @cached_property
    def _encoded(self) -> tuple[pa.Array, Any]:
        self._room.let_go()
        found = self._few_texts()
        return self._many_texts() if found is None else found

    def _few_texts(self) -> tuple[pa.Array, Any] | None:
        """Encode the texts by two bytes a row at most; None if they are too many for that."""
        places: dict[str, int] = {}
        codes, end = np.empty(self.rows, np.uint16), 0
        for texts in self._texts():
            part = pc.dictionary_encode(texts)
            own = [places.setdefault(text, len(places)) for text in part.dictionary.to_pylist()]
            if len(places) > _FEW:
                return None
            known = np.array([*own, _EMPTY], np.uint16)
            indices = pc.fill_null(part.indices, len(own)).to_numpy(zero_copy_only=False)
            codes[end : end + len(texts)] = known[indices]
            end += len(texts)
        np.putmask(codes, codes == _EMPTY, len(places))
        held = codes.astype(np.min_scalar_type(len(places)), copy=False)
        return pa.array(list(places), pa.string()), held

    def _many_texts(self) -> tuple[pa.Array, Any]:
        """Encode the texts by four bytes a row, and as many again while that goes on."""
        parts = [pc.dictionary_encode(texts) for texts in self._texts()]
        unified = pa.chunked_array(parts).unify_dictionaries()
        del parts
        texts, codes, end = unified.chunk(0).dictionary, np.empty(self.rows, np.int32), 0
        for chunk in unified.chunks:
            own = pc.fill_null(chunk.indices, len(texts)).to_numpy(zero_copy_only=False)
            codes[end : end + len(own)] = own
            end += len(own)
        return texts, codes

    @cached_property
    def counts(self) -> Any:
        """How often each text occurs."""
        n = len(self.texts)
        counts = np.zeros(n + 1, np.intp)
        for start in range(0, self.rows, _AT_ONCE):
            counts += np.bincount(self.codes[start : start + _AT_ONCE], minlength=n + 1)
        return counts[:n]

    def _texts(self) -> Iterator[pa.Array]:
        """Read the cells as text."""
        gone = pa.array(self._gone, pa.string())
        for batch in self._source.batches([self._name]):
            texts = batch.column(0)
            yield blanked(texts, as_mask(pc.is_in(texts, value_set=gone))) if self._gone else texts

    def _parts(self) -> Iterator[Float64]:
        """Read the cells as numbers, as long as all are finite and written as programs do."""
        if self._gone or self._source.types.get(self._name, "numbers") not in (
            "numbers",
            "text",
            None,
        ):
            raise _NotPlainError
        typed = self._source.types.get(self._name) == "numbers"
        for batch in self._source.batches([self._name], numbers=[self._name] if typed else ()):
            cells = batch.column(0)
            if pa.types.is_string(cells.type):
                found = as_plain_numbers(pa.chunked_array([cells]), self._missing)
            else:
                found = np.asarray(cells.to_numpy(zero_copy_only=False), dtype=np.float64)
                if not are_plain(found, len(cells) - cells.null_count, self._missing):
                    found = None
            if found is None:
                raise _NotPlainError
            yield found


class _NotPlainError(Exception):
    """Some cell is no plain number."""
