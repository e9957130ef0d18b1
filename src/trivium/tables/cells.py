"""The cells of one column: each different text once, and where it stands."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Cells:
    """Cells of a column, over all rows.

    Attributes
    ----------
    all : Arrow chunked array of strings
        Null is an empty cell.
    """

    all: pa.ChunkedArray

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.all)

    @property
    def empty(self) -> int:
        """How many cells are empty."""
        return int(self.all.null_count)

    @cached_property
    def _encoded(self) -> tuple[pa.Array, Any]:
        encoded = pc.dictionary_encode(self.all).unify_dictionaries()
        if not encoded.num_chunks:
            return pa.array([], pa.string()), np.empty(0, np.int64)
        texts = encoded.chunk(0).dictionary
        codes = [
            pc.fill_null(chunk.indices, len(texts)).to_numpy(zero_copy_only=False)
            for chunk in encoded.chunks
        ]
        return texts, np.concatenate(codes)

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

    def first_row(self, mask: Any) -> int:
        """Return the first row whose text is among those of a mask over texts."""
        return int(np.flatnonzero(np.append(mask, False)[self.codes])[0])


def as_mask(mask: pa.Array) -> Any:
    """Return an Arrow mask as NumPy's, null as no."""
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False).astype(bool)
