"""The cells of one column: each different text once, and where it stands."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Float64
from trivium.tables import spelling, words
from trivium.tables.blanks import blanked
from trivium.tables.counted_numbers import HeldNumbers, Numbers
from trivium.tables.numbers import stripped
from trivium.tables.plain_numbers import as_plain_numbers

_SMALL = 1 << 20


class Cells:
    """Cells of a column, over all rows.

    Parameters
    ----------
    column : Arrow chunked array of strings
        Null is an empty cell.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        if column.num_chunks > 1 and column.nbytes <= _SMALL:
            column = pa.chunked_array([column.combine_chunks()])  # each chunk costs
        self.column = column
        self.rows = len(column)
        self.empty = int(column.null_count)

    @cached_property
    def _encoded(self) -> tuple[pa.Array, Any]:
        encoded = pc.dictionary_encode(self.column).unify_dictionaries()
        if not encoded.num_chunks:
            return pa.array([], pa.string()), np.empty(0, np.int64)
        texts = encoded.chunk(0).dictionary
        codes = [
            pc.fill_null(chunk.indices, len(texts)).to_numpy(zero_copy_only=False)
            for chunk in encoded.chunks
        ]
        return texts, np.concatenate(codes)

    def plain_numbers(self, missing: Sequence[str]) -> Numbers | None:
        """Return the cells as numbers, if they are finite ones as programs write them."""
        found = as_plain_numbers(self.column, missing)
        return None if found is None else HeldNumbers(found)

    @property
    def points_tell(self) -> bool | None:
        """Whether some point of plain numbers is none of thousands; None without points."""
        return spelling.points_tell(self.column)

    def without(self, gone: Sequence[str]) -> "Cells":
        """Return the same cells, of which some texts are empty ones."""
        mask = pc.is_in(self.column, value_set=pa.array(list(gone), pa.string()))
        return Cells(blanked(self.column, mask))

    def index_of(self, text: str) -> int:
        """Return the first row of a text; -1 if there is none."""
        return int(pc.index(self.column, text).as_py())

    def cell(self, row: int) -> str | None:
        """Return the cell of a row."""
        found: str | None = self.column[row].as_py()
        return found

    def times(self, text: str) -> int:
        """Say in how many rows a text stands."""
        return int(pc.sum(pc.equal(self.column, text)).as_py() or 0)

    @property
    def texts(self) -> pa.Array:
        """The different texts, in the order in which they appear."""
        return self._encoded[0]

    @property
    def codes(self) -> Any:
        """Each row's place among the texts; the number of texts stands for an empty cell."""
        return self._encoded[1]

    @cached_property
    def counts(self) -> Any:
        """How often each text occurs."""
        return np.bincount(self.codes, minlength=len(self.texts) + 1)[: len(self.texts)]


class Filled:
    """The cells of a column that hold something.

    Parameters
    ----------
    cells : Cells
    gone : mask, shape (n_texts,)
        Texts that stand for no value.
    """

    def __init__(self, cells: Cells, gone: Any) -> None:
        self._cells, self._gone = cells, gone
        self.texts = cells.texts.filter(pa.array(~gone)) if gone.any() else cells.texts
        self.counts = cells.counts[~gone]
        self.rows = cells.rows
        self.used = int(self.counts.sum())
        self.missing = cells.rows - self.used

    @cached_property
    def missing_words(self) -> tuple[str, ...]:
        """Words that stand for no value, sorted."""
        if not self._gone.any():
            return ()
        return tuple(sorted(self._cells.texts.filter(pa.array(self._gone)).to_pylist()))

    def by_row(self, values: Float64) -> Float64:
        """Give each row the value of its text, NaN where it has none."""
        table = np.full(len(self._gone) + 1, np.nan)
        table[:-1][~self._gone] = values
        found: Float64 = table[self._cells.codes]
        return found

    def first_row(self, mask: Any) -> int:
        """Return the first row whose text is among those of a mask."""
        table = np.zeros(len(self._gone) + 1, bool)
        table[:-1][~self._gone] = mask
        return int(np.argmax(table[self._cells.codes]))

    def rows_of(self, mask: Any) -> int:
        """Count the rows whose text is among those of a mask."""
        return int(self.counts[mask].sum())


def filled(cells: Cells, missing: Sequence[str], standard: bool = True) -> Filled:
    """Return the cells that hold something.

    Parameters
    ----------
    cells : Cells
    missing : sequence of str
        The user's words for no value.
    standard : bool
        Whether words such as NA, and cells of white space, stand for no value too.
    """
    gone = np.zeros(len(cells.texts), bool)
    if missing:
        gone |= as_mask(pc.is_in(cells.texts, value_set=pa.array(list(missing), pa.string())))
    if standard:
        gone |= is_one_of(cells.texts, words.MISSING)
    return Filled(cells, gone)


def is_one_of(texts: pa.Array, known: frozenset[str]) -> Any:
    """Tell which texts are among words in lower case, white space around them aside."""
    longest = max(len(each.encode()) for each in known) + 8
    short = as_mask(pc.less_equal(pc.binary_length(texts), longest))
    if not short.any():
        return short
    found = np.zeros(len(texts), bool)
    bare = pc.utf8_lower(stripped(texts.filter(pa.array(short))))
    found[short] = as_mask(pc.is_in(bare, value_set=pa.array(sorted(known), pa.string())))
    return found


def as_mask(mask: pa.Array) -> Any:
    """Return an Arrow mask as NumPy's, null as no."""
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False).astype(bool)
