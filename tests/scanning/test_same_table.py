"""A table in files is the table in memory: numbers, classes, codes, weights."""

import io
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scanning.written import frame_of, in_memory, read, tables, together, write

from trivium.labels import encoded
from trivium.scanning import arrow, keys, npy, parquet, text
from trivium.scanning.scan import scan
from trivium.tables import csv_source

SLOW = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)  # on a machine that others load
SHAPES = {
    "compression": st.sampled_from(["uncompressed", "lz4"]),
    "size": st.integers(1, 9),
    "most": st.integers(1, 3),
    "length": st.integers(1, 9),
}


@pytest.fixture(autouse=True, scope="module")
def small_batches():
    """Let a few rows be many batches."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (arrow, keys, npy, parquet, text):
            patch.setattr(module, "ROWS_OF_A_BATCH", 4)
        patch.setattr(npy, "_PIECE", 64)
        patch.setattr(csv_source, "_BLOCK", 32)
        yield


def require_same(found, pieces, most, length):
    X, y, weights = in_memory(pieces)
    table = pickle.loads(pickle.dumps(found.table))  # noqa: S301  # as Dask sends it
    assert table.dtype == X.dtype
    for start in {*table.starts, len(X) // 2, len(X)}:
        np.testing.assert_array_equal(read(table, most=most, length=length, start=start), X[start:])
    classes, codes = encoded(y)
    got = found.given()
    np.testing.assert_array_equal(got.classes, classes)
    assert got.classes.dtype == classes.dtype
    np.testing.assert_array_equal(got.codes, codes)
    assert got.codes.dtype == np.min_scalar_type(max(len(classes) - 1, 0))
    np.testing.assert_array_equal(got.weights, weights)
    np.testing.assert_array_equal(found.y, y)


@pytest.mark.parametrize("end", [".parquet", ".arrow"])
@settings(SLOW)
@given(pieces=tables(), **SHAPES)
def test_typed_files_are_the_table_in_memory(end, pieces, compression, size, most, length):
    with tempfile.TemporaryDirectory() as folder:
        write(pieces, Path(folder), end, size=size, compression=compression)
        found = scan(f"{folder}/*{end}", target="label", weight="weight")
        require_same(found, pieces, most, length)


@settings(SLOW)
@given(pieces=tables(), length=st.integers(1, 9))
def test_text_is_the_table_in_memory(pieces, length):
    with tempfile.TemporaryDirectory() as folder:
        write(pieces, Path(folder), ".csv")
        found = scan(f"{folder}/*.csv", target="label", weight="weight")
        X, _, weights = in_memory(pieces)
        np.testing.assert_array_equal(read(found.table, length=length), X)
        labels = together([frame_of(piece)["label"].to_numpy() for piece in pieces])
        written = pd.DataFrame({"label": labels}).to_csv(index=False)
        y = pd.read_csv(io.StringIO(written))["label"].to_numpy()
        classes, codes = encoded(y)
        got = found.given()
        np.testing.assert_array_equal(got.classes, classes)
        assert got.classes.dtype == classes.dtype
        np.testing.assert_array_equal(got.codes, codes)
        np.testing.assert_array_equal(got.weights, weights)


@settings(SLOW)
@given(data=st.data(), most=st.integers(1, 3), length=st.integers(1, 9))
def test_arrays_are_the_table_in_memory(data, most, length):
    d, sizes = (
        data.draw(st.integers(2, 4)),
        data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)),
    )
    kinds = st.sampled_from(["f8", "f4", "<f2", ">f8", ">i4", "i2", "u8", "?"])
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for number, size in enumerate(sizes):
            part = np.random.default_rng(number).integers(0, 4, (size, d)).astype(data.draw(kinds))
            parts.append(part)
            order = data.draw(st.sampled_from("CF"))
            np.save(f"{folder}/{number}.npy", part.copy(order))
        columns = data.draw(st.permutations(range(d - 1)))[: data.draw(st.integers(1, d - 1))]
        single = all(part.dtype.kind == "f" and part.dtype.itemsize < 8 for part in parts)
        X = np.concatenate([part.astype(np.float32 if single else float) for part in parts])
        y = together([part[:, -1].astype(part.dtype.newbyteorder("=")) for part in parts])
        found = scan(f"{folder}/*.npy", target=-1, columns=columns)
        table = pickle.loads(pickle.dumps(found.table))  # noqa: S301
        assert table.dtype == X.dtype
        for start in range(0, len(X), 4):
            got = read(table, most=most, length=length, start=start)
            np.testing.assert_array_equal(got, X[start:, columns])
        classes, codes = encoded(y)
        np.testing.assert_array_equal(found.given().classes, classes)
        assert found.given().classes.dtype == classes.dtype
        np.testing.assert_array_equal(found.given().codes, codes)
