"""Tables written to files of every kind, in pieces of every shape, and what they are in memory."""

import datetime
from contextlib import ExitStack, closing
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from pyarrow import feather, parquet

INTEGERS = (pa.int8(), pa.int16(), pa.int64(), pa.uint8(), pa.uint64())
TYPES = {
    "integers": (
        *INTEGERS,
        pa.float64(),
        pa.decimal128(9, 2),
        pa.dictionary(pa.int8(), pa.int64()),
    ),
    "floats": (pa.float64(), pa.float32(), pa.dictionary(pa.int16(), pa.float64())),
    "small floats": (pa.float32(), pa.float16()),
    "booleans": (pa.bool_(), pa.int8()),
}
"""What columns of numbers are, and what types they may have from file to file."""
VALUES = {
    "integers": st.integers(0, 120),
    "floats": st.integers(-(2**20), 2**20).map(lambda whole: whole / 1024),
    "small floats": st.integers(-64, 64).map(lambda whole: whole / 4),
    "booleans": st.booleans(),
}
STRINGS = (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()))
LABELS = {
    "words": (st.sampled_from(["no", "yes", "ä b", "10", "9"]), STRINGS),
    "integers": (st.integers(0, 120), INTEGERS),
    "many": (st.integers(0, 100).map(lambda whole: whole * 7), (pa.int16(), pa.int64())),
    "booleans": (st.booleans(), (pa.bool_(),)),
    "floats": (st.integers(-3, 3).map(float), (pa.float64(), pa.float32())),
    "dates": (
        st.integers(0, 5).map(lambda day: datetime.date(2024, 2, 26) + datetime.timedelta(day)),
        (pa.date32(), pa.timestamp("us"), pa.timestamp("ms")),
    ),
}


@st.composite
def tables(draw, *, plain=False):
    """Draw a table in pieces, the columns of which have their order and types in each.

    Each piece is an Arrow table. A plain one is of floats, and integers as labels.
    """
    n = draw(st.integers(0, 30))
    kinds = (
        ["floats"] * draw(st.integers(1, 4))
        if plain
        else draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4))
    )
    values = {
        f"x{j}": draw(st.lists(VALUES[kind], min_size=n, max_size=n))
        for j, kind in enumerate(kinds)
    }
    types = {f"x{j}": (pa.float64(),) if plain else TYPES[kind] for j, kind in enumerate(kinds)}
    label, types["label"] = LABELS["integers" if plain else draw(st.sampled_from(list(LABELS)))]
    values["label"] = draw(st.lists(label, min_size=n, max_size=n))
    values["weight"] = draw(st.lists(st.sampled_from([0, 1, 2, 5]), min_size=n, max_size=n))
    types["weight"] = (pa.int8(), pa.float64(), pa.float32())
    ends = [0, *sorted(draw(st.lists(st.integers(0, n), max_size=4))), n]
    first = list(values)
    pieces = []
    for start, stop in pairwise(ends):
        names = draw(st.permutations(first)) if pieces else first
        pieces.append(
            pa.table(
                {
                    name: cells(values[name][start:stop], draw(st.sampled_from(types[name])))
                    for name in names
                }
            )
        )
    return pieces


def cells(values, kind):
    """Return an Arrow array of a type that pyarrow may not make of these values by itself."""
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_float16(kind):
        return pa.array(np.array(values, dtype=np.float16))
    if pa.types.is_decimal(kind):
        return pa.array(map(Decimal, values), kind)
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.date32()).cast(kind)
    return pa.array(values).cast(kind) if values else pa.array([], kind)


def in_memory(pieces):
    """Return rows, labels and weights as they would be given to ``fit`` in memory."""
    names = [name for name in pieces[0].column_names if name not in ("label", "weight")]
    columns = [[numbers(piece[name]) for piece in pieces] for name in names]
    single = all(part.dtype in (np.float32, np.float16) for column in columns for part in column)
    dtype = np.float32 if single else np.float64
    X = np.column_stack(
        [np.concatenate([part.astype(dtype) for part in column]) for column in columns]
    )
    y = together([piece["label"].to_numpy() for piece in pieces])
    return X, y, np.concatenate([numbers(piece["weight"]).astype(float) for piece in pieces])


def numbers(column):
    """Return a column of numbers as NumPy's."""
    found = column.to_numpy()
    is_decimal = found.dtype == object and not any(isinstance(one, str) for one in found)
    return found.astype(float) if is_decimal else found


def together(labels):
    """Join labels; integers stay integers, which NumPy does not see to for signed and unsigned."""
    if {"i", "u"} <= {part.dtype.kind for part in labels} <= {"b", "i", "u"}:
        return np.concatenate([part.astype(np.int64) for part in labels])
    return np.concatenate(labels)


def write(pieces, folder, end, *, size=7, compression=None):
    """Write each piece to a file; return the paths, in order."""
    paths = []
    for number, piece in enumerate(pieces):
        path = str(folder / f"part-{number:02}{end}")
        if end == ".parquet":
            parquet.write_table(piece, path, row_group_size=size)
        elif end == ".arrow":
            feather.write_feather(piece, path, compression or "uncompressed", chunksize=size)
        elif end == ".csv":
            frame_of(piece).to_csv(path, index=False)
        else:
            np.save(path, np.column_stack([numbers(column) for column in piece.columns]))
        paths.append(path)
    return paths


def frame_of(piece):
    """Return a piece as a data frame whose text has all digits of its numbers."""
    columns = {name: numbers(piece[name]) for name in piece.column_names}
    wide = {name: c.astype(float) if c.dtype.kind in "fb" else c for name, c in columns.items()}
    return pd.DataFrame(wide | {"label": piece["label"].to_numpy()})


def read(table, *, most=2, length=5, start=0):
    """Read a table of numbers from a row on, some rows at a time."""
    n, d = table.shape
    X = np.full((n - start, d), np.nan, dtype=table.dtype)
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(one)) for one in table.readers(most, start)]
        for first in range(0, len(X), length):
            for reader in readers:
                reader.fill(X[first : first + length])
    return X
