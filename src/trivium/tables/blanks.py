"""Texts with some of them left out."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def blanked(texts: pa.Array | pa.ChunkedArray, mask: Any) -> Any:
    """Return texts with null where a mask says so; where the mask itself is null, they stay.

    `if_else` would do, but returns broken arrays of sliced texts in pyarrow 20.
    """
    if isinstance(mask, np.ndarray):
        mask = pa.array(mask)
    if isinstance(mask, pa.ChunkedArray):
        mask = mask.combine_chunks()
    return pc.replace_with_mask(texts, pc.fill_null(mask, False), pa.scalar(None, texts.type))
